"""Errors: Gemini's read into faults, faults in Gemini's words, so that Google's SDK raises its proper classes."""

import json
from typing import Any, get_args

import pytest
from google.genai import errors

from router_core.wire.gemini import CODEC
from router_core.wire.model import FaultKind, WireFault

RPC = "type.googleapis.com/google.rpc."


def body(code: int, status: str, message: str = "words", *details: dict[str, Any]) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "status": status, "details": list(details)}}


DAILY = {
    "@type": f"{RPC}QuotaFailure",
    "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}],
}
BAD_KEY = {"@type": f"{RPC}ErrorInfo", "reason": "API_KEY_INVALID"}
FIELD = {"@type": f"{RPC}BadRequest", "fieldViolations": [{"field": "contents[0].parts", "description": "d"}]}
TOO_LONG = "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."


@pytest.mark.parametrize(
    ("status", "answer", "fault"),
    [
        (400, body(400, "INVALID_ARGUMENT"), WireFault(400, "invalid_request", "words", "INVALID_ARGUMENT")),
        (400, body(400, "INVALID_ARGUMENT", "m", FIELD),
         WireFault(400, "invalid_request", "m", "INVALID_ARGUMENT", "contents[0].parts")),
        (400, body(400, "INVALID_ARGUMENT", TOO_LONG),
         WireFault(400, "context_length", TOO_LONG, "INVALID_ARGUMENT", limit=(1_200_000, 1_048_576))),
        (400, body(400, "INVALID_ARGUMENT", "API key not valid.", BAD_KEY),
         WireFault(401, "authentication", "API key not valid.", "API_KEY_INVALID")),
        (413, body(413, "INVALID_ARGUMENT"), WireFault(413, "too_large", "words", "INVALID_ARGUMENT")),
        (401, body(401, "UNAUTHENTICATED"), WireFault(401, "authentication", "words", "UNAUTHENTICATED")),
        (403, body(403, "PERMISSION_DENIED"), WireFault(403, "permission", "words", "PERMISSION_DENIED")),
        (404, body(404, "NOT_FOUND"), WireFault(404, "not_found", "words", "NOT_FOUND")),
        (429, body(429, "RESOURCE_EXHAUSTED"), WireFault(429, "rate_limit", "words", "RESOURCE_EXHAUSTED")),
        (429, body(429, "RESOURCE_EXHAUSTED", "q", DAILY), WireFault(429, "quota", "q", "RESOURCE_EXHAUSTED")),
        (499, body(499, "CANCELLED"), WireFault(503, "overloaded", "words", "CANCELLED")),
        (500, body(500, "INTERNAL"), WireFault(500, "server", "words", "INTERNAL")),
        (503, body(503, "UNAVAILABLE"), WireFault(503, "overloaded", "words", "UNAVAILABLE")),
        (504, body(504, "DEADLINE_EXCEEDED"), WireFault(504, "timeout", "words", "DEADLINE_EXCEEDED")),
        (200, body(503, "UNAVAILABLE"), WireFault(503, "overloaded", "words", "UNAVAILABLE")),
        (418, body(418, "ODD"), WireFault(418, "invalid_request", "words", "ODD")),
        (502, None, WireFault(502, "server", "HTTP 502 without a reason")),
        (413, {"error": "too big"}, WireFault(413, "too_large", "too big")),
        (400, {"error": {"code": "x", "message": 5, "status": [], "details": [5, {"violations": 3}]}},
         WireFault(400, "invalid_request", "HTTP 400 without a reason")),
    ],
)  # fmt: skip
def test_an_error_is_understood(status: int, answer: dict[str, Any] | None, fault: WireFault) -> None:
    assert CODEC.decode_error(status, answer, "") == fault


@pytest.mark.parametrize("kind", get_args(FaultKind))
def test_the_sdk_raises_its_own_class(kind: FaultKind) -> None:
    status, answer = CODEC.encode_error(WireFault(500, kind, "words"))
    raised = errors.ClientError if status < 500 else errors.ServerError
    assert (answer["error"]["code"], 400 <= status < 600) == (status, True)
    error = raised(status, json.loads(json.dumps(answer)))
    assert (error.code, error.message and "words" in error.message) == (status, True)
    assert error.status == answer["error"]["status"]


@pytest.mark.parametrize(
    ("fault", "status", "name"),
    [
        (WireFault(400, "invalid_request", "m"), 400, "INVALID_ARGUMENT"),
        (WireFault(422, "invalid_request", "m"), 422, "INVALID_ARGUMENT"),
        (WireFault(529, "overloaded", "m"), 503, "UNAVAILABLE"),
        (WireFault(502, "server", "m"), 502, "INTERNAL"),
        (WireFault(429, "quota", "m"), 429, "RESOURCE_EXHAUSTED"),
    ],
)
def test_status_for_a_gemini_client(fault: WireFault, status: int, name: str) -> None:
    sent, answer = CODEC.encode_error(fault)
    assert (sent, answer["error"]["status"]) == (status, name)


@pytest.mark.parametrize("limit", [(7, 5), None])
def test_an_overflow_is_told_in_googles_words(limit: tuple[int, int] | None) -> None:
    status, answer = CODEC.encode_error(WireFault(400, "context_length", "prompt is too long", limit=limit))
    fault = CODEC.decode_error(status, answer, "")
    assert (status, fault.kind, fault.limit) == (400, "context_length", limit)


def test_the_field_at_fault_is_named() -> None:
    _, answer = CODEC.encode_error(WireFault(400, "invalid_request", "bad", param="n"))
    assert CODEC.decode_error(400, answer, "").param == "n"
