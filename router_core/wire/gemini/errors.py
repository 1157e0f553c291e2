"""Gemini's error envelope: `{"error": {"code", "message", "status", "details"}}`, sometimes in a list of one.

Source: ai.google.dev/gemini-api/docs/troubleshooting, google.rpc.Code and error details; read 2026-11.
"""

import re
from typing import Any

from router_core.wire.google_envelope import anthropic_error
from router_core.wire.model import FaultKind, JsonObject, WireFault

_BY_STATUS: dict[str, tuple[int, FaultKind]] = {
    "INVALID_ARGUMENT": (400, "invalid_request"), "FAILED_PRECONDITION": (400, "invalid_request"),
    "OUT_OF_RANGE": (400, "invalid_request"), "UNAUTHENTICATED": (401, "authentication"),
    "PERMISSION_DENIED": (403, "permission"), "NOT_FOUND": (404, "not_found"),
    "RESOURCE_EXHAUSTED": (429, "rate_limit"), "CANCELLED": (503, "overloaded"), "ABORTED": (503, "overloaded"),
    "INTERNAL": (500, "server"), "UNKNOWN": (500, "server"), "UNAVAILABLE": (503, "overloaded"),
    "DEADLINE_EXCEEDED": (504, "timeout"), "UNIMPLEMENTED": (404, "not_found"),
}  # fmt: skip
_BY_HTTP: dict[int, FaultKind] = {
    400: "invalid_request", 401: "authentication", 402: "billing", 403: "permission", 404: "not_found",
    408: "timeout", 413: "too_large", 429: "rate_limit", 499: "overloaded", 503: "overloaded", 504: "timeout",
    529: "overloaded",
}  # fmt: skip
_STATUS_OF: dict[FaultKind, tuple[int, str]] = {
    "invalid_request": (400, "INVALID_ARGUMENT"), "context_length": (400, "INVALID_ARGUMENT"),
    "authentication": (401, "UNAUTHENTICATED"), "billing": (402, "FAILED_PRECONDITION"),
    "permission": (403, "PERMISSION_DENIED"), "not_found": (404, "NOT_FOUND"),
    "too_large": (413, "INVALID_ARGUMENT"), "rate_limit": (429, "RESOURCE_EXHAUSTED"),
    "quota": (429, "RESOURCE_EXHAUSTED"), "overloaded": (503, "UNAVAILABLE"),
    "timeout": (504, "DEADLINE_EXCEEDED"), "server": (500, "INTERNAL"),
}  # fmt: skip
_TOO_LONG = re.compile(
    r"input token count \(?(\d{1,15})?\)?.{0,20}exceeds the maximum number of tokens allowed(?: \(?(\d{1,15})\)?)?",
    re.I,
)
_DAILY = re.compile(r"perday|daily", re.I)


def decode_error(status: int, body: JsonObject | None, text: str) -> WireFault:
    """The fault in an error answer, or in the error frame of a stream.

    Args:
        status: HTTP status; for a frame inside a 200 stream anything below 400.
        body: the parsed body; None when it is not JSON.
        text: the body as text, for when it is none of ours.
    """
    error: Any = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        words = error if isinstance(error, str) else text
        shown = status if status >= 400 else 502
        return WireFault(shown, _BY_HTTP.get(shown, _otherwise(shown)), words or f"HTTP {status} without a reason")
    message, name = _words(error.get("message")), _words(error.get("status"))
    code = error.get("code")
    if (nested := anthropic_error(message)) is not None:
        from router_core.wire.codec import codec  # here: only Claude behind Google's services speaks so

        return codec("anthropic").decode_error(code if status < 400 and isinstance(code, int) else status, nested, "")
    http = status if status >= 400 else code if isinstance(code, int) and 400 <= code < 600 else 0
    fault_status, kind = _BY_STATUS.get(name, (http or 500, _BY_HTTP.get(http, _otherwise(http))))
    if http == 413:  # Google has no name of its own for it
        fault_status, kind = 413, "too_large"
    reasons = {detail.get("reason") for detail in _details(error)}
    if found := _TOO_LONG.search(message):
        limit = (int(found[1]), int(found[2])) if found[1] and found[2] else None
        return WireFault(400, "context_length", message, name, limit=limit)
    if "API_KEY_INVALID" in reasons or "api key not valid" in message.lower():
        return WireFault(401, "authentication", message, "API_KEY_INVALID")
    if fault_status == 429 and _is_quota(error, reasons):
        kind = "quota"
    return WireFault(fault_status, kind, message or f"HTTP {http} without a reason", name, _field(error))


def encode_error(fault: WireFault) -> tuple[int, JsonObject]:
    """(status, body) for a Gemini client."""
    status, name = _STATUS_OF[fault.kind]
    if status == 500 and 500 <= fault.status < 600:
        status = fault.status if fault.status in (500, 502) else 500
    elif fault.kind == "invalid_request" and 400 <= fault.status < 500:
        status = fault.status
    message = fault.message
    if fault.kind == "context_length":
        message = _too_long(fault)
    error: JsonObject = {"code": status, "message": message, "status": name}
    if fault.param:
        violation = {"field": fault.param, "description": message}
        error["details"] = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}]
    return status, {"error": error}


def _too_long(fault: WireFault) -> str:
    """Google's own words, by which its clients know what to do."""
    if fault.limit is None:
        return fault.message if _TOO_LONG.search(fault.message) else (
            f"The input token count exceeds the maximum number of tokens allowed. ({fault.message})"
        )  # fmt: skip
    asked, allowed = fault.limit
    return f"The input token count ({asked}) exceeds the maximum number of tokens allowed ({allowed})."


def _words(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _otherwise(status: int) -> FaultKind:
    return "invalid_request" if 400 <= status < 500 else "server"


def _details(error: JsonObject) -> list[JsonObject]:
    details = error.get("details")
    return [detail for detail in details if isinstance(detail, dict)] if isinstance(details, list) else []


def _is_quota(error: JsonObject, reasons: set[Any]) -> bool:
    """True when waiting a minute does not help."""
    if "QUOTA_EXHAUSTED" in reasons:
        return True
    for detail in _details(error):
        violations = detail.get("violations")
        for violation in violations if isinstance(violations, list) else ():
            if isinstance(violation, dict) and _DAILY.search(str(violation.get("quotaId"))):
                return True
    return "limit: 0" in str(error.get("message"))


def _field(error: JsonObject) -> str:
    for detail in _details(error):
        violations = detail.get("fieldViolations")
        first = violations[0] if isinstance(violations, list) and violations else None
        if isinstance(first, dict) and isinstance(first.get("field"), str):
            return str(first["field"])
    return ""
