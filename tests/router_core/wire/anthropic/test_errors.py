"""Errors, both ways: what a client does next hangs on status, type and words."""

import re
from importlib import import_module
from typing import Any, get_args

import anthropic
import pytest

from router_core.wire.model import FaultKind, WireFault
from tests.router_core.wire.anthropic.samples import CODEC

HTTP: Any = import_module(anthropic.DefaultHttpxClient.__mro__[-2].__module__.partition(".")[0])
"""The HTTP library of the installed SDK: `httpx`, in newer versions `httpx2`."""


def envelope(type: str, message: str, **more: Any) -> dict[str, Any]:
    return {"type": "error", "error": {"type": type, "message": message, **more}, "request_id": "req_1"}


SPEND = envelope("rate_limit_error", "No more.", details={"error_code": "enforced_spend_limit_reached"})
DECODED: dict[str, tuple[int, Any, str, int, str]] = {
    "bad request": (400, envelope("invalid_request_error", "no"), "", 400, "invalid_request"),
    "too long": (
        400,
        envelope("invalid_request_error", "prompt is too long: 213462 tokens > 200000 maximum"),
        "",
        400,
        "context_length",
    ),
    "too long, as gateways say": (
        400,
        envelope("invalid_request_error", "capability_rejected: prompt_too_long"),
        "",
        400,
        "context_length",
    ),
    "no room for the answer": (
        400,
        envelope(
            "invalid_request_error", "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000"
        ),
        "",
        400,
        "context_length",
    ),
    "credit": (400, envelope("invalid_request_error", "Your credit balance is too low"), "", 400, "billing"),
    "authentication": (401, envelope("authentication_error", "invalid x-api-key"), "", 401, "authentication"),
    "billing": (402, envelope("billing_error", "pay"), "", 402, "billing"),
    "permission": (403, envelope("permission_error", "no scope"), "", 403, "permission"),
    "not found": (404, envelope("not_found_error", "model: x"), "", 404, "not_found"),
    "too large, from the CDN": (413, {"error": {"type": "request_too_large", "message": "big"}}, "", 413, "too_large"),
    "rate limit": (429, envelope("rate_limit_error", "slow down"), "", 429, "rate_limit"),
    "monthly limit": (429, SPEND, "", 429, "quota"),
    "server": (500, envelope("api_error", "Internal server error"), "", 500, "server"),
    "overloaded": (529, envelope("overloaded_error", "Overloaded"), "", 529, "overloaded"),
    "timeout": (504, envelope("timeout_error", "late"), "", 504, "timeout"),
    "OAuth's form": (400, {"error": "invalid_grant", "error_description": "gone"}, "", 400, "invalid_request"),
    "some gateway's form": (400, {"detail": "nope"}, "", 400, "invalid_request"),
    "HTML": (502, None, "<html>bad gateway</html>", 502, "server"),
    "nothing": (503, None, "", 503, "overloaded"),
    "in a stream": (200, envelope("overloaded_error", "Overloaded"), "", 529, "overloaded"),
    "in a stream, of no type": (200, {"error": {"message": "odd"}}, "", 500, "server"),
    "hostile": (400, {"error": {"type": ["x"], "message": {"a": 1}, "details": 3}}, "", 400, "invalid_request"),
}


@pytest.mark.parametrize("name", DECODED)
def test_what_a_providers_error_means(name: str) -> None:
    status, body, text, wanted_status, kind = DECODED[name]
    fault = CODEC.decode_error(status, body, text)
    assert (fault.status, fault.kind) == (wanted_status, kind)
    assert fault.message


def test_the_numbers_of_an_overflow_are_read() -> None:
    assert CODEC.decode_error(*DECODED["too long"][:3]).limit == (213462, 200000)
    assert CODEC.decode_error(*DECODED["no room for the answer"][:3]).limit == (210000, 200000)
    assert CODEC.decode_error(*DECODED["too long, as gateways say"][:3]).limit is None


KINDS: dict[FaultKind, tuple[int, type[anthropic.APIStatusError]]] = {
    "invalid_request": (400, anthropic.BadRequestError),
    "context_length": (400, anthropic.BadRequestError),
    "authentication": (401, anthropic.AuthenticationError),
    "billing": (402, anthropic.APIStatusError),
    "permission": (403, anthropic.PermissionDeniedError),
    "not_found": (404, anthropic.NotFoundError),
    "too_large": (413, anthropic.APIStatusError),
    "rate_limit": (429, anthropic.RateLimitError),
    "quota": (429, anthropic.RateLimitError),
    "overloaded": (529, anthropic.InternalServerError),
    "timeout": (504, anthropic.InternalServerError),
    "server": (500, anthropic.InternalServerError),
}


@pytest.mark.parametrize("kind", get_args(FaultKind))
def test_the_sdk_raises_its_proper_exception(kind: FaultKind) -> None:
    status, raised = KINDS[kind]
    got, body = CODEC.encode_error(WireFault(status if status != 529 else 503, kind, "what happened"))
    assert got == status
    answer = HTTP.Response(got, json=body, request=HTTP.Request("POST", "http://127.0.0.1/v1/messages"))
    error = anthropic.Anthropic(api_key="x", base_url="http://127.0.0.1")._make_status_error_from_response(answer)
    assert isinstance(error, raised)
    assert "what happened" in error.message


@pytest.mark.parametrize(
    ("fault", "wanted"),
    [
        (
            WireFault(400, "context_length", "too much", limit=(300, 200)),
            "prompt is too long: 300 tokens > 200 maximum",
        ),
        (WireFault(413, "context_length", "Your input exceeds the context window"), "prompt is too long: Your input"),
        (WireFault(400, "context_length", "Prompt is too long already"), "Prompt is too long already"),
    ],
    ids=["with numbers", "without", "in these words already"],
)
def test_an_overflow_is_told_in_the_words_on_which_claude_code_compacts(fault: WireFault, wanted: str) -> None:
    status, body = CODEC.encode_error(fault)
    assert status == 400
    assert body["error"]["type"] == "invalid_request_error"
    assert body["error"]["message"].startswith(wanted)
    assert re.search("prompt is too long", body["error"]["message"], re.I)


def test_a_message_is_kept_without_a_prefix() -> None:
    text = "messages.1.content.0: Invalid `signature` in `thinking` block"
    fault = CODEC.decode_error(400, envelope("invalid_request_error", text), "")
    assert CODEC.encode_error(fault)[1]["error"]["message"] == text
