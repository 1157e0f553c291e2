"""The lines of a running router: one per provider, strategy and model asked for; and what each token has been used."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence

from router_core.config.schema import Strategy
from router_core.tokens.leases import Leases
from router_core.tokens.line import Line
from router_core.tokens.select import FRESH, Standing, Use, standing
from router_core.tokens.token import Token

MOST_LINES = 32
"""Clients may ask for any model name; a line that is made again costs a sort."""


class Lines:
    """Keeps each line up to date.

    Args:
        tokens: by id; the owner tells of each change.
    """

    def __init__(self, tokens: Mapping[str, Token], leases: Leases) -> None:
        self._tokens = tokens
        self._leases = leases
        self._use: dict[str, Use] = {}
        self._round: dict[str, float] = {}
        """By provider: how far the rounds of `round_robin` have come; who was away does not catch up."""
        self._lines: OrderedDict[tuple[str, Strategy, str], Line] = OrderedDict()

    def clear(self) -> None:
        """The set of tokens is another one; their use is still known."""
        self._lines.clear()
        self._use = {token_id: use for token_id, use in self._use.items() if token_id in self._tokens}

    def line(self, provider: str, strategy: Strategy, model: str, ids: Iterable[str], now: float) -> Line:
        """The line for a request, made if need be."""
        key = (provider, strategy, model)
        line = self._lines.get(key)
        if line is None:

            def look(token_id: str, at: float) -> Standing:
                token = self._tokens[token_id]
                return standing(token, strategy, model, self.use_of(token, at), at)

            line = self._lines[key] = Line(ids, look, now)
            if len(self._lines) > MOST_LINES:
                self._lines.popitem(last=False)
        else:
            self._lines.move_to_end(key)
        return line

    def changed(self, token_id: str, now: float) -> None:
        """Something about this token is different."""
        token = self._tokens.get(token_id)
        if token is None:
            return
        for (provider, _, _), line in self._lines.items():
            if provider == token.provider:
                line.changed(token_id, now)

    def used(self, token: Token, now: float, *, by_strategy: bool) -> None:
        """The token pays for one more request.

        Args:
            by_strategy: it was its turn; else a session holds on to it, which counts for its share all the same.
        """
        use, come = self._use.get(token.id, FRESH), self._round.get(token.provider, 0.0)
        start = max(use.turn, come - 1 / token.weight)  # in its turn nobody is further behind than that
        if by_strategy:
            self._round[token.provider] = max(come, start)
        self._use[token.id] = Use(use.requests + 1, start + 1 / token.weight)
        self.changed(token.id, now)

    def use_of(self, token: Token | None, now: float) -> Use:
        """What is known of a token's use, requests under way included where they are limited."""
        if token is None:
            return FRESH
        use = self._use.get(token.id, FRESH)
        if token.max_concurrent is None or not (held := self._leases.held(token.id, now)):
            return use
        return Use(use.requests, use.turn, len(held), min([lease.expires_at for lease in held]))

    def uses(self, tokens: Sequence[Token], now: float) -> dict[str, Use]:
        """The same of several."""
        return {token.id: self.use_of(token, now) for token in tokens}
