"""Errors of Chat Completions services → faults, and faults → OpenAI's envelope.

The services agree on `{"error": {...}}` and on little else: the message may stand in `error`, `message`, `detail` or
`msg`, `code` may be a number that is the HTTP status (OpenRouter), and each has words of its own for a prompt that is
too long. What a client does depends on status and code, so those are made exact here.
"""

import re
from typing import Any

from router_core.wire.model import FaultKind, JsonObject, WireFault

_KIND_OF_STATUS: dict[int, FaultKind] = {
    400: "invalid_request", 401: "authentication", 402: "billing", 403: "permission", 404: "not_found",
    408: "timeout", 413: "too_large", 422: "invalid_request", 429: "rate_limit", 498: "overloaded",
    500: "server", 502: "server", 503: "overloaded", 504: "timeout", 529: "overloaded",
}  # fmt: skip
_QUOTA_CODES = frozenset({"insufficient_quota", "quota_exceeded", "usage_limit_reached", "QuotaExceeded"})
_BILLING_CODES = frozenset({"Arrearage", "AccountOverdueError", "billing_not_active", "insufficient_balance"})
_STATUS_OF_CODE = {
    "invalid_api_key": 401, "model_not_found": 404, "rate_limit_exceeded": 429, "insufficient_quota": 429,
    "server_is_overloaded": 503, "slow_down": 503, "server_error": 500, "context_length_exceeded": 400,
    "invalid_request_error": 400, "authentication_error": 401, "overloaded_error": 503, "rate_limit_error": 429,
}  # fmt: skip

_CONTEXT_CODES = frozenset({"context_length_exceeded", "context_window_exceeded", "model_max_prompt_tokens_exceeded"})
_ASKED, _MOST = r"(?P<asked>\d[\d,]*)", r"(?P<most>\d[\d,]*)"
# Each says what was asked and what is allowed, where the service names them; the form of OpenAI and vLLM first.
_CONTEXT = [
    re.compile(pattern.replace("{a}", _ASKED).replace("{m}", _MOST), re.IGNORECASE)
    for pattern in (
        r"maximum context length (?:is|of) {m}.{0,60}?(?:requested|resulted in|has)(?: about)? {a}",
        r"maximum context length (?:is|of) {m}",
        r"prompt is too long: {a} tokens > {m}",
        r"token count of {a} exceeds the limit of {m}",
        r"token count \({a}\) exceeds the maximum number of tokens allowed \({m}\)",
        r"maximum prompt length is {m}.{0,60}?contains {a}",
        r"contains {a} tokens.{0,100}?{m} maximum context length",
        r"exceeded model token limit: {m}",
        r"range of input length should be \[\d+, {m}\]",
        r"exceeds the context window",
        r"context (?:length|window) (?:is |was |has been )?exceeded",
        r"exceeds? the (?:available|maximum) context (?:size|length)",
    )
]


def decode_error(status: int, body: JsonObject | None, text: str) -> WireFault:
    """A service's error. `status` 200: it came inside a stream, and the error itself says which one it is."""
    error = body.get("error") if body is not None else None
    fields: JsonObject = error if isinstance(error, dict) else body if isinstance(body, dict) else {}
    message = _message(error, fields) or (text if body is None else "") or f"the provider answered {status}"
    raw_code = fields.get("code")
    code = raw_code if isinstance(raw_code, str) else ""
    type_ = fields.get("type") if isinstance(fields.get("type"), str) else ""
    param = fields.get("param")
    if status < 400:
        status = _status_in_stream(raw_code, code, str(type_))
    kind: FaultKind = _KIND_OF_STATUS.get(status, "server" if status >= 500 else "invalid_request")
    asked = _context_limit(message)
    limit = None
    if status in (400, 413, 422, 500) and (code in _CONTEXT_CODES or asked is not None):
        kind, status, limit = "context_length", 400, asked or None
    elif code in _QUOTA_CODES or type_ in _QUOTA_CODES:
        kind = "quota"
    elif status == 402 or code in _BILLING_CODES:
        kind = "billing"
    return WireFault(status, kind, message, code, param if isinstance(param, str) else "", limit or None)


def encode_error(fault: WireFault) -> tuple[int, JsonObject]:
    """Status and body in OpenAI's envelope."""
    status = 503 if fault.status == 529 else fault.status
    message, code, type_ = fault.message, fault.code, "invalid_request_error"
    match fault.kind:
        case "context_length":
            status, code, message = 400, "context_length_exceeded", _too_long(fault)
        case "authentication":
            code = code or "invalid_api_key"
        case "rate_limit":
            type_, code = "rate_limit_error", code or "rate_limit_exceeded"
        case "quota":
            type_, code = "insufficient_quota", "insufficient_quota"
        case "not_found":
            code = code or "model_not_found"
        case "overloaded" | "timeout" | "server":
            type_, code = (
                "server_error",
                code or ("server_is_overloaded" if fault.kind == "overloaded" else "server_error"),
            )
        case "invalid_request" | "billing" | "permission" | "too_large":
            pass
    return status, {"error": {"message": message, "type": type_, "param": fault.param or None, "code": code or None}}


def _too_long(fault: WireFault) -> str:
    if fault.limit is not None:
        asked, most = fault.limit
        return (
            f"This model's maximum context length is {most} tokens. However, your messages resulted in {asked} tokens."
        )
    said = fault.message
    return said if "context" in said.lower() else f"Your input exceeds the context window of this model. {said}"


def _message(error: Any, fields: JsonObject) -> str:
    if isinstance(error, str) and error:
        return error
    for key in ("message", "detail", "msg", "error_msg"):
        value = fields.get(key)
        if isinstance(value, list) and value and isinstance(value[0], dict):  # Mistral, FastAPI: [{loc, msg, type}]
            where = value[0].get("loc")
            said = str(value[0].get("msg"))
            return f"{'.'.join(map(str, where))}: {said}" if isinstance(where, list) else said
        if isinstance(value, dict) and isinstance(value.get("message"), str):
            value = value["message"]
        if isinstance(value, str) and value:
            raw = _raw(fields)
            return f"{value}: {raw}" if raw and value == "Provider returned error" else value
    return ""


def _raw(fields: JsonObject) -> str:
    """What the service behind OpenRouter said."""
    metadata = fields.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    return raw[:2000] if isinstance(raw, str) else ""


def _status_in_stream(raw: Any, code: str, type_: str) -> int:
    number = int(code) if code.isascii() and code.isdigit() and len(code) == 3 else raw
    if isinstance(number, int) and not isinstance(number, bool) and 400 <= number <= 599:
        return number
    return _STATUS_OF_CODE.get(code) or _STATUS_OF_CODE.get(type_) or 502


def _context_limit(message: str) -> tuple[int, int] | tuple[()] | None:
    """(asked, allowed); an empty tuple when it is about the context but names no two numbers; None when it is not."""
    for pattern in _CONTEXT:
        found = pattern.search(message[:4000])
        if found is not None:
            groups = found.groupdict()
            numbers = [groups.get(name) for name in ("asked", "most")]
            asked, most = (int(number.replace(",", "")) if number and len(number) < 16 else None for number in numbers)
            return (asked, most) if asked is not None and most is not None else ()
    return None
