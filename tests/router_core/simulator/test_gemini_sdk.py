"""The official google-genai SDK takes the simulator for the real thing."""

from collections.abc import Iterator
from typing import Any

import pytest
from google import genai
from google.genai import errors, types

from router_core.simulator import Fault, PlannedCall, PlannedReply, SimulatorThread
from tests.router_core.simulator.asking_gemini import KEY, SCHEMA

FLASH, NEW = "gemini-2.5-flash", "gemini-3.5-flash"
SAYS = "You said: hello there."
SHELL = types.FunctionDeclaration(name="Bash", description="runs a command", parameters_json_schema=SCHEMA)
TOOLS = [types.Tool(function_declarations=[SHELL])]
OFF = types.AutomaticFunctionCallingConfig(disable=True)


@pytest.fixture
def client(simulator: SimulatorThread) -> Iterator[genai.Client]:
    options = types.HttpOptions(base_url=simulator.url, retry_options=types.HttpRetryOptions(attempts=1))
    with genai.Client(api_key=KEY, http_options=options) as client:
        yield client


def offering(**fields: Any) -> types.GenerateContentConfig:
    return types.GenerateContentConfig(tools=list(TOOLS), automatic_function_calling=OFF, **fields)


def said(turn: types.Content) -> list[types.Part]:
    return [part for part in turn.parts or [] if part.function_call]


def result(name: str = "Bash", call_id: str | None = None) -> types.Part:
    answer = types.FunctionResponse(id=call_id, name=name, response={"output": "tool-ok"})
    return types.Part(function_response=answer)


def test_answer(client: genai.Client) -> None:
    answer = client.models.generate_content(model=FLASH, contents="hello there")
    assert answer.text is not None
    assert answer.text.startswith(SAYS)
    (candidate,) = answer.candidates or []
    assert candidate.finish_reason == types.FinishReason.STOP
    assert answer.model_version == FLASH
    assert answer.response_id
    usage = answer.usage_metadata
    assert usage is not None
    counted = (usage.prompt_token_count or 0) + (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)
    assert usage.total_token_count == counted


def test_stream_adds_up_to_the_answer(client: genai.Client) -> None:
    config = types.GenerateContentConfig(thinking_config=types.ThinkingConfig(include_thoughts=True))
    plain = client.models.generate_content(model=NEW, contents="hello there", config=config)
    chunks = list(client.models.generate_content_stream(model=NEW, contents="hello there", config=config))
    text = "".join(chunk.text or "" for chunk in chunks)
    assert text == plain.text
    assert len(chunks) > 5
    parts = [part for chunk in chunks for part in chunk.parts or []]
    assert [part.thought for part in parts[:2]] == [True, None]
    assert parts[-1].thought_signature
    assert plain.parts is not None
    assert [bool(part.thought) for part in plain.parts] == [True, False]
    totals = [chunk.usage_metadata.total_token_count or 0 for chunk in chunks if chunk.usage_metadata]
    assert totals == sorted(totals)
    assert chunks[-1].usage_metadata == plain.usage_metadata
    finishes = [chunk.candidates[0].finish_reason for chunk in chunks if chunk.candidates]
    assert finishes == [None] * (len(chunks) - 1) + [types.FinishReason.STOP]


def test_thoughts_are_counted_but_hidden_unless_asked_for(client: genai.Client) -> None:
    answer = client.models.generate_content(model=FLASH, contents="hello there")
    assert [part.thought for part in answer.parts or []] == [None]
    assert answer.usage_metadata is not None
    assert answer.usage_metadata.thoughts_token_count
    off = types.GenerateContentConfig(thinking_config=types.ThinkingConfig(thinking_budget=0, include_thoughts=True))
    answer = client.models.generate_content(model=FLASH, contents="hello there", config=off)
    assert answer.usage_metadata is not None
    assert answer.usage_metadata.thoughts_token_count is None


@pytest.mark.parametrize("model", [FLASH, NEW, "gemini-4-argon"])
def test_tool_turn(model: str, client: genai.Client) -> None:
    ask = types.Content(role="user", parts=[types.Part(text="please use the tool")])
    first = client.models.generate_content(model=model, contents=[ask], config=offering())
    assert first.candidates is not None
    assert first.candidates[0].finish_reason == types.FinishReason.STOP
    turn = first.candidates[0].content
    assert turn is not None
    (part,) = said(turn)
    assert part.function_call is not None
    assert (part.function_call.name, part.function_call.args) == ("Bash", {"command": "echo tool-ok"})
    assert part.thought_signature
    assert bool(part.function_call.id) is (model != FLASH)
    answer = types.Content(role="user", parts=[result(call_id=part.function_call.id)])
    second = client.models.generate_content(model=model, contents=[ask, turn, answer], config=offering())
    assert second.text is not None
    assert "tool-ok" in second.text


def test_parallel_calls_come_in_one_frame_and_only_the_first_is_signed(
    simulator: SimulatorThread, client: genai.Client
) -> None:
    calls = tuple(PlannedCall("Bash", {"command": f"echo {n} é", "deep": {"a": [n, None]}}) for n in range(3))
    plan = PlannedReply("Three at once.", calls=calls, thinking="hm")
    simulator.plan(plan, plan)
    chunks = list(client.models.generate_content_stream(model=NEW, contents="go", config=offering()))
    (frame,) = [chunk for chunk in chunks if chunk.function_calls]
    assert frame.function_calls is not None
    assert [call.args for call in frame.function_calls] == [call.arguments for call in calls]
    assert len({call.id for call in frame.function_calls}) == 3
    assert [bool(part.thought_signature) for part in frame.parts or []] == [True, False, False]
    plain = client.models.generate_content(model=NEW, contents="go", config=offering())
    assert [part.text for part in (plain.parts or [])[:1]] == ["Three at once."]
    assert plain.function_calls is not None
    assert len(plain.function_calls) == 3


