"""The ChatGPT backend's dialect of a body."""

from typing import Any

import pytest

from router_core.wire.model import JsonObject
from router_core.wire.openai_responses.codex import codex_body
from tests.router_core.wire.openai_responses.cases import fixture

SYSTEM: JsonObject = {"role": "system", "content": "Be kind."}


def changed(**body: Any) -> JsonObject:
    return codex_body({"model": "gpt-5.5", "input": [], **body})[0]


def lost(**body: Any) -> list[str]:
    return [loss.path for loss in codex_body({"model": "gpt-5.5", "input": [], **body})[1]]


def test_what_is_demanded_is_there() -> None:
    assert changed() == {"model": "gpt-5.5", "input": [], "stream": True, "store": False, "instructions": ""}
    assert changed(instructions="Be brief.")["instructions"] == "Be brief."
    assert changed(instructions=None)["instructions"] == ""


def test_a_string_becomes_a_list() -> None:
    # 400 "Input must be a list"
    expected = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}
    assert changed(input="hi")["input"] == [expected]


def test_system_items_become_developer_items() -> None:
    # BerriAI/litellm #12724, #21420: "System messages are not allowed"
    (item,) = changed(input=[SYSTEM])["input"]
    assert item == {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Be kind."}]}


@pytest.mark.parametrize(
    "name",
    ["max_output_tokens", "temperature", "top_p", "metadata", "user", "safety_identifier", "truncation", "background"],
)
def test_refused_fields_are_left_out(name: str) -> None:
    assert name not in changed(**{name: 1})
    assert lost(**{name: 1}) == [name]
    assert lost(**{name: None}) == []


def test_values_that_say_nothing_are_no_loss() -> None:
    assert lost(truncation="disabled", background=False, metadata={}, service_tier="auto") == []


@pytest.mark.parametrize(("tier", "kept"), [("priority", True), ("default", True), ("flex", False), ("auto", False)])
def test_service_tiers(tier: str, kept: bool) -> None:
    assert ("service_tier" in changed(service_tier=tier)) == kept


def test_hosted_tools_and_the_choice_of_one() -> None:
    tools = [{"type": "web_search_preview"}, {"type": "file_search", "vector_store_ids": ["v"]}]
    body, losses = codex_body({"model": "m", "input": [], "tools": tools, "tool_choice": {"type": "file_search"}})
    assert body["tools"] == [{"type": "web_search"}]
    assert body["tool_choice"] == "auto"
    assert [loss.path for loss in losses] == ["tools[1]", "tool_choice"]


def test_nothing_is_referred_to_and_no_id_replayed() -> None:
    items = [{"type": "item_reference", "id": "rs_1"}, {"type": "reasoning", "id": "rs_2", "summary": []}]
    call = {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": "{}"}
    body, losses = codex_body({"model": "m", "input": [*items, call]})
    assert body["input"] == [{key: value for key, value in call.items() if key != "id"}]
    assert [loss.path for loss in losses] == ["input[0]"]


def test_reasoning_is_asked_for_encrypted() -> None:
    assert changed(reasoning={"effort": "low"})["include"] == ["reasoning.encrypted_content"]
    assert "include" not in changed(include=["message.output_text.logprobs"])


def test_previous_response_id_is_left_for_who_knows_the_conversation() -> None:
    assert changed(previous_response_id="resp_1")["previous_response_id"] == "resp_1"


def test_cache_breakpoints_are_left_out() -> None:
    part = {"type": "input_text", "text": "hi", "prompt_cache_breakpoint": {"mode": "explicit"}}
    (item,) = changed(input=[{"role": "user", "content": [part]}])["input"]
    assert item["content"] == [{"type": "input_text", "text": "hi"}]


@pytest.mark.parametrize("name", ["codex_plain", "codex_additional_tools", "codex_tool_turn"])
def test_codex_s_own_body_stays_as_it_is_but_for_ids(name: str) -> None:
    body = fixture(name)
    before = fixture(name)
    result, losses = codex_body(body)
    assert body == before
    assert not losses
    without_ids = [{key: value for key, value in item.items() if key != "id"} for item in body["input"]]
    assert result == body | {"instructions": "", "input": without_ids}
    assert codex_body(result) == (result, [])
