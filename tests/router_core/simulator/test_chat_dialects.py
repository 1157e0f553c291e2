"""Other companies' Chat Completions: DeepSeek and Mistral have rules that translators must meet."""

from typing import Any

import httpx
import orjson
import pytest

from router_core.simulator import Fault, PlannedCall, PlannedReply, SimulatorThread
from tests.router_core.simulator.asking import ask

USER = {"role": "user", "content": "hi"}
SAID = {"role": "assistant", "content": "x"}
MARKED = {"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}]
CALL = PlannedReply("Well.", thinking="I had better look.", calls=(PlannedCall("f"),))


def turns(message: dict[str, Any]) -> list[dict[str, Any]]:
    call_id = message["tool_calls"][0]["id"]
    return [USER, message, {"role": "tool", "tool_call_id": call_id, "content": "ok"}]


def test_deepseek_wants_its_reasoning_back(simulator: SimulatorThread, http: httpx.Client) -> None:
    simulator.plan(CALL)
    message = ask(http, simulator, "chat", model="deepseek-v4-pro", tools=TOOLS).json()["choices"][0]["message"]
    assert message["reasoning_content"] == "I had better look."
    kept = {name: message[name] for name in ("role", "content", "tool_calls", "reasoning_content")}
    answer = ask(http, simulator, "chat", model="deepseek-v4-pro", tools=TOOLS, messages=turns(kept))
    assert answer.status_code == 200, answer.text
    del kept["reasoning_content"]
    lost = ask(http, simulator, "chat", model="deepseek-v4-pro", tools=TOOLS, messages=turns(kept))
    assert lost.status_code == 400
    words = "The `reasoning_content` in the thinking mode must be passed back to the API."
    assert lost.json()["error"]["message"] == words
    empty = turns({**kept, "reasoning_content": ""})  # what a client does that has only seen others' answers
    assert ask(http, simulator, "chat", model="deepseek-v4-pro", tools=TOOLS, messages=empty).status_code == 200
    words_only = [USER, {"role": "assistant", "content": "Done."}, USER]
    assert ask(http, simulator, "chat", model="deepseek-v4-pro", tools=TOOLS, messages=words_only).status_code == 400
    assert ask(http, simulator, "chat", model="deepseek-v4-pro", messages=words_only).status_code == 200
    off = {"thinking": {"type": "disabled"}, "messages": turns(kept)}
    assert ask(http, simulator, "chat", model="deepseek-v4-pro", tools=TOOLS, **off).status_code == 200


@pytest.mark.parametrize(("thought", "status"), [(None, 400), ("", 400), (" ", 200)])
def test_kimi_takes_an_empty_thought_for_a_missing_one(
    simulator: SimulatorThread, http: httpx.Client, thought: str | None, status: int
) -> None:
    simulator.plan(CALL)
    message = ask(http, simulator, "chat", model="kimi-k2.6", tools=TOOLS).json()["choices"][0]["message"]
    kept = {name: message[name] for name in ("role", "content", "tool_calls")}
    back = turns(kept if thought is None else {**kept, "reasoning_content": thought})
    answer = ask(http, simulator, "chat", model="kimi-k2.6", tools=TOOLS, messages=back)
    assert answer.status_code == status, answer.text
    assert status == 200 or "missing in assistant tool call message at index 1" in answer.json()["error"]["message"]


def test_deepseek_streams_reasoning_before_content(simulator: SimulatorThread, http: httpx.Client) -> None:
    simulator.plan(PlannedReply("Done.", thinking="hm hm"))
    answer = ask(http, simulator, "chat", model="deepseek-flash", stream=True, stream_options={"include_usage": True})
    chunks = [orjson.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    assert "".join(delta.get("reasoning_content") or "" for delta in deltas) == "hm hm"
    spoken = [delta for delta in deltas if delta.get("content") or delta.get("reasoning_content")]
    assert [bool(delta.get("content")) for delta in spoken] == [False, False, True]
    assert "prompt_cache_miss_tokens" in chunks[-1]["usage"]


def test_deepseek_knows_no_developer(simulator: SimulatorThread, http: httpx.Client) -> None:
    messages = [{"role": "developer", "content": "x"}, USER]
    answer = ask(http, simulator, "chat", model="deepseek-flash", messages=messages)
    assert answer.status_code == 422
    assert "unknown variant `developer`" in answer.json()["error"]["message"]


def test_mistral_takes_its_own_call_ids_only(simulator: SimulatorThread, http: httpx.Client) -> None:
    simulator.plan(CALL)
    message = ask(http, simulator, "chat", model="mistral-large-latest", tools=TOOLS).json()["choices"][0]["message"]
    assert len(message["tool_calls"][0]["id"]) == 9
    assert "reasoning_content" not in message
    kept = {name: message[name] for name in ("role", "content", "tool_calls")}
    answer = ask(http, simulator, "chat", model="mistral-large-latest", tools=TOOLS, messages=turns(kept))
    assert answer.status_code == 200, answer.text
    kept["tool_calls"][0]["id"] = "call_0123456789"
    refused = ask(http, simulator, "chat", model="mistral-large-latest", tools=TOOLS, messages=turns(kept))
    assert refused.status_code == 400
    words = "Tool call id was call_0123456789 but must be a-z, A-Z, 0-9, with a length of 9."
    assert refused.json()["message"] == words
    assert refused.json()["code"] == "3280"


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"seed": 1}, ["body", "seed"]),
        ({"max_completion_tokens": 5}, ["body", "max_completion_tokens"]),
        ({"messages": [{**USER, "name": "me"}]}, ["body", "messages", 0, "user", "name"]),
        ({"messages": [{"role": "developer", "content": "x"}, USER]}, ["body", "messages", 0]),
    ],
    ids=["seed", "max_completion_tokens", "name", "developer"],
)
def test_mistral_refuses_what_it_does_not_know(
    changes: dict[str, Any], where: list[Any], simulator: SimulatorThread, http: httpx.Client
) -> None:
    answer = ask(http, simulator, "chat", model="mistral-large-latest", **changes)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == where


