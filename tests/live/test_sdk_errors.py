"""Every failure of every provider, as the official SDKs see it: exception class, status, words, and whether they retry.

Each SDK may try once more, and its sleep is only noted, so a test sees what it would have waited for. The provider has
one token: what it refuses cannot be mended by another one. A token that must not be used again (401, 403) is nothing
that a client could mend by trying again either, so it is told not to; an overload is a wait of known length.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import anthropic
import openai
import pytest
from google import genai
from google.genai import errors as google_errors
from google.genai import types as google_types

from router_core.simulator import PlannedReply
from tests.support.lab import Lab

WORDS = "the reason 4711 in the provider's own words"
TARGETS = {
    "anthropic": ("anthropic", "claude/claude-sonnet-5"),
    "chat": ("chat-only", "deepseek/deepseek-v4-pro"),
    "responses": ("responses", "openai/gpt-5.5"),
    "codex": ("codex", "codex/gpt-5.5"),
    "gemini": ("gemini", "gemini/gemini-2.5-flash"),
}
"""Kind of provider → how to register a token, and the model's name."""


@dataclass(frozen=True)
class Case:
    """A failure before any content, and what comes of it."""

    fault: str
    status: int
    retried: bool
    wait_s: int | None = None
    """`retry-after`."""
    options: dict[str, Any] = field(default_factory=dict)
    status_for_google: int = 0
    """Where it differs."""


CASES = {
    "400": Case("bad_request_400", 400, retried=False),
    "401": Case("unauthorized_401", 429, retried=False, status_for_google=403),
    "402": Case("billing_402", 429, retried=True, wait_s=60, options={"body": f"Please enable billing: {WORDS}"}),
    "403": Case("forbidden_403", 429, retried=False, status_for_google=403),
    "404": Case("not_found_404", 404, retried=False),
    "413": Case("request_too_large_413", 413, retried=False),
    "429": Case("rate_limit", 429, retried=True, wait_s=7, options={"retry_after_s": 7}),
    "429-without-a-wait": Case("windowless_429", 429, retried=True),
    "500": Case("server_error_500", 500, retried=True),
    "503": Case("overloaded_503", 429, retried=True, wait_s=10),
    "529": Case("status", 429, retried=True, wait_s=10, options={"status": 529}),
    "first-event": Case("error_in_stream", 429, retried=True, wait_s=10, options={"at_event": 0}),
}

OVERFLOWS = {
    "anthropic": "prompt is too long: 213462 tokens > 200000 maximum",
    "chat": "This model's maximum context length is 200000 tokens. However, you requested 213462 tokens.",
    "responses": "Your input exceeds the context window of this model. Please adjust your input and try again.",
    "codex": "Your input exceeds the context window of this model. Please adjust your input and try again.",
    "gemini": "The input token count (213462) exceeds the maximum number of tokens allowed (200000).",
}
OVERFLOW_WORDS = {
    "anthropic": "prompt is too long: ",
    "chat": "context",
    "responses": "",
    "gemini": "exceeds the maximum number of tokens allowed",
}
"""By which each client knows that it must compact; the Responses API has a code for it."""


@dataclass
class Raised:
    """What a program sees of a failure."""

    error: Exception
    slept: list[float]

    @property
    def status(self) -> int:
        return int(getattr(self.error, "status_code", None) or getattr(self.error, "code", None) or 0)

    @property
    def words(self) -> str:
        return str(getattr(self.error, "message", None) or self.error)

    @property
    def headers(self) -> Any:
        response: Any = getattr(self.error, "response", None)
        return response.headers if response is not None else {}


# ---- the four SDKs ---------------------------------------------------------------------------------------------------

type Ask = Callable[[str, bool], Any]
"""(model, streaming) → the text of the answer."""


