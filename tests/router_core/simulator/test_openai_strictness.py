"""The simulated OpenAI platform refuses what the platform refuses."""

from typing import Any

import httpx
import pytest

from router_core.simulator import Script, SimulatorThread
from tests.router_core.simulator.asking import OPENAI_HEADERS, ask

OUTPUT = {"type": "function_call_output", "call_id": "call_x", "output": "ok"}
REASONING = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAAforeign"}
TOOL_TURN = {"role": "tool", "tool_call_id": "call_x", "content": "ok"}
CALLING = {"role": "assistant", "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "f"}}]}
USER = {"role": "user", "content": "hi"}

PNG = "data:image/png;base64,aGk="
PARAMETERS = {"type": "object", "properties": {"x": {"type": "string"}}}


def said(*parts: Any, role: str = "user", **more: Any) -> dict[str, Any]:
    return {"messages": [USER, {"role": role, "content": list(parts), **more}]}


def item(*parts: Any, role: str = "user") -> dict[str, Any]:
    return {"input": [{"type": "message", "role": role, "content": list(parts)}]}


def offered(**function: Any) -> dict[str, Any]:
    return {"tools": [{"type": "function", "function": {"name": "f", "parameters": PARAMETERS} | function}]}


def flat(**function: Any) -> dict[str, Any]:
    return {"tools": [{"type": "function", "name": "f", "parameters": PARAMETERS, "strict": False} | function]}


def called(**function: Any) -> dict[str, Any]:
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"} | function}
    answer = {"role": "tool", "tool_call_id": "call_1", "content": "ok"}
    return {"messages": [USER, {"role": "assistant", "tool_calls": [call]}, answer]}


WRONG_SHAPES: dict[str, tuple[str, dict[str, Any], str]] = {
    "an image as a string": ("chat", said({"type": "image_url", "image_url": PNG}), "expected an object"),
    "an image of the assistant": (
        "chat",
        said({"type": "image_url", "image_url": {"url": PNG}}, role="assistant"),
        "Image URLs are only allowed for messages with role 'user'",
    ),
    "a bare base64 image": ("chat", said({"type": "image_url", "image_url": {"url": "aGk="}}), "'data:' prefix"),
    "an image type nobody shows": (
        "chat",
        said({"type": "image_url", "image_url": {"url": "data:image/tiff;base64,aGk="}}),
        "unsupported image",
    ),
    "an Anthropic image": ("chat", said({"type": "image", "source": {}}), "Invalid value: 'image'."),
    "a Responses part in Chat": ("chat", said({"type": "input_text", "text": "x"}), "Supported values are: 'text'"),
    "a cache mark in Chat": (
        "chat",
        said({"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}),
        "Unknown parameter: 'messages[1].content[0].cache_control'.",
    ),
    "a file without a name": ("chat", said({"type": "file", "file": {"file_data": PNG}}), "file.filename"),
    "audio of an unknown kind": (
        "chat",
        said({"type": "input_audio", "input_audio": {"format": "ogg"}}),
        "'wav' and 'mp3'",
    ),
    "an assistant that says nothing": ("chat", said(role="assistant", content=None), "expected a string, got null"),
    "reasoning handed to OpenAI": (
        "chat",
        {"messages": [USER, {"role": "assistant", "content": "x", "reasoning_content": "y"}, USER]},
        "messages[1].reasoning_content",
    ),
    "arguments as an object": ("chat", called(arguments={}), "expected a string, but got an object"),
    "a name that is too long": ("chat", offered(name="f" * 65), "maximum length 64"),
    "a name with a dot": ("chat", offered(name="a.b"), "'^[a-zA-Z0-9_-]+$'"),
    "a schema that is no object": ("chat", offered(parameters={"type": "string"}), "got 'type: \"string\"'"),
    "a strict function with an open schema": ("chat", offered(strict=True), "'additionalProperties' is required"),
    "a flat tool in Chat": ("chat", flat(), "'tools[0].function'"),
    "a choice without tools": ("chat", {"tool_choice": "auto"}, "only allowed when 'tools' are specified"),
    "Anthropic's choice": ("chat", offered() | {"tool_choice": "any"}, "Invalid value: 'any'"),
    "a choice that is not offered": (
        "chat",
        offered() | {"tool_choice": {"type": "function", "function": {"name": "g"}}},
        "'g' not found in 'tools'",
    ),
    "five stop sequences": ("chat", {"model": "gpt-4.1", "stop": list("abcde")}, "maximum length 4"),
    "a stop sequence for a reasoning model": ("chat", {"stop": "x"}, "'stop' is not supported"),
    "effort for a model that does not reason": (
        "chat",
        {"model": "gpt-4.1", "reasoning_effort": "low"},
        "Unrecognized request argument supplied: reasoning_effort",
    ),
    "no effort for the newest model": (
        "chat",
        {"model": "gpt-6.2", "reasoning_effort": "none"},
        "does not support 'none'",
    ),
    "tools for gpt-6.1 in Chat": ("chat", offered() | {"model": "gpt-6.1-sol"}, "Function calling is not supported"),
    "stream options without a stream": ("chat", {"stream_options": {}}, "only allowed when 'stream' is enabled"),
    "a JSON answer nobody mentions": (
        "chat",
        {"response_format": {"type": "json_object"}},
        "must contain the word 'json'",
    ),
    "a structured answer without a name": (
        "chat",
        {"response_format": {"type": "json_schema", "json_schema": {"schema": {}}}},
        "response_format.json_schema.name",
    ),
    "a strict answer with an open schema": (
        "chat",
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "n", "schema": PARAMETERS, "strict": True},
            }
        },
        "Invalid schema for response_format 'n'",
    ),
    "stop in Responses": ("responses", {"stop": "x"}, "Unknown parameter: 'stop'."),
    "what the user says as output": ("responses", item({"type": "output_text", "text": "x"}), "'input_text'"),
    "what the assistant says as input": (
        "responses",
        item({"type": "input_text", "text": "x"}, role="assistant"),
        "Supported values are: 'output_text' and 'refusal'.",
    ),
    "an image as an object": (
        "responses",
        item({"type": "input_image", "image_url": {"url": PNG}}),
        "expected an image URL, but got an object",
    ),
    "a tool message": ("responses", {"input": [{"role": "tool", "content": "x"}]}, "Invalid value: 'tool'"),
    "an Anthropic item": ("responses", {"input": [{"type": "tool_use", "id": "x"}]}, "Invalid value: 'tool_use'"),
    "a cache mark in Responses": (
        "responses",
        item({"type": "input_text", "text": "x", "cache_control": {}}),
        "Unknown parameter: 'input[0].content[0].cache_control'.",
    ),
    "a call id that is too long": ("responses", {"input": [OUTPUT | {"call_id": "c" * 65}]}, "input[0].call_id"),
    "an output that is an object": ("responses", {"input": [OUTPUT | {"output": {}}]}, "expected one of an array"),
    "one id twice": ("responses", {"input": [{**USER, "id": "msg_1"}, {**USER, "id": "msg_1"}]}, "Duplicate item"),
    "a nested tool in Responses": ("responses", offered(), "tools[0].name"),
    "an open schema where strict is not said": (
        "responses",
        flat() | {"tools": [{k: v for k, v in flat()["tools"][0].items() if k != "strict"}]},
        "'additionalProperties' is required",
    ),
    "a nested choice in Responses": (
        "responses",
        flat() | {"tool_choice": {"type": "function", "function": {"name": "f"}}},
        "tool_choice.name",
    ),
    "a structured answer without its name": (
        "responses",
        {"text": {"format": {"type": "json_schema"}}},
        "text.format.name",
    ),
    "an include nobody knows": ("responses", {"include": ["reasoning"]}, "Invalid value: 'reasoning'"),
    "the same on Codex": ("codex", item({"type": "output_text", "text": "x"}), "'input_text'"),
}


