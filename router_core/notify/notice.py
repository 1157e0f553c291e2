"""One event as programs get it, and what became of telling it."""

from dataclasses import dataclass
from typing import Any

import orjson

from router_core import __version__
from router_core.clock import to_ms
from router_core.notify.conditions import Condition
from router_core.trace.redact import Redactor


@dataclass(frozen=True, slots=True)
class Notice:
    """What is said."""

    event: str
    title: str
    text: str
    json: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """How it went on one way."""

    way: str
    problem: str
    """"": it was told."""


def notice_of(condition: Condition, redactor: Redactor, now: float) -> Notice:
    """Secrets are masked: reasons are a provider's words."""
    told: dict[str, Any] = {
        "event": condition.kind,
        "title": condition.title,
        "text": condition.text,
        "at_ms": to_ms(now),
        "subject": dict(condition.subject),
        "version": __version__,
    }
    json = redactor.shapes(orjson.dumps(told))
    return Notice(condition.kind, redactor.text(condition.title), redactor.text(condition.text), json)


def trial_condition() -> Condition:
    """What `mitmrouter notify test` says."""
    return Condition(
        "test", "test", True, "mitmrouter: a test", "This is how mitmrouter tells you what needs you.", None, {}
    )
