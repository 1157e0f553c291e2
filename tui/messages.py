"""What the watching thread tells the screens."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from textual.message import Message

from router_core.quota.view import Known
from router_core.tokens.token import Token
from tui.records import Trace


@dataclass
class TokensChanged(Message):
    """The tokens as they are now; `problem` says why they cannot be read."""

    tokens: list[Token]
    breakers: list[tuple[str, int, float, str]]
    """`(host, failures, open until in epoch seconds, because)`"""
    problem: str = ""
    known: Mapping[str, Known] = field(default_factory=dict)
    """Of their quota beside the windows, by token id."""


@dataclass
class TodayChanged(Message):
    """What finished today, added up (see `usage_on`)."""

    usage: dict[str, int]


@dataclass
class RunningChanged(Message):
    """How many requests have no end yet."""

    running: int


@dataclass
class Committed(Message):
    """Something was written to traces.db, or it is another file now. Ten times a second at most."""


@dataclass
class TraceChanged(Message):
    """The request somebody looks at in detail; None when it is not kept any more, or cannot be read."""

    trace: Trace | None
    problem: str = ""
    """Why it cannot be read."""


@dataclass
class LockSeen(Message):
    """What all routing is pinned to; nothing is when both texts are empty."""

    target: str = ""
    since: float = 0.0
    """Epoch seconds."""
    problem: str = ""
    """Why it cannot be told."""


@dataclass
class RouterSeen(Message):
    """Whether the router answers, and where."""

    up: bool
    address: str = ""
    detail: str = ""
