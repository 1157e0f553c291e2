"""Whether a session stays with its token: what moving would cost in prompt cache, and what it would gain.

A provider keeps a prompt's prefix per account, for minutes. With another account the first request pays for the whole
conversation again, ten to fifty times the price of reading it from the cache. So a session has a token of its own (its
binding), and leaves it for reasons only:

- the token rests, but comes back before its cache is gone: another one stands in, and the binding stays (`away`);
- it rests for longer than the cache lives, or cannot be used at all any more: the session moves (`move`);
- nothing of the cache is left: the strategy chooses as for a new session (`afresh`).

A token of better rank that has recovered, or a window that fills up, is no reason: both are for new sessions. Nor is an
answer that was read from the cache in small part only: providers miss by themselves now and then.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from router_core.spend.prices import MILLION, Price, price_of
from router_core.text import duration

CACHE_S = 300.0
"""How long a provider keeps a prefix when nothing says otherwise (Anthropic, and OpenAI at least so long)."""
CACHE_1H_S = 3600.0
WAITING_NANO_USD_PER_S = 10_000_000
"""A second of waiting is worth a cent: 36 USD an hour of the person who waits."""
SETTLED_SHARE = 0.25
"""A session that has gone on elsewhere comes back while what is missing at home costs less than this share of what is
still kept there; beyond that it has settled."""
MOST_CACHES = 24
"""Prefixes remembered per session: main line and subagents, each with each model."""
UNKNOWN_PRICE = Price(2_000_000_000, 10_000_000_000, 200_000_000, 2_500_000_000, 4_000_000_000)
"""Of a model without a row: only proportions matter here, and they are alike everywhere."""

Place = Literal["new", "stay", "back", "away", "move", "afresh"]


@dataclass(frozen=True, slots=True)
class Asker:
    """For whom a token is chosen."""

    session: str = ""
    """"": nothing is bound, nothing is kept."""
    thread: str = ""
    """The line of work within the session; a subagent has its own prompt and so its own prefix."""
    owner: str = ""
    """Id of the request that will hold the token; "": it holds none."""


NOBODY = Asker()


@dataclass(frozen=True, slots=True)
class Cache:
    """A prefix that a provider holds, as the last answer told."""

    tokens: int
    until: float
    for_1h: bool = False


type Where = tuple[str, str, str]
"""(token id, model, thread)"""


@dataclass(frozen=True, slots=True)
class Binding:
    """A session's token, and where its prefixes are warm."""

    token_id: str
    bound_at: float
    used_at: float
    caches: Mapping[Where, Cache] = field(default_factory=dict)

    def kept(self, token_id: str, model: str, thread: str, now: float) -> int:
        """Tokens of this line of work that would be read from the cache with this token."""
        cache = self.caches.get((token_id, model, thread))
        return cache.tokens if cache is not None and cache.until > now else 0

    def warm_until(self, token_id: str) -> float:
        """When the last of the session's prefixes with this token is gone. Until an answer has told of one, as long as
        providers keep them."""
        measured = [cache.until for where, cache in self.caches.items() if where[0] == token_id]
        return max(measured) if measured else self.used_at + CACHE_S if token_id == self.token_id else 0.0

    def with_cache(self, where: Where, cache: Cache, now: float) -> "Binding":
        """After an answer."""
        caches = {key: old for key, old in self.caches.items() if old.until > now and key != where}
        while len(caches) >= MOST_CACHES:
            del caches[next(iter(caches))]
        caches[where] = cache
        return Binding(self.token_id, self.bound_at, now, caches)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a token cannot pay for this request."""

    kind: Literal["gone", "rests", "now"]
    """`gone`: it does not come back by itself. `rests`: until a time. `now`: just this request (busy, tried, unfit)."""
    why: str
    until: float = 0.0
    model_only: bool = False


@dataclass(frozen=True, slots=True)
class Affinity:
    """What becomes of a session's binding with one request."""

    place: Place
    because: str
    token_id: str = ""
    """"": the strategy chooses."""
    binds: bool = False
    """The token that pays is the session's from now on."""
    kept_tokens: int = 0
    lost_tokens: int = 0
    lost_nano_usd: int | None = None
    """None: nothing was lost, or nobody knows the price."""

    def __str__(self) -> str:
        return f"{self.place}: {self.because}" if self.because else self.place


def decide(
    binding: Binding | None,
    model: str,
    thread: str,
    obstacle: Callable[[str], Obstacle | None],
    *,
    now: float,
    ttl_s: float,
) -> Affinity:
    """Stay, or move, and why.

    Args:
        binding: the session's; None when it is new.
        obstacle: token id → why it cannot pay; None when it can.
        ttl_s: a session that was silent for so long is bound anew.
    """
    if binding is None:
        return Affinity("new", "a session without a token yet", binds=True)
    home, silent_s = binding.token_id, now - binding.used_at
    if silent_s > ttl_s:
        return Affinity("afresh", f"the session was silent for {duration(silent_s)}", binds=True)
    best = _warmest(binding, model, thread, obstacle, now)
    hindered = obstacle(home)
    if hindered is None:
        return _at_home(binding, model, thread, best, now)
    if hindered.kind == "gone":
        return Affinity("move", f"its token is gone ({hindered.why})", best, binds=True)
    if hindered.kind == "now" or hindered.model_only:
        return Affinity("away", hindered.why, best)
    left_s, lives_s = hindered.until - now, binding.warm_until(home) - now
    if left_s < lives_s:
        because = f"{hindered.why}; it comes back before its cache is gone, in {duration(lives_s)}"
        return Affinity("away", because, best)
    outlived = f"its cache is gone in {duration(lives_s)}" if lives_s > 0 else "its cache is gone"
    return Affinity("move", f"{hindered.why}; {outlived}", best, binds=True)


