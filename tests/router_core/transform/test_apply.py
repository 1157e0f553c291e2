"""How transformers are put to a request: what stays, what is refused, what they are told."""

from typing import Any

import orjson
import pytest

from router_core.asked_for import AskedFor
from router_core.config.schema import Config, ProviderConfig
from router_core.errors import WireError
from router_core.outgoing import Outgoing, put
from router_core.outgoing_compact import put_compact, put_compaction_turn
from router_core.outgoing_count import put_count
from router_core.routing.entrance import Entrance, Operation
from router_core.routing.target import RouteTarget
from router_core.transform.registry import transformers_of
from router_core.wire.format import FormatName

BODIES: dict[FormatName, dict[str, Any]] = {
    "openai-chat": {"model": "m", "messages": [{"role": "user", "content": "Hello."}]},
    "anthropic": {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello."}]},
    "openai-responses": {"model": "m", "input": "Hello."},
}


def provider(kind: str, *listed: Any, by_model: dict[str, list[Any]] | None = None) -> ProviderConfig:
    table = {
        "kind": kind,
        "base_url": "https://p.example/v1",
        "transformers": list(listed),
        "model_transformers": by_model or {},
    }
    return Config.model_validate({"providers": {"p": table}}).providers["p"]


def asked(format: FormatName, operation: Operation = "generate", **changes: Any) -> AskedFor:
    return AskedFor(Entrance(format, operation), orjson.dumps({**BODIES[format], **changes}), {}, "", "")


def sent(found: Outgoing | None) -> dict[str, Any]:
    assert found is not None
    body: dict[str, Any] = orjson.loads(found.body)
    return body


def test_models_add_to_what_the_provider_lists_in_the_order_of_the_file() -> None:
    config = provider("openai-chat", "cleancache", by_model={"a*": ["groq"], "b*": ["tooluse"], "*": ["streamoptions"]})
    found = transformers_of(config, "a-1", "p")
    assert [applied.name for applied in found] == ["cleancache", "groq", "streamoptions"]
    assert [applied.listed for applied in found] == [
        "providers.p.transformers", 'providers.p.model_transformers."a*"', 'providers.p.model_transformers."*"',
    ]  # fmt: skip
    assert transformers_of(provider("openai-chat"), "a-1") == ()


def test_without_transformers_a_request_passes_as_before() -> None:
    request = asked("openai-chat")
    found = put(request, RouteTarget("p", "m"), provider("openai-chat"))
    assert (found.body, found.edits, found.notes, found.answer_filters) == (request.body, (), (), ())


def test_a_request_that_is_not_understood_goes_without_answers_changed_or_not_at_all() -> None:
    tools = [{"type": "function", "function": {"name": "f"}}]
    strange = {"messages": [{"role": "narrator", "content": "x"}], "tools": tools}
    found = put(asked("openai-chat", **strange), RouteTarget("p", "m"), provider("openai-chat", "enhancetool"))
    assert found.treatment == "pass"
    assert "not understood: 'messages[0].role'" in found.notes[0].rule
    with pytest.raises(WireError, match=r"For the transformer tooluse .*messages\[0\]\.role"):
        put(asked("openai-chat", **strange), RouteTarget("p", "m"), provider("openai-chat", "tooluse"))


def test_a_body_that_is_no_json_is_refused() -> None:
    request = AskedFor(Entrance("openai-chat", "generate"), b"[1]", {}, "", "")
    with pytest.raises(WireError):
        put(request, RouteTarget("p", "m"), provider("openai-chat", "cleancache"))


def test_counting_sees_what_changes_the_prompt_and_no_settings() -> None:
    marked = [{"role": "user", "content": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}]}]
    tools = [{"name": "f", "input_schema": {"type": "object"}}]
    config = provider("anthropic", "cleancache", "tooluse", ["customparams", {"x": 1}], ["maxtoken", {"max_tokens": 5}])
    request = asked("anthropic", "count", messages=marked, tools=tools)
    found = put_count(request, RouteTarget("p", "m"), config)
    body = sent(found)
    assert found is not None
    assert b"cache_control" not in found.body
    assert [tool["name"] for tool in body["tools"]] == ["f", "ExitTool"]
    assert (body["max_tokens"], "x" in body) == (9, False)
    assert found.treatment == "pass"
    assert "customparams: this request is to count" in [note.rule for note in found.notes]


def test_compaction_is_asked_for_with_transformers_too() -> None:
    config = provider("openai-chat", ["customparams", {"x": 1}])
    request = asked("openai-responses", "compact")
    assert sent(put_compact(request, RouteTarget("p", "m"), config))["x"] == 1
    turn = asked("openai-responses", input=[{"role": "user", "content": "Hi"}, {"type": "compaction_trigger"}])
    if (found := put_compaction_turn(turn, RouteTarget("p", "m"), config)) is not None:
        assert sent(found)["x"] == 1
    passed = put_compact(request, RouteTarget("p", "n"), provider("openai", ["customparams", {"x": 1}], "cleancache"))
    assert sent(passed) == {"model": "n", "input": "Hello."}
    assert [edit.rule for edit in passed.edits] == ["model"]


def test_numbers_beyond_64_bits_stay_as_they_were_written() -> None:
    big = b"123456789012345678901234567890"
    body = b'{"model":"m","messages":[{"role":"user","content":"x"}],"big":%b}' % big
    request = AskedFor(Entrance("openai-chat", "generate"), body, {}, "", "")
    found = put(request, RouteTarget("p", "m"), provider("openai-chat", ["customparams", {"y": 1}]))
    assert found.body == body[:-1] + b',"y":1}'


def test_thinking_is_set_where_a_gemini_body_has_its_settings_in_either_spelling() -> None:
    body = {"contents": [{"parts": [{"text": "Hello."}]}], "generation_config": {"temperature": 1}}
    entrance = Entrance("gemini", "generate", "gemini-2.5-flash")
    config = provider("gemini", ["reasoning", {"enable": False}])
    found = sent(put(AskedFor(entrance, orjson.dumps(body), {}, "", ""), RouteTarget("p", "gemini-2.5-flash"), config))
    assert "generationConfig" not in found
    assert found["generation_config"] == {"temperature": 1, "thinkingConfig": {"thinkingBudget": 0}}
