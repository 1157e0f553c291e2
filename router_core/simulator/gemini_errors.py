"""The Gemini API's error envelope (`google.rpc.Status` as JSON), with the `details` that clients read waits from."""

import math
from hashlib import blake2b
from typing import Any

from router_core.simulator.answers import Answer, Refusal, json_answer
from router_core.simulator.call import Headers, Json

STATUS_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
    529: "UNAVAILABLE",
}

_TYPE = "type.googleapis.com/google.rpc."
_METRIC = "generativelanguage.googleapis.com/generate_content_free_tier_"
_LIMITS_PAGE = "https://ai.google.dev/gemini-api/docs/rate-limits"

# the quota behind each window of an account: metric, quota id, limit shown when the window has none of its own
QUOTAS = {
    "requests-per-minute": ("requests", "GenerateRequestsPerMinutePerProjectPerModel-FreeTier", 10),
    "input-tokens-per-minute": ("input_token_count", "GenerateContentInputTokensPerModelPerMinute-FreeTier", 250_000),
    "requests-per-day": ("requests", "GenerateRequestsPerDayPerProjectPerModel-FreeTier", 250),
}


def error_payload(status: int, message: str, *, name: str = "", details: list[Json] | None = None) -> Json:
    """The body, also of an error inside a stream."""
    error: Json = {"code": status, "message": message, "status": name or STATUS_NAMES.get(status, "UNKNOWN")}
    if details:
        error["details"] = details
    return {"error": error}


def gemini_error(
    status: int, message: str, *, name: str = "", details: list[Json] | None = None, headers: Headers | None = None
) -> Answer:
    """`{"error": {code, message, status, details}}`."""
    return json_answer(status, error_payload(status, message, name=name, details=details), headers)


def refuse_gemini(status: int, message: str, *, name: str = "", details: list[Json] | None = None) -> Refusal:
    """The same, to raise."""
    return Refusal(gemini_error(status, message, name=name, details=details))


def error_info(reason: str, **metadata: str) -> Json:
    """The detail that names the reason in a stable word."""
    return {
        "@type": f"{_TYPE}ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": {"service": "generativelanguage.googleapis.com", **metadata},
    }


def bad_key(message: str = "API key not valid. Please pass a valid API key.") -> Answer:
    """An API key that Google does not know or no longer takes: 400, not 401."""
    local = {"@type": f"{_TYPE}LocalizedMessage", "locale": "en-US", "message": message}
    return gemini_error(400, message, details=[error_info("API_KEY_INVALID"), local])


def bad_payload(problems: list[tuple[str, str]]) -> Answer:
    """The 400 of a body whose fields do not fit; each problem is its path (empty at the top) and its text."""
    violations = [{"field": field, "description": text} if field else {"description": text} for field, text in problems]
    details = [{"@type": f"{_TYPE}BadRequest", "fieldViolations": violations}]
    return gemini_error(400, "\n".join(text for _, text in problems), details=details)


def unknown_model(model: str, method: str) -> Answer:
    """404, in the words that send people to ListModels."""
    text = (
        f"models/{model} is not found for API version v1beta, or is not supported for {method}. "
        "Call ListModels to see the list of available models and their supported methods."
    )
    return gemini_error(404, text)


def overloaded() -> Answer:
    return gemini_error(503, "The model is overloaded. Please try again later.")


def quota_exceeded(window: str, model: str, wait_s: float, limit: int | None = None) -> Answer:
    """The 429 of a full quota window.

    Args:
        window: a name from QUOTAS; any other counts as requests per minute.
        wait_s: what `RetryInfo` and the message say.
        limit: the window's own limit; 0 means that this plan has none of it.
    """
    metric, quota_id, usual = QUOTAS.get(window, QUOTAS["requests-per-minute"])
    limit = usual if limit is None else limit
    delay = go_seconds(wait_s)
    message = (
        "You exceeded your current quota, please check your plan and billing details. For more information on this "
        f"error, head to: {_LIMITS_PAGE}. To monitor your current usage, head to: https://ai.dev/usage?tab=rate-limit. "
        f"\n* Quota exceeded for metric: {_METRIC}{metric}, limit: {limit}, model: {model}"
        f"\nPlease retry in {delay}."
    )
    violation: dict[str, Any] = {
        "quotaMetric": f"{_METRIC}{metric}",
        "quotaId": quota_id,
        "quotaDimensions": {"location": "global", "model": model},
    }
    if limit:  # proto3 JSON leaves a zero out
        violation["quotaValue"] = str(limit)
    link = {"description": "Learn more about Gemini API quotas", "url": _LIMITS_PAGE}
    details: list[Json] = [
        {"@type": f"{_TYPE}QuotaFailure", "violations": [violation]},
        {"@type": f"{_TYPE}Help", "links": [link]},
        {"@type": f"{_TYPE}RetryInfo", "retryDelay": delay},
    ]
    return gemini_error(429, message, details=details)


def shown_delay_s(window: str, wait_s: float) -> float:
    """The wait that Google shows: for a daily quota a useless short one, as recorded from the provider."""
    return wait_s % 60 if "day" in window else wait_s


def go_seconds(seconds: float) -> str:
    """A `google.protobuf.Duration` as JSON: `34s`, `34.074824224s`."""
    whole, part = divmod(seconds, 1)
    nanos = round(part * 1_000_000_000)
    return f"{math.floor(whole)}.{nanos:09d}s" if nanos else f"{math.floor(whole)}s"


def project_number(token: str) -> str:
    """A made-up project number, the same for the same credential."""
    return str(100_000_000_000 + int.from_bytes(blake2b(token.encode(), digest_size=4).digest()))
