"""The official SDKs take the simulator for the real thing: streaming and not, with and without tools."""

from collections.abc import Iterator
from typing import Any

import anthropic
import openai
import pytest

from router_core.simulator import SimulatorThread
from tests.router_core.simulator.asking import API_KEY, PLATFORM_KEY

SAYS = "You said: hello there."
USER = {"role": "user", "content": "hello there"}
ASKING = {"role": "user", "content": "please use the tool"}
PARAMETERS = {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}


@pytest.fixture
def claude(simulator: SimulatorThread) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=simulator.url, api_key=API_KEY, max_retries=0) as client:
        yield client


@pytest.fixture
def platform(simulator: SimulatorThread) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=simulator.base_urls["openai"], api_key=PLATFORM_KEY, max_retries=0) as client:
        yield client


def message(**changes: Any) -> dict[str, Any]:
    return {"model": "claude-sonnet-5", "max_tokens": 2000, "messages": [USER], **changes}


def test_anthropic_message(claude: anthropic.Anthropic) -> None:
    answer = claude.messages.create(**message())
    assert answer.content[0].text.startswith(SAYS)
    assert answer.stop_reason == "end_turn"
    assert answer.usage.output_tokens > 10


def test_anthropic_stream_adds_up_to_the_message(claude: anthropic.Anthropic) -> None:
    with claude.messages.stream(**message(thinking={"type": "adaptive"})) as stream:
        kinds = [event.type for event in stream]
        streamed = stream.get_final_message()
    plain = claude.messages.create(**message(thinking={"type": "adaptive"}))
    assert kinds[0] == "message_start"
    assert kinds[-1] == "message_stop"
    assert [block.type for block in streamed.content] == ["thinking", "text"]
    assert [block.model_dump(exclude={"parsed_output"}) for block in streamed.content] == [
        block.model_dump() for block in plain.content
    ]
    assert streamed.usage.output_tokens == plain.usage.output_tokens


def test_anthropic_tool_turn(claude: anthropic.Anthropic) -> None:
    tools = [{"name": "Bash", "input_schema": PARAMETERS}]
    first = claude.messages.create(**message(messages=[ASKING], tools=tools))
    assert first.stop_reason == "tool_use"
    call = first.content[-1]
    assert (call.name, call.input) == ("Bash", {"command": "echo tool-ok"})
    with claude.messages.stream(**message(messages=[ASKING], tools=tools)) as stream:
        assert stream.get_final_message().content[-1].input == call.input
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "tool-ok"}]}
    turns = [ASKING, {"role": "assistant", "content": first.content}, result]
    second = claude.messages.create(**message(messages=turns, tools=tools))
    assert "tool-ok" in second.content[0].text


def test_anthropic_structured_answer(claude: anthropic.Anthropic) -> None:
    schema = {
        "type": "object",
        "properties": {"title": {"type": "string"}},
        "required": ["title"],
        "additionalProperties": False,
    }
    form = {"format": {"type": "json_schema", "schema": schema}}
    answer = claude.messages.create(**message(output_config=form))
    assert answer.content[0].text == '{"title":"hello there"}'


def test_anthropic_cut_by_max_tokens(claude: anthropic.Anthropic) -> None:
    answer = claude.messages.create(**message(max_tokens=5))
    assert answer.stop_reason == "max_tokens"
    assert answer.usage.output_tokens <= 5


def test_anthropic_errors_are_typed(simulator: SimulatorThread) -> None:
    with (
        anthropic.Anthropic(base_url=simulator.url, api_key="nonsense", max_retries=0) as client,
        pytest.raises(anthropic.AuthenticationError),
    ):
        client.messages.create(**message())


def test_anthropic_models_and_counting(claude: anthropic.Anthropic) -> None:
    assert next(model.id for model in claude.models.list(limit=3)) == "claude-opus-5-5"
    assert claude.messages.count_tokens(model="claude-sonnet-5", messages=[USER]).input_tokens > 0


def test_chat_completion(platform: openai.OpenAI) -> None:
    answer = platform.chat.completions.create(model="gpt-5.5", messages=[USER])
    assert answer.choices[0].message.content.startswith(SAYS)
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_chat_stream_ends_with_usage_in_a_chunk_without_choices(platform: openai.OpenAI) -> None:
    options = {"include_usage": True}
    with platform.chat.completions.create(
        model="gpt-5.5", messages=[USER], stream=True, stream_options=options
    ) as stream:
        chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text.startswith(SAYS)
    assert chunks[-1].choices == []
    assert chunks[-1].usage.completion_tokens > 0
    assert all(chunk.usage is None for chunk in chunks[:-1])
    assert [chunk.choices[0].finish_reason for chunk in chunks[-2:-1]] == ["stop"]


def test_chat_tool_turn(platform: openai.OpenAI) -> None:
    tools = [{"type": "function", "function": {"name": "shell", "parameters": PARAMETERS}}]
    first = platform.chat.completions.create(model="gpt-5.5", messages=[ASKING], tools=tools).choices[0]
    assert first.finish_reason == "tool_calls"
    call = first.message.tool_calls[0]
    assert call.function.arguments == '{"command":"echo tool-ok"}'
    with platform.chat.completions.stream(model="gpt-5.5", messages=[ASKING], tools=tools) as stream:
        streamed = stream.get_final_completion().choices[0]
    assert streamed.message.tool_calls[0].function.arguments == call.function.arguments
    result = {"role": "tool", "tool_call_id": call.id, "content": "tool-ok"}
    turns = [ASKING, first.message.model_dump(exclude_none=True), result]
    second = platform.chat.completions.create(model="gpt-5.5", messages=turns, tools=tools)
    assert "tool-ok" in second.choices[0].message.content


def test_response(platform: openai.OpenAI) -> None:
    answer = platform.responses.create(model="gpt-5.5", input="hello there")
    assert answer.output_text.startswith(SAYS)
    assert answer.status == "completed"


def test_response_stream_adds_up(platform: openai.OpenAI) -> None:
    with platform.responses.stream(model="gpt-5.5", input="hello there", reasoning={"effort": "low"}) as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert [item.type for item in final.output] == ["reasoning", "message"]
    assert final.output_text.startswith(SAYS)


@pytest.mark.parametrize("kind", ["function", "custom"])
def test_response_tool_turn(kind: str, platform: openai.OpenAI) -> None:
    tool = {"type": "custom", "name": "exec"}
    if kind == "function":
        tool = {"type": "function", "name": "exec_command", "parameters": PARAMETERS, "strict": False}
    with platform.responses.stream(model="gpt-5.5", input="use the tool", tools=[tool]) as stream:
        first = stream.get_final_response()
    call = first.output[-1]
    asked = call.arguments if kind == "function" else call.input
    assert "echo tool-ok" in asked
    output = {"type": f"{call.type}_output", "call_id": call.call_id, "output": "tool-ok"}
    second = platform.responses.create(model="gpt-5.5", input=[output], tools=[tool], previous_response_id=first.id)
    assert "tool-ok" in second.output_text


def test_openai_errors_are_typed(simulator: SimulatorThread) -> None:
    with (
        openai.OpenAI(base_url=simulator.base_urls["openai"], api_key="wrong", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError),
    ):
        client.responses.create(model="gpt-5.5", input="x")
