"""Which token pays for the next request: a pure choice, with a reason for each token passed over."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from router_core.config.schema import Strategy
from router_core.errors import NoTokenAvailable
from router_core.text import duration
from router_core.tokens.quota import account_wide
from router_core.tokens.token import Token

TRY_AGAIN_S = 1.0
"""When a token does not rest and only this request has failed with it."""
NEARLY_USED = 0.95
"""From this fraction on the `quota` strategy holds a token back while another one is fresher."""


@dataclass(frozen=True, slots=True)
class Use:
    """What this process knows of a token's recent use."""

    last_used_at: float = 0.0
    requests: int = 0


@dataclass(frozen=True, slots=True)
class Selection:
    """The token, and why."""

    token: Token
    because: str
    passed_over: tuple[tuple[str, str], ...]
    """(name, why not) of each token that stood before it or could not be used."""


type Unfit = Callable[[Token], str]


def select(
    tokens: Sequence[Token],
    strategy: Strategy,
    *,
    provider: str,
    model: str,
    now: float,
    tried: Collection[str] = (),
    use: Mapping[str, Use] | None = None,
    unfit: Unfit | None = None,
) -> Selection:
    """Choose the token that pays.

    Args:
        tokens: those of the provider.
        provider: its name, for messages.
        model: the model asked for; cooldowns may be for one model only.
        now: epoch seconds; cooldowns are judged at this instant.
        tried: ids of tokens that already failed this request.
        unfit: says why a token must not pay for this very request ("" when it may).
        use: recent use by token id, for `round_robin` and `least_used`.

    Raises:
        NoTokenAvailable: none can be used; the message names each and when it comes back.
    """
    usable: list[Token] = []
    out: list[tuple[str, str]] = []
    for token in tokens:
        if why := why_not(token, model, now, tried) or (unfit(token) if unfit else ""):
            out.append((token.name, why))
        else:
            usable.append(token)
    if not usable:
        fit = [token for token in tokens if not (unfit and unfit(token))]
        raise _none_available(tokens, fit, out, provider, model, now)
    order = _ORDERS[strategy](use or {}, now)
    chosen = min(usable, key=lambda token: (order(token), token.priority, token.name))
    return Selection(chosen, f"{strategy}: {_why(chosen, strategy)}", tuple(out))


def why_not(token: Token, model: str, now: float, tried: Collection[str] = ()) -> str:
    """Why a token cannot be used now; "" when it can."""
    if not token.enabled:
        return "disabled"
    if token.health == "unhealthy":
        return f"unhealthy: {token.health_because}"
    if rest := token.resting(model, now):
        scope = f" for {rest.model}" if rest.model else ""
        return f"resting{scope} for {duration(rest.until - now)}: {rest.because}"
    if token.expires_at is not None and token.expires_at <= now and not (token.refresh_token or token.login):
        return "expired, with nothing to renew it with"
    if token.id in tried:
        return "already tried for this request"
    return ""


def _none_available(
    tokens: Sequence[Token],
    fit: Sequence[Token],
    out: Sequence[tuple[str, str]],
    provider: str,
    model: str,
    now: float,
) -> NoTokenAvailable:
    """Only those that may pay for this request are worth waiting for."""
    if not tokens:
        return NoTokenAvailable(
            f"No token for provider {provider!r}. Add one: mitmrouter token add NAME --provider {provider} "
            "--access-token-stdin",
            None,
        )
    alive = [token for token in fit if token.enabled and token.health == "healthy"]
    waits = [rest.until - now if (rest := token.resting(model, now)) else TRY_AGAIN_S for token in alive]
    listed = "; ".join(f"{name}: {why}" for name, why in out)
    return NoTokenAvailable(
        f"No token of provider {provider!r} can be used now. {listed.rstrip('.')}.", min(waits, default=None)
    )


type Order = Callable[[Token], tuple[float, ...]]


def _priority(use: Mapping[str, Use], now: float) -> Order:
    return lambda token: (token.priority,)


def _round_robin(use: Mapping[str, Use], now: float) -> Order:
    return lambda token: (use.get(token.id, Use()).last_used_at,)


def _least_used(use: Mapping[str, Use], now: float) -> Order:
    return lambda token: (use.get(token.id, Use()).requests,)


def _fill_first(use: Mapping[str, Use], now: float) -> Order:
    """The fullest one first, so that the others stay whole."""
    return lambda token: (-_fullest(token, now),)


def _quota(use: Mapping[str, Use], now: float) -> Order:
    """Untouched windows first, then the nearest weekly reset; nearly used-up tokens last."""

    def order(token: Token) -> tuple[float, ...]:
        fullest = _fullest(token, now)
        weekly = [w.reset_at for w in token.windows if (w.length_s or 0) >= 86400 and w.reset_at and w.reset_at > now]
        return (fullest >= NEARLY_USED, fullest > 0, min(weekly, default=float("inf")))

    return order


_ORDERS: dict[Strategy, Callable[[Mapping[str, Use], float], Order]] = {
    "priority": _priority,
    "round_robin": _round_robin,
    "least_used": _least_used,
    "fill_first": _fill_first,
    "quota": _quota,
}


def _fullest(token: Token, now: float) -> float:
    """The highest used fraction among the windows that have not reset since."""
    live = [w.used or 0.0 for w in token.windows if account_wide(w) and (w.reset_at is None or w.reset_at > now)]
    return max(live, default=0.0)


def _why(token: Token, strategy: Strategy) -> str:
    return f"{token.name} has priority {token.priority}" if strategy == "priority" else f"{token.name} comes first"
