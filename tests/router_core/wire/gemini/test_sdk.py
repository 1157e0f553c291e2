"""Google's own SDK as the client: what it sends is understood, what we send it understands."""

import json
from collections.abc import Callable, Iterator

import httpx
import pytest
from google import genai
from google.genai import errors, types

from router_core.trace.record import Usage
from router_core.wire.codec import Answering, CountedMinting
from router_core.wire.events import StreamError, unfold
from router_core.wire.gemini import CODEC
from router_core.wire.model import (
    Media,
    Message,
    Proof,
    Request,
    Response,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    WireFault,
)
from tests.router_core.wire.gemini.samples import NEW, target

CALLING = Response(
    "msg_1",
    "claude",
    (
        Thinking("Hm.", Proof("anthropic", "c2ln/+==")),
        Text("I look."),
        ToolCall("toolu_1", "read", '{"path":"ü"}'),
        ToolCall("toolu_2", "read", "{}"),
    ),
    "tool_use",
    Usage(10, 20, reasoning_tokens=5),
)
DONE = Response("msg_2", "claude", (Text("Done: "), Text("ü 🌍")), "end", Usage(5, 5))


class Router:
    """Answers each request of the SDK with the next planned answer; remembers what it understood."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.bodies: list[dict[str, object]] = []
        self.answers: list[Response | WireFault] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        self.bodies.append(body)
        streams = ":streamGenerateContent" in request.url.path
        asked = CODEC.decode_request({**body, "model": NEW, "stream": streams})
        self.asked.append(asked)
        answering = Answering(asked, NEW, CountedMinting())
        answer = self.answers.pop(0)
        if isinstance(answer, WireFault) and not streams:
            status, error = CODEC.encode_error(answer)
            return httpx.Response(status, json=error)
        if not streams:
            assert isinstance(answer, Response)
            return httpx.Response(200, json=CODEC.encode_response(answer, answering))
        encoder = CODEC.stream_encoder(answering)
        events = [StreamError(answer)] if isinstance(answer, WireFault) else list(unfold(answer))
        sent = b"".join(encoder.send(event) for event in events)
        return httpx.Response(200, content=sent, headers={"content-type": "text/event-stream"})


@pytest.fixture
def router() -> Router:
    return Router()


@pytest.fixture
def client(router: Router) -> Iterator[genai.Client]:
    http = httpx.Client(transport=httpx.MockTransport(router))
    options = types.HttpOptions(
        httpx_client=http, base_url="http://127.0.0.1:9", retry_options=types.HttpRetryOptions(attempts=1)
    )
    with http, genai.Client(api_key="AIza-test", http_options=options) as client:
        yield client


CONFIG = types.GenerateContentConfig(
    system_instruction="Be kind.",
    temperature=0.5,
    max_output_tokens=100,
    stop_sequences=["END"],
    tools=[
        types.Tool(
            function_declarations=[
                types.FunctionDeclaration(
                    name="read", parameters_json_schema={"type": "object", "properties": {"path": {}}}
                )
            ]
        )
    ],
    tool_config=types.ToolConfig(
        function_calling_config=types.FunctionCallingConfig(mode=types.FunctionCallingConfigMode.ANY)
    ),
    thinking_config=types.ThinkingConfig(include_thoughts=True, thinking_level=types.ThinkingLevel.HIGH),
    automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
)
Ask = Callable[[genai.Client], list[types.GenerateContentResponse]]


def plain(client: genai.Client) -> list[types.GenerateContentResponse]:
    return [client.models.generate_content(model=NEW, contents="hi", config=CONFIG)]


def stream(client: genai.Client) -> list[types.GenerateContentResponse]:
    return list(client.models.generate_content_stream(model=NEW, contents="hi", config=CONFIG))


@pytest.mark.parametrize("ask", [plain, stream])
def test_an_answer_reaches_the_sdk(ask: Ask, client: genai.Client, router: Router) -> None:
    router.answers = [CALLING]
    chunks = ask(client)
    parts = [part for chunk in chunks for part in chunk.parts or []]
    assert "".join(part.text or "" for part in parts if part.thought) == "Hm."
    assert "".join(part.text or "" for part in parts if not part.thought) == "I look."
    calls = [(call.id, call.name, call.args) for chunk in chunks for call in chunk.function_calls or []]
    assert calls == [("toolu_1", "read", {"path": "ü"}), ("toolu_2", "read", {})]
    assert chunks[-1].candidates is not None
    assert chunks[-1].candidates[0].finish_reason == types.FinishReason.STOP
    usage = chunks[-1].usage_metadata
    assert usage is not None
    assert (usage.prompt_token_count, usage.candidates_token_count, usage.thoughts_token_count) == (10, 15, 5)
    (asked,) = router.asked
    assert asked.system == (Text("Be kind."),)
    assert (asked.temperature, asked.max_tokens, asked.stop) == (0.5, 100, ("END",))
    assert asked.thinking is not None
    assert (asked.thinking.effort, asked.thinking.show) == ("high", "summary")
    assert asked.tool_choice is not None
    assert asked.tool_choice.mode == "required"


@pytest.mark.parametrize("streams", [False, True])
def test_a_chat_gives_its_history_back(streams: bool, client: genai.Client, router: Router) -> None:
    """A chat forgets turns that it takes for invalid; and it writes bytes in another base64 alphabet than it got."""
    router.answers = [CALLING, DONE, DONE]
    chat = client.chats.create(model=NEW, config=CONFIG)

    def send(message: list[types.Part] | str) -> None:
        if streams:
            list(chat.send_message_stream(message))
        else:
            chat.send_message(message)

    send("hi")
    results = [types.Part.from_function_response(name="read", response={"output": word}) for word in ("one", "two")]
    for part, call_id in zip(results, ("toolu_1", "toolu_2"), strict=True):
        assert part.function_response is not None
        part.function_response.id = call_id
    send(results)
    send("more")
    user, called, answered, done, more = _without_empty(router.asked[-1].messages)
    assert user.blocks == (Text("hi"),)
    thinking = [block for block in called.blocks if isinstance(block, Thinking)]
    assert [block.proof for block in thinking if block.proof] == [Proof("anthropic", "c2ln/+==")]
    assert [block.id for block in called.blocks if isinstance(block, ToolCall)] == ["toolu_1", "toolu_2"]
    assert [block.call_id for block in answered.blocks if isinstance(block, ToolResult)] == ["toolu_1", "toolu_2"]
    assert "".join(block.text for block in done.blocks if isinstance(block, Text)) == "Done: ü 🌍"
    assert more.blocks == (Text("more"),)


def _without_empty(messages: tuple[Message, ...]) -> list[Message]:
    """Neighbouring contents of a role as one: a streamed turn comes back as many."""
    merged: list[Message] = []
    for message in messages:
        blocks = tuple(block for block in message.blocks if block != Text(""))
        if merged and merged[-1].role == message.role:
            merged[-1] = Message(message.role, merged[-1].blocks + blocks)
        else:
            merged.append(Message(message.role, blocks))
    return merged


def test_what_the_sdk_sends_comes_out_as_it_went_in(client: genai.Client, router: Router) -> None:
    router.answers = [DONE]
    image = types.Part.from_bytes(data=b"\xff\xfe\xfb" * 9, mime_type="image/png")
    client.models.generate_content(model=NEW, contents=[image, "what is it?"], config=CONFIG)
    media = router.asked[0].messages[0].blocks[0]
    assert isinstance(media, Media)
    assert media.data == "//77" * 9, "the SDK writes __77"
    assert "include_thoughts" in json.dumps(router.bodies[0]), "the SDK writes some names in snake_case, too"
    encoded = CODEC.encode_request(router.asked[0], target())
    assert CODEC.decode_request({**encoded.body, "model": NEW, "stream": False}) == router.asked[0]
    assert encoded.losses == ()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (WireFault(429, "rate_limit", "slow down"), errors.ClientError),
        (WireFault(401, "authentication", "who?"), errors.ClientError),
        (WireFault(529, "overloaded", "busy"), errors.ServerError),
        (WireFault(500, "server", "broken"), errors.ServerError),
    ],
)
@pytest.mark.parametrize("ask", [plain, stream])
def test_an_error_is_raised_as_the_sdks_own(
    ask: Ask, fault: WireFault, error: type[errors.APIError], client: genai.Client, router: Router
) -> None:
    router.answers = [fault]
    with pytest.raises(error, match=fault.message.rstrip("?")):
        ask(client)
