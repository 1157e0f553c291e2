"""A client's request, read when it is needed; what cannot be read is a defined error."""

from typing import Any

import orjson
import pytest

from router_core.asked_for import AskedFor
from router_core.errors import WireError
from router_core.routing.entrance import Entrance, entrance_of
from router_core.wire.format import FormatName

BODIES: dict[FormatName, dict[str, Any]] = {
    "anthropic": {"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "hello"}]},
    "openai-chat": {"model": "m", "messages": [{"role": "user", "content": "hello"}]},
    "openai-responses": {"model": "m", "input": "hello"},
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]},
}


def asked_for(body: bytes | dict[str, Any], entrance: Entrance) -> AskedFor:
    return AskedFor(entrance, body if isinstance(body, bytes) else orjson.dumps(body), {}, "", "")


def entrance(format: FormatName) -> Entrance:
    if format == "gemini":
        found = entrance_of("POST", "/v1beta/models/models/m:streamGenerateContent?alt=sse")
        assert found is not None
        return found
    return Entrance(format, "generate")


@pytest.mark.parametrize("format", BODIES)
def test_model_stream_and_meaning_are_read_from_each_format(format: FormatName) -> None:
    body = BODIES[format] if format == "gemini" else {**BODIES[format], "stream": True}
    asked = asked_for(body, entrance(format))
    assert (asked.model, asked.stream) == ("m", True)
    assert asked.neutral.messages
    assert asked.input_tokens > 0


@pytest.mark.parametrize("body", [b"", b"x", b"[]", b"5", b"null", b"\xff", b"[" * 3000, b'{"a": 1e999999x}'])
@pytest.mark.parametrize("format", BODIES)
def test_what_is_no_json_object_is_refused(format: FormatName, body: bytes) -> None:
    with pytest.raises(WireError) as error:
        _ = asked_for(body, entrance(format)).json
    assert error.value.status == 400


@pytest.mark.parametrize("stream", [None, 1, "true", {}, False])
def test_only_true_asks_for_a_stream(stream: Any) -> None:
    assert asked_for({**BODIES["openai-chat"], "stream": stream}, entrance("openai-chat")).stream is False


@pytest.mark.parametrize("model", [None, 5, ["x"], {}])
def test_a_model_that_is_no_text_names_none(model: Any) -> None:
    assert asked_for({**BODIES["openai-chat"], "model": model}, entrance("openai-chat")).model == ""


def test_another_body_is_read_anew() -> None:
    asked = asked_for(BODIES["openai-responses"], entrance("openai-responses"))
    before = (asked.model, asked.neutral, asked.input_tokens)
    asked.use({"model": "other", "input": "hello " * 100, "stream": True})
    assert (asked.model, asked.stream) == ("other", True)
    assert asked.neutral != before[1]
    assert asked.input_tokens > before[2]
    assert orjson.loads(asked.body) == asked.json


def test_a_client_without_a_place_for_proofs_cannot_carry_them() -> None:
    assert asked_for(BODIES["openai-chat"], entrance("openai-chat")).cannot_carry
    assert not asked_for(BODIES["anthropic"], entrance("anthropic")).cannot_carry
    assert asked_for(BODIES["openai-responses"], entrance("openai-responses")).cannot_carry
    wanting = {**BODIES["openai-responses"], "include": ["reasoning.encrypted_content"]}
    assert not asked_for(wanting, entrance("openai-responses")).cannot_carry


def test_a_body_of_many_levels_is_gone_on_with_as_any_other() -> None:
    asked = asked_for(
        b'{"model":"m","input":[],"x":' + b'{"a":' * 400 + b"1" + b"}" * 401, Entrance("openai-responses", "generate")
    )
    asked.use({**asked.json, "input": ["more"]})
    assert asked.json["input"] == ["more"]
