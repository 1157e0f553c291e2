"""`trace diff ID OTHER`: two requests side by side; and `trace replay` without a router."""

import json
from typing import Any

from router_core.trace.record import BodyRecord, TraceRecord
from tests.router_core.cli.conftest import Cli
from tests.router_core.cli.test_trace_export import _seed
from tests.router_core.trace.make import NOW, body, finished


def _one(number: int, asked: dict[str, Any] | bytes, said: str, **more: Any) -> tuple[TraceRecord, list[BodyRecord]]:
    one = finished(NOW + number, id=f"r{number:019}", ttft_ms=100 * number, cost_nano_usd=10**9 * number, **more)
    answer = {
        "type": "message", "role": "assistant", "model": "m", "id": "i", "stop_reason": "end_turn",
        "content": [{"type": "text", "text": said}], "usage": {"input_tokens": 1, "output_tokens": 1},
    }  # fmt: skip
    content = asked if isinstance(asked, bytes) else json.dumps(asked).encode()
    return one, [body(one.id, content), body(one.id, json.dumps(answer).encode(), "response")]


def test_what_was_asked_and_what_was_answered_is_compared(cli: Cli) -> None:
    _seed(
        cli,
        _one(1, {"model": "opus", "max_tokens": 5}, "yes\nit is", model="opus"),
        _one(2, {"model": "gpt", "max_tokens": 5}, "yes\nit was\x1b[2J", model="gpt"),
    )
    text = cli("trace", "diff", "1", "2").stdout
    lines = text.splitlines()
    assert lines[0].split() == ["first", "second"]
    assert lines[2].split() == ["target", "claude/opus", "claude/gpt"]
    assert '  ~ model  "opus" → "gpt"' in lines
    assert "  yes" in lines
    assert "- it is" in lines
    assert "+ it was" in lines
    assert "\x1b" not in text
    told = json.loads(cli("trace", "diff", "1", "2", "--json").stdout)
    assert (told["compared"]["cost_nano_usd"], told["compared"]["ttft_ms"]) == (10**9, 100)


def test_the_same_twice_is_said_to_be_the_same(cli: Cli) -> None:
    _seed(cli, _one(1, {"model": "opus"}, "yes"), _one(2, {"model": "opus"}, "yes"))
    text = cli("trace", "diff", "1", "2").stdout
    assert "The same." in text
    assert "word for word the same" in text


def test_what_cannot_be_compared_is_said(cli: Cli) -> None:
    one, _ = _one(1, {}, "")
    _seed(cli, (one, []), _one(2, b"{", "x"))
    text = cli("trace", "diff", "1", "2").stdout
    assert "The bodies cannot be compared: one of them was not kept." in text
    assert "its answer was not kept" in text
    assert cli("trace", "diff", "1", "nobody").exit_code == 1


def test_without_a_router_nothing_is_asked_again(cli: Cli) -> None:
    _seed(cli, _one(1, {"model": "opus"}, "yes"))
    done = cli("trace", "replay", "last")
    assert done.exit_code == 1
    assert "not running" in done.output
    assert cli("trace", "replay", "nobody").exit_code == 1
