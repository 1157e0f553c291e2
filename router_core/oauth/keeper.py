"""Which credential a running router renews when: pure scheduling, each token for itself, so that none delays others."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from router_core.config.schema import Config
from router_core.oauth.due import chain_of, due_at, is_dead, jitter, login_of
from router_core.oauth.want import Renewed, Want
from router_core.tokens.token import Token

FIRST_REST_S = 15.0
"""After a failure that may pass, and of which nobody says when to try again; doubled with each one in a row …"""
LONGEST_REST_S = 600.0
"""… up to this."""
HAND_OVER_EVERY_S = 60.0
"""How often a set that its vendor's store has not got yet is offered again."""


@dataclass(frozen=True, slots=True)
class Tried:
    """The last failure with one set of one token."""

    generation: int
    failures: int
    permanent: bool
    not_before: float
    because: str


class Keeper:
    """Remembers what was tried. Times are epoch seconds."""

    def __init__(self) -> None:
        self._tried: dict[str, Tried] = {}
        self._offered: dict[str, float] = {}

    def can_renew(self, token: Token, config: Config) -> bool:
        """Whether asking its server makes sense at all."""
        login = login_of(token, config)
        tried = self._of(token)
        return chain_of(token, login) is not None and not (tried is not None and tried.permanent)

    def stopped(self, token: Token, now: float) -> Tried | None:
        """The failure because of which it is not tried now; None: it may be."""
        tried = self._of(token)
        return tried if tried is not None and (tried.permanent or now < tried.not_before) else None

    def due(self, tokens: Iterable[Token], config: Config, now: float) -> tuple[list[tuple[Token, Want]], float]:
        """What to do now, and when to ask again if nothing changes until then."""
        out: list[tuple[Token, Want]] = []
        wake_at = math.inf
        for token in tokens:
            if token.expires_at is None and token.access_token and not token.write_back:
                continue  # most are keys: nothing runs out
            if not token.enabled or not self.can_renew(token, config):
                continue
            at, want = self._when(token, now)
            if at <= now:
                out.append((token, want))
            else:
                wake_at = min(wake_at, at)
        return out, wake_at

    def _when(self, token: Token, now: float) -> tuple[float, Want]:
        due = due_at(token) if token.access_token else now
        at = math.inf if due is None else due - jitter(token)
        if (tried := self._of(token)) is not None:
            at = max(at, tried.not_before)
        if token.write_back and at > now:
            return self._offered.get(token.id, 0.0) + HAND_OVER_EVERY_S, Want(look_only=True)
        return at, Want()

    def done(self, token: Token, want: Want, result: Renewed, now: float) -> None:
        """Take note of how it went."""
        if want.look_only:
            self._offered[token.id] = now
            return
        if result.ok:
            self._tried.pop(token.id, None)
            return
        before = self._of(token)
        failures = 1 + (before.failures if before is not None else 0)
        rest_s = min(FIRST_REST_S * 2 ** min(failures - 1, 16), LONGEST_REST_S)
        not_before = result.not_before if result.not_before is not None else now + rest_s
        self._tried[token.id] = Tried(token.generation, failures, result.permanent, not_before, result.because)

    def must_wait(self, token: Token, config: Config, now: float) -> bool:
        """True for a credential that the provider would refuse, and that can be renewed now."""
        return is_dead(token, now) and self.can_renew(token, config) and self.stopped(token, now) is None

    def _of(self, token: Token) -> Tried | None:
        """What was tried with the set that is stored now: another set is another story."""
        tried = self._tried.get(token.id)
        return tried if tried is not None and tried.generation == token.generation else None
