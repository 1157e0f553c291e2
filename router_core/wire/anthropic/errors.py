"""Errors in Anthropic's envelope, both ways (ADOC api/errors, read 2026-11-20).

Claude Code mends its request by the words of the message, so messages are kept; only an overflow of the context window,
which each provider words in its own way, is put into exactly the words on which it compacts the conversation.
"""

import re

from router_core.wire.model import FaultKind, JsonObject, WireFault

_KIND_OF_TYPE: dict[str, FaultKind] = {
    "invalid_request_error": "invalid_request",
    "authentication_error": "authentication",
    "billing_error": "billing",
    "permission_error": "permission",
    "not_found_error": "not_found",
    "request_too_large": "too_large",
    "rate_limit_error": "rate_limit",
    "timeout_error": "timeout",
    "overloaded_error": "overloaded",
    "api_error": "server",
}
_KIND_OF_STATUS: dict[int, FaultKind] = {
    401: "authentication", 402: "billing", 403: "permission", 404: "not_found", 408: "timeout", 413: "too_large",
    429: "rate_limit", 503: "overloaded", 504: "timeout", 529: "overloaded",
}  # fmt: skip
_STATUS: dict[FaultKind, int] = {
    "invalid_request": 400, "context_length": 400, "authentication": 401, "billing": 402, "permission": 403,
    "not_found": 404, "too_large": 413, "rate_limit": 429, "quota": 429, "overloaded": 529, "timeout": 504,
    "server": 500,
}  # fmt: skip
_TYPE: dict[FaultKind, str] = {
    **{kind: name for name, kind in _KIND_OF_TYPE.items()},
    "context_length": "invalid_request_error",
    "quota": "rate_limit_error",
}
_TOO_LONG = re.compile(r"prompt is too long(?:\D{1,20}(\d{1,12}) tokens > (\d{1,12}))?", re.I)
_NO_ROOM = re.compile(r"exceed context limit: (\d{1,12}) \+ (\d{1,12}) > (\d{1,12})", re.I)
_LONGEST_MESSAGE = 4000


def decode_error(status: int, body: JsonObject | None, text: str) -> WireFault:
    """What a provider of this format answered instead of a message.

    Args:
        status: of the answer; 200 or 0 for an error inside a stream, where the type of the error says it.
    """
    error = (body or {}).get("error")
    name, message, code = "", "", ""
    if isinstance(error, dict):
        name, message, code = _text(error.get("type")), _text(error.get("message")), _text(error.get("code"))
        details = error.get("details")
        if isinstance(details, dict):
            code = _text(details.get("error_code")) or code
    elif isinstance(error, str):  # the flat form of an OAuth server
        message = _text((body or {}).get("error_description")) or error
    message = message or _text((body or {}).get("message")) or _text((body or {}).get("detail")) or text.strip()
    kind = _kind(name, status, message, code)
    status = status if status >= 400 else _STATUS[kind]
    shown = message[:_LONGEST_MESSAGE] or f"the provider answered {status} without saying why"
    return WireFault(status, kind, shown, code or name, limit=_limit(message) if kind == "context_length" else None)


def _kind(name: str, status: int, message: str, code: str) -> FaultKind:
    lower = message.lower()
    kind = _KIND_OF_TYPE.get(name) or _KIND_OF_STATUS.get(status) or ("server" if status >= 500 else "invalid_request")
    if kind == "invalid_request":
        if _TOO_LONG.search(message) or _NO_ROOM.search(message) or "prompt_too_long" in lower:
            return "context_length"
        if "credit balance is too low" in lower:
            return "billing"
        if name == "" and not 400 <= status < 500:
            return "server"
    if kind == "rate_limit" and (code == "enforced_spend_limit_reached" or "reached your api usage limit" in lower):
        return "quota"
    return kind


def _limit(message: str) -> tuple[int, int] | None:
    if (found := _TOO_LONG.search(message)) and found[1]:
        return int(found[1]), int(found[2])
    if found := _NO_ROOM.search(message):
        return int(found[1]) + int(found[2]), int(found[3])
    return None


def encode_error(fault: WireFault) -> tuple[int, JsonObject]:
    """Status and body for a client that speaks this format."""
    return _status(fault), {"type": "error", "error": {"type": _TYPE[fault.kind], "message": _message(fault)}}


def _status(fault: WireFault) -> int:
    """Anthropic's status for a kind: its SDKs choose the exception class by it, and whether to retry."""
    if fault.kind == "server":
        return fault.status if fault.status >= 500 else 500
    if fault.kind == "invalid_request":
        return fault.status if fault.status in (400, 409, 422) else 400
    return _STATUS[fault.kind]


def _message(fault: WireFault) -> str:
    if fault.kind != "context_length" or _TOO_LONG.match(fault.message):
        return fault.message
    if fault.limit is not None:
        return f"prompt is too long: {fault.limit[0]} tokens > {fault.limit[1]} maximum"
    return f"prompt is too long: {fault.message}"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
