"""What becomes of a stream's events in the playground."""

import pytest

from router_core.trace.record import Usage
from router_core.wire.events import (
    BlockStart,
    BlockStop,
    Delta,
    Event,
    KeepAlive,
    MessageStart,
    MessageStop,
    StreamError,
)
from router_core.wire.model import Text, Thinking, ToolCall, WireFault
from tui.screens.playground.answer import lines_of
from tui.screens.playground.asking import Prompt, Reader, Reply, body_of


def read(*events: Event) -> Reply:
    reader = Reader(Reply("waiting", "claude/x", "s"))
    for number, event in enumerate(events):
        reader.take(event, 100.0 * number)
    return reader.reply


def test_words_are_put_together_and_the_first_one_is_timed() -> None:
    reply = read(
        MessageStart("m", "x"), KeepAlive(), BlockStart(Text("")), Delta("Hel"), Delta("lo"), BlockStop(),
        MessageStop("end_turn", Usage(10, 2, 30, 4)),
    )  # fmt: skip
    assert (reply.text, reply.ttft_ms, reply.input_tokens, reply.output_tokens) == ("Hello", 300.0, 44, 2)


def test_thinking_and_calls_are_kept_apart_from_the_text() -> None:
    reply = read(
        BlockStart(Thinking("")), Delta("hm"), BlockStop(), BlockStart(Text("")), Delta("yes"), BlockStop(),
        BlockStart(ToolCall("id", "Bash", "")), Delta('{"command": "ls"}'), BlockStop(),
    )  # fmt: skip
    assert reply.pieces == (("thinking", "hm"), ("text", "yes"), ("call", 'Bash {"command": "ls"}'))
    assert reply.text == "yes"


def test_an_error_in_the_stream_is_told_and_nothing_of_it_acts_on_the_terminal() -> None:
    reply = read(
        BlockStart(Text("")), Delta("a\x1b[31mb\nc"), StreamError(WireFault(503, "overloaded", "too\x1b]0;x\x07 much"))
    )
    assert reply.pieces == (("text", "ab\nc"),)
    assert reply.error == "too much"


@pytest.mark.parametrize(("system", "keys"), [("", False), ("Be brief.", True)])
def test_the_request_is_what_a_client_would_send(system: str, keys: bool) -> None:
    body = body_of(Prompt("claude/x", "hi", system, 256))
    assert body["messages"] == [{"role": "user", "content": "hi"}]
    assert (body["model"], body["max_tokens"], body["stream"], "system" in body) == ("claude/x", 256, True, keys)


def test_prose_breaks_at_words_and_code_keeps_its_indents() -> None:
    assert lines_of("one two three four five", 10) == ["one two three four", "five"]  # never narrower than 20
    assert lines_of("def f():\n    return 1\n\nend", 40) == ["def f():", "    return 1", "", "end"]
