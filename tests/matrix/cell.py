"""One cell: a client asks a provider one thing, one way; and what came of it.

ok        the client got it, the provider was asked it, and nothing was given up
losses    the same, but for what is listed: in the trace, or because the client's format has no place for it
refused   400 in the client's own exception class, with the reason
unasked   the client's format has no words to ask for it
failed    anything else
"""

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from router_core.simulator import PlannedReply, SeenRequest
from tests.matrix.asking import Ask, CannotAsk, Client, Got, Result
from tests.matrix.seen import Seen, read
from tests.matrix.targets import TARGETS, Target
from tests.support.lab import Lab

State = Literal["ok", "losses", "refused", "unasked", "failed"]

WORSE = ("ok", "losses", "unasked", "refused", "failed")
"""From good to bad."""


@dataclass(frozen=True)
class Outcome:
    """What a cell showed."""

    state: State
    why: tuple[str, ...] = ()
    """The losses, or the one reason."""


@dataclass
class Cell:
    """A running cell, as its feature sees it."""

    lab: Lab
    client: Client
    target: Target
    feature: str
    stream: bool
    unsaid: list[str] = field(default_factory=list)
    """What the provider said and the client's format cannot."""
    asked: int = 0
    """Requests so far."""

    @property
    def model(self) -> str:
        return self.target.instead.get(self.feature, self.target.model)

    def ask(self, ask: Ask, reply: PlannedReply) -> Got:
        """Ask, with the provider's answer planned."""
        self.lab.simulator.plan(reply)
        self.asked += 1
        return self._told(self.client.ask(self.model, ask, stream=self.stream))

    def go_on(self, ask: Ask, got: Got, results: list[Result], reply: PlannedReply) -> Got:
        """The turn after: the tools have answered."""
        self.lab.simulator.plan(reply)
        self.asked += 1
        return self._told(self.client.go_on(self.model, ask, got, results, stream=self.stream))

    def _told(self, got: Got) -> Got:
        self.unsaid += got.missing
        return got

    def raw(self) -> list[SeenRequest]:
        """The requests that reached the provider; each of the client's is one."""
        found = self.lab.seen()
        assert len(found) == self.asked, [seen.path for seen in found]
        return found

    def seen(self) -> Seen:
        """The last one, read."""
        return read(self.raw()[-1], self.target.format)

    def ends(self, got: Got, stop: Any) -> None:
        """The answer ended so, in a word of the client's format."""
        words = self.client.stops[stop]
        assert got.stop in words, f"stop is {got.stop}, not {words}"

    def losses(self) -> list[str]:
        """What the router wrote down as given up, each once."""
        rows = self.lab.rows(self.asked)
        return [f"{path}: {reason}" for row in rows for path, reason in map(_pair, orjson.loads(row["losses"] or "[]"))]


def run(lab: Lab, client: Client, target: str, feature: str, check: Callable[[Cell], None], *, stream: bool) -> Outcome:
    """Run one cell. Every failure is an outcome: the caller compares it with what is expected."""
    lab.simulator.reset()
    time.sleep(0.002)  # trace rows count from the next millisecond
    lab.began_ms = int(time.time() * 1000)
    cell = Cell(lab, client, TARGETS[target], feature, stream)
    try:
        check(cell)
    except CannotAsk as error:
        return Outcome("unasked", (str(error),))
    except client.refused as error:
        row = lab.rows(cell.asked)[-1]
        if row["state"] == "refused" and row["status"] == 400:
            return Outcome("refused", (str(row["error"]),))
        return Outcome("failed", (_what_broke(error),))
    except Exception as error:  # a cell that breaks is a result, whatever broke
        return Outcome("failed", (_what_broke(error),))
    given_up = tuple(dict.fromkeys([*cell.losses(), *cell.unsaid]))
    return Outcome("losses" if given_up else "ok", given_up)


def _what_broke(error: Exception) -> str:
    """The error, and the line of the matrix that found it."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "/matrix/" in frame.filename]
    return f"{type(error).__name__} at `{ours[-1].line}`: {error}"[:400]


def _pair(loss: Any) -> tuple[str, str]:
    return (loss["path"], loss["reason"]) if isinstance(loss, dict) else (loss[0], loss[1])
