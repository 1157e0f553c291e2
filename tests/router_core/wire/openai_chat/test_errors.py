"""Errors of services of this format, and errors for its clients."""

from typing import Any

import httpx
import openai
import pytest

from router_core.wire.model import FaultKind, WireFault
from router_core.wire.openai_chat import CODEC
from tests.router_core.wire.openai_chat.bodies import Json

SAID: dict[str, tuple[int, Any, WireFault]] = {
    "OpenAI": (
        401,
        {
            "error": {
                "message": "Incorrect API key",
                "type": "invalid_request_error",
                "param": None,
                "code": "invalid_api_key",
            }
        },
        WireFault(401, "authentication", "Incorrect API key", "invalid_api_key"),
    ),
    "OpenAI: a field": (
        400,
        {"error": {"message": "Unsupported parameter", "param": "stop", "code": "unsupported_parameter"}},
        WireFault(400, "invalid_request", "Unsupported parameter", "unsupported_parameter", "stop"),
    ),
    "OpenAI: no money": (
        429,
        {"error": {"message": "You exceeded your quota", "type": "insufficient_quota", "code": "insufficient_quota"}},
        WireFault(429, "quota", "You exceeded your quota", "insufficient_quota"),
    ),
    "OpenAI: too fast": (
        429,
        {"error": {"message": "Rate limit reached", "type": "tokens", "code": "rate_limit_exceeded"}},
        WireFault(429, "rate_limit", "Rate limit reached", "rate_limit_exceeded"),
    ),
    "OpenRouter: a number as code": (
        402,
        {"error": {"code": 402, "message": "Insufficient credits"}},
        WireFault(402, "billing", "Insufficient credits"),
    ),
    "OpenRouter: what the service behind it said": (
        502,
        {"error": {"code": 502, "message": "Provider returned error", "metadata": {"raw": "boom"}}},
        WireFault(502, "server", "Provider returned error: boom"),
    ),
    "Mistral": (
        422,
        {"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted", "type": "extra_forbidden"}]},
        WireFault(422, "invalid_request", "body.seed: Extra inputs are not permitted"),
    ),
    "SiliconFlow": (
        403,
        {"code": 20012, "message": "Model does not exist", "data": None},
        WireFault(403, "permission", "Model does not exist"),
    ),
    "Alibaba: no money": (
        400,
        {"error": {"code": "Arrearage", "message": "Access denied"}},
        WireFault(400, "billing", "Access denied", "Arrearage"),
    ),
    "a string": (404, {"error": "model not found"}, WireFault(404, "not_found", "model not found")),
    "a page": (503, None, WireFault(503, "overloaded", "<html>busy</html>")),
    "nothing": (500, {}, WireFault(500, "server", "the provider answered 500")),
    "nonsense": (
        400,
        {"error": {"message": 7, "code": [], "param": {}}},
        WireFault(400, "invalid_request", "the provider answered 400"),
    ),
}


@pytest.mark.parametrize(("status", "body", "fault"), SAID.values(), ids=SAID.keys())
def test_what_went_wrong_is_understood(status: int, body: Any, fault: WireFault) -> None:
    assert CODEC.decode_error(status, body, "<html>busy</html>") == fault


TOO_LONG = [
    (
        "This model's maximum context length is 128000 tokens. However, you requested 130000 tokens (129000 in the "
        "messages, 1000 in the completion).",
        (130000, 128000),
    ),
    (
        "This model's maximum context length is 128,000 tokens. However, your messages resulted in 130,000 tokens.",
        (130000, 128000),
    ),
    (
        "This endpoint's maximum context length is 200000 tokens. However, you requested about 213462 tokens",
        (213462, 200000),
    ),
    ("prompt is too long: 213462 tokens > 200000 maximum", (213462, 200000)),
    ("prompt token count of 130000 exceeds the limit of 128000", (130000, 128000)),
    ("The input token count (9) exceeds the maximum number of tokens allowed (8).", (9, 8)),
    ("This model's maximum prompt length is 131072 but the request contains 140000 tokens.", (140000, 131072)),
    (
        "Prompt contains 140000 tokens and 0 draft tokens, too large for model with 131072 maximum context length",
        (140000, 131072),
    ),
    ("Invalid request: Your request exceeded model token limit: 262144", None),
    ("Range of input length should be [1, 129024]", None),
    ("Your input exceeds the context window of this model.", None),
]


@pytest.mark.parametrize(("message", "limit"), TOO_LONG, ids=[message[:40] for message, _ in TOO_LONG])
def test_a_prompt_that_is_too_long_is_known_in_every_services_words(
    message: str, limit: tuple[int, int] | None
) -> None:
    fault = CODEC.decode_error(400, {"error": {"message": message}}, "")
    assert (fault.status, fault.kind, fault.limit) == (400, "context_length", limit)
    status, body = CODEC.encode_error(fault)
    assert (status, body["error"]["code"]) == (400, "context_length_exceeded")
    if limit is not None:
        assert body["error"]["message"] == (
            f"This model's maximum context length is {limit[1]} tokens. "
            f"However, your messages resulted in {limit[0]} tokens."
        )


def test_a_limit_per_minute_is_no_context_length() -> None:
    """Groq's 413: waiting helps, compacting does not."""
    message = "Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 7000"
    fault = CODEC.decode_error(413, {"error": {"message": message, "code": "rate_limit_exceeded"}}, "")
    assert fault.kind == "too_large"


RAISED: list[tuple[int, FaultKind, type[openai.APIStatusError]]] = [
    (400, "invalid_request", openai.BadRequestError),
    (400, "context_length", openai.BadRequestError),
    (401, "authentication", openai.AuthenticationError),
    (403, "permission", openai.PermissionDeniedError),
    (404, "not_found", openai.NotFoundError),
    (429, "rate_limit", openai.RateLimitError),
    (429, "quota", openai.RateLimitError),
    (500, "server", openai.InternalServerError),
    (529, "overloaded", openai.InternalServerError),
    (504, "timeout", openai.InternalServerError),
]


@pytest.mark.parametrize(("status", "kind", "error"), RAISED, ids=str)
def test_the_sdk_raises_its_proper_exception(status: int, kind: FaultKind, error: type[openai.APIStatusError]) -> None:
    sent, body = CODEC.encode_error(WireFault(status, kind, "Boom"))

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(sent, json=body, request=request)

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        client = openai.OpenAI(api_key="x", base_url="http://127.0.0.1/v1", http_client=http, max_retries=0)
        with pytest.raises(error) as caught:
            client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}])
    assert "Boom" in caught.value.message
    assert caught.value.status_code == (503 if status == 529 else status)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ({"code": 429, "message": "x"}, 429),
        ({"code": "rate_limit_exceeded", "message": "x"}, 429),
        ({"type": "overloaded_error", "message": "x"}, 503),
        ({"code": "503", "message": "x"}, 503),
        ({"message": "x"}, 502),
        ({"code": 7, "message": "x"}, 502),
    ],
    ids=str,
)
def test_an_error_inside_a_stream_says_its_own_status(error: Json, status: int) -> None:
    assert CODEC.decode_error(200, {"error": error}, "").status == status
