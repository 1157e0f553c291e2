"""The official `anthropic` and `openai` SDKs through the router, with their own retries off: what is retried, the
router has retried. Streaming and not, calm and with faults; and their proper exceptions when nobody can pay.
"""

from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import openai
import orjson
import pytest

from tests.router_core.simulator.asking import claude_code_body
from tests.support.lab import CLAUDE_CODE, Lab

USER: Any = {"role": "user", "content": "hello there"}
SAYS = "You said: hello there."


@pytest.fixture
def claude(lab: Lab) -> Iterator[anthropic.Anthropic]:
    key, url = lab.router.home.gateway_token(), f"{lab.router.url}/claude"
    with anthropic.Anthropic(base_url=url, api_key=key, max_retries=0) as client:
        yield client


@pytest.fixture
def platform(lab: Lab) -> Iterator[openai.OpenAI]:
    key, url = lab.router.home.gateway_token(), f"{lab.router.url}/openai/v1"
    with openai.OpenAI(base_url=url, api_key=key, max_retries=0) as client:
        yield client


# ---- one call each: what it says, whichever way it is asked ----------------------------------------------------------


def message(claude: anthropic.Anthropic, **_: Any) -> str:
    answer = claude.messages.create(model="claude-sonnet-5", max_tokens=2000, messages=[USER])
    assert answer.stop_reason == "end_turn"
    return str(answer.content[0].text)  # type: ignore[union-attr]


def message_stream(claude: anthropic.Anthropic, **_: Any) -> str:
    with claude.messages.stream(model="claude-sonnet-5", max_tokens=2000, messages=[USER]) as stream:
        text = "".join(stream.text_stream)
        assert stream.get_final_message().stop_reason == "end_turn"
    return text


def subscription(claude: anthropic.Anthropic, **_: Any) -> str:
    """A genuine Claude Code request, which a subscription token pays for."""
    body = claude_code_body(messages=[USER])
    with claude.messages.stream(**body, extra_headers=CLAUDE_CODE) as stream:
        return "".join(stream.text_stream)


def chat(platform: openai.OpenAI, **_: Any) -> str:
    answer = platform.chat.completions.create(model="gpt-5.5", messages=[USER])
    return str(answer.choices[0].message.content)


def chat_stream(platform: openai.OpenAI, **_: Any) -> str:
    options: Any = {"include_usage": True}
    with platform.chat.completions.create(
        model="gpt-5.5", messages=[USER], stream=True, stream_options=options
    ) as stream:
        chunks = list(stream)
    assert chunks[-1].usage
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def response(platform: openai.OpenAI, **_: Any) -> str:
    return platform.responses.create(model="gpt-5.5", input="hello there").output_text


def response_stream(platform: openai.OpenAI, **_: Any) -> str:
    with platform.responses.stream(model="gpt-5.5", input="hello there") as stream:
        for _event in stream:
            pass
        return stream.get_final_response().output_text


def codex(lab: Lab, **_: Any) -> str:
    """No SDK speaks to this backend: as raw HTTP."""
    content = [{"type": "input_text", "text": "hello there"}]
    answer = lab.ask("codex", input=[{"type": "message", "role": "user", "content": content}])
    assert answer.status_code == 200, answer.text
    events = [orjson.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
    assert events[-1]["type"] == "response.completed"
    return "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta")


CALLS: dict[str, tuple[str, Callable[..., str]]] = {
    "message": ("anthropic", message),
    "message-stream": ("anthropic", message_stream),
    "subscription": ("oauth", subscription),
    "chat": ("chat", chat),
    "chat-stream": ("chat", chat_stream),
    "response": ("responses", response),
    "response-stream": ("responses", response_stream),
    "codex": ("codex", codex),
}
FAULTS = [
    None,
    "window_exhausted",
    "overloaded_529",
    "unauthorized_401",
    "close_before_headers",
    "server_error_500",
    "bad_gateway_502_html",
    "error_in_stream",
]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", CALLS)
def test_the_sdk_gets_its_answer(
    call: str, fault: str | None, lab: Lab, claude: anthropic.Anthropic, platform: openai.OpenAI
) -> None:
    ask, make = CALLS[call]
    lab.fresh(ask)
    if fault:
        lab.faults(lab.fault(fault))
    assert make(lab=lab, claude=claude, platform=platform).startswith(SAYS)
    row = lab.rows(1)[0]  # the SDK asked once
    assert (row["state"], row["token"]) == ("ok", "second" if fault else "first")
    assert lab.paid()[0] == "first"
    assert row["output_tokens"] > 10
    assert row["client"] == {"claude": "anthropic-sdk", "openai": "openai-sdk"}.get(row["provider"], "python-httpx")


