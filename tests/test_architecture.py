"""What docs/architecture.md promises about the shape of the code, as far as a test can hold it."""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "offcut"
TESTS = ROOT / "tests"

ORDER: tuple[tuple[str, ...], ...] = (
    ("errors", "timeline", "records"),
    ("container",),
    ("decode",),
    ("measure",),
    ("analysers",),
    ("room",),
    ("unfinished",),
    ("signals",),
    ("shots", "indicators", "conform"),
    ("finding",),
    ("examine",),
    ("report",),
    ("show",),
    ("copies",),
    ("testing",),
    ("cli",),
    ("__main__",),
)
"""A room imports what stands before it. Of those in one bracket, only the first three import each other."""

ROOMS_OF = {
    "av": {"decode"},
    "cv2": {"analysers", "conform", "decode", "report", "shots", "testing"},
    "jinja2": {"report"},
    "markupsafe": {"report"},
    "opentimelineio": {"report"},
    "rich": {"cli"},
    "typer": {"cli"},
}
"""Where a foreign library may be imported; numpy is allowed everywhere, and nothing else at all."""

FORBIDDEN_NAMES = {"base", "common", "core", "helper", "helpers", "manager", "misc", "util", "utils"}

TESTED_ELSEWHERE: dict[str, str] = {
    "__main__.py": "run as a command in tests/cli",
    "conform/evidence_packets.py": "span by span from copied files on in tests/conform/test_evidence.py",
    "container/headers.py": "every field is read back through probe in tests/test_container.py",
    "container/movie.py": "every fact is read back through probe in tests/test_container.py",
    "container/tracks.py": "every fact is read back through probe in tests/test_container.py",
    "indicators/camera_layout.py": "through read() in tests/indicators/test_container_rules.py",
    "indicators/container.py": "rule by rule in tests/indicators/test_container_rules.py",
    "indicators/rule.py": "a record without behaviour; every rule is checked in tests/indicators",
    "report/otio_parts.py": "in every timeline that tests/report/test_otio.py reads back",
    "shots/boundaries.py": "through find() in tests/test_shots.py",
    "shots/confidence.py": "fitted numbers; bench/shots/calibrate.py prints how they hold",
    "shots/cuts.py": "through find() in tests/test_shots.py",
    "shots/gradual.py": "through find() in tests/test_shots.py",
    "shots/mixture.py": "through find() in tests/test_shots.py",
    "shots/scan.py": "through find() in tests/test_shots.py",
    "shots/similarity.py": "through find() in tests/test_shots.py",
    "testing/actors.py": "what is drawn is measured in tests/testing/test_footage.py",
    "testing/edits.py": "data; every edit is checked in tests/testing/test_release.py",
    "testing/graphics.py": "seen in every release that tests/testing/test_release.py cuts",
    "testing/mutants.py": "a tool of tests; used in tests/test_container.py",
    "testing/odd_bytes.py": "all of them in tests/testing/test_odd.py",
    "testing/odd_shapes.py": "all of them in tests/testing/test_odd.py",
    "testing/places.py": "what is painted is measured in tests/testing/test_footage.py",
    "testing/small_movie.py": "a tool of tests; its films are opened in tests/test_container.py",
    "testing/small_pictures.py": "a tool of tests; what is drawn is found in tests/test_shots.py",
    "testing/sounds.py": "what is heard is measured in tests/testing/test_footage.py",
}
"""Modules without a test file of their own, and the reason."""

MAX_LINES = 500
MAX_BYTES = 200_000
MEDIA = {".aac", ".avi", ".flac", ".m4a", ".mkv", ".mov", ".mp3", ".mp4", ".mts", ".ts", ".wav", ".webm"}

