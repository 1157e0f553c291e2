"""Refusals of both backends as faults, and faults in OpenAI's words."""

from typing import Any

import openai
import orjson
import pytest

from router_core.wire.model import FaultKind, JsonObject, WireFault
from router_core.wire.openai_responses.codec import CODEC
from tests.router_core.wire.openai_responses.cases import sdk_client

LIMIT = "This model's maximum context length is 128000 tokens. However, your messages resulted in 130,000 tokens."


def error(**fields: Any) -> JsonObject:
    return {"error": fields}


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (400, error(message=LIMIT, code="context_length_exceeded"), "context_length", "context_length_exceeded"),
        (400, error(message="Your input exceeds the context window of this model."), "context_length", ""),
        (400, error(message="bad", type="invalid_request_error", param="tools[0]"), "invalid_request", None),
        (400, {"detail": "Store must be set to false"}, "invalid_request", ""),
        (422, {"detail": [{"loc": ["body"], "msg": "field required"}]}, "invalid_request", ""),
        (401, {"detail": {"code": "token_expired", "message": "x"}}, "authentication", "token_expired"),
        (401, error(message="x", type="invalid_request_error", code="invalid_api_key"), "authentication", None),
        (402, {"detail": {"code": "deactivated_workspace"}}, "billing", "deactivated_workspace"),
        (403, error(message="x", code="unsupported_country_region_territory"), "permission", None),
        (404, error(message="x", type="invalid_request_error", code="model_not_found"), "not_found", None),
        (404, error(message="x", type="invalid_request_error"), "not_found", None),
        (413, None, "too_large", ""),
        (429, error(message="x", type="usage_limit_reached", resets_in_seconds=3600), "quota", "usage_limit_reached"),
        (429, error(message="x", type="insufficient_quota", code="insufficient_quota"), "quota", None),
        (429, error(message="Please try again in 2.3s", code="rate_limit_exceeded"), "rate_limit", None),
        (429, error(message="Selected model is at capacity. Please try a different model."), "overloaded", ""),
        (503, error(message="x", code="slow_down"), "overloaded", "slow_down"),
        (500, error(message="x", type="server_error"), "server", "server_error"),
        (504, None, "timeout", ""),
        (520, None, "server", ""),
        (529, None, "overloaded", ""),
        (400, {"error": "plain words"}, "invalid_request", ""),
        (400, {"error": None}, "invalid_request", ""),
        (400, {"error": 7}, "invalid_request", ""),
    ],
)
def test_a_refusal_is_understood(status: int, body: JsonObject | None, kind: FaultKind, code: str | None) -> None:
    fault = CODEC.decode_error(status, body, "")
    assert (fault.status, fault.kind) == (status, kind)
    assert fault.message
    if code is not None:
        assert fault.code == code


def test_the_limit_is_read_from_the_message() -> None:
    assert CODEC.decode_error(400, error(message=LIMIT), "").limit == (130_000, 128_000)


def test_a_page_of_a_proxy_is_named_by_its_title() -> None:
    page = "<html><head><title>Just a moment...</title></head><body>" + "x" * 5000
    fault = CODEC.decode_error(403, None, page)
    assert (fault.kind, fault.message) == ("permission", "Just a moment...")


@pytest.mark.parametrize(
    ("fault", "status", "type", "code"),
    [
        (
            WireFault(400, "context_length", "prompt is too long"),
            400,
            "invalid_request_error",
            "context_length_exceeded",
        ),
        (WireFault(413, "context_length", "too long"), 400, "invalid_request_error", "context_length_exceeded"),
        (WireFault(529, "overloaded", "busy", "overloaded_error"), 503, "server_error", "overloaded_error"),
        (WireFault(429, "rate_limit", "wait"), 429, "rate_limit_error", "rate_limit_exceeded"),
        (WireFault(429, "quota", "x", "usage_limit_reached"), 429, "usage_limit_reached", "usage_limit_reached"),
        (WireFault(401, "authentication", "x"), 401, "invalid_request_error", "invalid_api_key"),
        (WireFault(400, "invalid_request", "x", param="n"), 400, "invalid_request_error", None),
    ],
    ids=lambda value: value.kind if isinstance(value, WireFault) else "",
)
def test_a_fault_in_openai_s_words(fault: WireFault, status: int, type: str, code: str | None) -> None:
    said, body = CODEC.encode_error(fault)
    assert said == status
    assert body["error"] == {"message": fault.message, "type": type, "param": fault.param or None, "code": code}


@pytest.mark.parametrize(
    ("kind", "status", "raised"),
    [
        ("invalid_request", 400, openai.BadRequestError),
        ("context_length", 400, openai.BadRequestError),
        ("authentication", 401, openai.AuthenticationError),
        ("permission", 403, openai.PermissionDeniedError),
        ("not_found", 404, openai.NotFoundError),
        ("rate_limit", 429, openai.RateLimitError),
        ("overloaded", 529, openai.InternalServerError),
        ("server", 502, openai.InternalServerError),
    ],
)
def test_the_sdk_raises_its_proper_exception(kind: FaultKind, status: int, raised: type[openai.APIStatusError]) -> None:
    said, body = CODEC.encode_error(WireFault(status, kind, "words"))
    client = sdk_client(said, orjson.dumps(body), type="application/json")
    with pytest.raises(raised) as caught:
        client.responses.create(model="m", input="hi")
    assert "words" in caught.value.message
    client.close()


@pytest.mark.parametrize("kind", ["context_length", "rate_limit", "quota", "overloaded", "not_found"])
def test_a_fault_survives_the_way_out_and_back(kind: FaultKind) -> None:
    status, body = CODEC.encode_error(WireFault({"overloaded": 503, "not_found": 404}.get(kind, 429), kind, "words"))
    back = CODEC.decode_error(status, body, "")
    assert (back.kind, back.message) == (kind, "words")
