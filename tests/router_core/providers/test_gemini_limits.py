# ruff: noqa: E501 - a table is read by its rows
"""What Gemini's errors mean: the minute, the day, the model, the key."""

from typing import Any

import orjson
import pytest

from router_core.providers.classify import classify
from router_core.providers.failure import FailureKind, Outcome

K = FailureKind
NOW = 1_785_500_000.0  # 2026-07-31 12:13:20 UTC, 05:13:20 in California
TO_MIDNIGHT_S = 18 * 3600 + 46 * 60 + 40.0
RPC = "type.googleapis.com/google.rpc."


def error(code: int, status: str, message: str = "words", *details: dict[str, Any]) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "status": status, "details": list(details)}}


def quota(quota_id: str) -> dict[str, Any]:
    return {"@type": f"{RPC}QuotaFailure", "violations": [{"quotaId": quota_id, "quotaValue": "100"}]}


def retry(delay: str) -> dict[str, Any]:
    return {"@type": f"{RPC}RetryInfo", "retryDelay": delay}


def info(reason: str, **metadata: str) -> dict[str, Any]:
    return {"@type": f"{RPC}ErrorInfo", "reason": reason, "domain": "googleapis.com", "metadata": metadata}


MINUTE, DAY = (
    quota("GenerateRequestsPerMinutePerProjectPerModel-FreeTier"),
    quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier"),
)


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        pytest.param(error(429, "RESOURCE_EXHAUSTED", "q", MINUTE, retry("34.074824224s")), (K.RATE_LIMITED, 34.075, True), id="per minute"),
        pytest.param(error(429, "RESOURCE_EXHAUSTED", "q", MINUTE), (K.RATE_LIMITED, 60.0, True), id="per minute, no delay named"),
        pytest.param(error(429, "RESOURCE_EXHAUSTED", "q", DAY, retry("37s")), (K.MODEL_LIMITED, TO_MIDNIGHT_S, True), id="per day: the short delay does not help"),
        pytest.param(error(429, "RESOURCE_EXHAUSTED", "q", MINUTE, DAY, retry("37s")), (K.MODEL_LIMITED, TO_MIDNIGHT_S, True), id="both: the day"),
        pytest.param(error(429, "RESOURCE_EXHAUSTED", "Quota exceeded … limit: 0, model: x"), (K.MODEL_LIMITED, TO_MIDNIGHT_S, True), id="a model that the plan does not have"),
        pytest.param(error(429, "RESOURCE_EXHAUSTED", "q", retry("2h13m5s")), (K.MODEL_LIMITED, 7985.0, True), id="a long delay"),
        pytest.param(error(429, "RESOURCE_EXHAUSTED", "q", info("QUOTA_EXHAUSTED", quotaResetDelay="1h")), (K.MODEL_LIMITED, 3600.0, True), id="quota with its reset"),
        pytest.param(error(429, "RESOURCE_EXHAUSTED", "q", info("QUOTA_EXHAUSTED", quotaResetTimeStamp="2026-07-31T13:13:20Z")), (K.MODEL_LIMITED, 3600.0, True), id="quota with its reset as a time"),
        pytest.param(error(429, "RESOURCE_EXHAUSTED", "Please retry in 900ms"), (K.RATE_LIMITED, 0.9, True), id="only the message says it"),
        pytest.param(error(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted"), (K.REQUEST_LIMITED, None, False), id="nothing named"),
        pytest.param(error(429, "RESOURCE_EXHAUSTED", "q", info("MODEL_CAPACITY_EXHAUSTED")), (K.OVERLOADED, None, True), id="no capacity"),
        pytest.param(error(503, "UNAVAILABLE", "The model is overloaded."), (K.OVERLOADED, None, True), id="overloaded"),
        pytest.param(error(499, "CANCELLED"), (K.OVERLOADED, None, True), id="cancelled"),
        pytest.param(error(500, "INTERNAL"), (K.SERVER_ERROR, None, False), id="internal"),
        pytest.param(error(504, "DEADLINE_EXCEEDED"), (K.SERVER_ERROR, None, False), id="deadline"),
        pytest.param(error(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", info("API_KEY_INVALID")), (K.CREDENTIAL_REFUSED, None, False), id="a bad key is a 400"),
        pytest.param(error(401, "UNAUTHENTICATED"), (K.CREDENTIAL_REFUSED, None, False), id="unauthenticated"),
        pytest.param(error(403, "PERMISSION_DENIED", "Your API key was reported as leaked."), (K.CREDENTIAL_REFUSED, None, False), id="leaked key"),
        pytest.param(error(403, "PERMISSION_DENIED", "x", info("SERVICE_DISABLED")), (K.TOKEN_UNUSABLE, None, False), id="the project lacks the API"),
        pytest.param(error(403, "PERMISSION_DENIED", "CachedContent not found (or permission denied)"), (K.CLIENT_ERROR, None, False), id="another's cache"),
        pytest.param(error(403, "PERMISSION_DENIED", "You do not have permission to access File x"), (K.CLIENT_ERROR, None, False), id="another's file"),
        pytest.param(error(400, "FAILED_PRECONDITION", "Please enable billing on your project"), (K.QUOTA_EXHAUSTED, None, False), id="billing"),
        pytest.param(error(400, "INVALID_ARGUMENT", "contents is not specified"), (K.CLIENT_ERROR, None, False), id="a bad request"),
        pytest.param(error(404, "NOT_FOUND", "models/x is not found"), (K.CLIENT_ERROR, None, False), id="no such model"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["body", "array", "in the stream"])
def test_what_an_error_means(body: dict[str, Any], seen: tuple[K, float | None, bool], form: str) -> None:
    status = body["error"]["code"]
    outcome = {
        "body": Outcome(status, error=body),
        "array": Outcome(status, text=orjson.dumps([body]).decode()),
        "in the stream": Outcome(200, error=body, in_stream=True),
    }[form]
    failure = classify("gemini", outcome, NOW)
    until = None if failure.rest_until is None else round(failure.rest_until - NOW, 3)
    assert (failure.kind, until, failure.rest_model_only) == seen
    assert failure.status == status
    assert failure.message.startswith(f"{status} {body['error']['status']}: ")


@pytest.mark.parametrize(
    "details",
    [
        None,
        5,
        [5],
        [{"violations": 5}],
        [{"violations": [5]}],
        [{"retryDelay": {}}],
        [{"metadata": [1]}],
        [{"metadata": {"quotaResetTimeStamp": 5}}],
    ],
)
def test_odd_details_never_raise(details: Any) -> None:
    body = {"error": {"code": 429, "message": "m", "status": "RESOURCE_EXHAUSTED", "details": details}}
    assert classify("gemini", Outcome(429, error=body), NOW).status == 429


def test_the_header_counts_where_the_body_says_nothing() -> None:
    failure = classify("gemini", Outcome(429, {"retry-after": "9"}, error(429, "RESOURCE_EXHAUSTED")), NOW)
    assert (failure.kind, failure.rest_until) == (K.RATE_LIMITED, NOW + 9)


LINK = "https://accounts.google.com/signin/continue?sarp=1"
HELP = {"@type": f"{RPC}Help", "links": [{"description": "Verify", "url": LINK}]}
NESTED = orjson.dumps({"type": "error", "error": {"type": "invalid_request_error", "message": "prompt is too long"}})


@pytest.mark.parametrize("kind", ["code-assist", "antigravity"])
@pytest.mark.parametrize(
    ("details", "remedy"),
    [
        ((info("VALIDATION_REQUIRED", validation_link=LINK),), f"Open {LINK} in a browser"),
        ((info("VALIDATION_REQUIRED"), HELP), f"Open {LINK} in a browser"),
        ((info("UNSUPPORTED_CLIENT"),), "ended Gemini CLI logins of personal accounts on 2026-06-18"),
    ],
    ids=["link in the metadata", "link in the help", "shut down"],
)
def test_an_account_that_needs_its_owner_is_told_with_the_remedy(
    kind: Any, details: tuple[dict[str, Any], ...], remedy: str
) -> None:
    failure = classify(kind, Outcome(403, error=error(403, "PERMISSION_DENIED", "No.", *details)), NOW)
    assert failure.kind is K.TOKEN_UNUSABLE
    assert remedy in failure.message


def test_code_assist_names_when_its_quota_is_reset() -> None:
    reset = info("QUOTA_EXHAUSTED", model="gemini-3.5-flash", quotaResetDelay="2h13m5s")
    failure = classify("code-assist", Outcome(429, error=error(429, "RESOURCE_EXHAUSTED", "m", reset)), NOW)
    assert (failure.kind, failure.rest_until, failure.rest_model_only) == (K.MODEL_LIMITED, NOW + 7985, True)


def test_anthropics_words_are_read_out_of_googles_message() -> None:
    body = error(400, "INVALID_ARGUMENT", NESTED.decode())
    failure = classify("antigravity", Outcome(400, error=body), NOW)
    assert (failure.kind, failure.message) == (K.CLIENT_ERROR, "400 INVALID_ARGUMENT: prompt is too long")


def test_vertex_names_its_quota_in_words_only() -> None:
    text = "Quota exceeded for aiplatform.googleapis.com/online_prediction_requests_per_base_model with base model: x."
    failure = classify("vertex", Outcome(429, error=error(429, "RESOURCE_EXHAUSTED", text)), NOW)
    assert (failure.kind, failure.rest_until, failure.rest_model_only) == (K.RATE_LIMITED, NOW + 60, True)
