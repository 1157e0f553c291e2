"""The official SDKs of all four formats with models behind Google's logins, their own retries off."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import openai
import pytest
from google import genai
from google.genai import types

from router_core.simulator import PlannedCall, PlannedReply
from router_core.simulator.script import Account, Script
from tests.support.lab import Lab, running_lab

SAID = "Grüße aus dem Simulator, 你好."
CALL = PlannedCall("look", {"where": "here"})
SCHEMA: Any = {"type": "object", "properties": {"where": {"type": "string"}}}
USER: Any = {"role": "user", "content": "hello there"}
VERTEX = Account(token="ya29.vertex-account", kind="vertex", project="proj")
TARGETS = {
    "gemini-cli": "gemini-cli/gemini-3.5-flash",
    "antigravity": "antigravity/claude-sonnet-4-6",
    "vertex": "vertex/gemini-3.5-flash",
    "vertex-claude": "vertex/claude-sonnet-4-5-20250929",
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("google-sdks"), Script(accounts=[VERTEX])) as running:
        yield running


def with_anthropic(url: str, key: str, model: str) -> tuple[str, str, dict[str, Any]]:
    """(whole, streamed, arguments of the call) by this SDK."""
    with anthropic.Anthropic(base_url=url, api_key=key, max_retries=0) as client:
        whole = client.messages.create(model=model, max_tokens=2000, messages=[USER])
        with client.messages.stream(model=model, max_tokens=2000, messages=[USER]) as stream:
            streamed = "".join(stream.text_stream)
        tools: Any = [{"name": "look", "input_schema": SCHEMA}]
        with client.messages.stream(model=model, max_tokens=2000, messages=[USER], tools=tools) as stream:
            called = [block for block in stream.get_final_message().content if block.type == "tool_use"]
    assert whole.usage.output_tokens > 0
    said = "".join(block.text for block in whole.content if block.type == "text")
    return said, streamed, dict(called[0].input)  # type: ignore[call-overload]


def with_chat(url: str, key: str, model: str) -> tuple[str, str, dict[str, Any]]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0) as client:
        whole = client.chat.completions.create(model=model, messages=[USER])
        options: Any = {"include_usage": True}
        asked: Any = {"model": model, "messages": [USER], "stream": True, "stream_options": options}
        with client.chat.completions.create(**asked) as stream:
            chunks = list(stream)
        tools: Any = [{"type": "function", "function": {"name": "look", "parameters": SCHEMA}}]
        answer = client.chat.completions.create(model=model, messages=[USER], tools=tools)
    assert chunks[-1].usage
    streamed = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    (call,) = answer.choices[0].message.tool_calls or []
    return str(whole.choices[0].message.content), streamed, _arguments(call)


def _arguments(call: Any) -> dict[str, Any]:
    return dict(json.loads(getattr(call, "function", call).arguments))


def with_responses(url: str, key: str, model: str) -> tuple[str, str, dict[str, Any]]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0) as client:
        whole = client.responses.create(model=model, input="hello there").output_text
        with client.responses.stream(model=model, input="hello there") as stream:
            for _event in stream:
                pass
            streamed = stream.get_final_response().output_text
        tools: Any = [{"type": "function", "name": "look", "parameters": SCHEMA, "strict": False}]
        answer = client.responses.create(model=model, input="hello there", tools=tools)
    (call,) = [item for item in answer.output if item.type == "function_call"]
    return whole, streamed, _arguments(call)


def with_genai(url: str, key: str, model: str) -> tuple[str, str, dict[str, Any]]:
    options = types.HttpOptions(base_url=url, retry_options=types.HttpRetryOptions(attempts=1))
    with genai.Client(api_key=key, http_options=options) as client:
        whole = client.models.generate_content(model=model, contents="hello there").text or ""
        chunks = list(client.models.generate_content_stream(model=model, contents="hello there"))
        declared = types.FunctionDeclaration(name="look", description="looks", parameters_json_schema=SCHEMA)
        config = types.GenerateContentConfig(
            tools=[types.Tool(function_declarations=[declared])],
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        )
        answer = client.models.generate_content(model=model, contents="hello there", config=config)
    (call,) = answer.function_calls or []
    return whole, "".join(chunk.text or "" for chunk in chunks), dict(call.args or {})


SDKS: dict[str, Callable[[str, str, str], tuple[str, str, dict[str, Any]]]] = {
    "anthropic": with_anthropic,
    "chat": with_chat,
    "responses": with_responses,
    "genai": with_genai,
}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("sdk", SDKS)
def test_an_sdk_gets_whole_answers_streams_and_calls(lab: Lab, sdk: str, target: str) -> None:
    model = TARGETS[target]
    provider = model.partition("/")[0]
    lab.fresh()
    facts = {"project": "proj"} if provider == "vertex" else {}
    lab.add("first", provider, secret=VERTEX.token if provider == "vertex" else None, facts=facts)
    lab.simulator.plan(PlannedReply(SAID), PlannedReply(SAID), PlannedReply("", calls=(CALL,)))
    whole, streamed, arguments = SDKS[sdk](lab.router.url, lab.router.home.gateway_token(), model)
    assert (whole, streamed, arguments) == (SAID, SAID, {"where": "here"})
    assert [(row["state"], row["attempts"]) for row in lab.rows(3)] == [("ok", 1)] * 3
