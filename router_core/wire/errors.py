"""Errors in each client's own words: the JSON body of an answer, and the event that ends a broken stream.

What real clients do with them decides the form (measured with Claude Code and Codex CLI): a short wait is 429 with
`retry-after`; a long one must make that client stop at once, and Codex would sit out any `retry-after`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from router_core.wire.format import FormatName
from router_core.wire.json_bytes import json_bytes

_ANTHROPIC_TYPE = {
    400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 404: "not_found_error",
    413: "request_too_large", 421: "invalid_request_error", 429: "rate_limit_error", 503: "overloaded_error",
    504: "timeout_error", 529: "overloaded_error",
}  # fmt: skip
_OPENAI_TYPE = {
    429: "rate_limit_error",
    500: "server_error",
    502: "server_error",
    503: "server_error",
    504: "server_error",
}
_GEMINI_STATUS = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
    413: "INVALID_ARGUMENT", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 502: "UNAVAILABLE", 503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED", 529: "UNAVAILABLE",
}  # fmt: skip
KEEP_ALIVE: dict[FormatName, bytes] = {
    "anthropic": b'event: ping\ndata: {"type": "ping"}\n\n',
    "openai-chat": b": keep-alive\n\n",
    "openai-responses": b'event: keepalive\ndata: {"type":"keepalive"}\n\n',  # a comment does not reset Codex's timer
    "gemini": b"",
}
"""What may stand between two events of a stream and means nothing but that it lives."""
CODEX_WAITS_UP_TO_S = 60.0
"""Codex sits out any `retry-after`; beyond this it is told in the form that makes it stop."""


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """A complete answer to the client."""

    status: int
    body: bytes
    headers: list[tuple[str, str]] = field(default_factory=list)


def error_answer(format: FormatName, status: int, kind: str, message: str, *, param: str = "") -> ErrorAnswer:
    """An error of the router's own.

    Args:
        format: the client's wire format.
        kind: our stable word for it (`bad_client_token`); OpenAI clients see it as `code`.
        message: names the thing and the remedy; holds no secret.
        param: the field at fault.
    """
    headers = [("content-type", "application/json"), ("x-mitmrouter-error", kind)]
    return ErrorAnswer(status, _body(format, status, kind, message, param), headers)


def budget_answer(
    format: FormatName, kind: str, message: str, retry_after_s: float | None, *, now: float, is_codex: bool
) -> ErrorAnswer:
    """A budget is used up. The client shall stop and show the words: only a reset within a minute is worth waiting for.

    Anthropic's and OpenAI's clients stop at a 429 with `x-should-retry: false`; what the others do is said at
    `none_available_answer`.
    """
    if retry_after_s is not None and retry_after_s <= CODEX_WAITS_UP_TO_S:
        return none_available_answer(format, message, retry_after_s, now=now, is_codex=is_codex, kind=kind)
    answer = none_available_answer(format, message, None, now=now, is_codex=is_codex, kind=kind)
    if retry_after_s is not None and answer.status == 429:
        answer.headers.append(("retry-after", str(math.ceil(retry_after_s))))
    return answer


def none_available_answer(
    format: FormatName,
    message: str,
    retry_after_s: float | None,
    *,
    now: float,
    is_codex: bool,
    kind: str = "no_token_available",
) -> ErrorAnswer:
    """429: no token can pay now. Where waiting does not help, two clients get another status: Google's try again at any
    429, so theirs is 403; Codex hides the words of a 429, but shows those of a 400.

    Args:
        retry_after_s: until the first token comes back; None when waiting does not help.
        is_codex: the client is Codex CLI.
    """
    status = 429
    if retry_after_s is None:
        status = 403 if format == "gemini" else 400 if is_codex else 429
    answer = error_answer(format, status, kind, message)
    if retry_after_s is None:  # nothing to wait for: both vendors' clients and SDKs heed this header
        return ErrorAnswer(status, answer.body, [*answer.headers, ("x-should-retry", "false")])
    wait = max(1, math.ceil(retry_after_s))
    if format == "gemini":  # whose clients heed no header
        body = orjson.loads(answer.body)
        body["error"]["details"] = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{wait}s"}]
        answer = ErrorAnswer(429, json_bytes(body), answer.headers)
    if is_codex and retry_after_s > CODEX_WAITS_UP_TO_S:
        error = {
            "type": "usage_limit_reached", "message": message, "plan_type": "unknown",
            "resets_at": int(now + retry_after_s), "resets_in_seconds": wait,
        }  # fmt: skip
        return ErrorAnswer(429, json_bytes({"error": error}), answer.headers)
    return ErrorAnswer(429, answer.body, [*answer.headers, ("retry-after", str(wait))])


def error_event(
    format: FormatName, status: int, kind: str, message: str, *, response: Mapping[str, Any] | None = None
) -> bytes:
    """The event that ends a stream whose provider went away after content was sent.

    Args:
        response: `id`, `created_at` and `model` with which a Responses stream began; OpenAI's SDK refuses an event
            about a response of another id.
    """
    match format:
        case "anthropic":
            return b"event: error\ndata: " + _body(format, status, kind, message) + b"\n\n"
        case "openai-chat":
            return b"data: " + _body(format, status, kind, message) + b"\n\n"
        case "gemini":
            return b"data: " + _body(format, status, kind, message) + b"\r\n\r\n"
        case "openai-responses":
            event = {
                "type": "response.failed",
                "response": {
                    **(response or {}),
                    "object": "response",
                    "status": "failed",
                    "error": {"code": "server_error", "message": message},
                },
            }
            return b"event: response.failed\ndata: " + json_bytes(event) + b"\n\n"


def _body(format: FormatName, status: int, kind: str, message: str, param: str = "") -> bytes:
    if format == "anthropic":
        type_ = _ANTHROPIC_TYPE.get(status, "api_error" if status >= 500 else "invalid_request_error")
        return json_bytes({"type": "error", "error": {"type": type_, "message": message}})
    if format == "gemini":
        name = _GEMINI_STATUS.get(status, "INTERNAL" if status >= 500 else "FAILED_PRECONDITION")
        return json_bytes({"error": {"code": status, "message": message, "status": name}})
    type_ = _OPENAI_TYPE.get(status, "server_error" if status >= 500 else "invalid_request_error")
    return json_bytes({"error": {"message": message, "type": type_, "param": param or None, "code": kind}})
