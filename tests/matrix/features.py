"""The features, each one function: asks, then checks by value what the client got and what the provider saw."""

import base64
import json
from collections.abc import Callable
from typing import Any

from router_core.simulator import PlannedCall, PlannedReply
from tests.matrix.asking import Ask, Result, Tokens, Tool
from tests.matrix.cell import Cell
from tests.matrix.seen import proofs_in

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
UNICODE = 'Grüße — 你好, мир 👩‍🚀 \\ " \n und fertig.'

NOTE = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "body": {"type": "string"},
        "place": {
            "type": "object",
            "properties": {"lines": {"type": "array", "items": {"type": "integer"}}, "path": {"type": "string"}},
            "required": ["lines", "path"],
            "additionalProperties": False,
        },
    },
    "required": ["title", "body", "place"],
    "additionalProperties": False,
}
WRITE = Tool("write_note", "Writes a note.", NOTE)
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
WEATHER = Tool("get_weather", "Tells the weather of a city.", CITY)
LOOK = Tool("look", "Shows a picture of a city.", CITY)


def text(cell: Cell) -> None:
    got = cell.ask(Ask(f"Say it: {UNICODE}"), PlannedReply(text=UNICODE))
    assert got.text == UNICODE
    cell.ends(got, "done")
    assert cell.seen().user == f"Say it: {UNICODE}"


def system(cell: Cell) -> None:
    rules = "You are terse.\n\nAlways answer in Ελληνικά."
    got = cell.ask(Ask("Hello", system=rules), PlannedReply(text="Γειά."))
    assert got.text == "Γειά."
    assert cell.seen().system == rules
    assert cell.seen().user == "Hello"


def image(cell: Cell) -> None:
    got = cell.ask(Ask("What is this?", image_png=PNG), PlannedReply(text="One pixel."))
    assert got.text == "One pixel."
    assert cell.seen().images == [PNG]
    assert cell.seen().user == "What is this?"


def tool_call(cell: Cell) -> None:
    body = "".join(f"{number:05d} {UNICODE}\t" for number in range(4500))
    arguments = {"title": UNICODE, "body": body, "place": {"lines": [1, -2, 3], "path": "/tmp/ä b/\\n.txt"}}
    assert len(json.dumps(arguments, ensure_ascii=False).encode()) > 200_000
    ask = Ask("Write it down.", tools=(WRITE, WEATHER))
    got = cell.ask(ask, PlannedReply(calls=(PlannedCall(WRITE.name, arguments),), argument_pieces=60))
    assert [one.name for one in got.calls] == [WRITE.name]
    assert got.calls[0].arguments == arguments
    cell.ends(got, "tool")
    tools = cell.seen().tools
    assert list(tools) == [WRITE.name, WEATHER.name]
    assert tools[WRITE.name]["properties"]["place"]["properties"].keys() == {"lines", "path"}
    assert tools[WRITE.name]["required"] == NOTE["required"]
    cell.go_on(ask, got, [Result(got.calls[0], "written")], PlannedReply(text="Done."))
    ((_, name, given),) = cell.seen().calls
    assert name == WRITE.name
    assert given == arguments


def parallel_calls(cell: Cell) -> None:
    cities = ["Athína", "北京", "Zürich"]
    calls = tuple(PlannedCall(WEATHER.name, {"city": city}) for city in cities)
    got = cell.ask(
        Ask("Compare three cities.", tools=(WEATHER,)), PlannedReply(text="I look.", calls=calls, argument_pieces=4)
    )
    assert got.text == "I look."
    assert [(call.name, call.arguments) for call in got.calls] == [(WEATHER.name, {"city": city}) for city in cities]
    assert len({call.id for call in got.calls} - {""}) == 3
    cell.ends(got, "tool")


def tool_results(cell: Cell) -> None:
    ask = Ask("How is Zürich?", tools=(WEATHER, LOOK))
    places = {"city": "Zürich"}
    calls = (PlannedCall(LOOK.name, places), PlannedCall(WEATHER.name, places))
    first = cell.ask(ask, PlannedReply(calls=calls))
    results = [
        Result(first.calls[0], "A picture of Zürich:", PNG),
        Result(first.calls[1], "the station is offline", error=True),
    ]
    second = cell.go_on(ask, first, results, PlannedReply(text="Nobody knows."))
    assert second.text == "Nobody knows."
    cell.ends(second, "done")
    seen = cell.seen()
    assert [(name, arguments) for _, name, arguments in seen.calls] == [(LOOK.name, places), (WEATHER.name, places)]
    assert [result.id for result in seen.results] == [id for id, _, _ in seen.calls]
    looked, failed = seen.results
    assert looked.text.startswith("A picture of Zürich:")
    assert not looked.error
    assert "the station is offline" in failed.text
    assert failed.error or (not cell.client.flags_errors and failed.text.startswith("Error: "))
    assert seen.images == [PNG]


