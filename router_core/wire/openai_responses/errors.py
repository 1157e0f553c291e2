"""Errors as OpenAI's two backends say them ↔ faults.

The platform has `{"error": {...}}`, the ChatGPT backend often `{"detail": "..."}`, a stream a code within
`response.failed` or a flat `error` event. The code counts more than the status: a rejection may hide inside a 200.
Codex compacts on `context_length_exceeded`, waits on `rate_limit_exceeded` when the message says how long ("try again
in 2s"), and gives up on `insufficient_quota` and `invalid_prompt`; an unknown code makes it retry.

Source: OpenAI's error guide, openai/codex's stream reader, several clients' issue threads, 2026.
"""

import re
from typing import Any

from router_core.wire.model import FaultKind, JsonObject, WireFault

_KIND_OF_CODE: dict[str, FaultKind] = {
    "context_length_exceeded": "context_length",
    "invalid_api_key": "authentication",
    "token_expired": "authentication",
    "token_invalidated": "authentication",
    "token_revoked": "authentication",
    "deactivated_workspace": "billing",
    "billing_hard_limit_reached": "billing",
    "insufficient_quota": "quota",
    "usage_limit_reached": "quota",
    "usage_not_included": "quota",
    "rate_limit_exceeded": "rate_limit",
    "rate_limit_error": "rate_limit",
    "server_is_overloaded": "overloaded",
    "slow_down": "overloaded",
    "overloaded_error": "overloaded",
    "model_not_found": "not_found",
    "unsupported_country_region_territory": "permission",
    "permission_error": "permission",
    "server_error": "server",
    "timeout": "timeout",
    "invalid_prompt": "invalid_request",
    "cyber_policy": "invalid_request",
    "bio_policy": "invalid_request",
    "invalid_encrypted_content": "invalid_request",
    "previous_response_not_found": "invalid_request",
    "invalid_request_error": "invalid_request",
}
_KIND_OF_STATUS: dict[int, FaultKind] = {
    400: "invalid_request", 401: "authentication", 402: "billing", 403: "permission", 404: "not_found",
    408: "timeout", 413: "too_large", 422: "invalid_request", 429: "rate_limit", 503: "overloaded", 504: "timeout",
    529: "overloaded",
}  # fmt: skip
STATUS_OF_KIND: dict[FaultKind, int] = {
    "invalid_request": 400, "context_length": 400, "authentication": 401, "billing": 402, "permission": 403,
    "not_found": 404, "too_large": 413, "rate_limit": 429, "quota": 429, "overloaded": 503, "timeout": 504,
    "server": 500,
}  # fmt: skip
_TYPE_OF_KIND: dict[FaultKind, str] = {
    "billing": "insufficient_quota", "rate_limit": "rate_limit_error", "quota": "insufficient_quota",
    "overloaded": "server_error", "timeout": "server_error", "server": "server_error",
}  # fmt: skip
_CODE_OF_KIND: dict[FaultKind, str | None] = {
    "context_length": "context_length_exceeded", "authentication": "invalid_api_key", "billing": "insufficient_quota",
    "rate_limit": "rate_limit_exceeded", "quota": "insufficient_quota", "overloaded": "server_is_overloaded",
    "not_found": "model_not_found", "server": "server_error", "timeout": "server_error",
}  # fmt: skip
_STREAM_CODE_OF_KIND: dict[FaultKind, str] = {
    "context_length": "context_length_exceeded", "billing": "insufficient_quota", "quota": "insufficient_quota",
    "rate_limit": "rate_limit_exceeded", "overloaded": "server_is_overloaded", "server": "server_error",
    "timeout": "server_error",
}  # fmt: skip
_TOO_LONG = re.compile(
    r"maximum context length|exceeds the (model's )?context window|context_length_exceeded|prompt is too long"
    r"|input token count.{0,40}exceeds|context length exceeded",
    re.IGNORECASE,
)
_CAPACITY = re.compile(r"at capacity|currently overloaded", re.IGNORECASE)
_LIMITS = (
    re.compile(r"maximum context length is (?P<most>[\d,]+).{0,120}?(?P<asked>[\d,]{2,}) tokens", re.DOTALL),
    re.compile(r"(?P<asked>[\d,]+) tokens? > (?P<most>[\d,]+)"),
    re.compile(r"(?P<asked>[\d,]{3,}).{0,80}?exceeds?.{0,80}?(?P<most>[\d,]{3,})", re.DOTALL),
)
_LONGEST_MESSAGE = 4000


