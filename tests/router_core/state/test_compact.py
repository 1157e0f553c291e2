"""Compaction where the provider has none: what is asked, what Codex gets, and how it becomes readable again."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.responses import CompactedResponse, ResponseCompactionItem

from router_core.errors import WireError
from router_core.state.compact import (
    PROMPT,
    RETAINED_CHARACTERS,
    compact_request,
    compact_response,
    compacted_turn,
    compaction_item,
    open_own_compaction,
    own_summary,
    wants_compaction,
)
from router_core.wire.proof import is_sealed

JsonObject = dict[str, Any]


def user(text: str) -> JsonObject:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


SAID = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a"}]}
TRIGGER = {"type": "compaction_trigger"}
USAGE = {
    "input_tokens": 10, "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0}, "output_tokens": 5,
    "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 15,
}  # fmt: skip


def answer(*texts: str) -> JsonObject:
    parts = [{"type": "output_text", "text": text, "annotations": []} for text in texts]
    message = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": parts}
    output = [{"type": "reasoning", "id": "rs_1", "summary": []}, message]
    return {"id": "resp_1", "object": "response", "output": output, "usage": USAGE}


def summary_of(item: JsonObject) -> str:
    opened = own_summary(item)
    assert opened is not None
    assert opened["role"] == "user"
    text: str = opened["content"][0]["text"]
    return text


def test_a_summary_is_asked_for_with_nothing_that_could_call_or_store() -> None:
    body = {
        "model": "m",
        "instructions": "be nice",
        "input": [user("1"), SAID],
        "tools": [{"type": "function", "name": "f"}],
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "reasoning": {"effort": "high"},
        "prompt_cache_key": "k",
        "store": True,
        "stream": True,
        "include": ["reasoning.encrypted_content"],
        "text": {"format": {"type": "json_object"}},
    }
    assert compact_request(body) == {
        "model": "m",
        "instructions": "be nice",
        "input": [user("1"), SAID, user(PROMPT)],
        "tools": [{"type": "function", "name": "f"}],
        "tool_choice": "none",
        "parallel_tool_calls": True,
        "reasoning": {"effort": "high"},
        "prompt_cache_key": "k",
        "store": False,
        "stream": False,
    }
    assert body["input"] == [user("1"), SAID]


@pytest.mark.parametrize(
    ("sent", "items"),
    [
        ("text", [user("text")]),
        ([user("1"), TRIGGER], [user("1")]),
        ([], []),
        ([TRIGGER, "odd", None], ["odd", None]),
    ],
    ids=["text", "trigger", "nothing", "odd"],
)
def test_the_trigger_itself_is_not_sent(sent: Any, items: list[Any]) -> None:
    request = compact_request({"input": sent, "tool_choice": "auto"})
    assert request == {"input": [*items, user(PROMPT)], "store": False, "stream": False}


@pytest.mark.parametrize("sent", [None, 3, {}])
def test_input_of_another_type_is_refused(sent: Any) -> None:
    with pytest.raises(WireError) as caught:
        compact_request({"input": sent})
    assert (caught.value.status, caught.value.param) == (400, "input")


@pytest.mark.parametrize(
    ("body", "wants"),
    [
        ({"input": [user("1"), TRIGGER]}, True),
        ({"input": [TRIGGER, user("1")]}, False),
        ({"input": []}, False),
        ({"input": "compaction_trigger"}, False),
        ({"input": ["x"]}, False),
        ({}, False),
    ],
)
def test_a_turn_asks_for_compaction_by_its_last_item(body: JsonObject, wants: bool) -> None:
    assert wants_compaction(body) is wants


def test_the_answer_is_what_the_sdk_and_codex_read() -> None:
    asked = {"input": [user("1"), SAID, {"role": "user", "content": "2"}, {"type": "function_call", "role": "user"}]}
    body = compact_response(answer("the ", "summary"), asked, now=1_800_000_000.5)
    assert body["output"][:-1] == [user("1"), user("2")]
    assert summary_of(body["output"][-1]).endswith("the summary")
    parsed = CompactedResponse.model_validate(
        {**body, "output": body["output"][-1:]}
    )  # its users' messages have no type
    assert isinstance(parsed.output[0], ResponseCompactionItem)
    assert (parsed.id, parsed.created_at, parsed.usage.total_tokens) == ("resp_1", 1_800_000_000, 15)


def test_an_answer_without_id_and_usage_gets_both() -> None:
    body = compact_response({"output": answer("s")["output"]}, {"input": "text"}, now=0)
    assert body["output"][:-1] == [user("text")]
    CompactedResponse.model_validate({**body, "output": body["output"][-1:]})
    assert body["id"].startswith("resp_")


def test_only_the_newest_user_messages_are_kept_word_for_word() -> None:
    long = "x" * (RETAINED_CHARACTERS // 2)
    asked = {"input": [user("old"), user(long), user(long), user("")]}
    output = compact_response(answer("s"), asked, now=0)["output"]
    assert output[:-1] == [user(long), user(long), user("")]


def test_a_turn_that_asks_gets_exactly_one_compaction() -> None:
    turn = compacted_turn(answer("s"))
    assert [item["type"] for item in turn["output"]] == ["compaction"]
    assert (turn["id"], turn["usage"]) == ("resp_1", USAGE)


@pytest.mark.parametrize(
    "reply",
    [
        answer(),
        answer(""),
        answer("  \n"),
        {},
        {"output": None},
        {"output": [None, 3, {"type": "message"}]},
        {"output": [{"type": "message", "content": [{"type": "refusal", "refusal": "no"}, "x"]}]},
        {"output": [{"type": "message", "content": [{"type": "output_text", "text": 3}]}]},
    ],
)
def test_no_summary_is_an_error_of_the_providers(reply: JsonObject) -> None:
    with pytest.raises(WireError) as caught:
        compaction_item(reply)
    assert caught.value.status == 502


@settings(deadline=None)
@given(st.text(min_size=1).filter(str.strip))
def test_any_summary_comes_back_as_it_was(text: str) -> None:
    item = compaction_item(answer(text))
    assert summary_of(item).endswith(text.strip())
    assert not is_sealed(item["encrypted_content"])
    items = [user("1"), item, SAID]
    assert open_own_compaction(items) == [user("1"), own_summary(item), SAID]
    assert items[1] is item


@pytest.mark.parametrize("value", ["gAAAAAB", "", None, 3, [], {}])
def test_a_compaction_of_others_is_left_alone(value: Any) -> None:
    items = [user("1"), {"type": "compaction", "encrypted_content": value}, "odd", None]
    assert open_own_compaction(items) is items


def test_a_damaged_envelope_is_not_opened() -> None:
    item = compaction_item(answer("a summary of some length"))
    whole = item["encrypted_content"]
    for damaged in (whole[:-4], whole[:20], whole[:-5] + "!" + whole[-4:], whole[:16] + "AAAA", whole[:16]):
        assert own_summary({"type": "compaction", "encrypted_content": damaged}) is None


def test_compacting_again_reads_the_first_summary() -> None:
    first = compact_response(answer("first"), {"input": [user("1")]}, now=0)["output"]
    request = compact_request({"input": [*first, user("2"), TRIGGER]})
    assert request["input"] == [user("1"), own_summary(first[1]), user("2"), user(PROMPT)]
