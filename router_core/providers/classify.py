"""What a failed attempt means, per provider kind: (status, headers, body or in-stream error) → Failure.

Facts from the vendors' error documentation and from reports of maintainers; read 2026-11. The rule that costs users
most when it is wrong: a 429 has five meanings, and a 400 is never the token's fault, but for the named ones below.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from router_core.config.schema import Kind
from router_core.providers.failure import Broken, Failure, FailureKind, JsonObject, Outcome
from router_core.providers.gemini_limits import gemini_remedy, gemini_verdict
from router_core.text import printable
from router_core.tokens.quota import (
    PREMIUM_WINDOW,
    account_wide,
    go_duration,
    number,
    retry_after,
    windows_from_headers,
)
from router_core.wire.google_envelope import anthropic_error

K = FailureKind

_GOOGLE: frozenset[Kind] = frozenset({"gemini", "code-assist", "antigravity", "vertex"})
_IN_STREAM_STATUS = {
    # Anthropic's types, then the codes of Responses and Chat streams
    "invalid_request_error": 400, "authentication_error": 401, "billing_error": 402, "permission_error": 403,
    "not_found_error": 404, "request_too_large": 413, "rate_limit_error": 429, "api_error": 500, "timeout_error": 504,
    "overloaded_error": 529,
    "context_length_exceeded": 400, "invalid_prompt": 400, "cyber_policy": 400, "invalid_encrypted_content": 400,
    "invalid_image": 400, "content_filter": 400, "previous_response_not_found": 400,
    "model_not_found": 404,
    "rate_limit_exceeded": 429, "insufficient_quota": 429, "usage_limit_reached": 429, "usage_not_included": 429,
    "server_is_overloaded": 503, "slow_down": 503, "overloaded": 503, "server_error": 500,
    "token_invalidated": 401, "token_expired": 401, "invalid_api_key": 401,
}  # fmt: skip
_MODEL_SCOPED = re.compile(r"fast mode|long context|extra usage is required|usage credits are required", re.I)
_TRY_AGAIN = re.compile(r"try again in ((?:\d+(?:\.\d+)?(?:ms|h|m|s))+|\d+(?:\.\d+)?(?= ?(?:s|seconds?)\b))", re.I)
_REGAIN = re.compile(r"regain access on (\d{4}-\d{2}-\d{2})(?: at (\d{2}:\d{2}) UTC)?")
_UNPAID = re.compile(r"overdue|arrear|spending limit|insufficient (?:account )?balance|balance is insufficient", re.I)
"""What compatible services say with 403 of an account that has no money left (xAI, Volcengine, SiliconFlow …)."""
_UNPAID_400 = "Arrearage"
"""DashScope's code for it; a 400 is believed by its code alone, since its text may repeat the user's."""
_FLEX_FULL = 498
"""Groq: no room in its flexible tier."""
_NO_SUCH_MODEL = re.compile(
    r"model: \S+$"  # Anthropic
    r"|(?:the )?model [`'\"]?[^`'\"\s]*[`'\"]? (?:does not exist|was not found)|model not exist"  # OpenAI and its like
    r"|the '[^']*' model is not supported (?:when using codex )?with (?:a chatgpt account|your .{0,40}plan)"
    r"|models/\S+ is not found for api version",  # Google
    re.I,
)
"""At the beginning of the message only: its rest may repeat the user's words."""
_MODEL_CODES = frozenset({"model_not_found", "model_not_supported", "model_not_available"})
_OLD_CLIENT = re.compile(r"newer version of codex|model not found \S+", re.I)
"""The ChatGPT backend hides a model from clients that are too old for it: that says nothing about the account."""
_CAPACITY = re.compile(r"at capacity|overloaded", re.I)
_TRANSPORT = {
    Broken.CONNECT: K.CONNECT_FAILED,
    Broken.CONNECT_TIMEOUT: K.CONNECT_FAILED,
    Broken.CLOSED: K.CONNECTION_CLOSED,
    Broken.FIRST_BYTE_TIMEOUT: K.TIMED_OUT,
    Broken.IDLE_TIMEOUT: K.TIMED_OUT,
    Broken.TOTAL_TIMEOUT: K.TIMED_OUT,
    Broken.INVALID: K.SERVER_ERROR,
}


def classify(kind: Kind, outcome: Outcome, now: float) -> Failure:
    """Say what a failed attempt means.

    Args:
        kind: the provider's dialect.
        outcome: what came back; either `broken`, or a status with an error.
        now: epoch seconds.
    """
    if outcome.broken is not None:
        detail = printable(outcome.detail or outcome.broken.value)
        return Failure(_TRANSPORT[outcome.broken], f"{outcome.broken.value}: {detail}")
    error = _Error(outcome)
    status = error.status
    if kind in _GOOGLE and (verdict := gemini_verdict(status, error.fields, error.headers, now)):
        meaning, rest_until, model_only = verdict
        error.message = gemini_remedy(error.fields, error.message)
        return error.failure(meaning, rest_until, model_only=model_only)
    if kind == "copilot" and status == 402:  # models that cost no premium request still answer
        resets = [w.reset_at for w in windows_from_headers(error.headers, now) if w.name == PREMIUM_WINDOW]
        return error.failure(K.MODEL_LIMITED, _latest([*resets, retry_after(error.headers, now)], now), model_only=True)
    if status == 429:
        failure = _anthropic_429(error, now) if kind == "anthropic" else _openai_429(error, now)
    else:
        failure = _other(kind, error, now)
    return failure


