"""What answers go through: events stay nested, however words are cut, and what is none of a filter's business stays."""

from collections.abc import Callable, Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router_core.trace.record import Usage
from router_core.transform.enhancetool import Repairing
from router_core.transform.redact import Restored
from router_core.transform.think_tags import ThinkTags
from router_core.transform.tooluse import Unwrapped
from router_core.wire.codec import EventFilter
from router_core.wire.events import BlockStart, Delta, Event, Folding, MessageStop, StreamError, fold, unfold
from router_core.wire.model import Block, Response, StopReason, Text, Thinking, ToolCall, WireFault
from tests.laws.strategies import answers

SCHEMAS = {"f": {"type": "object", "properties": {"n": {"type": "integer"}}}}


def silent(path: str, rule: str) -> None:
    """Nobody reads the trace here."""


FILTERS: dict[str, Callable[[], EventFilter]] = {
    "enhancetool": lambda: Repairing(SCHEMAS, True, silent),
    "tooluse": lambda: Unwrapped("ExitTool", silent),
    "reasoning": lambda: ThinkTags(("think", "thinking"), "reasoning", silent),
    "redact": lambda: Restored({"REDACTED_0123456789ab": "made up"}, silent),
}
each = pytest.mark.parametrize("name", FILTERS)


def said(*blocks: Block, stop: StopReason = "end") -> Response:
    return Response("r", "m", blocks, stop, Usage())


def cut(events: Iterable[Event], size: int) -> Iterator[Event]:
    """The same, its words in pieces of so many characters."""
    for event in events:
        if isinstance(event, Delta):
            for at in range(0, len(event.text), size):
                yield Delta(event.text[at : at + size])
        else:
            yield event


def through(name: str, response: Response, size: int = 1000) -> Response:
    return fold(FILTERS[name]().events(cut(unfold(response), size)))


@each
@settings(max_examples=40)
@given(answers)
def test_any_answer_stays_well_formed(name: str, answer: Response) -> None:
    folding = Folding()
    for event in FILTERS[name]().events(unfold(answer)):
        folding.add(event)
    assert folding.response().usage == answer.usage


texts = st.lists(
    st.sampled_from(["<think>", "</think>", "<thi", "</", "\n", " ", "a", "<thinking>", "</thinking>"]), max_size=9
)


@given(texts, st.integers(1, 9))
def test_tags_are_found_however_they_are_cut(parts: list[str], size: int) -> None:
    answer = said(Text("".join(parts)))
    assert through("reasoning", answer, size) == through("reasoning", answer)


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("<think>a</think>b", (Thinking("a"), Text("b"))),
        ("\n <think>\na\n\n</think>\n\nb <think>c", (Thinking("a"), Text("b <think>c"))),
        ("<think></think>b", (Thinking(), Text("b"))),
        ("<think>a", (Thinking("a"),)),
        ("<think>a</think>", (Thinking("a"),)),
        ("a<think>b</think>", (Text("a<think>b</think>"),)),
        ("<thinker>a", (Text("<thinker>a"),)),
        ("<thi", (Text("<thi"),)),
        ("<think>a </thin b</thinking></think>c", (Thinking("a </thin b</thinking>"), Text("c"))),
        ("", (Text(""),)),
    ],
)
def test_what_is_thinking(text: str, blocks: tuple[Block, ...]) -> None:
    for size in (1, 2, 3, 1000):
        assert through("reasoning", said(Text(text)), size).blocks == blocks


@each
def test_an_error_ends_the_stream_after_all_that_had_come(name: str) -> None:
    events = list(unfold(said(Text("<thi"), ToolCall("1", "f", "{'n': 1"))))
    for stop in range(1, len(events)):
        broken = [*events[:stop], StreamError(WireFault(502, "server", "gone"))]
        found = list(FILTERS[name]().events(broken))
        assert isinstance(found[-1], StreamError)
        assert sum(isinstance(event, StreamError) for event in found) == 1
        words = "".join(event.text for event in found if isinstance(event, Delta))
        assert words == "".join(event.text for event in broken if isinstance(event, Delta))


def test_text_streams_on_while_arguments_are_held() -> None:
    seen: list[str] = []

    def watched() -> Iterator[Event]:
        for event in cut(unfold(said(Text("Hello."), ToolCall("1", "f", '{"n": "1"}'))), 2):
            seen.append(type(event).__name__)
            yield event

    for event in FILTERS["enhancetool"]().events(watched()):
        if isinstance(event, Delta):
            seen.append(event.text)
    assert seen[:8] == ["MessageStart", "BlockStart", "Delta", "He", "Delta", "ll", "Delta", "o."]
    assert seen[-2:] == ["MessageStop", '{"n":1}']


def test_a_custom_tool_s_words_are_not_json_and_stay() -> None:
    answer = said(ToolCall("1", "f", "*** Begin Patch", custom=True), stop="tool_use")
    assert through("enhancetool", answer) == answer


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_the_exit_tool_alone_ends_the_turn_and_beside_others_does_not(size: int) -> None:
    words, call = ToolCall("1", "ExitTool", '{"response": "Done."}'), ToolCall("2", "f", "{}")
    alone = through("tooluse", said(words, stop="tool_use"), size)
    assert (alone.blocks, alone.stop) == ((Text("Done."),), "end")
    both = through("tooluse", said(words, call, stop="tool_use"), size)
    assert (both.blocks, both.stop) == ((Text("Done."), call), "tool_use")
    cut_off = through("tooluse", said(ToolCall("1", "ExitTool", '{"response": "Don'), stop="max_tokens"), size)
    assert (cut_off.blocks, cut_off.stop) == ((Text("Don"),), "max_tokens")


def test_a_broken_call_waits_for_what_follows() -> None:
    broken = ToolCall("1", "f", "{'n': 1,}")
    stops: dict[StopReason, str] = {"tool_use": '{"n":1}', "max_tokens": "{'n': 1,}"}
    for stop, arguments in stops.items():
        found = through("enhancetool", said(broken, stop=stop))
        assert found.blocks == (ToolCall("1", "f", arguments),)
    followed = through("enhancetool", said(broken, Text("x"), stop="max_tokens"))
    assert followed.blocks[0] == ToolCall("1", "f", '{"n":1}')
    events = list(unfold(said(broken)))
    held = list(FILTERS["enhancetool"]().events(event for event in events if not isinstance(event, MessageStop)))
    assert [type(event) for event in held][-1] is BlockStart
