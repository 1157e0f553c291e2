"""`trace.jsonl`: one line for each finished request, private, without secrets, rotated."""

import json
from pathlib import Path
from typing import Any

import pytest

from router_core.config.schema import TraceConfig
from router_core.home import Home
from router_core.trace.lines import TraceLines, lines_file
from router_core.trace.redact import Redactor
from tests.router_core.trace.make import attempt, finished

SECRET = "sk-ant-api03-the-secret-of-this-test"


def lines_of(home: Home, **config: Any) -> TraceLines:
    return TraceLines(home, TraceConfig(**{"jsonl": True, **config}), Redactor([SECRET]))


def read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    ("given", "expected"),
    [(False, None), (True, "trace.jsonl"), ("audit.jsonl", "audit.jsonl"), ("/tmp/a.jsonl", "/tmp/a.jsonl")],
)
def test_the_file_is_in_the_home_folder_unless_it_is_named(home: Home, given: bool | str, expected: str | None) -> None:
    file = lines_file(home, TraceConfig(jsonl=given))
    assert file == (None if expected is None else home.path / expected)


def test_a_finished_request_is_one_line_with_its_attempts(home: Home) -> None:
    lines = lines_of(home)
    record = finished(
        attempts=[
            attempt(1, outcome="overloaded", request_headers=[("host", "x")]), attempt(2, edits=[("model", "route")]),
        ],
        decision=[("default", "claude/opus")], losses=[("tools[0]", "not known there")],
    )  # fmt: skip
    lines.watch("started", record)
    lines.watch("changed", record)
    lines.watch("finished", record)
    (line,) = read(home.path / "trace.jsonl")
    assert (line["id"], line["state"], line["output_tokens"]) == (record.id, "ok", 5)
    assert [each["outcome"] for each in line["attempts_made"]] == ["overloaded", ""]
    assert line["attempts_made"][0]["request_headers"] == [["host", "x"]]
    assert line["attempts_made"][1]["edits"] == [{"path": "model", "rule": "route"}]
    assert line["decision"] == [{"rule": "default", "said": "claude/opus"}]
    assert line["losses"] == [{"path": "tools[0]", "reason": "not known there"}]


def test_the_file_is_private_and_holds_no_secret(home: Home) -> None:
    file = home.path / "trace.jsonl"
    file.touch(mode=0o644)
    lines_of(home).watch("finished", finished(error=f"refused {SECRET}"))
    assert file.stat().st_mode & 0o777 == 0o600
    assert SECRET not in file.read_text()
    assert "[redacted]" in file.read_text()


def test_a_full_file_is_put_aside_and_the_oldest_goes(home: Home) -> None:
    lines = lines_of(home, jsonl_max_bytes=4096, jsonl_keep=2)
    for number in range(20):
        lines.watch("finished", finished(error=f"{number:04}" + "x" * 1000))
    names = ["trace.jsonl", "trace.jsonl.1", "trace.jsonl.2"]
    assert sorted(file.name for file in home.path.glob("trace.jsonl*")) == names
    kept = [int(line["error"][:4]) for name in reversed(names) for line in read(home.path / name)]
    assert kept == list(range(kept[0], 20))
    assert all((home.path / name).stat().st_size <= 4096 for name in names)


def test_without_earlier_files_it_begins_anew(home: Home) -> None:
    lines = lines_of(home, jsonl_max_bytes=4096, jsonl_keep=0)
    for _ in range(10):
        lines.watch("finished", finished(error="x" * 1000))
    assert [file.name for file in home.path.glob("trace.jsonl*")] == ["trace.jsonl"]


def test_a_file_that_cannot_be_written_is_said_once_and_stops_nothing(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    lines = lines_of(home, jsonl="missing/trace.jsonl")
    for _ in range(3):
        lines.watch("finished", finished())
    assert [record.getMessage() for record in caplog.records] == [
        f"{home.path}/missing/trace.jsonl cannot be written (No such file or directory): requests are missing in it"
    ]
    (home.path / "missing").mkdir()
    lines.watch("finished", finished())
    assert len(read(home.path / "missing" / "trace.jsonl")) == 1


def test_it_can_be_switched_on_and_off_while_the_router_runs(home: Home) -> None:
    lines = lines_of(home, jsonl=False)
    lines.watch("finished", finished())
    lines.config = TraceConfig(jsonl="other.jsonl")
    lines.watch("finished", finished())
    lines.config = TraceConfig()
    lines.watch("finished", finished())
    assert len(read(home.path / "other.jsonl")) == 1
    assert not (home.path / "trace.jsonl").exists()
