"""Another client's request in Claude Code's form: what changes, what does not, and that it can be undone."""

import copy
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router_core.asked_for import AskedFor
from router_core.claude_code import PREAMBLE, is_genuine
from router_core.claude_code_compat import CLOSE, OPEN, as_claude_code
from router_core.config.schema import ProviderConfig
from router_core.outgoing import put
from router_core.routing.entrance import Entrance
from router_core.routing.target import RouteTarget
from router_core.wire.codec import Encoded, ToolName
from router_core.wire.events import BlockStart
from router_core.wire.model import ToolCall
from router_core.wire.restore import Restorer

SCHEMA = {"type": "object", "properties": {}}
WEATHER = {"name": "get_weather", "input_schema": SCHEMA}
BODY: dict[str, Any] = {
    "model": "claude-opus-5",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "hello"}],
}
EPHEMERAL = {"type": "ephemeral"}


def compat(client_betas: str = "", restore: dict[str, ToolName] | None = None, **changes: Any) -> Encoded:
    return as_claude_code(Encoded({**copy.deepcopy(BODY), **changes}, restore=restore or {}), client_betas)


def betas(encoded: Encoded) -> list[str]:
    return dict(encoded.headers)["anthropic-beta"].split(",")


def first_turn(encoded: Encoded) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = encoded.body["messages"][0]["content"]
    return found


# ---- system prompt ---------------------------------------------------------------------------------------------------


def test_the_preamble_is_the_whole_system_prompt_and_the_clients_own_opens_the_first_turn() -> None:
    made = compat(system="Be brief.")
    assert made.body["system"] == [{"type": "text", "text": PREAMBLE}]
    assert first_turn(made) == [
        {"type": "text", "text": f"{OPEN}Be brief.{CLOSE}"},
        {"type": "text", "text": "hello"},
    ]
    assert [loss.path for loss in made.losses] == ["system"]


@pytest.mark.parametrize("system", [None, "", "  \n", [], [{"type": "text", "text": " "}]], ids=str)
def test_without_a_system_prompt_the_conversation_stays(system: Any) -> None:
    made = compat(system=system)
    assert made.body["system"] == [{"type": "text", "text": PREAMBLE}]
    assert made.body["messages"] == BODY["messages"]
    assert made.losses == ()


def test_several_blocks_keep_their_order_and_their_cache_breakpoints() -> None:
    long = {"type": "ephemeral", "ttl": "1h"}
    system = [
        {"type": "text", "text": "one", "cache_control": long},
        {"type": "text", "text": "two"},
        {"type": "text", "text": "three", "cache_control": EPHEMERAL},
    ]
    content = [{"type": "text", "text": "hello", "cache_control": EPHEMERAL}]
    made = compat(system=system, messages=[{"role": "user", "content": content}])
    turn = first_turn(made)
    assert [block["text"] for block in turn] == [f"{OPEN}one", "two", f"three{CLOSE}", "hello"]
    assert [block.get("cache_control") for block in turn] == [long, None, EPHEMERAL, EPHEMERAL]
    assert "extended-cache-ttl-2025-04-11" in betas(made)


@pytest.mark.parametrize("role", ["assistant", "system"])
def test_a_conversation_that_does_not_begin_with_the_user_gets_a_turn_before_it(role: str) -> None:
    messages = [{"role": role, "content": "first"}, {"role": "user", "content": "hello"}]
    made = compat(system="Be brief.", messages=messages)
    assert [message["role"] for message in made.body["messages"]] == ["user", role, "user"]
    assert made.body["messages"][1:] == messages


def test_a_request_without_messages_is_still_refused_for_that() -> None:
    assert compat(system="Be brief.", messages=[]).body["messages"] == []


def test_the_moved_prompt_says_which_of_the_tools_that_it_names_have_other_names() -> None:
    other = {"name": "weather", "input_schema": SCHEMA}
    made = compat(system="Call `get_weather` first.", tools=[WEATHER, other])
    text = first_turn(made)[0]["text"]
    assert "get_weather is GetWeather." in text
    assert "weather is Weather" not in text.replace("get_weather is", "")


def test_what_is_genuine_already_only_gets_its_flags() -> None:
    system = [{"type": "text", "text": "x-anthropic-billing-header: x"}, {"type": "text", "text": PREAMBLE}]
    made = compat(system=system, tools=[WEATHER])
    assert made.body == {**BODY, "system": system, "tools": [WEATHER]}
    assert betas(made) == ["claude-code-20250219", "oauth-2025-04-20"]


