from cli.conftest import Offcut


def test_the_doctor_says_what_confines_the_room(offcut: Offcut) -> None:
    said = offcut("doctor", "--attempts")
    assert said.code == 0
    assert said.out.startswith("Room: ")
    assert "Escape attempts denied: " in said.out
    assert "Signals are kept in: " in said.out
    assert sum(line.startswith(("  denied ", "  ALLOWED")) for line in said.out.splitlines()) > 5
