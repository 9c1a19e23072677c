"""The filter is run here by a small interpreter, so that both machines are checked on any."""

import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offcut.room import seccomp

ALLOW, KILL = "allow", "kill"
MACHINES = ("x86_64", "aarch64")
words = st.integers(0, 2**32 - 1)


def verdict(machine: str, number: int, *arguments: int, arch: int | None = None, pid: int = 77) -> str | int:
    """Run the filter on a call; returns allow, kill or the error number it answers with."""
    memory = {0: number, 4: seccomp._ARCH[machine] if arch is None else arch}
    memory |= {16 + 8 * k: arguments[k] if k < len(arguments) else 0 for k in range(6)}
    steps = seccomp.program(machine, pid)
    at, value = 0, 0
    while True:
        code, if_true, if_false, operand = steps[at]
        at += 1
        if code == 0x20:
            value = memory[operand]
        elif code == 0x06:
            known = {0x7FFF0000: ALLOW, 0x80000000: KILL}
            return known[operand] if operand in known else operand & 0xFFFF
        else:
            holds = {
                0x15: value == operand,
                0x25: value > operand,
                0x35: value >= operand,
                0x45: bool(value & operand),
            }[code]
            at += if_true if holds else if_false


@pytest.mark.parametrize("machine", MACHINES)
def test_every_call_on_the_list_is_refused_and_the_others_pass(machine: str) -> None:
    column = MACHINES.index(machine)
    refused = {pair[column] for pair in seccomp._REFUSED.values()} - {None}
    judged_by_arguments = {
        call[column]
        for call in (
            *(seccomp._CLONE, seccomp._CLONE3, seccomp._TGKILL, seccomp._PRCTL, seccomp._PRLIMIT64),
            *(seccomp._IOCTL, seccomp._MMAP, seccomp._MPROTECT, seccomp._PKEY_MPROTECT),
        )
    }
    assert not refused & judged_by_arguments
    for number in set(range(457)) - judged_by_arguments:
        assert verdict(machine, number) == (errno.EPERM if number in refused else ALLOW), number


@pytest.mark.parametrize(
    ("machine", "reads", "writes", "futex"), [("x86_64", 0, 1, 202), ("aarch64", 63, 64, 98)]
)
def test_reading_the_open_file_and_answering_stay_possible(
    machine: str, reads: int, writes: int, futex: int
) -> None:
    assert {verdict(machine, n) for n in (reads, writes, futex)} == {ALLOW}


@given(st.sampled_from(MACHINES), words.filter(lambda arch: arch not in seccomp._ARCH.values()), words)
def test_a_call_of_another_machine_ends_the_process(machine: str, arch: int, number: int) -> None:
    assert verdict(machine, number, arch=arch) == KILL


@given(st.sampled_from(MACHINES), st.integers(457, 2**32 - 1))
def test_calls_newer_than_the_list_and_the_x32_twins_do_not_exist(machine: str, number: int) -> None:
    assert verdict(machine, number) == errno.ENOSYS


@pytest.mark.parametrize("machine", MACHINES)
def test_a_thread_may_start_and_a_process_or_a_namespace_may_not(machine: str) -> None:
    column = MACHINES.index(machine)
    clone, clone3 = seccomp._CLONE[column], seccomp._CLONE3[column]
    thread, new_user = 0x3D0F00, 0x10000000
    assert verdict(machine, clone, thread) == ALLOW
    assert verdict(machine, clone, 17) == errno.EPERM
    assert verdict(machine, clone, thread | new_user) == errno.EPERM
    assert verdict(machine, clone3) == errno.ENOSYS


@pytest.mark.parametrize("machine", MACHINES)
@given(other=words.filter(lambda pid: pid not in (0, 77)))
def test_a_signal_or_a_limit_reaches_the_room_alone(machine: str, other: int) -> None:
    column = MACHINES.index(machine)
    assert verdict(machine, seccomp._TGKILL[column], 77, 78, 6) == ALLOW
    assert verdict(machine, seccomp._TGKILL[column], other, 78, 6) == errno.EPERM
    assert verdict(machine, seccomp._PRLIMIT64[column], 0) == ALLOW
    assert verdict(machine, seccomp._PRLIMIT64[column], other) == errno.EPERM


@pytest.mark.parametrize("machine", MACHINES)
def test_memory_cannot_become_code_and_the_file_keeps_its_flags(machine: str) -> None:
    column = MACHINES.index(machine)
    for call in (seccomp._MMAP, seccomp._MPROTECT, seccomp._PKEY_MPROTECT):
        assert verdict(machine, call[column], 0, 4096, 3) == ALLOW
        assert verdict(machine, call[column], 0, 4096, 7) == errno.EPERM
    set_file_flags, set_parent_death_signal = 0x40086602, 1
    assert verdict(machine, seccomp._IOCTL[column], 3, set_file_flags) == errno.EPERM
    assert verdict(machine, seccomp._PRCTL[column], set_parent_death_signal) == errno.EPERM


@pytest.mark.parametrize("machine", MACHINES)
def test_the_filter_fits_into_what_the_kernel_takes(machine: str) -> None:
    steps = seccomp.program(machine, 77)
    assert len(steps) < 4096
    assert all(0 <= jump < 256 for step in steps for jump in step[1:3])