@pytest.mark.parametrize("name", WRONG_SHAPES)
def test_shape_of_another_format_is_refused(name: str, simulator: SimulatorThread, http: httpx.Client) -> None:
    provider, changes, words = WRONG_SHAPES[name]
    answer = ask(http, simulator, provider, **changes)
    assert answer.status_code == 400, answer.text
    assert words in answer.json()["error"]["message"]


RIGHT_SHAPES: dict[str, tuple[str, dict[str, Any]]] = {
    "an image": ("chat", said({"type": "text", "text": "x"}, {"type": "image_url", "image_url": {"url": PNG}})),
    "a linked image": ("chat", said({"type": "image_url", "image_url": {"url": "https://a.example/x.png"}})),
    "a file": (
        "chat",
        said({"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,aGk="}}),
    ),
    "audio": ("chat", said({"type": "input_audio", "input_audio": {"format": "wav", "data": "aGk="}})),
    "a call and its answer": ("chat", called() | offered()),
    "sampling without reasoning": ("chat", {"reasoning_effort": "none", "temperature": 0.3, "stop": "x"}),
    "an image among items": (
        "responses",
        item({"type": "input_image", "image_url": PNG}, {"type": "input_text", "text": "x"}),
    ),
    "a file among items": (
        "responses",
        item({"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,aGk="}),
    ),
    "an image in an output": (
        "responses",
        {
            "input": [
                USER,
                {"type": "function_call", "call_id": "call_x", "name": "f", "arguments": "{}"},
                OUTPUT | {"output": [{"type": "input_image", "image_url": PNG}]},
            ]
        },
    ),
}


