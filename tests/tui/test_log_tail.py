"""The log, followed."""

from pathlib import Path

import pytest

from tui.log_tail import LogLine, LogTail

DAY, TIME = "2026-11-20", "19:01:02.345"


def line(text: str, level: str = "INFO   ") -> str:
    return f"{DAY} {TIME} {level} {text}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "router.log"


def texts(found: tuple[bool, list[LogLine]]) -> list[str]:
    return [each.text for each in found[1]]


def test_lines_are_told_apart_and_a_traceback_belongs_to_its_error(file: Path) -> None:
    file.write_text(line("started") + line("broke", "ERROR  ") + "Traceback\n  x\n" + line("odd", "critical"))
    afresh, found = LogTail(file).look()
    assert afresh
    assert found == [
        LogLine(DAY, TIME, "info", "started"),
        LogLine(DAY, TIME, "error", "broke"),
        LogLine("", "", "error", "Traceback"),
        LogLine("", "", "error", "  x"),
        LogLine(DAY, TIME, "error", "odd"),
    ]


def test_new_lines_come_once_they_are_whole(file: Path) -> None:
    file.write_text(line("one"))
    tail = LogTail(file)
    tail.look()
    with file.open("a") as log:
        log.write(line("two") + line("three")[:-5])
        log.flush()
        assert tail.look() == (False, [LogLine(DAY, TIME, "info", "two")])
        log.write(line("three")[-5:])
        log.flush()
    assert texts(tail.look()) == ["three"]
    assert texts(tail.look()) == []


def test_nothing_is_lost_when_the_log_is_rotated(file: Path) -> None:
    file.write_text(line("one"))
    tail = LogTail(file)
    tail.look()
    with file.open("a") as log:
        log.write(line("last of the old"))
    file.rename(file.with_name("router.log.1"))
    assert texts(tail.look()) == ["last of the old"]  # for a moment there is none
    file.write_text(line("first of the new"))
    assert texts(tail.look()) == ["first of the new"]


def test_rotated_files_come_first_as_far_as_there_is_room(file: Path) -> None:
    for number in (3, 2, 1):
        file.with_name(f"router.log.{number}").write_text("".join(line(f"{number}-{n}") for n in range(10)))
    file.write_text(line("now"))
    assert len(LogTail(file).look()[1]) == 31
    each = len(line("1-1"))
    assert texts(LogTail(file, each * 13).look()) == ["2-9", *(f"1-{n}" for n in range(10)), "now"]
    assert texts(LogTail(file, each * 5).look()) == ["1-7", "1-8", "1-9", "now"]


def test_of_very_much_the_end_is_read(file: Path) -> None:
    file.write_text(line("one"))
    tail = LogTail(file, 1000)
    tail.look()
    with file.open("a") as log:
        log.writelines(line(f"{n:05}") for n in range(5000))
    found = texts(tail.look())
    assert found[-1] == "04999"
    assert len(found) < 40


def test_an_emptied_log_and_none_at_all_are_no_trouble(file: Path) -> None:
    tail = LogTail(file)
    assert tail.look() == (True, [])
    file.write_text(line("one") + line("two"))
    assert texts(tail.look()) == ["one", "two"]
    file.write_text(line("anew"))
    assert texts(tail.look()) == ["anew"]
    file.unlink()
    assert texts(tail.look()) == []


def test_lines_are_harmless(file: Path) -> None:
    file.write_bytes(line("\x1b[31mred\x07 \x9b2J").encode() + b"\xff\xfe\n")
    for each in LogTail(file).look()[1]:
        assert each.text.isprintable()