# ---- beta flags ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "more"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param({"thinking": {"type": "adaptive"}}, [], id="thinking without tools"),
        pytest.param({"thinking": {"type": "disabled"}, "tools": [WEATHER]}, [], id="tools without thinking"),
        pytest.param(
            {"thinking": {"type": "enabled", "budget_tokens": 1024}, "tools": [WEATHER]},
            ["interleaved-thinking-2025-05-14"],
            id="thinking with tools",
        ),
        pytest.param(
            {"tools": [{**WEATHER, "cache_control": {"type": "ephemeral", "ttl": "1h"}}]},
            ["extended-cache-ttl-2025-04-11"],
            id="one hour",
        ),
    ],
)
def test_only_the_flags_that_are_needed(changes: dict[str, Any], more: list[str]) -> None:
    assert betas(compat(**changes)) == ["claude-code-20250219", "oauth-2025-04-20", *more]


def test_the_clients_flags_and_those_of_its_body_stay_each_once() -> None:
    encoded = Encoded(BODY, headers=(("anthropic-beta", "b-1,oauth-2025-04-20"), ("x-other", "1")))
    made = as_claude_code(encoded, " c-1, b-1 ,,")
    assert betas(made) == ["claude-code-20250219", "oauth-2025-04-20", "c-1", "b-1"]
    assert dict(made.headers)["x-other"] == "1"


# ---- tool names ------------------------------------------------------------------------------------------------------


def test_tools_choice_history_and_context_edits_use_the_same_names() -> None:
    call = {"type": "tool_use", "id": "t1", "name": "get_weather", "input": {}}
    gone = {"type": "tool_use", "id": "t2", "name": "old_tool", "input": {}}
    results = [{"type": "tool_result", "tool_use_id": id, "content": "ok"} for id in ("t1", "t2")]
    made = compat(
        tools=[WEATHER],
        tool_choice={"type": "tool", "name": "get_weather", "disable_parallel_tool_use": True},
        messages=[
            *BODY["messages"],
            {"role": "assistant", "content": [{"type": "text", "text": "get_weather"}, call, gone]},
            {"role": "user", "content": results},
        ],
        context_management={"edits": [{"type": "clear_tool_uses_20250919", "exclude_tools": ["get_weather"]}]},
    ).body
    assert [tool["name"] for tool in made["tools"]] == ["GetWeather"]
    assert made["tool_choice"] == {"type": "tool", "name": "GetWeather", "disable_parallel_tool_use": True}
    content = made["messages"][1]["content"]
    assert [block.get("name") for block in content] == [None, "GetWeather", "OldTool"]
    assert content[0]["text"] == "get_weather"
    assert made["messages"][2]["content"] == results
    assert made["context_management"]["edits"][0]["exclude_tools"] == ["GetWeather"]


def test_the_providers_own_tools_keep_their_names_and_calls() -> None:
    tools = [{"type": "bash_20250124", "name": "bash"}, {"type": "custom", **WEATHER}]
    use = {"type": "tool_use", "id": "t1", "name": "bash", "input": {}}
    made = compat(tools=tools, messages=[*BODY["messages"], {"role": "assistant", "content": [use]}]).body
    assert [tool["name"] for tool in made["tools"]] == ["bash", "GetWeather"]
    assert made["messages"][1]["content"] == [use]


@pytest.mark.parametrize(
    "more", [{**WEATHER, "name": "b", "defer_loading": True}, {"type": "tool_search_tool_regex_20251119", "name": "s"}]
)
def test_names_stay_where_the_provider_tells_them_to_the_client(more: dict[str, Any]) -> None:
    made = compat(tools=[WEATHER, more])
    assert made.body["tools"] == [WEATHER, more]
    assert made.restore == {}


def test_the_way_back_leads_through_the_codecs_own_map() -> None:
    """A freeform tool of Codex that travels as a function under a shortened name comes back as what it was."""
    own = {"apply_patch": ToolName("apply.patch", "edit", custom=True)}
    made = compat(restore=own, tools=[{"name": "apply_patch", "input_schema": SCHEMA}, WEATHER])
    assert made.restore["ApplyPatch"] == own["apply_patch"]
    assert made.restore["GetWeather"] == ToolName("get_weather")


