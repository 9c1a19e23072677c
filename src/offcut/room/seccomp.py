"""A system call filter for the room, written out instruction by instruction (Linux, x86_64 and aarch64).

It refuses what decoding never needs and lets the rest pass: an allow list would break with every new
libc. Everything that opens, names or changes a file, reaches the network, another process or a
rarely used corner of the kernel answers EPERM. Threads of the room itself can still be started.
"""

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Iterable, Sequence

_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, _SET_MODE_FILTER, _FILTER_FLAG_TSYNC = 22, 2, 1, 1

_LOAD, _JUMP_EQ, _JUMP_GT, _JUMP_GE, _JUMP_SET, _RETURN = 0x20, 0x15, 0x25, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCH_AT, _ARGS_AT = 0, 4, 16

_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""AUDIT_ARCH_* of linux/audit.h."""

_FIRST_NEWER = 457
"""Calls from 457 on (Linux 6.8, the same number everywhere) are newer than any need of a decoder."""

_CLONE_THREAD = 0x00010000
_CLONE_NEW_ANYTHING = 0x7E020080
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET and NEWTIME (linux/sched.h)."""

_PROT_EXEC = 4
_HARMLESS_PRCTLS = (15, 16, 0x53564D41)
"""PR_SET_NAME, PR_GET_NAME, PR_SET_VMA; another could undo that the room dies with its keeper."""
_HARMLESS_IOCTLS = (0x5401, 0x5413, 0x541B, 0x5450, 0x5451)
"""TCGETS, TIOCGWINSZ, FIONREAD, FIONCLEX, FIOCLEX; another could set flags of the exhibit itself."""