def decode_error(status: int, body: JsonObject | None, text: str) -> WireFault:
    """A refused request.

    Args:
        body: None when it was no JSON; then `text` is what it was instead (an HTML page of a proxy in between).
    """
    message, code, type, param = _said(body)
    if not message:
        message = _readable(text) or f"the provider answered {status} without a reason"
    return _fault(status, message, code, type, param)


def decode_stream_error(error: Any) -> WireFault:
    """The error inside a stream, whose own status was 200."""
    message, code, type, param = _said({"error": error} if isinstance(error, dict) else {"message": error})
    return _fault(None, message or "the provider gave no reason", code, type, param)


def _said(body: JsonObject | None) -> tuple[str, str, str, str]:
    """Message, code, type and param, wherever they stand."""
    if body is None:
        return "", "", "", ""
    error = body.get("error", body.get("detail", body))
    if isinstance(error, list) and error:  # FastAPI: [{"loc": […], "msg": …}]
        error = error[0]
    if isinstance(error, str):
        return error, _string(body.get("code")), "", ""
    if not isinstance(error, dict):
        return "", "", "", ""
    message = next((v for k in ("message", "msg", "detail") if (v := _string(error.get(k)))), "")
    code, type = _string(error.get("code")), _string(error.get("type"))
    return message or code or type, code, type, _string(error.get("param"))


def _string(value: Any) -> str:
    return value[:_LONGEST_MESSAGE] if isinstance(value, str) else ""


def _fault(status: int | None, message: str, code: str, type: str, param: str) -> WireFault:
    kind = _KIND_OF_CODE.get(code) or _KIND_OF_CODE.get(type)
    if _TOO_LONG.search(message) and (kind in (None, "invalid_request") or code == "context_length_exceeded"):
        kind = "context_length"
    elif _CAPACITY.search(message) and kind in (None, "server", "rate_limit"):
        kind = "overloaded"
    from_status = _KIND_OF_STATUS.get(status, "server" if status >= 500 else "invalid_request") if status else None
    if from_status and (kind is None or (kind == "invalid_request" and status not in (400, 422))):
        kind = from_status  # `invalid_request_error` is the type of 401 and 404, too
    kind = kind or "server"
    limit = _limit(message) if kind == "context_length" else None
    return WireFault(status or STATUS_OF_KIND[kind], kind, message, code or type, param, limit)


def _limit(message: str) -> tuple[int, int] | None:
    for pattern in _LIMITS:
        if found := pattern.search(message[:_LONGEST_MESSAGE]):
            asked, most = (int(found[name].replace(",", "") or "0") for name in ("asked", "most"))
            return (asked, most) if asked > most > 0 else None
    return None


def _readable(text: str) -> str:
    """A short excerpt; of an HTML page its title."""
    title = re.search(r"<title>(.{1,200}?)</title>", text[:20000], re.IGNORECASE | re.DOTALL)
    return (title[1] if title else text[:300]).strip()


def encode_error(fault: WireFault) -> tuple[int, JsonObject]:
    """Status and body for an OpenAI client."""
    status = 503 if fault.status == 529 else fault.status
    if fault.kind == "context_length":
        status = 400
    type = _TYPE_OF_KIND.get(fault.kind, "invalid_request_error")
    code = fault.code if fault.code in _KIND_OF_CODE and fault.kind != "context_length" else None
    if code == "usage_limit_reached" or code == "usage_not_included":
        type = code  # Codex tells these by their type
    error = {
        "message": fault.message,
        "type": type,
        "param": fault.param or None,
        "code": code or _CODE_OF_KIND.get(fault.kind) or fault.code or None,
    }
    return status, {"error": error}


def stream_error(fault: WireFault) -> JsonObject:
    """`response.error` of a failed response."""
    known = fault.code if _KIND_OF_CODE.get(fault.code) == fault.kind and not fault.code.endswith("_error") else ""
    if fault.code in ("usage_limit_reached", "token_expired", "token_invalidated"):
        known = ""  # not among the codes of a stream
    # Anything the client could mend only by changing its request must not look like a passing failure.
    return {"code": known or _STREAM_CODE_OF_KIND.get(fault.kind, "invalid_prompt"), "message": fault.message}
