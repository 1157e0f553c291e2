"""A planned reply comes out of every provider, in its own form, read by the official SDKs."""

from collections.abc import Iterator
from typing import Any

import anthropic
import httpx
import openai
import orjson
import pytest

from router_core.simulator import (
    Citation,
    Fault,
    PlannedCall,
    PlannedReply,
    SimulatorThread,
    WebResult,
    WebSearch,
)
from tests.router_core.simulator.asking import API_KEY, PLATFORM_KEY, ask

USER = {"role": "user", "content": "hello there"}
PARAMETERS = {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}
CALLS = (PlannedCall("one", {"command": "ä\n"}), PlannedCall("two", {"command": "x" * 500}), PlannedCall("one"))
NAMES = ["one", "two", "one"]
A_TOOLS = [{"name": name, "input_schema": PARAMETERS} for name in ("one", "two")]
C_TOOLS = [{"type": "function", "function": {"name": n, "parameters": PARAMETERS}} for n in ("one", "two")]
R_TOOLS = [{"type": "function", "name": n, "parameters": PARAMETERS, "strict": False} for n in ("one", "two")]
SEARCH = WebSearch("routers", (WebResult("https://a.example/1", "First", "It routes."),))


@pytest.fixture
def claude(simulator: SimulatorThread) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=simulator.url, api_key=API_KEY, max_retries=0) as client:
        yield client


@pytest.fixture
def platform(simulator: SimulatorThread) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=simulator.base_urls["openai"], api_key=PLATFORM_KEY, max_retries=0) as client:
        yield client


def message(claude: anthropic.Anthropic, *, stream: bool, **changes: Any) -> anthropic.types.Message:
    asked = {"model": "claude-sonnet-5", "max_tokens": 2000, "messages": [USER], **changes}
    if not stream:
        answer: anthropic.types.Message = claude.messages.create(**asked)
        return answer
    with claude.messages.stream(**asked) as events:
        return events.get_final_message()


def completion(platform: openai.OpenAI, *, stream: bool, **changes: Any) -> Any:
    asked = {"model": "gpt-5.5", "messages": [USER], **changes}
    if not stream:
        return platform.chat.completions.create(**asked)
    with platform.chat.completions.stream(**asked, stream_options={"include_usage": True}) as events:
        return events.get_final_completion()


def response(platform: openai.OpenAI, *, stream: bool, **changes: Any) -> Any:
    asked = {"model": "gpt-5.5", "input": "hello there", **changes}
    if not stream:
        return platform.responses.create(**asked)
    with platform.responses.create(**asked, stream=True) as events:
        return list(events)[-1].response


both = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])


@both
def test_parallel_calls(
    stream: bool, simulator: SimulatorThread, claude: anthropic.Anthropic, platform: openai.OpenAI
) -> None:
    plan = PlannedReply("Both.", calls=CALLS, argument_pieces=7)
    simulator.plan(plan, plan, plan)
    said = message(claude, stream=stream, tools=A_TOOLS)
    assert said.stop_reason == "tool_use"
    uses = [block for block in said.content if block.type == "tool_use"]
    assert [(use.name, use.input) for use in uses] == [(call.name, call.arguments) for call in CALLS]
    choice = completion(platform, stream=stream, tools=C_TOOLS).choices[0]
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", "Both.")
    asked = [(call.function.name, orjson.loads(call.function.arguments)) for call in choice.message.tool_calls]
    assert asked == [(call.name, call.arguments) for call in CALLS]
    assert len({call.id for call in choice.message.tool_calls}) == 3
    items = [item for item in response(platform, stream=stream, tools=R_TOOLS).output if item.type == "function_call"]
    assert [(item.name, orjson.loads(item.arguments)) for item in items] == asked
    assert len({item.call_id for item in items} | {item.id for item in items}) == 6


def test_one_call_when_parallel_ones_are_forbidden(
    simulator: SimulatorThread, claude: anthropic.Anthropic, platform: openai.OpenAI
) -> None:
    simulator.plan(*[PlannedReply(calls=CALLS)] * 3)
    choice = {"type": "auto", "disable_parallel_tool_use": True}
    assert [block.type for block in message(claude, stream=False, tools=A_TOOLS, tool_choice=choice).content] == [
        "tool_use"
    ]
    one = completion(platform, stream=False, tools=C_TOOLS, parallel_tool_calls=False)
    assert len(one.choices[0].message.tool_calls) == 1
    assert len(response(platform, stream=False, tools=R_TOOLS, parallel_tool_calls=False).output) == 1