class _Error:
    """The error out of any envelope: `{"error":{…}}`, `{"detail":…}`, `response.failed`, a flat `error` event."""

    def __init__(self, outcome: Outcome) -> None:
        body: Any = outcome.error or _in_a_list(outcome.text) or {}
        inner: Any = body.get("error")
        response = body.get("response")
        if isinstance(response, dict) and isinstance(response.get("error"), dict):
            inner = response["error"]
        if inner is None and "detail" in body:
            inner = body["detail"]
        if inner is None and (body.get("type") == "error" or isinstance(body.get("message"), str)):
            inner = body  # the flat event of a Responses stream; SiliconFlow's and vLLM's errors
        self.fields: JsonObject = inner if isinstance(inner, dict) else {}
        text = self.fields.get("message") if self.fields else inner if isinstance(inner, str) else _page(outcome.text)
        self.text = str(text or "")
        self.code = str(self.fields.get("code") or self.fields.get("type") or "")
        self.type = str(self.fields.get("type") or "")
        self.headers: Mapping[str, str] = outcome.headers
        self.is_json = outcome.error is not None or bool(body)
        if outcome.in_stream:
            named = _IN_STREAM_STATUS.get(self.code) or _IN_STREAM_STATUS.get(self.type)
            if self.code.isdecimal() and 400 <= int(self.code) < 600:  # OpenRouter: the status is the code
                named = int(self.code)
            self.status = named or (503 if _CAPACITY.search(self.text) else 500)
        else:
            self.status = outcome.status or 0
        if isinstance(self.fields.get("status"), str):  # Google: `code` is the number, `status` its name
            self.code = self.fields["status"]
        if (nested := anthropic_error(self.text)) is not None:  # Claude behind one of Google's services
            self.text = str(nested["error"]["message"])
        self.message = printable(self.text or (f"HTTP {self.status} without a reason"))

    def failure(self, kind: FailureKind, rest_until: float | None = None, *, model_only: bool = False) -> Failure:
        label = f"{self.status} {self.code}: " if self.code else f"{self.status}: "
        return Failure(kind, label + self.message, rest_until, model_only, self.status, self.code)


def _anthropic_429(error: _Error, now: float) -> Failure:
    windows = windows_from_headers(error.headers, now)
    rejected = [window for window in windows if window.status == "rejected"]
    wide = [window for window in rejected if account_wide(window)]
    wait = retry_after(error.headers, now)
    overall = error.headers.get("anthropic-ratelimit-unified-status") == "rejected"
    claim = error.headers.get("anthropic-ratelimit-unified-representative-claim")
    unified = number(error.headers.get("anthropic-ratelimit-unified-reset"))  # of the window that the claim names
    if wide or (overall and not rejected and claim in ("five_hour", "seven_day")):
        resets = [window.reset_at for window in wide] if wide else [unified]
        return error.failure(K.WINDOW_EXHAUSTED, _latest([*resets, wait], now))
    overage = error.headers.get("anthropic-ratelimit-unified-overage-disabled-reason") == "out_of_credits"
    if rejected or overage or overall or _MODEL_SCOPED.search(error.text):
        resets = [window.reset_at for window in rejected] if rejected else [unified if overall else None]
        return error.failure(K.MODEL_LIMITED, _latest(resets, now) or wait, model_only=True)
    details = error.fields.get("details")
    if isinstance(details, dict) and details.get("error_code") == "enforced_spend_limit_reached":
        return error.failure(K.QUOTA_EXHAUSTED, _regain(error.text))
    if wait is not None:
        return error.failure(K.RATE_LIMITED, wait)
    if not windows:
        return error.failure(K.REQUEST_LIMITED)
    reset = _full_until(error, now)
    return error.failure(K.REQUEST_LIMITED if reset is None else K.WINDOW_EXHAUSTED, reset)


