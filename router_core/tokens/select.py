"""Which token pays for the next request: a pure choice, with a reason for each token passed over.

`select` looks at every token; the running router keeps them in line instead (line.py) and looks at the first few. Both
go by `standing`, so both choose the same.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from router_core.config.schema import Strategy
from router_core.errors import NoTokenAvailable
from router_core.text import duration
from router_core.tokens.affinity import Affinity
from router_core.tokens.leases import Lease
from router_core.tokens.quota import account_wide
from router_core.tokens.remedy import how_to_add
from router_core.tokens.token import LACKS_MODEL, Token

TRY_AGAIN_S = 1.0
"""When a token does not rest: only this request has failed with it, or it is busy at its limit."""
NEARLY_USED = 0.95
"""From this fraction on the `quota` strategy holds a token back while another one is fresher."""
HELD_BACK_FROM = (0.5, 0.75, NEARLY_USED)
"""The same by degrees in windows of hours: a session that begins now needs room in them for as long as it lasts."""
LONGEST_LIST = 20
"""Tokens named in a message; the others are counted."""

type Key = tuple[float | str, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """What this process knows of a token's use."""

    requests: int = 0
    turn: float = 0.0
    """For `round_robin`: grows by 1/weight with each request, so a token of weight 2 comes twice as often."""
    busy: int = 0
    """Requests under way."""
    busy_until: float = 0.0
    """Epoch seconds when the first of them is over at the latest."""


FRESH = Use()


@dataclass(frozen=True, slots=True)
class Selection:
    """The token, and why."""

    token: Token
    because: str
    passed_over: tuple[tuple[str, str], ...] = ()
    """(name, why not) of each token that stood before it or could not be used."""
    affinity: Affinity | None = None
    """What the session's binding had to say; None: the request belongs to no session."""
    lease: Lease | None = None


class Standing(NamedTuple):
    """Where a token stands in line."""

    key: Key | None
    """Lower comes first; None: it cannot be used now."""
    again_at: float | None
    """When time alone changes that: a rest ends, a window resets."""