@pytest.fixture(scope="module")
def sdks(lab: Lab) -> Iterator[dict[str, Ask]]:
    url, key = lab.router.url, lab.router.home.gateway_token()
    google_options = google_types.HttpOptions(base_url=url, retry_options=google_types.HttpRetryOptions(attempts=2))
    with (
        anthropic.Anthropic(base_url=url, api_key=key, max_retries=1) as claude,
        openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=1) as platform,
        genai.Client(api_key=key, http_options=google_options) as google,
    ):

        def messages(model: str, stream: bool) -> str:
            asked: Any = {"model": model, "max_tokens": 500, "messages": [{"role": "user", "content": "hello"}]}
            if not stream:
                return "".join(getattr(block, "text", "") for block in claude.messages.create(**asked).content)
            with claude.messages.stream(**asked) as events:
                return events.get_final_text()

        def chat(model: str, stream: bool) -> str:
            asked: Any = {"model": model, "messages": [{"role": "user", "content": "hello"}]}
            if not stream:
                return str(platform.chat.completions.create(**asked).choices[0].message.content)
            with platform.chat.completions.create(**asked, stream=True) as chunks:
                return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)

        def responses(model: str, stream: bool) -> str:
            if not stream:
                return platform.responses.create(model=model, input="hello").output_text
            with platform.responses.stream(model=model, input="hello") as events:
                for event in events:
                    if event.type == "response.failed":
                        failed: Any = event.response.error
                        raise openai.APIError(failed.message, request=None, body={"code": failed.code})  # type: ignore[arg-type]
                return events.get_final_response().output_text

        def generate(model: str, stream: bool) -> str:
            if not stream:
                return str(google.models.generate_content(model=model, contents="hello").text)
            return "".join(c.text or "" for c in google.models.generate_content_stream(model=model, contents="hello"))

        yield {"anthropic": messages, "chat": chat, "responses": responses, "gemini": generate}


def fails(ask: Ask, model: str, *, stream: bool) -> Raised:
    """The SDK's exception; the waits before it tried again did not happen."""
    slept: list[float] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "sleep", slept.append)
        with pytest.raises(Exception) as raised:  # noqa: PT011 - which one is for the caller to check
            ask(model, stream)
    return Raised(raised.value, slept)


def class_for(client: str, status: int) -> type[Exception]:
    """The exception class that the SDK has for a status."""
    if client == "gemini":
        return google_errors.ServerError if status >= 500 else google_errors.ClientError
    vendor: Any = anthropic if client == "anthropic" else openai
    named = {400: "BadRequestError", 404: "NotFoundError", 429: "RateLimitError"}
    if status == 413:  # a class of its own at one of them
        return anthropic.ContentTooLargeError if vendor is anthropic else openai.APIStatusError
    found: type[Exception] = getattr(vendor, named.get(status, "InternalServerError"))
    return found


class Slates:
    """Clean slates one after the other, and the trace rows of all: to wait for each takes longer than the call."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._began_ms: list[int] = []

    def fresh(self, how: str) -> None:
        self._lab.fresh(how, tokens=("first",))
        self._began_ms.append(self._lab.began_ms)

    def rows(self, count: int) -> list[dict[str, Any]]:
        """The rows of the models' answers; fails when they are not as many."""
        self._lab.began_ms = self._began_ms[0]
        found = self._lab.rows(count + len(self._began_ms) - 1)  # each further slate has asked for one listing
        return [row for row in found if row["method"] == "POST"]


CELLS = [(client, stream) for client in ("anthropic", "chat", "responses", "gemini") for stream in (False, True)]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("target", TARGETS)
def test_each_sdk_raises_its_own_exception_and_retries_only_when_it_should(
    target: str, case: str, lab: Lab, sdks: dict[str, Ask]
) -> None:
    how, model = TARGETS[target]
    expected = CASES[case]
    slates = Slates(lab)
    for client, stream in CELLS:
        cell = f"{client}{' streaming' if stream else ''} at {target}: {case}"
        slates.fresh(how)
        lab.faults(lab.fault(expected.fault, "*", **{"body": WORDS, **expected.options}))
        raised = fails(sdks[client], model, stream=stream)
        status = (expected.status_for_google if client == "gemini" else 0) or expected.status
        assert type(raised.error) is class_for(client, status), cell
        assert raised.status == status, cell
        assert WORDS in raised.words, cell
        wait = raised.headers.get("retry-after")
        if expected.wait_s is None:
            assert wait is None, cell
        else:
            assert expected.wait_s - 1 <= int(wait) <= expected.wait_s, cell
        assert len(raised.slept) == int(expected.retried), cell
        if expected.wait_s is not None and client != "gemini":  # Google's reads no header
            assert raised.slept[0] == pytest.approx(expected.wait_s, abs=1), cell
    rows = slates.rows(len(CELLS) * (1 + expected.retried))
    assert {row["state"] for row in rows} <= {"failed", "refused"}


