"""The envelope goes around a request and comes off an answer, however the answer is cut."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from router_core.errors import WireError
from router_core.wire.google_envelope import Envelope, Unwrapper, anthropic_error, unwrap
from router_core.wire.sse import records

GOLDEN = Path(__file__).parents[2] / "golden" / "gemini"
CASES = sorted(path.parent.name for path in GOLDEN.glob("*/stream.sse"))
HELLO = b'{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}'
REQUEST = b'{"contents":[{"role":"user","parts":[{"text":"hi"}]}],"big":123456789012345678901234567890}'


def data_of(stream: bytes) -> list[object]:
    """The frames of a stream, parsed where they are JSON."""
    found: list[object] = []
    for record in records(stream.replace(b"\r\n", b"\n").replace(b"\r", b"\n")):
        try:
            found.append(orjson.loads(record.data))
        except orjson.JSONDecodeError:
            found.append(record.data)
    return found


def enveloped(stream: bytes) -> bytes:
    """The same stream as Code Assist sends it."""
    out = b""
    for frame in data_of(stream):
        if isinstance(frame, dict) and "error" not in frame:
            frame = {"response": frame, "traceId": "abc"}
        out += b"data: " + (frame if isinstance(frame, bytes) else orjson.dumps(frame)) + b"\r\n\r\n"
    return out


@pytest.mark.parametrize("case", CASES)
def test_frames_come_out_as_they_were_put_in(case: str) -> None:
    stream = (GOLDEN / case / "stream.sse").read_bytes()
    unwrapper = Unwrapper()
    assert data_of(unwrapper.feed(enveloped(stream)) + unwrapper.close()) == data_of(stream)


@given(case=st.sampled_from(CASES), sizes=st.lists(st.integers(1, 50), min_size=1))
def test_how_a_stream_is_cut_does_not_matter(case: str, sizes: list[int]) -> None:
    stream = enveloped((GOLDEN / case / "stream.sse").read_bytes())
    whole, pieces = Unwrapper(), Unwrapper()
    expected = whole.feed(stream) + whole.close()
    out, at, number = b"", 0, 0
    while at < len(stream):
        size = sizes[number % len(sizes)]
        out += pieces.feed(stream[at : at + size])
        at, number = at + size, number + 1
    assert out + pieces.close() == expected


def test_the_inner_bytes_of_a_frame_are_kept() -> None:
    frame = b'{ "candidates": [ {"x" : 1.0, "n": 12345678901234567890} ] }'
    assert Unwrapper().feed(b'data: {"traceId":"t", "response": %s}\n\n' % frame) == b"data: %s\r\n\r\n" % frame


def test_errors_and_other_things_without_an_envelope_stay() -> None:
    for body in (b'{"error":{"code":429}}', b'[{"error":{}}]', b"nonsense", b'{"response":null}', b'{"totalTokens":3}'):
        assert unwrap(body) == body
    assert unwrap(b'{"response":{"a":1},"traceId":"t"}') == b'{"a":1}'


def test_a_request_of_the_gemini_cli() -> None:
    body = orjson.loads(Envelope("code-assist", "gemini-3.5-flash", "sess").wrap(HELLO, "proj"))
    assert set(body) == {"model", "project", "user_prompt_id", "request"}
    assert (body["model"], body["project"], body["request"]["session_id"]) == ("gemini-3.5-flash", "proj", "sess")
    assert body["request"]["contents"] == [{"role": "user", "parts": [{"text": "hi"}]}]


def test_values_of_a_request_keep_their_bytes_and_retries_are_alike() -> None:
    envelope = Envelope("antigravity", "gemini-3.5-flash", "sess")
    wrapped = envelope.wrap(REQUEST, "proj")
    assert b'"big":123456789012345678901234567890' in wrapped
    assert wrapped == envelope.wrap(REQUEST, "proj")
    assert wrapped != envelope.wrap(REQUEST.replace(b"hi", b"ho"), "proj")


def test_a_request_of_antigravity() -> None:
    given = b'{"contents":[],"safetySettings":[1],"systemInstruction":"be kind","model":"x","generationConfig":' + (
        b'{"maxOutputTokens":9,"topK":1}}'
    )
    body = orjson.loads(Envelope("antigravity", "gemini-3.5-flash").wrap(given, "proj"))
    assert (body["userAgent"], body["requestType"]) == ("antigravity", "agent")
    assert body["requestId"].startswith("agent-")
    request = body["request"]
    assert int(request.pop("sessionId")) < 0
    assert request == {
        "contents": [],
        "systemInstruction": {"role": "user", "parts": [{"text": "be kind"}]},
        "generationConfig": {"topK": 1},
    }


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"maxOutputTokens": 9}, {"maxOutputTokens": 9}),
        (
            {"maxOutputTokens": 9000, "thinkingConfig": {"thinkingBudget": -1, "includeThoughts": True}},
            {"maxOutputTokens": 9000, "thinkingConfig": {"thinkingBudget": 8192, "includeThoughts": True}},
        ),
        (
            {"maxOutputTokens": 4000, "thinkingConfig": {"thinkingLevel": "high"}},
            {"maxOutputTokens": 12192, "thinkingConfig": {"thinkingBudget": 8192}},
        ),
    ],
    ids=["limit", "automatic", "level"],
)
def test_claude_at_antigravity_gets_a_budget_and_its_tools_validated(
    config: dict[str, object], expected: dict[str, object]
) -> None:
    given = {"contents": [], "tools": [{"functionDeclarations": []}], "generationConfig": config}
    wrapped = Envelope("antigravity", "claude-sonnet-4-6").wrap(orjson.dumps(given), "proj")
    request = orjson.loads(wrapped)["request"]
    assert request["generationConfig"] == expected
    assert request["toolConfig"] == {"functionCallingConfig": {"mode": "VALIDATED"}}


SCHEMA = {
    "type": "object",
    "properties": {
        "path": {"type": "string", "minLength": 1, "description": "A path."},
        "all": {"$ref": "#/$defs/all"},
    },
    "required": ["path"],
    "additionalProperties": False,
    "$defs": {"all": {"type": "array", "items": {"type": "string", "pattern": "x"}, "maxItems": 3}},
}


def declared(model: str, **function: Any) -> Any:
    given = {"contents": [], "tools": [{"functionDeclarations": [{"name": "look", **function}]}, {"googleSearch": {}}]}
    wrapped = orjson.loads(Envelope("antigravity", model).wrap(orjson.dumps(given), "proj"))
    functions, search = wrapped["request"]["tools"]
    assert search == {"googleSearch": {}}
    (found,) = functions["functionDeclarations"]
    return found


def test_antigravity_gets_the_classic_parameters() -> None:
    found = declared("gemini-3.5-flash", parametersJsonSchema=SCHEMA)
    assert set(found) == {"name", "parameters"}
    assert found["parameters"]["properties"]["path"]["minLength"] == 1
    assert found["parameters"]["properties"]["all"]["type"] == "ARRAY"


def test_claude_at_antigravity_is_told_in_words_what_its_checked_mode_refuses() -> None:
    found = declared("claude-sonnet-4-6", parametersJsonSchema=SCHEMA)["parameters"]
    assert found == {
        "type": "object",
        "properties": {
            "path": {"type": "string", "description": "A path. (minLength: 1)"},
            "all": {
                "type": "array",
                "items": {"type": "string", "description": "(pattern: x)"},
                "description": "(maxItems: 3)",
            },
        },
        "required": ["path"],
    }


@pytest.mark.parametrize(
    "function", [{}, {"parametersJsonSchema": {"type": "object"}}, {"parameters": {"type": "OBJECT"}}]
)
def test_a_tool_of_claudes_without_arguments_has_one_that_may_be_left_out(function: dict[str, Any]) -> None:
    found = declared("claude-sonnet-4-6", **function)["parameters"]
    assert (found["type"], list(found["properties"])) == ("object", ["reason"])
    assert "required" not in found


def test_both_spellings_of_googles_fields_are_understood() -> None:
    given = {
        "contents": [],
        "safety_settings": [],
        "system_instruction": "be kind",
        "generation_config": {"max_output_tokens": 9, "thinking_config": {"thinking_level": "high"}},
        "tool_config": {"function_calling_config": {"mode": "ANY"}},
        "tools": [{"function_declarations": [{"name": "look"}]}],
    }
    request = orjson.loads(Envelope("antigravity", "claude-sonnet-4-6").wrap(orjson.dumps(given), "proj"))["request"]
    assert "safetySettings" not in request
    assert request["systemInstruction"]["parts"] == [{"text": "be kind"}]
    assert request["generationConfig"] == {"maxOutputTokens": 8201, "thinkingConfig": {"thinkingBudget": 8192}}
    assert request["toolConfig"] == {"function_calling_config": {"mode": "ANY"}}
    assert request["tools"][0]["functionDeclarations"][0]["parameters"]["type"] == "object"
    assert not any("_" in name for name in request)


def test_instructions_and_tools_are_counted_as_if_they_were_said() -> None:
    given = {
        "generateContentRequest": {
            "model": "models/m",
            "contents": [{"role": "user", "parts": [{"text": "hi"}]}],
            "systemInstruction": {"parts": [{"text": "be kind"}]},
            "tools": [{"functionDeclarations": [{"name": "look"}]}],
        }
    }
    wrapped = Envelope("code-assist", "gemini-3.5-flash", counts=True).wrap(orjson.dumps(given), "unused")
    body = orjson.loads(wrapped)
    assert set(body) == {"request"}
    assert set(body["request"]) == {"model", "contents"}
    assert body["request"]["model"] == "models/gemini-3.5-flash"
    said = [content["parts"][0]["text"] for content in body["request"]["contents"]]
    assert said == ["be kind", '[{"functionDeclarations":[{"name":"look"}]}]', "hi"]


def test_a_body_that_is_no_object_is_refused() -> None:
    with pytest.raises(WireError):
        Envelope("code-assist", "m").wrap(b"[1]", "proj")


def test_anthropics_error_is_found_inside_a_message() -> None:
    text = '{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long"}}'
    found = anthropic_error(text)
    assert found is not None
    assert found["error"]["message"] == "prompt is too long"
    for other in ("words", "{", '{"error":"x"}', "[]", "{}"):
        assert anthropic_error(other) is None
