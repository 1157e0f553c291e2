"""What a login asks of the world, one step at a time.

A login is a generator: it yields a step and is sent what came of it. It opens no socket, waits for nothing and prints
nothing, so that the same login runs under the command line, and in a test under a clock that is moved by hand.
"""

import contextlib
from collections.abc import Callable, Generator
from dataclasses import dataclass

from router_core.oauth.http import HttpAnswer, HttpCall, NotReached
from router_core.oauth.token_set import TokenSet


@dataclass(frozen=True, slots=True)
class Ask:
    """Make this call; sent back: its `HttpAnswer`."""

    call: HttpCall


@dataclass(frozen=True, slots=True)
class OpenPage:
    """Show this address, and open it in a browser where there is one; sent back: nothing."""

    url: str
    user_code: str = ""
    """What the person types there."""


@dataclass(frozen=True, slots=True)
class Callback:
    """Wait until the browser is sent back to our listener; sent back: the query it came with."""


@dataclass(frozen=True, slots=True)
class Paste:
    """Have a person paste something; sent back: the text."""

    prompt: str
    problem: str = ""
    """What was wrong with the last one."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait so many seconds; sent back: nothing."""

    seconds: float
    until: float
    """Epoch seconds: when there is no use in waiting any more."""


type Step = Ask | OpenPage | Callback | Paste | Wait
type Flow = Generator[Step, HttpAnswer | str | None, TokenSet]
"""Ends with the credentials, or raises LoginFailed."""


def answered(value: HttpAnswer | str | None) -> HttpAnswer:
    """What `Ask` was sent back."""
    if not isinstance(value, HttpAnswer):
        raise TypeError("an Ask is sent an HttpAnswer")
    return value


def written(value: HttpAnswer | str | None) -> str:
    """What `Callback` and `Paste` were sent back."""
    if not isinstance(value, str):
        raise TypeError("a Callback or a Paste is sent a text")
    return value


def drive(flow: Flow, do: Callable[[Step], HttpAnswer | str | None]) -> TokenSet:
    """Do one step after the other, to the end.

    Args:
        do: carries a step out; blocking.

    Raises:
        LoginFailed: refused, declined, or nobody came in time.
        NotReached: a server is not there.
    """
    with contextlib.closing(flow):
        try:
            step = next(flow)
            while True:
                try:
                    done = do(step)
                except NotReached as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(done)
        except StopIteration as finished:
            found: TokenSet = finished.value
            return found