# Put together here, so that this file does not find itself.
MACHINE_PATHS = re.compile(r"(?<![\w.])/" + r"(?:home|Users|root|work)/\w|[A-Z]:\\" + r"Users\\")


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """Every module named in an import statement anywhere in `path`, and its line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import in line {node.lineno}"
            assert node.module is not None
            yield node.module, node.lineno
            if node.module == "offcut":
                yield from ((f"offcut.{alias.name}", node.lineno) for alias in node.names)


def tracked() -> list[Path]:
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not a git checkout: what is committed cannot be listed")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    names = listed.stdout.decode("utf-8").split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_one_way(path: Path) -> None:
    room = room_of(path)
    if room == "__init__":
        return
    place = next((index for index, rooms in enumerate(ORDER) if room in rooms), None)
    assert place is not None, f"{room} has no place in ORDER"
    allowed = {room, "__init__"}.union(*ORDER[:place], ORDER[0])
    for name, line in imported(path):
        parts = name.split(".")
        if parts[0] == "offcut" and len(parts) > 1 and parts[1] != "__version__":
            assert parts[1] in allowed, f"line {line} imports {name}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_foreign_library_is_imported_only_in_its_rooms(path: Path) -> None:
    for name, line in imported(path):
        top = name.split(".")[0]
        if top in sys.stdlib_module_names or top in {"offcut", "numpy"}:
            continue
        assert top in ROOMS_OF, f"line {line} imports {top}, which has no room"
        assert room_of(path) in ROOMS_OF[top], f"line {line} imports {top}"


def test_no_module_is_longer_than_a_reader_can_hold() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert [str(path.relative_to(ROOT)) for path, lines in lengths.items() if lines > MAX_LINES] == []


def test_names_say_what_is_inside() -> None:
    names = {part.removesuffix(".py") for path in modules() for part in path.relative_to(SOURCE).parts}
    assert names & FORBIDDEN_NAMES == set()


def defines_something(path: Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in tree.body)


def test_every_module_has_a_test_at_the_mirrored_path() -> None:
    missing = []
    for path in modules():
        inside = path.relative_to(SOURCE)
        if str(inside.as_posix()) in TESTED_ELSEWHERE or not defines_something(path):
            continue
        name = inside.parent.name if path.name == "__init__.py" else path.stem
        folder = TESTS / (inside.parent.parent if path.name == "__init__.py" else inside.parent)
        if not (folder / f"test_{name.strip('_')}.py").is_file():
            missing.append(str(inside))
    assert missing == []


def test_what_is_tested_elsewhere_still_exists() -> None:
    for inside in TESTED_ELSEWHERE:
        assert (SOURCE / inside).is_file(), inside


def names_defined(tree: ast.Module) -> set[str]:
    """Public functions and classes of a module."""
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return {name for name in names if not name.startswith("_")}


def listed(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(node, ast.AnnAssign):
            target = node.target
        if isinstance(target, ast.Name) and target.id == "__all__":
            assert isinstance(node, ast.Assign | ast.AnnAssign)
            assert isinstance(node.value, ast.List | ast.Tuple)
            return [str(item.value) for item in node.value.elts if isinstance(item, ast.Constant)]
    return None


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_all_is_sorted_and_complete(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    public = listed(tree)
    needed = names_defined(tree)
    if public is None:
        assert path.name != "__init__.py" or not needed, "a package that hands something on lists it"
        return
    # Constants, classes, functions: the order that ruff keeps.
    assert public == sorted(public, key=lambda name: (not name.isupper(), name[0].islower(), name))
    assert len(set(public)) == len(public)
    assert needed <= set(public)


def test_nothing_heavy_and_no_media_is_committed() -> None:
    heavy = [str(path.relative_to(ROOT)) for path in tracked() if path.stat().st_size > MAX_BYTES]
    media = [str(path.relative_to(ROOT)) for path in tracked() if path.suffix.lower() in MEDIA]
    assert (heavy, media) == ([], [])


def test_no_path_of_somebodys_machine_is_committed() -> None:
    found = []
    for path in tracked():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        found += [
            f"{path.relative_to(ROOT)}:{number}"
            for number, line in enumerate(lines, 1)
            if MACHINE_PATHS.search(line)
        ]
    assert found == []


def test_the_plan_names_every_room() -> None:
    plan = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert [room for rooms in ORDER for room in rooms if f"`{room}" not in plan] == []
    assert {room_of(path) for path in modules()} - {"__init__"} <= {room for rooms in ORDER for room in rooms}