@pytest.mark.parametrize("name", RIGHT_SHAPES)
def test_own_shape_is_taken(name: str, simulator: SimulatorThread, http: httpx.Client) -> None:
    provider, changes = RIGHT_SHAPES[name]
    answer = ask(http, simulator, provider, **changes)
    assert answer.status_code == 200, answer.text


BAD: dict[str, tuple[str, dict[str, Any], int, str | None, str]] = {
    "chat without messages": ("chat", {"messages": None}, 400, "missing_required_parameter", "messages"),
    "chat without model": ("chat", {"model": None}, 400, "missing_required_parameter", "model"),
    "chat with an unknown field": ("chat", {"colour": 1}, 400, None, "Unrecognized request argument"),
    "max_tokens on a reasoning model": ("chat", {"max_tokens": 5}, 400, "unsupported_parameter", "max_tokens"),
    "temperature on a reasoning model": ("chat", {"temperature": 0.2}, 400, "unsupported_value", "temperature"),
    "a tool turn without a call": ("chat", {"messages": [USER, TOOL_TURN]}, 400, None, "preceeding message"),
    "a call without a tool turn": ("chat", {"messages": [USER, CALLING, USER]}, 400, None, "tool_call_ids"),
    "a model that is not OpenAI's": ("chat", {"model": "claude-5"}, 404, "model_not_found", "claude-5"),
    "responses without input": ("responses", {"input": None}, 400, "missing_required_parameter", "input"),
    "responses with an unknown field": ("responses", {"colour": 1}, 400, "unknown_parameter", "colour"),
    "a tiny max_output_tokens": ("responses", {"max_output_tokens": 1}, 400, "integer_below_min_value", ">= 16"),
    "an unknown previous response": (
        "responses",
        {"previous_response_id": "resp_gone"},
        400,
        "previous_response_not_found",
        "Previous response with id 'resp_gone' not found.",
    ),
    "foreign encrypted reasoning": ("responses", {"input": [REASONING]}, 400, "invalid_encrypted_content", "rs_1"),
    "an output without its call": ("responses", {"input": [OUTPUT]}, 400, None, "No tool call found"),
}


@pytest.mark.parametrize("name", BAD)
def test_body_is_refused(name: str, simulator: SimulatorThread, http: httpx.Client) -> None:
    provider, changes, status, code, words = BAD[name]
    answer = ask(http, simulator, provider, **changes)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert error["code"] == code
    assert words in error["message"]
    assert set(error) == {"message", "type", "param", "code"}


def test_wrong_key_is_echoed_masked(simulator: SimulatorThread, http: httpx.Client) -> None:
    key = "sk-ant-api03-0123456789abcdef"
    answer = http.get(f"{simulator.url}/v1/models", headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "invalid_api_key"
    assert "sk-ant-a********cdef" in answer.text
    assert key not in answer.text


def test_models_are_answered_in_the_form_that_was_asked_for(simulator: SimulatorThread, http: httpx.Client) -> None:
    url = f"{simulator.url}/v1/models"
    assert http.get(url, headers=OPENAI_HEADERS).json()["object"] == "list"
    headers = {"x-api-key": "sk-ant-api03-x", "anthropic-version": "2023-06-01"}
    page = http.get(f"{url}?limit=2", headers=headers).json()
    assert [entry["type"] for entry in page["data"]] == ["model", "model"]
    assert page["has_more"] is True
    rest = http.get(f"{url}?limit=1000&after_id={page['last_id']}", headers=headers).json()
    assert page["last_id"] not in [entry["id"] for entry in rest["data"]]
    assert http.get(f"{url}/claude-opus-5-5", headers=headers).json()["id"] == "claude-opus-5-5"


def test_previous_response_is_remembered(simulator: SimulatorThread, http: httpx.Client) -> None:
    first = ask(http, simulator, "responses").json()
    assert ask(http, simulator, "responses", previous_response_id=first["id"]).status_code == 200
    forgotten = ask(http, simulator, "responses", store=False).json()
    assert ask(http, simulator, "responses", previous_response_id=forgotten["id"]).status_code == 400


def test_encrypted_reasoning_may_be_bound_to_its_account(start: Any, http: httpx.Client) -> None:
    wanted = {"reasoning": {"effort": "low"}, "include": ["reasoning.encrypted_content"]}
    for bound, status in ((False, 200), (True, 400)):
        sim = start(Script(bind_encrypted_content=bound))
        output = ask(http, sim, "responses", **wanted).json()["output"]
        body = {"model": "gpt-5.5", "input": [*output, {"role": "user", "content": "more"}]}
        other = {"authorization": "Bearer sk-proj-other"}
        assert http.post(f"{sim.url}/v1/responses", headers=OPENAI_HEADERS, json=body).status_code == 200
        assert http.post(f"{sim.url}/v1/responses", headers=other, json=body).status_code == status
