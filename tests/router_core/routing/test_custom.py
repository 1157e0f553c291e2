"""The owner's routing function: every kind of answer, every way to fail, and its time limit."""

import asyncio
import time
from pathlib import Path

import pytest

from router_core.config.routing import TargetList
from router_core.config.schema import Config
from router_core.routing import custom
from router_core.routing.custom import CustomAnswer, CustomContext, CustomRule
from router_core.wire.model import Message, Request, Text

REQUEST = Request("claude-sonnet-4-5", (Message("user", (Text("explain this code"),)),))
CONTEXT = CustomContext(
    "claude-sonnet-4-5", 1200, "think", "s-1", "", "/home/me/secret", "claude-code", "a/1", Config()
)


def ask(tmp_path: Path, text: str, timeout_s: float = 5.0) -> CustomAnswer:
    (tmp_path / "my.py").write_text(text)
    return asyncio.run(CustomRule("my.py:place", tmp_path, timeout_s).ask(REQUEST, CONTEXT))


@pytest.mark.parametrize(
    ("body", "targets"),
    [
        ("return 'codex/gpt-5.5'", TargetList(primary="codex/gpt-5.5")),
        ("return 'codex,gpt-5.5'", TargetList(primary="codex,gpt-5.5")),
        ("return ['a/b', 'c/d']", TargetList(primary="a/b", fallback=("c/d",))),
        ("return ['a/b']", TargetList(primary="a/b", fallback=())),
        ("return {'primary': 'a/b', 'fallback': ['c/d']}", TargetList(primary="a/b", fallback=("c/d",))),
        ("from router_core.routing.target import RouteTarget; return RouteTarget('a', 'b')", TargetList(primary="a/b")),
        ("tier = {'primary': 'a/b', 'fallback': ['c/d']}; from router_core.routing import route; "
         "return route('hi', tiers={'SIMPLE': tier})",
         TargetList(primary="a/b", fallback=("c/d",))),
        ("return 'a/b' if request.messages[0].blocks[0].text.startswith('explain') else None",
         TargetList(primary="a/b")),
        ("return 'a/b' if context.project.endswith('/secret') and context.scenario == 'think' else None",
         TargetList(primary="a/b")),
    ],
    ids=["slash", "comma", "list", "alone", "dict", "target", "decision", "request", "context"],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["def", "async def"])
def test_it_answers_with_a_target_or_a_route(kind: str, body: str, targets: TargetList, tmp_path: Path) -> None:
    answer = ask(tmp_path, f"{kind} place(request, context):\n    {body}\n")
    assert answer == CustomAnswer(targets, f"my.py:place says {targets.primary}")


def test_none_leaves_the_decision_to_the_next_rule(tmp_path: Path) -> None:
    answer = ask(tmp_path, "def place(request, context): return None\n")
    assert answer == CustomAnswer(None, "my.py:place leaves it to the next rule")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def place(request, context):\n    return 1 / 0\n", "my.py:2: ZeroDivisionError: division by zero"),
        ("async def place(request, context):\n    return 1 / 0\n", "my.py:2: ZeroDivisionError: division by zero"),
        ("def place(request):\n    return None\n", "TypeError: place() takes 1 positional argument"),
        ("def other(request, context): ...\n", "my.py has no 'place'"),
        ("def place(:\n", "my.py:1: SyntaxError"),
        ("def place(request, context): return 'nowhere'\n", "it answered 'nowhere'"),
        ("def place(request, context): return 7\n", "it answered 7"),
        ("import sys\ndef place(request, context): sys.exit(3)\n", "SystemExit(3)"),
        ("def place(request, context): raise TimeoutError('the database')\n", "my.py:1: TimeoutError: the database"),
        ("import time\ndef place(request, context): time.sleep(0.3)\n", "no answer within 0.05 s"),
        ("import asyncio\nasync def place(request, context): await asyncio.sleep(0.3)\n", "no answer within 0.05 s"),
    ],
    ids=[
        "raises",
        "async-raises",
        "arguments",
        "name",
        "syntax",
        "no-target",
        "number",
        "exit",
        "own-timeout",
        "slow",
        "async-slow",
    ],
)
def test_a_failure_leaves_the_decision_to_the_next_rule_and_says_why(text: str, says: str, tmp_path: Path) -> None:
    answer = ask(tmp_path, text, 0.05 if "sleep" in text else 5.0)
    assert answer.targets is None
    assert answer.because.startswith("my.py:place failed: ")
    assert says in answer.because


def test_a_function_that_hangs_does_not_hold_up_others_nor_take_threads_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(custom, "MOST_AT_ONCE", 2)
    (tmp_path / "my.py").write_text("import time\ndef place(request, context): time.sleep(0.5)\n")

    async def many() -> list[CustomAnswer]:
        rule = CustomRule("my.py:place", tmp_path, 0.05)
        return [await rule.ask(REQUEST, CONTEXT) for _ in range(3)]

    started = time.monotonic()
    answers = asyncio.run(many())
    assert time.monotonic() - started < 0.4
    assert [answer.because.rpartition(": ")[2] for answer in answers] == [
        "no answer within 0.05 s", "no answer within 0.05 s", "2 calls of it are still running",
    ]  # fmt: skip


def test_more_calls_at_once_than_there_is_room_for_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(custom, "MOST_AT_ONCE", 2)
    (tmp_path / "my.py").write_text("import time\ndef place(request, context): time.sleep(0.02); return 'a/b'\n")

    async def many() -> list[CustomAnswer]:
        rule = CustomRule("my.py:place", tmp_path, 5.0)
        return await asyncio.gather(*(rule.ask(REQUEST, CONTEXT) for _ in range(6)))

    assert {answer.because for answer in asyncio.run(many())} == {"my.py:place says a/b"}


def test_a_changed_file_counts_from_the_next_request_on(tmp_path: Path) -> None:
    file = tmp_path / "my.py"
    file.write_text("def place(request, context): return 'a/first'\n")

    async def twice() -> list[str]:
        rule = CustomRule("my.py:place", tmp_path, 5.0)
        said = [(await rule.ask(REQUEST, CONTEXT)).because]
        file.write_text("def place(request, context): return 'a/the-second'\n")
        return [*said, (await rule.ask(REQUEST, CONTEXT)).because]

    assert asyncio.run(twice()) == ["my.py:place says a/first", "my.py:place says a/the-second"]