@both
def test_refusal(
    stream: bool, simulator: SimulatorThread, claude: anthropic.Anthropic, platform: openai.OpenAI
) -> None:
    simulator.plan(*[PlannedReply(refusal="I cannot help with that.")] * 3)
    said = message(claude, stream=stream)
    assert (said.stop_reason, said.stop_details.explanation) == ("refusal", "I cannot help with that.")
    choice = completion(platform, stream=stream).choices[0]
    assert (choice.finish_reason, choice.message.refusal) == ("stop", "I cannot help with that.")
    part = response(platform, stream=stream).output[0].content[0]
    assert (part.type, part.refusal) == ("refusal", "I cannot help with that.")


@both
def test_stop_sequence_that_was_asked_for(
    stream: bool, simulator: SimulatorThread, claude: anthropic.Anthropic, platform: openai.OpenAI
) -> None:
    simulator.plan(*[PlannedReply("one two END three")] * 2)
    said = message(claude, stream=stream, stop_sequences=["nope", "END"])
    assert (said.content[0].text, said.stop_reason, said.stop_sequence) == ("one two ", "stop_sequence", "END")
    choice = completion(platform, stream=stream, model="gpt-4.1", stop="END").choices[0]
    assert (choice.message.content, choice.finish_reason) == ("one two ", "stop")