def test_structured_answer(client: genai.Client) -> None:
    schema = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
    config = types.GenerateContentConfig(response_mime_type="application/json", response_json_schema=schema)
    assert client.models.generate_content(model=FLASH, contents="hello", config=config).text == '{"title":"hello"}'
    classic = types.Schema(type=types.Type.OBJECT, properties={"n": types.Schema(type=types.Type.INTEGER)})
    config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=classic)
    assert client.models.generate_content(model=FLASH, contents="hello", config=config).parsed == {"n": 1}


def test_max_tokens_and_stop_sequences(client: genai.Client) -> None:
    config = types.GenerateContentConfig(max_output_tokens=4)
    cut = client.models.generate_content(model=FLASH, contents="hello there", config=config)
    assert cut.candidates is not None
    assert cut.candidates[0].finish_reason == types.FinishReason.MAX_TOKENS
    config = types.GenerateContentConfig(stop_sequences=["there"])
    stopped = client.models.generate_content(model=FLASH, contents="hello there", config=config)
    assert stopped.text == "You said: hello "
    assert stopped.candidates is not None
    assert stopped.candidates[0].finish_reason == types.FinishReason.STOP


def test_refusals(simulator: SimulatorThread, client: genai.Client) -> None:
    reasons = ["I cannot help with that.", "RECITATION", "MALFORMED_FUNCTION_CALL", "prompt:SAFETY"]
    simulator.plan(*(PlannedReply(refusal=reason) for reason in reasons))
    answers = [client.models.generate_content(model=FLASH, contents="bad") for _ in reasons]
    finishes = [answer.candidates[0] for answer in answers[:3] if answer.candidates]
    assert [candidate.finish_reason for candidate in finishes] == ["SAFETY", "RECITATION", "MALFORMED_FUNCTION_CALL"]
    assert finishes[0].safety_ratings
    assert answers[3].candidates is None
    assert answers[3].prompt_feedback is not None
    assert answers[3].prompt_feedback.block_reason == types.BlockedReason.SAFETY


def test_several_candidates(client: genai.Client) -> None:
    config = types.GenerateContentConfig(candidate_count=3)
    answer = client.models.generate_content(model=FLASH, contents="hello", config=config)
    assert [candidate.index for candidate in answer.candidates or []] == [0, 1, 2]


def test_counting_agrees_with_the_answers_usage(client: genai.Client) -> None:
    counted = client.models.count_tokens(model=FLASH, contents="hello there, how are you?")
    answer = client.models.generate_content(model=FLASH, contents="hello there, how are you?")
    assert answer.usage_metadata is not None
    assert counted.total_tokens == answer.usage_metadata.prompt_token_count


def test_a_long_opening_is_cached(client: genai.Client) -> None:
    config = types.GenerateContentConfig(system_instruction="rules " * 4000)
    first, second = (client.models.generate_content(model=FLASH, contents="hi", config=config) for _ in range(2))
    assert first.usage_metadata is not None
    assert second.usage_metadata is not None
    assert first.usage_metadata.cached_content_token_count is None
    cached, prompt = second.usage_metadata.cached_content_token_count, second.usage_metadata.prompt_token_count
    assert cached is not None
    assert prompt is not None
    assert 1024 <= cached < prompt


def test_models(client: genai.Client) -> None:
    pages = client.models.list(config={"page_size": 5})
    names = [model.name for model in pages]
    assert len(names) == len(set(names)) > 5
    argon = client.models.get(model="gemini-4-argon")
    assert (argon.input_token_limit, argon.output_token_limit) == (1_048_576, 65_536)
    assert argon.thinking is True
    assert "generateContent" in (argon.supported_actions or [])


@pytest.mark.parametrize(
    ("fault", "kind", "code", "status"),
    [
        ("rate_limit", errors.ClientError, 429, "RESOURCE_EXHAUSTED"),
        ("unauthorized_401", errors.ClientError, 400, "INVALID_ARGUMENT"),
        ("forbidden_403", errors.ClientError, 403, "PERMISSION_DENIED"),
        ("not_found_404", errors.ClientError, 404, "NOT_FOUND"),
        ("server_error_500", errors.ServerError, 500, "INTERNAL"),
        ("overloaded_503", errors.ServerError, 503, "UNAVAILABLE"),
        ("timeout_504", errors.ServerError, 504, "DEADLINE_EXCEEDED"),
    ],
)
def test_errors_are_typed(
    fault: Any, kind: type[errors.APIError], code: int, status: str, simulator: SimulatorThread, client: genai.Client
) -> None:
    simulator.set_faults([Fault(fault=fault)])
    with pytest.raises(kind) as caught:
        client.models.generate_content(model=FLASH, contents="hello")
    assert (caught.value.code, caught.value.status) == (code, status)


def test_an_error_inside_a_stream_is_raised(simulator: SimulatorThread, client: genai.Client) -> None:
    simulator.set_faults([Fault(fault="error_in_stream", at_event=2)])
    chunks: list[types.GenerateContentResponse] = []
    with pytest.raises(errors.ServerError) as caught:
        chunks.extend(client.models.generate_content_stream(model=FLASH, contents="hello"))
    assert (caught.value.code, caught.value.status) == (503, "UNAVAILABLE")
    assert len(chunks) == 2