def test_mistral_takes_stream_options(simulator: SimulatorThread, http: httpx.Client) -> None:
    fields = {"stream": True, "stream_options": {"include_usage": True}, "random_seed": 1, "max_tokens": 50}
    assert ask(http, simulator, "chat", model="mistral-large-latest", **fields).status_code == 200


def test_several_choices_and_logprobs(simulator: SimulatorThread, http: httpx.Client) -> None:
    simulator.plan(PlannedReply("one two"), PlannedReply("one two"))
    asked = {"model": "gpt-4.1", "n": 2, "logprobs": True, "top_logprobs": 2}
    choices = ask(http, simulator, "chat", **asked).json()["choices"]
    assert [choice["index"] for choice in choices] == [0, 1]
    assert [entry["token"] for entry in choices[1]["logprobs"]["content"]] == ["one", " two"]
    assert len(choices[0]["logprobs"]["content"][0]["top_logprobs"]) == 2
    answer = ask(http, simulator, "chat", stream=True, **asked)
    chunks = [orjson.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
    texts = ["", ""]
    for choice in [choice for chunk in chunks for choice in chunk["choices"]]:
        texts[choice["index"]] += choice["delta"].get("content") or ""
    assert texts == ["one two", "one two"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"messages": [{**USER, "name": "ada"}]}, "'messages.0' : property 'name' is unsupported"),
        ({"messages": [USER, {**SAID, "reasoning_content": "y"}, USER]}, "property 'reasoning_content'"),
        ({"messages": [{**USER, "content": [MARKED]}]}, "property 'cache_control'"),
        ({"top_k": 3}, "property 'top_k' is unsupported"),
        ({"logprobs": True}, "`logprobs` is not supported"),
        ({"n": 2}, "'n' : number must be at most 1"),
    ],
)  # fmt: skip
def test_groq_names_what_it_does_not_support(
    simulator: SimulatorThread, http: httpx.Client, changes: dict[str, Any], says: str
) -> None:
    assert ask(http, simulator, "chat", model="llama-3.3-70b-versatile").status_code == 200
    answer = ask(http, simulator, "chat", model="llama-3.3-70b-versatile", **changes)
    assert answer.status_code == 400
    assert says in answer.json()["error"]["message"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("provider", ["chat", "anthropic", "responses"])
def test_arguments_can_be_written_as_weak_models_write_them(
    simulator: SimulatorThread, http: httpx.Client, provider: str, stream: bool
) -> None:
    simulator.plan(PlannedReply("Well.", calls=(PlannedCall("f", {"a": "b"}),)))
    simulator.set_faults([Fault(fault="broken_arguments")])
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    tools: dict[str, list[Any]] = {
        "chat": [{"type": "function", "function": {"name": "f", "parameters": schema}}],
        "anthropic": [{"name": "f", "input_schema": schema}],
        "responses": [{"type": "function", "name": "f", "parameters": schema, "strict": False}],
    }
    answer = ask(http, simulator, provider, stream=stream, tools=tools[provider])
    assert answer.status_code == 200
    if provider == "anthropic" and not stream:
        return  # it carries them as an object
    assert "'" in answer.text
    assert '\\"a\\"' not in answer.text