def thinking(cell: Cell) -> None:
    ask = Ask("How is Zürich?", tools=(WEATHER,), thinks=True)
    thought = "Zürich is in Switzerland; I ask the station."
    call = PlannedCall(WEATHER.name, {"city": "Zürich"})
    first = cell.ask(ask, PlannedReply(thinking=thought, calls=(call,), text="I ask."))
    assert (first.thinking, first.text) == (thought, "I ask.")
    assert [one.arguments for one in first.calls] == [{"city": "Zürich"}]
    second = cell.go_on(ask, first, [Result(first.calls[0], "sunny")], PlannedReply(text="Sunny."))
    assert second.text == "Sunny."
    asked, answered = cell.raw()[1], cell.raw()[0]
    ours = proofs_in(asked.body)
    if cell.model.startswith("deepseek/"):  # its proof is the thought itself, which streams in pieces
        assert thought in ours
    else:
        given = proofs_in(answered.response_bytes)
        assert given, "the provider gave no proof"
        assert ours == given, "the provider's proof did not come back"


def structured_output(cell: Cell) -> None:
    said = {"title": "Τίτλος", "body": "x", "place": {"lines": [1, 2], "path": "/ä"}}
    got = cell.ask(Ask("Describe it as JSON.", schema=NOTE), PlannedReply(text=json.dumps(said, ensure_ascii=False)))
    assert json.loads(got.text) == said
    cell.ends(got, "done")
    seen = cell.seen()
    assert seen.schema, "the provider was told no schema"
    assert seen.schema["properties"].keys() == {"title", "body", "place"}


def stop_sequence(cell: Cell) -> None:
    got = cell.ask(Ask("Count.", stop=("END", "###")), PlannedReply(text="one two END three"))
    assert got.text.rstrip() == "one two"
    cell.ends(got, "sequence")
    if got.stop == "stop_sequence":
        assert got.stopped_by == "END"
    elif cell.client.name == "anthropic":
        cell.unsaid.append("stop_reason: the provider does not say that a stop sequence ended the answer")


def max_tokens(cell: Cell) -> None:
    long = "word " * 400
    got = cell.ask(Ask("Talk.", max_tokens=64), PlannedReply(text=long, cut_short=True))
    assert got.text.strip()
    assert long.startswith(got.text)
    cell.ends(got, "length")
    if cell.seen().max_tokens is not None:
        assert cell.seen().max_tokens == 64
        assert len(got.text) < 300


def refusal(cell: Cell) -> None:
    words = "I cannot help with that."
    got = cell.ask(Ask("Do harm."), PlannedReply(refusal=words))
    cell.ends(got, "refusal")
    if cell.client.name == cell.target.format == "gemini" and not got.refusal:
        # it stands in `finishMessage`, which passes through, and which Google's SDK does not read
        assert words.encode() in cell.raw()[0].response_bytes
    else:
        assert words in (got.refusal or got.text)


def usage(cell: Cell) -> None:
    written = 1000 if cell.target.counts_writes else 0
    planned = PlannedReply(
        text="Cached.", input_tokens=5000, cache_read_tokens=3000, cache_write_tokens=written, output_tokens=200,
        thinking_tokens=50,
    )  # fmt: skip
    got = cell.ask(Ask("Hello"), planned)
    told = got.tokens
    assert told is not None
    wanted = Tokens(5000, 3000, 200, written, 50)
    if told.written is None and written:
        cell.unsaid.append("usage: the client's format has no count of cache writes")
    if told.thought is None:
        cell.unsaid.append("usage: the client's format has no count of thinking")
    assert (told.input, told.cached, told.output) == (wanted.input, wanted.cached, wanted.output), told
    assert told.written in (None, wanted.written), told
    assert told.thought in (None, wanted.thought), told


FEATURES: dict[str, Callable[[Cell], Any]] = {
    "text": text,
    "system": system,
    "image": image,
    "tool call": tool_call,
    "parallel calls": parallel_calls,
    "tool results": tool_results,
    "thinking": thinking,
    "structured output": structured_output,
    "stop sequence": stop_sequence,
    "max tokens": max_tokens,
    "refusal": refusal,
    "usage": usage,
}
