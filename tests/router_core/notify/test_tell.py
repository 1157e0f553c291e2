"""Saying it: real programs, a real webhook."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from router_core.config.notify import NotifyConfig
from router_core.notify.conditions import Condition
from router_core.notify.decide import Said
from router_core.notify.memory import read_memory, write_memory
from router_core.notify.notice import Notice, Told, notice_of
from router_core.notify.tell import desktop_command, tell, ways
from router_core.trace.redact import Redactor
from tests.support.router import free_port
from tests.support.webhook import listening

SECRET = "a-secret-of-the-owner-0123456789"
CONDITION = Condition("k", "quota", True, "work <b>", f"it said {SECRET}", None, {"because": f"{SECRET} & co"})


def notice() -> Notice:
    return notice_of(CONDITION, Redactor([SECRET]), 1_800_000_000.0)


def told(config: dict[str, Any], sleep: Any = lambda _: None) -> list[Told]:
    return list(tell(notice(), NotifyConfig.model_validate({"desktop": False, **config}), lambda url: None, sleep))


def writing(file: Path) -> list[str]:
    return [
        sys.executable,
        "-S",
        "-c",
        f"import sys; open({str(file)!r}, 'w').write(repr(sys.argv[1:]) + sys.stdin.read())",
    ]


def test_program_reads_the_event_as_json_and_no_shell_reads_its_arguments(tmp_path: Path) -> None:
    assert told({"command": [*writing(tmp_path / "out"), "$HOME; `id`"]}) == [Told("command", "")]
    arguments, _, event = (tmp_path / "out").read_text().partition("]")
    assert arguments == "['$HOME; `id`'"
    assert json.loads(event)["event"] == "quota"
    assert SECRET not in event


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        (["/nowhere/program"], "cannot be started"),
        ([sys.executable, "-S", "-c", "raise SystemExit(3)"], "ended with status 3"),
        ([sys.executable, "-S", "-c", "pass"], ""),
    ],
)
def test_program_that_fails_is_told(command: list[str], problem: str) -> None:
    (one,) = told({"command": command})
    assert problem in one.problem
    assert bool(one.problem) == bool(problem)


def test_program_that_takes_too_long_is_ended_with_what_it_has_started() -> None:
    began = time.monotonic()
    (one,) = told({"command": ["sh", "-c", "sleep 30 & sleep 30"], "timeout_s": 0.2})
    assert "took longer than 0.2 s" in one.problem
    assert time.monotonic() - began < 5


def test_webhook_gets_json_without_secrets() -> None:
    with listening() as hook:
        assert told({"webhook": hook.url + "/x"}) == [Told("webhook", "")]
        (body,) = hook.bodies
    assert json.loads(body) == {
        "event": "quota", "title": "work <b>", "text": "it said [redacted]", "at_ms": 1_800_000_000_000,
        "subject": {"because": "[redacted] & co"}, "version": json.loads(body)["version"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "tries", "problem"),
    [
        ([500, 200], 2, ""),
        ([503, 429, 204], 3, ""),
        ([500, 500, 500, 200], 3, "the webhook answered 500"),
        ([404, 200], 1, "the webhook answered 404"),
        ([302, 200], 1, "the webhook answered 302"),
    ],
)
def test_webhook_is_tried_again_only_where_that_may_help(answers: list[int], tries: int, problem: str) -> None:
    pauses: list[float] = []
    with listening(*answers) as hook:
        assert told({"webhook": hook.url}, pauses.append) == [Told("webhook", problem)]
        assert (len(hook.bodies), pauses) == (tries, [1.0, 4.0][: tries - 1])


@pytest.mark.parametrize("end", ["", "\x01"], ids=["nobody listens", "no address"])
def test_webhook_that_is_not_there_is_told_without_its_address(end: str) -> None:
    (one,) = told({"webhook": f"http://127.0.0.1:{free_port()}/T0/B0/verysecret{end}"})
    assert "cannot be reached" in one.problem
    assert "verysecret" not in one.problem


def test_ways_do_not_depend_on_each_other(tmp_path: Path) -> None:
    with listening() as hook:
        both = told({"command": ["/nowhere/program"], "webhook": hook.url})
    assert [(each.way, bool(each.problem)) for each in both] == [("command", True), ("webhook", False)]


def test_desktop_is_asked_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert desktop_command("a", "b") == ()
    assert ways(NotifyConfig()) == []
    for name in ("notify-send", "osascript"):
        (tmp_path / name).write_text(f'#!/bin/sh\nprintf "%s|" "$@" > {tmp_path}/said\n')
        (tmp_path / name).chmod(0o755)
    assert list(tell(notice(), NotifyConfig(), lambda url: None)) == [Told("desktop", "")]
    assert (tmp_path / "said").read_text() == "--app-name=mitmrouter|--|work <b>|it said [redacted]|"
    assert desktop_command("a", "<b> & c")[-1] == "&lt;b&gt; &amp; c"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert desktop_command('"quoted"', "b")[-2:] == ('"quoted"', "b"), "they are arguments, not part of the script"


def test_memory_survives_and_a_damaged_one_is_an_empty_one(tmp_path: Path) -> None:
    file = tmp_path / "notified.json"
    assert read_memory(file) == {}
    memory = {"a": Said(1.5, True, 9.0), "b": Said(2.0, False)}
    write_memory(file, memory)
    assert read_memory(file) == memory
    assert file.stat().st_mode & 0o777 == 0o600
    for damaged in ("{", "[]", '{"a": 7}', '{"a": ["x", 1, 2]}'):
        file.write_text(damaged)
        assert read_memory(file) == {}