# ---- when it cannot be helped ----------------------------------------------------------------------------------------


def test_anthropic_raises_its_rate_limit_error_that_names_tokens_and_resets(
    lab: Lab, claude: anthropic.Anthropic
) -> None:
    lab.fresh("oauth")
    lab.faults(lab.fault("window_exhausted", "*", retry_after_s=50))
    with pytest.raises(anthropic.RateLimitError, match=r"first: resting for (4\d|50)s.*second: resting") as raised:
        subscription(claude)
    assert 40 <= int(raised.value.response.headers["retry-after"]) <= 52


@pytest.mark.parametrize("call", [chat, response, chat_stream, response_stream])
def test_openai_raises_its_rate_limit_error_that_names_tokens_and_resets(
    call: Callable[..., str], lab: Lab, platform: openai.OpenAI
) -> None:
    lab.fresh("chat")
    lab.faults(lab.fault("insufficient_quota", "*"))
    with pytest.raises(openai.RateLimitError, match=r"first: resting for (5\d|60)s.*second: resting|1m") as raised:
        call(platform=platform)
    assert raised.value.code == "no_token_available"
    assert "retry-after" in raised.value.response.headers


def test_the_sdks_own_retry_comes_back_when_the_token_does(lab: Lab) -> None:
    """With `max_retries` on, `retry-after` is heeded: the second try succeeds."""
    lab.fresh("anthropic", tokens=("first",))
    lab.faults(lab.fault("rate_limit", times=1, retry_after_s=3))  # longer than the router itself waits
    key, url = lab.router.home.gateway_token(), f"{lab.router.url}/claude"
    with anthropic.Anthropic(base_url=url, api_key=key, max_retries=1) as client:
        assert message(client).startswith(SAYS)
    assert [row["state"] for row in lab.rows(2)] == ["failed", "ok"]
    assert lab.paid() == ["first", "first"]


@pytest.mark.parametrize("fault", ["cut_stream", "end_without_terminal", "error_in_stream"])
def test_a_stream_that_breaks_does_not_pass_for_a_short_answer(
    fault: str, lab: Lab, claude: anthropic.Anthropic, platform: openai.OpenAI
) -> None:
    lab.fresh("anthropic")
    lab.faults(lab.fault(fault, at_event=4))
    with pytest.raises(anthropic.APIError):
        message_stream(claude)
    lab.fresh("chat")
    lab.faults(lab.fault(fault, at_event=4))
    with pytest.raises(openai.APIError):
        chat_stream(platform)
    lab.fresh("responses")
    lab.faults(lab.fault(fault, at_event=4))
    with platform.responses.stream(model="gpt-5.5", input="hello there") as stream:
        assert [event.type for event in stream][-1] == "response.failed"
        with pytest.raises(RuntimeError, match=r"response\.completed"):
            stream.get_final_response()


def test_a_wrong_gateway_token_is_permission_denied(lab: Lab) -> None:
    with (
        anthropic.Anthropic(base_url=f"{lab.router.url}/claude", api_key="placeholder") as client,
        pytest.raises(anthropic.PermissionDeniedError, match="mitmrouter activate"),
    ):
        message(client)


def test_a_clients_own_mistake_keeps_its_type_and_words(lab: Lab, claude: anthropic.Anthropic) -> None:
    lab.fresh("anthropic")
    with pytest.raises(anthropic.BadRequestError, match="messages"):
        claude.messages.create(model="claude-sonnet-5", max_tokens=10, messages=[])
    lab.faults(lab.fault("not_found_404", "*"))
    with pytest.raises(anthropic.NotFoundError, match="model: claude-sonnet-5"):
        message(claude)


def test_listings_and_counts_pass_through(lab: Lab, claude: anthropic.Anthropic, platform: openai.OpenAI) -> None:
    lab.fresh("anthropic", "chat")
    assert "claude-opus-5-5" in [model.id for model in claude.models.list(limit=20)]
    assert claude.messages.count_tokens(model="claude-sonnet-5", messages=[USER]).input_tokens > 0
    assert "gpt-5.5" in [model.id for model in platform.models.list()]