@dataclass(frozen=True, slots=True)
class Considered:
    """One token, as `route explain` shows it."""

    token: Token
    place: int | None
    """1: the strategy's choice; None: it cannot be used."""
    because: str


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
        use: by token id.

    Raises:
        NoTokenAvailable: none can be used; the message names each and when it comes back.
    """
    use = use or {}
    usable: list[Token] = []
    out: list[tuple[str, str]] = []
    for token in tokens:
        if why := why_not(token, model, now, tried, use) or (unfit(token) if unfit else ""):
            out.append((token.name, why))
        else:
            usable.append(token)
    if usable:
        chosen = min(usable, key=lambda token: order(token, strategy, use.get(token.id, FRESH), now))
        why = reason(chosen, strategy, use.get(chosen.id, FRESH), now)
        return Selection(chosen, f"{strategy}: {why}", tuple(out))
    if not tried and (lacking := _only_lacking(tokens, model, now, use, unfit)):
        asked = min(lacking, key=lambda token: order(token, strategy, use.get(token.id, FRESH), now))
        because = f"no token is known to have {model}: {asked.name} is asked again"
        return Selection(asked, because, tuple(each for each in out if each[0] != asked.name))
    fit = [token for token in tokens if not (unfit and unfit(token))]
    raise _none_available(tokens, fit, out, provider, model, now)


def consider(
    tokens: Sequence[Token],
    strategy: Strategy,
    *,
    model: str,
    now: float,
    use: Mapping[str, Use] | None = None,
    unfit: Unfit | None = None,
) -> list[Considered]:
    """Every token with its place and reason, in the order in which they would be taken, those that cannot be at the
    end."""
    use = use or {}
    why = {token.id: why_not(token, model, now, (), use) or (unfit(token) if unfit else "") for token in tokens}
    usable = [token for token in tokens if not why[token.id]]
    usable.sort(key=lambda token: order(token, strategy, use.get(token.id, FRESH), now))
    placed = [
        Considered(token, place, reason(token, strategy, use.get(token.id, FRESH), now))
        for place, token in enumerate(usable, 1)
    ]
    return placed + [Considered(token, None, why[token.id]) for token in tokens if why[token.id]]


def why_not(
    token: Token, model: str, now: float, tried: Collection[str] = (), use: Mapping[str, Use] | None = None
) -> str:
    """Why a token cannot be used now; "" when it can."""
    if not token.enabled:
        return "disabled"
    if token.health == "unhealthy":
        return f"unhealthy: {token.health_because}"
    if rest := token.resting(model, now):
        if rest.kind == LACKS_MODEL:
            return f"does not have {rest.model}, as it said {duration(now - rest.since)} ago: {rest.because}"
        scope = f" for {rest.model}" if rest.model else ""
        return f"resting{scope} for {duration(rest.until - now)}: {rest.because}"
    if is_over(token, now):
        return "expired, with nothing to renew it with"
    if token.id in tried:
        return "already tried for this request"
    if token.max_concurrent is not None and use and use.get(token.id, FRESH).busy >= token.max_concurrent:
        return f"busy: {use[token.id].busy} of {token.max_concurrent} requests under way"
    return ""


def standing(token: Token, strategy: Strategy, model: str, use: Use, now: float) -> Standing:
    """Where the token stands for this model; what is about one request (tried, unfit) aside."""
    if not token.enabled or token.health == "unhealthy":
        return Standing(None, None)
    if rest := token.resting(model, now):
        return Standing(None, rest.again_at)
    if is_over(token, now):
        return Standing(None, None)
    if token.max_concurrent is not None and use.busy >= token.max_concurrent:
        return Standing(None, use.busy_until)
    again_at = _next_reset(token, now) if strategy in _BY_WINDOWS else None
    if token.expires_at is not None and not _is_renewable(token) and (again_at is None or token.expires_at < again_at):
        again_at = token.expires_at
    return Standing(order(token, strategy, use, now), again_at)


def is_over(token: Token, now: float) -> bool:
    """Its credential has run out, and nothing was stored that it could be renewed with."""
    return token.expires_at is not None and token.expires_at <= now and not _is_renewable(token)


def _is_renewable(token: Token) -> bool:
    return token.refresh_token is not None or bool(token.login)


def order(token: Token, strategy: Strategy, use: Use, now: float) -> Key:
    """What the strategy sorts by; lower comes first. Equals go by priority, then by name."""
    match strategy:
        case "priority":
            return (token.priority, token.name)
        case "round_robin":
            return (use.turn + 0.5 / token.weight, token.priority, token.name)  # its middle: 5:1:1 comes a a a b c a a
        case "least_used":
            return (use.requests / token.weight, token.priority, token.name)
        case "fill_first":  # the fullest one first, so that the others stay whole
            return (-fullest(token, now), token.priority, token.name)
        case "quota":  # untouched windows first, then the nearest weekly reset; those with little left are held back
            return (
                _held_back(token, now), fullest(token, now) > 0, _weekly_reset(token, now), token.priority, token.name
            )  # fmt: skip


def reason(token: Token, strategy: Strategy, use: Use, now: float) -> str:
    """Why it stands where it stands, in a few words."""
    name, weight = token.name, "" if token.weight == 1 else f" (weight {token.weight:g})"
    full = fullest(token, now)
    match strategy:
        case "priority":
            return f"{name} has priority {token.priority}"
        case "round_robin":
            return f"{name} has its turn{weight}"
        case "least_used":
            return f"{name} has had {use.requests} requests{weight}"
        case "fill_first":
            return f"{name} is {full:.0%} used, the others are to stay whole"
        case "quota":
            if full >= NEARLY_USED:
                return f"{name} is nearly used up ({full:.0%})"
            if full <= 0:
                return f"{name} is untouched"
            reset = _weekly_reset(token, now)
            when = f", its week ends in {duration(reset - now)}" if reset != float("inf") else ""
            return f"{name} is {full:.0%} used{when}"


def fullest(token: Token, now: float) -> float:
    """The highest used fraction among the windows that have not reset since."""
    most = 0.0
    for window in token.windows:
        live = window.reset_at is None or window.reset_at > now
        if window.used and window.used > most and live and account_wide(window):
            most = window.used
    return most


_BY_WINDOWS = frozenset({"quota", "fill_first"})


def _held_back(token: Token, now: float) -> int:
    """By how many degrees."""
    held = 0
    for window in token.windows:
        used = window.used or 0.0
        if used < HELD_BACK_FROM[0] or (window.reset_at is not None and window.reset_at <= now):
            continue
        if account_wide(window):
            long = (window.length_s or 0) >= 86400
            degrees = sum(used >= degree for degree in HELD_BACK_FROM)
            held = max(held, degrees if not long or used >= NEARLY_USED else 0)
    return held


def _weekly_reset(token: Token, now: float) -> float:
    soonest = float("inf")
    for window in token.windows:
        if (window.length_s or 0) >= 86400 and window.reset_at and now < window.reset_at < soonest:
            soonest = window.reset_at
    return soonest


def _next_reset(token: Token, now: float) -> float | None:
    resets = [w.reset_at for w in token.windows if w.reset_at is not None and w.reset_at > now]
    return min(resets) if resets else None


def _only_lacking(
    tokens: Sequence[Token], model: str, now: float, use: Mapping[str, Use], unfit: Unfit | None
) -> list[Token]:
    """Those that could pay, but that they are said not to have the model. When no other is left, one of them is asked
    again: the client is to read the provider's own words, and a plan may have changed."""
    return [
        token
        for token in tokens
        if (rest := token.resting(model, now)) is not None
        and rest.kind == LACKS_MODEL
        and not why_not(token.having(model), model, now, (), use)
        and not (unfit and unfit(token))
    ]


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
        return NoTokenAvailable(f"No token for provider {provider!r}. {how_to_add(provider)}", None)
    alive = [token for token in fit if token.enabled and token.health == "healthy"]
    waits = [rest.until - now if (rest := token.resting(model, now)) else TRY_AGAIN_S for token in alive]
    named = [f"{name}: {why}" for name, why in out[:LONGEST_LIST]]
    if len(out) > LONGEST_LIST:
        named.append(f"and {len(out) - LONGEST_LIST} more")
    return NoTokenAvailable(
        f"No token of provider {provider!r} can be used now. {'; '.join(named).rstrip('.')}.", min(waits, default=None)
    )