def _openai_429(error: _Error, now: float) -> Failure:
    if "usage_limit_reached" in (error.code, error.type):
        return error.failure(K.QUOTA_EXHAUSTED, _usage_limit_reset(error, now))
    if "usage_not_included" in (error.code, error.type):
        return error.failure(K.TOKEN_UNUSABLE)
    if "insufficient_quota" in (error.code, error.type):
        return error.failure(K.QUOTA_EXHAUSTED, retry_after(error.headers, now))
    if _CAPACITY.search(error.text):
        return error.failure(K.OVERLOADED, retry_after(error.headers, now), model_only=True)
    wait = retry_after(error.headers, now)
    if wait is None and (hint := _TRY_AGAIN.search(error.text)):  # "1.5s", "20ms", "7m12s", "26 seconds"
        seconds = go_duration(hint.group(1).lower()) or number(hint.group(1))
        wait = None if seconds is None else now + seconds
    if wait is not None:  # the platform's limits are per model
        return error.failure(K.RATE_LIMITED, wait, model_only="rate limit reached for" in error.text.lower())
    if (reset := _full_until(error, now)) is not None:
        return error.failure(K.WINDOW_EXHAUSTED, reset)
    if (reset := _full_until(error, now, of_models=True)) is not None:
        return error.failure(K.MODEL_LIMITED, reset, model_only=True)
    return error.failure(K.REQUEST_LIMITED)


def _full_until(error: _Error, now: float, *, of_models: bool = False) -> float | None:
    """When the last of the used-up windows resets; None when none is used up."""
    windows = [w for w in windows_from_headers(error.headers, now) if account_wide(w) is not of_models]
    full = [w for w in windows if not w.status and w.used is not None and w.used >= 1]  # a verdict beats arithmetic
    return _latest([w.reset_at for w in full], now)


def _latest(times: Iterable[float | None], now: float) -> float | None:
    """The last of the times that are still to come."""
    return max((at for at in times if at is not None and at > now), default=None)


def _usage_limit_reset(error: _Error, now: float) -> float | None:
    """`usage_limit_reached` is about the whole account; it names its reset in the body, else in the headers."""
    at = number(str(error.fields.get("resets_at")))
    if at is not None and at > now:
        return at
    seconds = number(str(error.fields.get("resets_in_seconds")))
    if seconds is not None and seconds > 0:
        return now + seconds
    return _full_until(error, now) or retry_after(error.headers, now)


def _other(kind: Kind, error: _Error, now: float) -> Failure:
    status = error.status
    text = error.text.lower()
    unpaid = status == 403 and kind == "openai-chat" and _UNPAID.search(f"{error.code} {error.text}")
    if unpaid or (status == 400 and error.code == _UNPAID_400):
        return error.failure(K.QUOTA_EXHAUSTED, retry_after(error.headers, now))
    if status in (400, 403, 404) and _lacks_model(error):
        return error.failure(K.MODEL_UNAVAILABLE, model_only=True)
    if status in (401, 403):
        return _credential(error)
    if status == 402:
        dead = error.code in ("deactivated_workspace", "account_deactivated")
        return error.failure(K.TOKEN_UNUSABLE if dead else K.QUOTA_EXHAUSTED, retry_after(error.headers, now))
    if status == 400 and "credit balance is too low" in text:
        return error.failure(K.QUOTA_EXHAUSTED)
    if status == 400 and "organization has been disabled" in text:
        return error.failure(K.TOKEN_UNUSABLE)
    if status in (_FLEX_FULL, 503, 529) or (status >= 500 and _CAPACITY.search(error.text)):
        return error.failure(K.OVERLOADED, retry_after(error.headers, now), model_only=True)
    if status >= 500 or status < 400:
        return error.failure(K.SERVER_ERROR)
    return error.failure(K.CLIENT_ERROR)


def _lacks_model(error: _Error) -> bool:
    """One model is not for this account or project: the token is good for others, and others may have the model."""
    if _OLD_CLIENT.search(error.text):
        return False
    return error.code in _MODEL_CODES or bool(_NO_SUCH_MODEL.match(error.text))


def _credential(error: _Error) -> Failure:
    page = not error.is_json and (error.status == 403 or error.text.startswith("an HTML page"))
    if page:  # a challenge of the network in front of the provider says nothing about the token
        return error.failure(K.SERVER_ERROR)
    if error.status == 403 and re.search(r"scope|country|region|territory", error.text + error.code, re.I):
        return error.failure(K.CLIENT_ERROR)  # about this endpoint or this place, not about the token
    if "not allowed for this organization" in error.text:
        return error.failure(K.TOKEN_UNUSABLE)
    return error.failure(K.CREDENTIAL_REFUSED)


def _in_a_list(text: str) -> JsonObject | None:
    """Google's errors for a stream in its array form stand in an array, too."""
    if not text.lstrip().startswith("["):
        return None
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return body[0] if isinstance(body, list) and body and isinstance(body[0], dict) else None


def _page(text: str) -> str:
    """Of an HTML page only its title: the rest helps nobody."""
    if text.lstrip()[:1] != "<":
        return text
    title = re.search(r"<title[^>]*>([^<]*)", text, re.I)
    return f"an HTML page ({title.group(1).strip() if title else 'no title'})"


def _regain(text: str) -> float | None:
    """Epoch seconds of "regain access on 2026-09-01 at 00:00 UTC"."""
    if not (match := _REGAIN.search(text)):
        return None
    return datetime.fromisoformat(f"{match.group(1)}T{match.group(2) or '00:00'}").replace(tzinfo=UTC).timestamp()