@pytest.mark.parametrize("target", TARGETS)
def test_too_long_a_prompt_is_said_in_the_words_on_which_each_client_compacts(
    target: str, lab: Lab, sdks: dict[str, Ask]
) -> None:
    how, model = TARGETS[target]
    code = "context_length_exceeded" if target in ("chat", "responses", "codex") else None
    slates = Slates(lab)
    for client, stream in CELLS:
        cell = f"{client}{' streaming' if stream else ''} at {target}"
        slates.fresh(how)
        lab.faults(lab.fault("bad_request_400", "*", body=OVERFLOWS[target], code=code))
        raised = fails(sdks[client], model, stream=stream)
        assert type(raised.error) is class_for(client, 400), cell
        assert OVERFLOW_WORDS[client] in raised.words, cell
        if target not in ("responses", "codex"):  # those name no numbers
            assert "213462" in raised.words, cell
            assert "200000" in raised.words, cell
        if isinstance(raised.error, openai.APIError):
            assert raised.error.code == "context_length_exceeded", cell
        assert raised.slept == [], cell
    slates.rows(len(CELLS))


IN_STREAM = {"anthropic": anthropic.APIStatusError, "chat": openai.APIError, "responses": openai.APIError}


@pytest.mark.parametrize(("fault", "words"), [("error_in_stream", WORDS), ("cut_stream", "broke off")])
@pytest.mark.parametrize("target", TARGETS)
def test_a_failure_after_content_raises_and_is_never_asked_again(
    target: str, fault: str, words: str, lab: Lab, sdks: dict[str, Ask]
) -> None:
    how, model = TARGETS[target]
    slates = Slates(lab)
    for client in ("anthropic", "chat", "responses", "gemini"):
        slates.fresh(how)
        lab.faults(lab.fault(fault, "*", at_event=3, body=WORDS if fault == "error_in_stream" else None))
        raised = fails(sdks[client], model, stream=True)
        assert type(raised.error) is IN_STREAM.get(client, google_errors.ServerError), client
        assert words in raised.words, client
        assert raised.slept == [], client
        assert len(lab.seen()) == 1, client
    assert [row["state"] for row in slates.rows(4)] == ["broken"] * 4


@pytest.mark.parametrize(("fault", "status"), [("error_in_stream", 429), ("cut_stream", 502)])
@pytest.mark.parametrize("target", TARGETS)
def test_a_client_that_waits_for_the_whole_never_gets_half_an_answer(
    target: str, fault: str, status: int, lab: Lab, sdks: dict[str, Ask]
) -> None:
    how, model = TARGETS[target]
    slates = Slates(lab)
    for client in ("anthropic", "chat", "responses", "gemini"):
        slates.fresh(how)
        lab.faults(lab.fault(fault, "*", at_event=3))
        raised = fails(sdks[client], model, stream=False)
        assert type(raised.error) is class_for(client, status), client
        assert raised.status == status, client
        assert len(raised.slept) == 1, client
    slates.rows(4 * 2)


@pytest.mark.parametrize(
    ("client", "target"), [("anthropic", "gemini"), ("chat", "anthropic"), ("responses", "chat"), ("gemini", "codex")]
)
def test_the_sdks_second_try_succeeds_once_the_wait_is_over(
    client: str, target: str, lab: Lab, sdks: dict[str, Ask]
) -> None:
    how, model = TARGETS[target]
    lab.fresh(how, tokens=("first",))
    lab.simulator.plan(PlannedReply("Here again."))
    lab.faults(lab.fault("rate_limit", "*", times=1, retry_after_s=3))  # longer than the router itself waits
    assert sdks[client](model, False) == "Here again."
    assert [row["state"] for row in lab.rows(2)] == ["failed", "ok"]