def _at_home(binding: Binding, model: str, thread: str, best: str, now: float) -> Affinity:
    """The session's own token can pay."""
    home = binding.token_id
    warm = binding.warm_until(home) > now
    kept = binding.kept(home, model, thread, now)
    if best and best != home:
        elsewhere = binding.kept(best, model, thread, now)
        price = price_of(model) or UNKNOWN_PRICE
        missing, worth = price.rewriting(elsewhere - kept), price.rewriting(kept)
        if missing > SETTLED_SHARE * worth:
            because = f"{_k(elsewhere)} of its tokens are cached where it went on, {_k(kept)} here"
            return Affinity("away" if warm else "move", because, best, binds=not warm)
        return Affinity("back", f"the token can pay again and still has {_k(kept)} tokens cached", home, binds=True)
    if not warm:
        cold_s = now - binding.warm_until(home)
        return Affinity("afresh", f"its cache has been cold for {duration(cold_s)}", binds=True)
    return Affinity("stay", f"{_k(kept)} tokens cached" if kept else "the session's own token", home, binds=True)


def _warmest(binding: Binding, model: str, thread: str, obstacle: Callable[[str], Obstacle | None], now: float) -> str:
    """The token that can pay and holds most of this line of work, the session's own first; "" when none does."""
    found = [
        (cache.tokens, where[0] == binding.token_id, where[0])
        for where, cache in binding.caches.items()
        if where[1:] == (model, thread) and cache.until > now and cache.tokens
    ]
    return next((token_id for _, _, token_id in sorted(found, reverse=True) if obstacle(token_id) is None), "")


def switch_cost(
    binding: Binding | None, to_token: str, model: str, thread: str, *, binds: bool, now: float
) -> tuple[int, int, int | None]:
    """(tokens kept, tokens lost, their price in nano-USD) when this token pays: what is warm elsewhere and would have
    to be written again. A move leaves the other lines of work behind as well."""
    if binding is None:
        return 0, 0, None
    kept = binding.kept(to_token, model, thread, now)
    lost, nano, known = 0, 0, True
    for (line_model, line_thread), (tokens, for_1h) in _warm_lines(binding, to_token, now).items():
        own = (line_model, line_thread) == (model, thread)
        if not own and not (binds and to_token != binding.token_id):
            continue
        missing = tokens - binding.kept(to_token, line_model, line_thread, now)
        if missing > 0:
            lost += missing
            price = price_of(line_model, tokens)
            known = known and price is not None
            nano += price.rewriting(missing, for_1h=for_1h) if price else 0
    return kept, lost, nano if lost and known else None


def _warm_lines(binding: Binding, but: str, now: float) -> dict[tuple[str, str], tuple[int, bool]]:
    """(model, thread) → the most that any other token holds of it."""
    lines: dict[tuple[str, str], tuple[int, bool]] = {}
    for (token_id, model, thread), cache in binding.caches.items():
        if token_id != but and cache.until > now and cache.tokens > lines.get((model, thread), (0, False))[0]:
            lines[model, thread] = (cache.tokens, cache.for_1h)
    return lines


def worth_waiting(rest_s: float, cached_tokens: int, model: str, *, most_s: float, for_1h: bool = False) -> str:
    """Why a request waits for its session's token instead of going to another one; "" when it does not.

    Args:
        rest_s: how long the token still rests.
        cached_tokens: what would have to be written again elsewhere.
        most_s: no request waits for longer.
    """
    if not 0 < rest_s <= most_s:
        return ""
    price = (price_of(model, cached_tokens) or UNKNOWN_PRICE).rewriting(cached_tokens, for_1h=for_1h)
    if price <= rest_s * WAITING_NANO_USD_PER_S:
        return ""
    return f"writing {_k(cached_tokens)} cached tokens again costs {price / 1e9:.2f} USD, the wait {rest_s:.1f} s"


def cached_prefix(format: str, parts: Iterable[int | None]) -> int:
    """Tokens that the provider holds of a prompt after it has answered.

    Args:
        format: the provider's wire format.
        parts: input, read from and written to the cache (for the usual time, for an hour), as the provider counted.
    """
    fresh, read, written, written_1h = (part or 0 for part in parts)
    if format == "anthropic":
        return read + written + written_1h
    whole = fresh + read + written + written_1h  # they cache by themselves, and count only what they read
    return whole if whole >= MILLION // 1000 else 0


def _k(tokens: int) -> str:
    return f"{tokens / 1000:.0f}k" if tokens >= 10_000 else str(tokens)