NAMES = st.lists(
    st.sampled_from(["get_weather", "get-weather", "GetWeather", "getWeather", "read", "mcp__a__b", "a" * 64, "9"]),
    unique=True,
)


@given(NAMES, NAMES)
@settings(max_examples=60)
def test_every_call_of_an_offered_tool_comes_back_under_its_own_name(offered: list[str], called: list[str]) -> None:
    tools = [{"name": name, "input_schema": SCHEMA} for name in offered]
    uses = [{"type": "tool_use", "id": f"t{n}", "name": name, "input": {}} for n, name in enumerate(called)]
    made = compat(tools=tools, messages=[*BODY["messages"], {"role": "assistant", "content": uses}])
    sent = [tool["name"] for tool in made.body["tools"]]
    history = [block["name"] for block in made.body["messages"][1]["content"]]
    assert len(set(sent)) == len(offered)
    assert came_back(made, sent) == offered
    assert came_back(made, history) == called


def came_back(made: Encoded, names: list[str]) -> list[str]:
    """What the client is told when the model calls these."""
    starts = Restorer(made.restore).events(BlockStart(ToolCall("id", name)) for name in names)
    return [event.block.name for event in starts if isinstance(event, BlockStart) and isinstance(event.block, ToolCall)]


# ---- hostile and shared values ---------------------------------------------------------------------------------------

ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.sampled_from(["tool_use", "tool", "text", "1h", "x_y", ""])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["type", "name", "text", "role", "content", "edits", "exclude_tools", "cache_control"]),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)
FIELDS = ["messages", "system", "tools", "tool_choice", "thinking", "cache_control", "context_management"]


@given(st.dictionaries(st.sampled_from(FIELDS), ANYTHING))
@settings(max_examples=200)
def test_no_shape_of_a_body_breaks_it_and_the_given_one_stays_as_it_was(body: dict[str, Any]) -> None:
    before = copy.deepcopy(body)
    made = as_claude_code(Encoded(body))
    assert body == before
    assert is_genuine(made.body)


# ---- as it is put ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["anthropic", "openai-chat", "openai-responses", "gemini"])
def test_clients_of_every_format_are_put_in_the_same_form(format: Any) -> None:
    tool = {"name": "get_weather", "description": "", "parameters": SCHEMA}
    body: dict[str, Any] = {
        "anthropic": {**BODY, "system": "Be brief.", "tools": [WEATHER]},
        "openai-chat": {
            "model": "x",
            "messages": [{"role": "system", "content": "Be brief."}, *BODY["messages"]],
            "tools": [{"type": "function", "function": tool}],
        },
        "openai-responses": {
            "model": "x", "instructions": "Be brief.", "input": "hello", "tools": [{"type": "function", **tool}],
        },
        "gemini": {
            "systemInstruction": {"parts": [{"text": "Be brief."}]},
            "contents": [{"role": "user", "parts": [{"text": "hello"}]}],
            "tools": [{"functionDeclarations": [tool]}],
        },
    }[format]  # fmt: skip
    entrance = Entrance(format, "generate", "x", False) if format == "gemini" else Entrance(format, "generate")
    headers = {"anthropic-beta": "their-own-1", "user-agent": "someone/1"}
    asked = AskedFor(entrance, orjson.dumps(body), headers, "beta=true", "")
    provider = ProviderConfig(kind="anthropic", base_url="https://api.anthropic.com")
    made = put(asked, RouteTarget("claude", "claude-opus-5"), provider, compat=True)
    sent = orjson.loads(made.body)
    assert (made.format, made.treatment, made.compat) == ("anthropic", "translate", True)
    assert is_genuine(sent)
    assert [block["text"] for block in sent["messages"][0]["content"]] == [f"{OPEN}Be brief.{CLOSE}", "hello"]
    assert [tool["name"] for tool in sent["tools"]] == ["GetWeather"]
    assert made.encoded.restore == {"GetWeather": ToolName("get_weather")}
    fields = {name.lower(): value for name, value in made.headers or ()}
    assert fields[b"user-agent"].startswith(b"mitmrouter/"), "nothing is disguised"
    assert (b"their-own-1" in fields[b"anthropic-beta"]) == (format == "anthropic")
    assert made.rest == ("/v1/messages?beta=true" if format == "anthropic" else "/v1/messages")
    plain = put(asked, RouteTarget("claude", "claude-opus-5"), provider)
    assert PREAMBLE.encode() not in plain.body
    assert not plain.compat
