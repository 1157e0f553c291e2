"""The client's tools get their own names and forms back."""

import pytest

from router_core.trace.record import Usage
from router_core.wire.codec import ToolName
from router_core.wire.events import BlockStart, BlockStop, Delta, Event, MessageStart, MessageStop, fold
from router_core.wire.model import Response, Text, ToolCall
from router_core.wire.restore import Restorer, input_of
from router_core.wire.tool_names import ToolNames

RESTORE = {
    "mcp__files__read": ToolName("read", "mcp__files"),
    "apply_patch": ToolName("apply_patch", custom=True),
}
CALLS = (
    ToolCall("1", "mcp__files__read", '{"path":"a"}'),
    ToolCall("2", "apply_patch", '{"input":"*** Begin\\n+ü"}'),
    ToolCall("3", "other", "{}"),
)
RESTORED = (
    ToolCall("1", "read", '{"path":"a"}', namespace="mcp__files"),
    ToolCall("2", "apply_patch", "*** Begin\n+ü", custom=True),
    ToolCall("3", "other", "{}"),
)


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_stream_gets_names_and_freeform_inputs_back(size: int) -> None:
    events: list[Event] = [MessageStart("m", "x"), BlockStart(Text("")), Delta("hi"), BlockStop()]
    for call in CALLS:
        events.append(BlockStart(ToolCall(call.id, call.name)))
        events += [Delta(call.arguments[at : at + size]) for at in range(0, len(call.arguments), size)]
        events.append(BlockStop())
    events.append(MessageStop("tool_use", Usage()))
    assert fold(Restorer(RESTORE).events(events)).blocks == (Text("hi"), *RESTORED)


def test_a_whole_answer_gets_them_back_too() -> None:
    answer = Response("m", "x", (Text("hi"), *CALLS), "tool_use", Usage())
    assert Restorer(RESTORE).response(answer).blocks == (Text("hi"), *RESTORED)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ('{"input":"a\\u00fc"}', "aü"),
        ('"bare"', "bare"),
        ('{"other":1}', '{"other":1}'),
        ("not json {", "not json {"),
        ('{"input":5}', '{"input":5}'),
        ("", ""),
    ],
)
def test_what_is_no_input_object_is_handed_on_as_it_is(arguments: str, text: str) -> None:
    assert input_of(arguments) == text


def test_names_that_fit_stay_and_are_not_in_the_way_back() -> None:
    names = ToolNames(max_length=64)
    assert names.send("Bash") == "Bash"
    assert names.restore == {}


def test_long_and_odd_names_are_shortened_the_same_way_each_time_and_come_back() -> None:
    long = "mcp__server_with_a_very_long_name__and_a_tool_with_a_very_long_name_as_well"
    first, second = ToolNames(max_length=64), ToolNames(max_length=64)
    for name in (long, "tool with spaces", "a.b", "größe", ""):
        sent = first.send(name)
        assert sent == second.send(name) == first.send(name)
        assert len(sent) <= 64
        assert sent.replace("_", "").replace("-", "").isalnum()
        assert first.restore[sent] == ToolName(name)
    assert first.send(long).startswith("mcp__")
    assert "very_long_name_as_well" in first.send(long)


def test_two_names_that_would_become_one_are_kept_apart() -> None:
    names = ToolNames(max_length=64)
    sent = {names.send(name) for name in ("a.b", "a_b", "a b")} | {names.send("b", "a"), names.send("a__b")}
    assert len(sent) == 5


def test_a_namespace_is_flattened_unless_the_target_has_them() -> None:
    flat, own = ToolNames(max_length=64), ToolNames(max_length=64, namespaces=True)
    assert flat.send("read", "mcp__files") == "mcp__files__read"
    assert flat.restore == {"mcp__files__read": ToolName("read", "mcp__files")}
    assert (own.send("read", "mcp__files"), own.restore) == ("read", {})


def test_a_freeform_tool_is_in_the_way_back_under_its_own_name() -> None:
    names = ToolNames(max_length=64)
    assert names.send("apply_patch", custom=True) == "apply_patch"
    assert names.restore == {"apply_patch": ToolName("apply_patch", custom=True)}


def test_a_name_gets_the_first_character_that_the_target_wants() -> None:
    names = ToolNames(max_length=64, forbidden=r"[^a-zA-Z0-9_.:-]", first=r"[a-zA-Z_]")
    sent = names.send("3d.render")
    assert sent.startswith("_3d.render")
    assert names.restore[sent] == ToolName("3d.render")
