"""What a usage endpoint said: windows, balances, and the account's plan; and how its values are read.

Providers send numbers as numbers or as text, times in three forms, and leave out what they like. What cannot be read is
left out here, too: a usage report is never worth an error.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from router_core.oauth.http import HttpAnswer
from router_core.text import printable
from router_core.tokens.token import NOTHING, Window

NAME_LIMIT = 40


@dataclass(frozen=True, slots=True)
class Balance:
    """Money or credits of an account: what is used, of how much, and what is left, as far as it is told."""

    name: str
    """`credits`, `extra_usage`, `premium_requests`, `balance` …"""
    used: float | None = None
    total: float | None = None
    """None: unlimited, or nobody says."""
    remaining: float | None = None
    unit: str = ""
    """`USD`, `credits`, `requests` …"""
    status: str = ""
    """`unlimited`, `off`, `used up`, or the provider's own word."""
    observed_at: float = 0.0


@dataclass(frozen=True, slots=True)
class UsageReport:
    """All that one poll has told."""

    windows: tuple[Window, ...] = ()
    balances: tuple[Balance, ...] = ()
    facts: Mapping[str, str] = field(default=NOTHING)
    """`plan` …, for the token's facts."""

    def __add__(self, other: "UsageReport") -> "UsageReport":
        return UsageReport(self.windows + other.windows, self.balances + other.balances, {**self.facts, **other.facts})


class UsageRefused(Exception):
    """The endpoint did not tell.

    Args:
        never: this token may not ask (its scope lacks it): do not ask again with it.
        not_before: epoch seconds, when the endpoint itself names a time.
    """

    def __init__(self, message: str, *, never: bool = False, limited: bool = False, not_before: float = 0.0) -> None:
        super().__init__(message)
        self.message, self.never, self.limited, self.not_before = message, never, limited, not_before


def told(answer: HttpAnswer, now: float) -> Mapping[str, Any]:
    """The object in a good answer.

    Raises:
        UsageRefused: it is none; says whether it is worth asking again.
    """
    if answer.status == 200 and answer.json:
        return answer.json
    if answer.status == 200:
        raise UsageRefused("the usage endpoint's answer is not JSON")
    if answer.status == 429:
        wait = amount(answer.headers.get("retry-after"))
        until = now + min(max(wait or 0.0, 0.0), 86400.0)
        raise UsageRefused("the usage endpoint says that it is asked too often (429)", limited=True, not_before=until)
    if answer.status == 403:
        raise UsageRefused(f"this token may not ask the usage endpoint (403{_words(answer)})", never=True)
    raise UsageRefused(f"the usage endpoint answered {answer.status}{_words(answer)}")


def _words(answer: HttpAnswer) -> str:
    error = answer.json.get("error", answer.json.get("message"))
    message = error.get("message") if isinstance(error, dict) else error
    return f": {printable(message, 120)}" if isinstance(message, str) and message else ""


def amount(value: object) -> float | None:
    """A finite number out of a number or a text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) and abs(number) < 1e15 else None


def percent(value: object) -> float | None:
    """A fraction out of 0 to 100."""
    number = amount(value)
    return None if number is None or number < 0 else number / 100


def moment(value: object) -> float | None:
    """Epoch seconds out of RFC 3339, epoch seconds or epoch milliseconds."""
    number = amount(value)
    if number is not None:
        seconds = number / 1000 if number > 1e11 else number
        return seconds if 0 < seconds < 1e11 else None
    try:
        return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def part(value: object, name: str) -> Mapping[str, Any]:
    """The object below a name; {} when there is none."""
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def parts(value: object, name: str) -> list[Mapping[str, Any]]:
    """The objects in a list below a name."""
    found = value.get(name) if isinstance(value, Mapping) else None
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def slug(text: str) -> str:
    """`gpt_5_3_codex_spark` for `GPT-5.3-Codex-Spark`: how a model family is written in a window's name."""
    return "_".join("".join(c if c.isalnum() else " " for c in text[:NAME_LIMIT].lower()).split())