@both
def test_cut_short_in_the_middle_of_a_call(
    stream: bool, simulator: SimulatorThread, claude: anthropic.Anthropic, platform: openai.OpenAI
) -> None:
    simulator.plan(*[PlannedReply(calls=CALLS[:1], cut_short=True)] * 3)
    said = message(claude, stream=stream, tools=A_TOOLS)
    assert (said.stop_reason, said.content[0].input) == ("max_tokens", {})
    if stream:  # the SDK's own helper raises on a completion that was cut
        with platform.chat.completions.create(model="gpt-5.5", messages=[USER], tools=C_TOOLS, stream=True) as chunks:
            assert list(chunks)[-1].choices[0].finish_reason == "length"
    else:
        choice = completion(platform, stream=False, tools=C_TOOLS).choices[0]
        assert choice.finish_reason == "length"
        with pytest.raises(orjson.JSONDecodeError):
            orjson.loads(choice.message.tool_calls[0].function.arguments)
    answer = response(platform, stream=stream, tools=R_TOOLS)
    assert (answer.status, answer.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert answer.output[0].status == "incomplete"


@both
def test_usage_with_cache(
    stream: bool, simulator: SimulatorThread, claude: anthropic.Anthropic, platform: openai.OpenAI
) -> None:
    plan = PlannedReply(
        "x",
        input_tokens=1000,
        output_tokens=50,
        thinking_tokens=20,
        cache_read_tokens=600,
        cache_write_tokens=200,
        cache_write_1h_tokens=100,
    )
    simulator.plan(plan, plan, plan)
    usage = message(claude, stream=stream).usage
    assert (usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == (100, 600, 300)
    assert usage.output_tokens == 50
    if not stream:
        assert usage.cache_creation.ephemeral_1h_input_tokens == 100
    used = completion(platform, stream=stream).usage
    assert (used.prompt_tokens, used.completion_tokens) == (1000, 50)
    assert (used.prompt_tokens_details.cached_tokens, used.completion_tokens_details.reasoning_tokens) == (600, 20)
    spent = response(platform, stream=stream).usage
    assert (spent.input_tokens, spent.input_tokens_details.cached_tokens) == (1000, 600)
    assert (spent.output_tokens, spent.output_tokens_details.reasoning_tokens) == (50, 20)


@both
def test_thinking_between_calls_comes_back_or_is_refused(
    stream: bool, simulator: SimulatorThread, claude: anthropic.Anthropic
) -> None:
    simulator.plan(PlannedReply("Well.", thinking=("first", "second"), calls=CALLS[:2]))
    adaptive = {"thinking": {"type": "adaptive"}, "tools": A_TOOLS}
    said = message(claude, stream=stream, **adaptive)
    assert [block.type for block in said.content] == ["thinking", "text", "tool_use", "thinking", "tool_use"]
    blocks = [block.model_dump(exclude_none=True, exclude={"parsed_output"}) for block in said.content]
    results = [{"type": "tool_result", "tool_use_id": b["id"]} for b in blocks if b["type"] == "tool_use"]

    def again(content: list[dict[str, Any]]) -> list[Any]:
        return [USER, {"role": "assistant", "content": content}, {"role": "user", "content": results}]

    assert message(claude, stream=stream, **adaptive | {"messages": again(blocks)}).stop_reason == "end_turn"
    with pytest.raises(anthropic.BadRequestError, match="cannot be modified"):
        message(claude, stream=stream, **adaptive | {"messages": again(blocks[1:])})
    edited = [blocks[0] | {"thinking": "First"}, *blocks[1:]]
    with pytest.raises(anthropic.BadRequestError, match=r"messages.1.content.0: Invalid `signature` in `thinking`"):
        message(claude, stream=stream, **adaptive | {"messages": again(edited)})


@both
def test_redacted_thinking_comes_back(stream: bool, simulator: SimulatorThread, claude: anthropic.Anthropic) -> None:
    simulator.plan(PlannedReply("x", thinking="secret", thinking_redacted=True))
    said = message(claude, stream=stream, thinking={"type": "adaptive"})
    assert [block.type for block in said.content] == ["redacted_thinking", "text"]
    block = said.content[0].model_dump()
    turns = [USER, {"role": "assistant", "content": [block]}, USER]
    assert message(claude, stream=stream, messages=turns).stop_reason == "end_turn"


def test_thinking_shows_only_where_it_was_asked_for(simulator: SimulatorThread, claude: anthropic.Anthropic) -> None:
    simulator.plan(PlannedReply("x", thinking="hidden"))
    assert [block.type for block in message(claude, stream=False).content] == ["text"]


@both
def test_web_search_with_citations(
    stream: bool, simulator: SimulatorThread, claude: anthropic.Anthropic, platform: openai.OpenAI
) -> None:
    cited = Citation("https://a.example/1", "First", "It routes.", start=5, end=10)
    simulator.plan(*[PlannedReply("Once upon a time", searches=(SEARCH,), citations=(cited,))] * 2)
    tools: Any = [{"type": "web_search_20250305", "name": "web_search"}]
    said = message(claude, stream=stream, tools=tools)
    kinds = ["server_tool_use", "web_search_tool_result", "text", "text", "text"]
    assert [block.type for block in said.content] == kinds
    assert said.content[0].input == {"query": "routers"}
    assert said.content[3].text == "upon "
    assert said.content[3].citations[0].url == "https://a.example/1"
    assert said.usage.server_tool_use.web_search_requests == 1
    answer = response(platform, stream=stream, tools=[{"type": "web_search"}])
    assert [item.type for item in answer.output] == ["web_search_call", "message"]
    assert answer.output[0].action.query == "routers"
    source = answer.output[1].content[0].annotations[0]
    assert (source.url, source.start_index, source.end_index) == ("https://a.example/1", 5, 10)


def test_search_results_come_back(simulator: SimulatorThread, claude: anthropic.Anthropic) -> None:
    simulator.plan(PlannedReply("Found.", searches=(SEARCH,)))
    tools: Any = [{"type": "web_search_20250305", "name": "web_search"}]
    blocks = [block.model_dump(exclude_none=True) for block in message(claude, stream=False, tools=tools).content]
    turns = [USER, {"role": "assistant", "content": blocks}, USER]
    assert message(claude, stream=False, tools=tools, messages=turns).stop_reason == "end_turn"


def test_plan_that_the_request_does_not_allow_is_said(simulator: SimulatorThread, http: httpx.Client) -> None:
    simulator.plan(PlannedReply(calls=(PlannedCall("gone"),)), PlannedReply(searches=(SEARCH,)))
    for words in ("gone", "web search"):
        answer = ask(http, simulator, "anthropic")
        assert answer.status_code == 400
        assert words in answer.text


def test_empty_queue_is_todays_behaviour_and_reset_empties_it(simulator: SimulatorThread, http: httpx.Client) -> None:
    before = ask(http, simulator, "anthropic").json()["content"]
    simulator.plan(PlannedReply("planned"), PlannedReply("never"))
    assert ask(http, simulator, "anthropic").json()["content"] == [{"type": "text", "text": "planned"}]
    simulator.reset()
    assert ask(http, simulator, "anthropic").json()["content"] == before


def test_refused_request_takes_no_plan_and_a_cut_one_gives_it_back(
    simulator: SimulatorThread, http: httpx.Client
) -> None:
    simulator.plan(PlannedReply("planned"))
    assert ask(http, simulator, "anthropic", max_tokens=0).status_code == 400
    simulator.set_faults([Fault(fault="cut_stream")])
    with pytest.raises(httpx.RemoteProtocolError):
        ask(http, simulator, "anthropic", stream=True)
    assert ask(http, simulator, "anthropic").json()["content"][0]["text"] == "planned"


def test_plan_over_the_control_plane(simulator: SimulatorThread, http: httpx.Client) -> None:
    plan = {"text": "far away", "searches": [], "calls": [{"name": "one", "arguments": {"command": "x"}}]}
    assert http.post(f"{simulator.url}/_simulator/plan", json=[plan]).status_code == 200
    said = ask(http, simulator, "anthropic", tools=A_TOOLS).json()
    assert [block["type"] for block in said["content"]] == ["text", "tool_use"]
    wrong = http.post(f"{simulator.url}/_simulator/plan", json=[{"txt": "x"}])
    assert wrong.status_code == 400
    assert "txt" in wrong.text