# Name: number on x86_64, number on aarch64 (asm/unistd_64.h, asm-generic/unistd.h); None where it is not.
_REFUSED: dict[str, tuple[int | None, int | None]] = {
    # network and other channels to other processes
    **{"socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200)},
    **{"listen": (50, 201), "accept": (43, 202), "accept4": (288, 242), "sendto": (44, 206)},
    **{"sendmsg": (46, 211), "sendmmsg": (307, 269), "recvfrom": (45, 207), "recvmsg": (47, 212)},
    **{"recvmmsg": (299, 243), "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195)},
    **{"semget": (64, 190), "semop": (65, 193), "semctl": (66, 191), "semtimedop": (220, 192)},
    **{"msgget": (68, 186), "msgsnd": (69, 189), "msgrcv": (70, 188), "msgctl": (71, 187)},
    **{"mq_open": (240, 180), "mq_unlink": (241, 181)},
    # files: the exhibit is open already, the libraries are loaded
    **{"open": (2, None), "openat": (257, 56), "openat2": (437, 437), "creat": (85, None)},
    **{"mkdir": (83, None), "mkdirat": (258, 34), "mknod": (133, None), "mknodat": (259, 33)},
    **{"link": (86, None), "linkat": (265, 37), "symlink": (88, None), "symlinkat": (266, 36)},
    **{"unlink": (87, None), "unlinkat": (263, 35), "rmdir": (84, None), "rename": (82, None)},
    **{"renameat": (264, 38), "renameat2": (316, 276), "truncate": (76, 45), "ftruncate": (77, 46)},
    **{"fallocate": (285, 47), "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53)},
    **{"fchmodat2": (452, 452), "chown": (92, None), "fchown": (93, 55), "lchown": (94, None)},
    **{"fchownat": (260, 54), "utime": (132, None), "utimes": (235, None), "utimensat": (280, 88)},
    **{"futimesat": (261, None), "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7)},
    **{"getxattr": (191, 8), "lgetxattr": (192, 9), "listxattr": (194, 11), "llistxattr": (195, 12)},
    **{"removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16)},
    # … not even whether a path exists: fstat, on an open descriptor, is a call of its own and stays
    **{"stat": (4, None), "lstat": (6, None), "newfstatat": (262, 79), "statx": (332, 291)},
    **{"statfs": (137, 43), "readlink": (89, None), "readlinkat": (267, 78), "ustat": (136, None)},
    **{"access": (21, None), "faccessat": (269, 48), "faccessat2": (439, 439)},
    **{"chdir": (80, 49), "fchdir": (81, 50), "chroot": (161, 51), "pivot_root": (155, 41)},
    **{"name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "flock": (73, 32)},
    **{"inotify_init": (253, None), "inotify_init1": (294, 26), "fanotify_init": (300, 262)},
    **{"mount": (165, 40), "umount2": (166, 39), "open_tree": (428, 428), "move_mount": (429, 429)},
    **{"fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433)},
    **{"mount_setattr": (442, 442), "quotactl": (179, 60), "quotactl_fd": (443, 443)},
    **{"swapon": (167, 224), "swapoff": (168, 225), "sync": (162, 81), "syncfs": (306, 267)},
    **{"memfd_create": (319, 279), "memfd_secret": (447, 447), "sendfile": (40, 71)},
    **{"splice": (275, 76), "tee": (276, 77), "vmsplice": (278, 75), "copy_file_range": (326, 285)},
    # other programs and processes
    **{"fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281)},
    **{"kill": (62, 129), "tkill": (200, 130), "rt_sigqueueinfo": (129, 138)},
    **{"rt_tgsigqueueinfo": (297, 240), "ptrace": (101, 117), "kcmp": (312, 272)},
    **{"process_vm_readv": (310, 270), "process_vm_writev": (311, 271)},
    **{"process_madvise": (440, 440), "process_mrelease": (448, 448), "pidfd_open": (434, 434)},
    **{"pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424), "unshare": (272, 97)},
    **{"setns": (308, 268), "setpgid": (109, 154), "setsid": (112, 157), "setpriority": (141, 140)},
    **{"ioprio_set": (251, 30), "sched_setparam": (142, 118), "sched_setscheduler": (144, 119)},
    **{"sched_setattr": (314, 274), "sched_setaffinity": (203, 122), "migrate_pages": (256, 238)},
    **{"move_pages": (279, 239)},
    # identity and privileges
    **{"setuid": (105, 146), "setgid": (106, 144), "setreuid": (113, 145), "setregid": (114, 143)},
    **{"setresuid": (117, 147), "setresgid": (119, 149), "setfsuid": (122, 151)},
    **{"setfsgid": (123, 152), "setgroups": (116, 159), "capset": (126, 91)},
    # corners of the kernel
    **{"bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282)},
    **{"io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427)},
    **{"io_setup": (206, 0), "io_submit": (209, 2), "add_key": (248, 217), "request_key": (249, 218)},
    **{"keyctl": (250, 219), "init_module": (175, 105), "finit_module": (313, 273)},
    **{"delete_module": (176, 106), "kexec_load": (246, 104), "kexec_file_load": (320, 294)},
    **{"reboot": (169, 142), "syslog": (103, 116), "acct": (163, 89), "sethostname": (170, 161)},
    **{"setdomainname": (171, 162), "settimeofday": (164, 170), "clock_settime": (227, 112)},
    **{"adjtimex": (159, 171), "clock_adjtime": (305, 266), "iopl": (172, None)},
    **{"ioperm": (173, None), "modify_ldt": (154, None), "lookup_dcookie": (212, 18)},
    **{"uselib": (134, None), "vhangup": (153, 58), "personality": (135, 92)},
    **{"nfsservctl": (180, 42), "remap_file_pages": (216, 234)},
}

_CLONE, _CLONE3, _TGKILL = (56, 220), (435, 435), (234, 131)
_PRCTL, _PRLIMIT64, _IOCTL = (157, 167), (302, 261), (16, 29)
_MMAP, _MPROTECT, _PKEY_MPROTECT = (9, 222), (10, 226), (329, 288)

_SECCOMP_CALL = {"x86_64": 317, "aarch64": 277}


class _Instruction(ctypes.Structure):
    """`struct sock_filter`."""

    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("operand", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


Step = tuple[int, int, int, int]


def is_known_machine() -> bool:
    """Whether a filter exists for the machine and word size this process runs on."""
    return sys.platform == "linux" and platform.machine() in _ARCH and struct.calcsize("P") == 8


def program(machine: str, own_pid: int) -> list[Step]:
    """Write the filter for `machine` as (code, jump if true, jump if false, operand) steps."""
    column = list(_ARCH).index(machine)
    refuse = _ERRNO | errno.EPERM
    steps: list[Step] = [
        (_LOAD, 0, 0, _ARCH_AT),
        (_JUMP_EQ, 1, 0, _ARCH[machine]),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD, 0, 0, _NUMBER_AT),
        # The x32 interface has the same arch and numbers from 2**30 on: it falls under this as well.
        (_JUMP_GE, 0, 1, _FIRST_NEWER),
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
        # The flags of clone3 lie in memory, where no filter sees them; on ENOSYS libc turns to clone.
        (_JUMP_EQ, 0, 1, _CLONE3[column]),
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
    ]
    numbers = (pair[column] for pair in _REFUSED.values())
    for low, high in _runs(n for n in numbers if n is not None):
        steps += [(_JUMP_GE, 0, 2, low), (_JUMP_GT, 1, 0, high), (_RETURN, 0, 0, refuse)]
    clone = [
        (_JUMP_SET, 0, 1, _CLONE_THREAD),
        (_JUMP_SET, 0, 1, _CLONE_NEW_ANYTHING),
        (_RETURN, 0, 0, refuse),
        (_RETURN, 0, 0, _ALLOW),
    ]
    steps += _if_call(_CLONE[column], 0, clone)
    steps += _if_call(_TGKILL[column], 0, _only((own_pid,), refuse))
    steps += _if_call(_PRCTL[column], 0, _only(_HARMLESS_PRCTLS, refuse))
    steps += _if_call(_PRLIMIT64[column], 0, _only((0, own_pid), refuse))
    steps += _if_call(_IOCTL[column], 1, _only(_HARMLESS_IOCTLS, refuse))
    without_code = [(_JUMP_SET, 0, 1, _PROT_EXEC), (_RETURN, 0, 0, refuse), (_RETURN, 0, 0, _ALLOW)]
    for call in (_MMAP, _MPROTECT, _PKEY_MPROTECT):
        steps += _if_call(call[column], 2, without_code)
    return [*steps, (_RETURN, 0, 0, _ALLOW)]


def install() -> bool:
    """Put the filter on every thread of this process; False if this system has none to offer."""
    if not is_known_machine():
        return False
    machine = platform.machine()
    steps = program(machine, os.getpid())
    array = (_Instruction * len(steps))(*(_Instruction(*step) for step in steps))
    whole = _Program(len(steps), array)
    libc = ctypes.CDLL(None, use_errno=True)
    call = ctypes.c_long(_SECCOMP_CALL[machine])
    flags = ctypes.c_ulong(_FILTER_FLAG_TSYNC)
    if libc.syscall(call, ctypes.c_ulong(_SET_MODE_FILTER), flags, ctypes.byref(whole)) == 0:
        return True
    zero = ctypes.c_ulong(0)
    mode = ctypes.c_ulong(_SECCOMP_MODE_FILTER)
    return bool(libc.prctl(_PR_SET_SECCOMP, mode, ctypes.byref(whole), zero, zero) == 0)


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Neighbouring numbers as (first, last), so that the filter stays short."""
    runs: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def _if_call(number: int, argument: int, then: Sequence[Step]) -> list[Step]:
    """Run `then`, which must return, on the low half of `argument` if the call is `number`."""
    load = (_LOAD, 0, 0, _ARGS_AT + 8 * argument)
    return [(_JUMP_EQ, 0, len(then) + 1, number), load, *then]


def _only(allowed: Sequence[int], refuse: int) -> list[Step]:
    """Let the loaded argument pass if it is one of `allowed`."""
    last = len(allowed)
    checks = [(_JUMP_EQ, last - k, 0, value) for k, value in enumerate(allowed)]
    return [*checks, (_RETURN, 0, 0, refuse), (_RETURN, 0, 0, _ALLOW)]
