"""What Gemini's errors mean beyond their status: which quota, until when, and whose fault.

A 429 names its quota in `details`: per minute it passes by itself, per day it does not before midnight in California.
All quotas are per model. A bad key is a 400. Source: ai.google.dev/gemini-api/docs/rate-limits and the vendor CLI's
own error handling, read 2026-11.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from router_core.providers.failure import FailureKind, JsonObject
from router_core.text import printable
from router_core.tokens.quota import go_duration, retry_after

type Verdict = tuple[FailureKind, float | None, bool]
"""(meaning, epoch seconds until which to rest, only the model rests)."""

K = FailureKind
LONG_WAIT_S = 300.0
"""A longer `retryDelay` is not about the minute."""
MINUTE_S = 60.0
_DAILY = re.compile(r"perday|daily", re.I)
_RETRY_IN = re.compile(r"retry in ((?:\d+(?:\.\d+)?(?:ms|h|m|s))+)", re.I)
_NOT_THE_TOKEN = re.compile(r"cachedcontent|access file|tuned ?model|permission to access", re.I)
_DEAD_ACCOUNT = frozenset(
    {
        "SERVICE_DISABLED", "CONSUMER_SUSPENDED", "VALIDATION_REQUIRED", "API_KEY_SERVICE_BLOCKED", "BILLING_DISABLED",
        "UNSUPPORTED_CLIENT",
    }
)  # fmt: skip
_SHUT_DOWN = re.compile(r"no longer supported for gemini code assist|ineligibletier", re.I)
SHUT_DOWN = (
    "Google ended Gemini CLI logins of personal accounts on 2026-06-18; only Standard, Enterprise and Workspace "
    "licences still work. Use an Antigravity login (`mitmrouter auth login antigravity`) or a Gemini API key instead."
)
"""What people are told of `UNSUPPORTED_CLIENT`."""
OPEN_LINK = "Open {} in a browser, then run `mitmrouter token test`."
MOST_OF_A_LINK = 2000


def gemini_verdict(status: int, error: JsonObject, headers: Mapping[str, str], now: float) -> Verdict | None:
    """What the error means; None where the rules for all providers say it.

    Args:
        error: the inner object of the envelope.
    """
    text = str(error.get("message") or "")
    reasons = {str(detail.get("reason")) for detail in _details(error)}
    if status == 429:
        return _limit(error, text, reasons, headers, now)
    if status == 499:  # cancelled on Google's side: its own CLI treats it as overload
        return K.OVERLOADED, None, True
    if reasons & _DEAD_ACCOUNT or _SHUT_DOWN.search(text):
        return K.TOKEN_UNUSABLE, None, False
    if "API_KEY_INVALID" in reasons or (status == 400 and "api key not valid" in text.lower()):
        return K.CREDENTIAL_REFUSED, None, False
    if status == 400 and "enable billing" in text.lower():
        return K.QUOTA_EXHAUSTED, None, False
    if status == 403 and _NOT_THE_TOKEN.search(text):
        return K.CLIENT_ERROR, None, False
    return None


def gemini_remedy(error: JsonObject, message: str) -> str:
    """The message with what the account's owner can do, where that is known. The remedy comes first: links are long."""
    details = _details(error)
    reasons = {str(detail.get("reason")) for detail in details}
    if "UNSUPPORTED_CLIENT" in reasons or _SHUT_DOWN.search(str(error.get("message"))):
        return SHUT_DOWN
    if "VALIDATION_REQUIRED" in reasons and (link := _validation_link(details)):
        return f"{OPEN_LINK.format(printable(link, MOST_OF_A_LINK))} ({message})"
    return message


def _validation_link(details: list[JsonObject]) -> str:
    """`metadata.validation_link`, else the first link of the help."""
    for detail in details:
        metadata, links = detail.get("metadata"), detail.get("links")
        found = metadata.get("validation_link") if isinstance(metadata, dict) else None
        if found is None and isinstance(links, list) and links and isinstance(links[0], dict):
            found = links[0].get("url")
        if isinstance(found, str) and found.startswith("https://"):
            return found
    return ""


def _limit(error: JsonObject, text: str, reasons: set[str], headers: Mapping[str, str], now: float) -> Verdict:
    if "MODEL_CAPACITY_EXHAUSTED" in reasons:
        return K.OVERLOADED, _delay(error, text, headers, now), True
    until = _delay(error, text, headers, now)
    quotas = [str(violation.get("quotaId")) for violation in _violations(error)]
    daily = any(_DAILY.search(quota) for quota in quotas) or "limit: 0" in text
    if daily:
        return K.MODEL_LIMITED, max(until or 0.0, _midnight_in_california(now)), True
    if "QUOTA_EXHAUSTED" in reasons or (until is not None and until > now + LONG_WAIT_S):
        return K.MODEL_LIMITED, _reset(error, now) or until, True
    if until is None and (quotas or "RATE_LIMIT_EXCEEDED" in reasons or text.lower().startswith("quota exceeded for")):
        until = now + MINUTE_S
    if until is None:
        return K.REQUEST_LIMITED, None, False
    return K.RATE_LIMITED, until, True


def _delay(error: JsonObject, text: str, headers: Mapping[str, str], now: float) -> float | None:
    """Until when `RetryInfo`, the message or the header asks to wait."""
    for detail in _details(error):
        seconds = go_duration(str(detail.get("retryDelay")))
        if seconds is not None:
            return now + seconds
    if found := _RETRY_IN.search(text):
        seconds = go_duration(found[1].lower())
        if seconds is not None:
            return now + seconds
    return retry_after(headers, now)


def _reset(error: JsonObject, now: float) -> float | None:
    """`quotaResetTimeStamp` or `quotaResetDelay` of an `ErrorInfo`."""
    for detail in _details(error):
        metadata = detail.get("metadata")
        if not isinstance(metadata, dict):
            continue
        seconds = go_duration(str(metadata.get("quotaResetDelay")))
        if seconds is not None:
            return now + seconds
        try:
            at = datetime.fromisoformat(str(metadata.get("quotaResetTimeStamp"))).timestamp()
        except (ValueError, OverflowError):
            continue
        if at > now:
            return at
    return None


def _midnight_in_california(now: float) -> float:
    """When daily quotas begin again."""
    try:
        zone = ZoneInfo("America/Los_Angeles")
    except ZoneInfoNotFoundError:  # a system without time zones: an hour too late for half of the year
        here = datetime.fromtimestamp(now, UTC) - timedelta(hours=8)
        return (datetime(here.year, here.month, here.day, tzinfo=UTC) + timedelta(days=1, hours=8)).timestamp()
    here = datetime.fromtimestamp(now, zone)
    return (datetime(here.year, here.month, here.day, tzinfo=zone) + timedelta(days=1)).timestamp()


def _details(error: JsonObject) -> list[JsonObject]:
    details = error.get("details")
    return [detail for detail in details if isinstance(detail, dict)] if isinstance(details, list) else []


def _violations(error: JsonObject) -> list[JsonObject]:
    found: list[JsonObject] = []
    for detail in _details(error):
        violations = detail.get("violations")
        found += [item for item in violations if isinstance(item, dict)] if isinstance(violations, list) else []
    return found
