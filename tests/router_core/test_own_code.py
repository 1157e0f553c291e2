"""The owner's Python: loaded when it changes, and every failure says which line of which file."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from router_core.errors import ConfigError
from router_core.own_code import OwnCode, Place, place_of


def test_a_file_stands_beside_the_configuration_unless_a_whole_path_is_given(tmp_path: Path) -> None:
    assert place_of("my.py:place", tmp_path) == Place(tmp_path / "my.py", "place")
    assert place_of("/a/my.py:place", tmp_path) == Place(Path("/a/my.py"), "place")
    assert place_of("~/my.py:place", tmp_path) == Place(Path.home() / "my.py", "place")


@pytest.mark.parametrize("text", ["my.py", ":place", "my.py:", "my.py:not a name", ""])
def test_what_does_not_name_file_and_object_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"must look like file\.py:name"):
        place_of(text, tmp_path)


def test_a_changed_file_is_loaded_anew_and_an_unchanged_one_is_not(tmp_path: Path) -> None:
    file = tmp_path / "my.py"
    file.write_text("runs = []\nruns.append(1)\n")
    code = OwnCode(Place(file, "runs"))
    assert not code.is_fresh
    first = code.get()
    assert code.is_fresh
    assert code.get() is first
    file.write_text("runs = ['changed']\n")
    assert not code.is_fresh
    assert code.get() == ["changed"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = 1\nraise ValueError('no')\n", "my.py:2: ValueError: no"),
        ("x = 1\ndef broken(:\n", "my.py:2: SyntaxError: invalid syntax"),
        ("import nowhere_at_all\n", "my.py:1: ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("x = 1\n", "my.py has no 'place'"),
        ("import sys\nsys.exit(3)\n", "my.py:2: SystemExit: 3"),
        ("raise ValueError('sk-ant-api03-abcdefghijklmnop is wrong')\n", "my.py:1: ValueError: [redacted] is wrong"),
    ],
    ids=["raises", "syntax", "import", "name", "exit", "secret"],
)
def test_a_failure_names_file_and_line(text: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "my.py"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        OwnCode(Place(file, "place")).get()
    assert says in caught.value.message


def test_a_changed_file_runs_once_however_many_ask_for_it(tmp_path: Path) -> None:
    file, log = tmp_path / "my.py", tmp_path / "runs"
    file.write_text(f"import time\nwith open({str(log)!r}, 'a') as log: log.write('x')\ntime.sleep(0.05)\nplace = 1\n")
    code = OwnCode(Place(file, "place"))
    with ThreadPoolExecutor(4) as pool:
        found = [pool.submit(code.get) for _ in range(4)]
    assert [each.result() for each in found] == [1, 1, 1, 1]
    assert log.read_text() == "x"


def test_a_file_that_others_may_write_is_not_run(tmp_path: Path) -> None:
    file = tmp_path / "my.py"
    file.write_text("raise SystemExit('it ran')\n")
    os.chmod(file, 0o666)
    with pytest.raises(ConfigError, match="others may write it"):
        OwnCode(Place(file, "place")).get()


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.py: cannot be read \(No such file or directory\)"):
        OwnCode(Place(tmp_path / "gone.py", "place")).get()
    with pytest.raises(ConfigError, match="is no file"):
        OwnCode(Place(tmp_path, "place")).get()
