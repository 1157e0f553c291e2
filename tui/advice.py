"""What is wrong now or soon will be, and what to do about it; most urgent first. Pure: told everything, asks nobody."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from router_core.quota.view import NOTHING_KNOWN
from router_core.quota.words import forecast_words
from router_core.tokens.remedy import remedy
from router_core.tokens.token import Token, Window
from tui.budgets import BudgetStand
from tui.figures import countdown, time_of_day
from tui.news import News
from tui.sanitize import Sanitizer

NEARLY = 0.9
"""A window that is so full is nearly used up."""
SHORT_S = 15 * 60
"""Windows that are shorter fill and empty all the time: no news."""


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing, and its remedy."""

    level: Literal["bad", "warn"]
    said: str
    remedy: str
    page: str = ""
    """Where to see to it."""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """All that advice is given on."""

    news: News
    now: float
    program: str
    sanitizer: Sanitizer
    budgets: Sequence[BudgetStand] = ()
    config_problems: Sequence[str] = field(default=())


def advise(situation: Situation) -> list[Advice]:
    """Nothing to say: an empty list."""
    tokens = situation.news.tokens
    found = [
        *_config(situation),
        *_nobody_pays(situation),
        *_unhealthy(situation),
        *_budgets(situation),
        *_lock(situation),
        *_windows(situation),
        *_resting(situation),
        *_breakers(situation),
    ]
    if tokens is not None and tokens.problem and tokens.tokens:
        found.insert(0, Advice("bad", tokens.problem, f"{situation.program} doctor says more", "Tokens"))
    return sorted(found, key=lambda advice: advice.level != "bad")


def tightest(token: Token, now: float) -> tuple[Window, float] | None:
    """The fullest of the windows that matter, and the used fraction of it."""
    known = [
        (window, 0.0 if window.reset_at is not None and window.reset_at <= now else window.used)
        for window in token.windows
        if window.length_s is None or window.length_s >= SHORT_S
    ]
    told = [(window, used) for window, used in known if used is not None]
    return max(told, key=lambda pair: pair[1]) if told else None


def _config(situation: Situation) -> Iterator[Advice]:
    for problem in situation.config_problems[:1]:
        more = len(situation.config_problems) - 1
        said = problem + (f" (and {more} more)" if more else "")
        yield Advice("bad", said, "the settings before it hold until then; 9 mends it", "Config")


def _tokens(situation: Situation) -> Sequence[Token]:
    return situation.news.tokens.tokens if situation.news.tokens else ()


def _nobody_pays(situation: Situation) -> Iterator[Advice]:
    enabled = [token for token in _tokens(situation) if token.enabled]
    for provider in dict.fromkeys(token.provider for token in enabled):
        mine = [token for token in enabled if token.provider == provider]
        if any(token.status(situation.now) == "healthy" for token in mine):
            continue
        back = [rest.until for token in mine if (rest := token.cooling(situation.now))]
        said = f"No token of {provider} can pay now"
        if back:
            said += f"; the first is back in {countdown(min(back) - situation.now)}"
        yield Advice("bad", said, "2 adds one, or mends those there are; L sends everything elsewhere", "Tokens")


def _unhealthy(situation: Situation) -> Iterator[Advice]:
    for token in _tokens(situation):
        if token.enabled and token.health == "unhealthy":
            told = f"{_name(situation, token)} is refused: {token.health_because or 'no reason was noted'}"
            yield Advice("bad", _clean(situation, told), _as_typed(situation, remedy(token)), "Tokens", token.name)


def _budgets(situation: Situation) -> Iterator[Advice]:
    for stand in situation.budgets:
        if not stand.warns and stand.share < 1:
            continue
        scope = f" ({', '.join(map(situation.sanitizer.name, stand.scope))})" if stand.scope else ""
        state = "is used up" if stand.share >= 1 else f"is {stand.share:.0%} used"
        said = f"The budget {stand.name}{scope} {state}: {stand.used} of {stand.limit} a {stand.period}"
        left = f"it begins anew in {countdown(stand.resets_at - situation.now)}"
        yield Advice("bad" if stand.share >= 1 else "warn", said, f"{left}; 9 raises it, in [spend]", "Config")


def _lock(situation: Situation) -> Iterator[Advice]:
    lock = situation.news.lock
    if lock.problem:
        yield Advice("bad", lock.problem, "L pins it anew, or lets go")
    elif lock.target:
        since = time_of_day(round(lock.since * 1000), situation.now)
        yield Advice("warn", f"All routing is pinned to {lock.target} since {since}", "L lets go")


def _windows(situation: Situation) -> Iterator[Advice]:
    now, seen = situation.now, situation.news.tokens
    for token in _tokens(situation):
        if token.status(now) != "healthy":
            continue
        found = tightest(token, now)
        if found and found[1] >= NEARLY:
            window, used = found
            back = f", full again in {countdown(window.reset_at - now)}" if window.reset_at is not None else ""
            said = f"{_name(situation, token)} is nearly empty: {1 - used:.0%} of its {window.name} window left{back}"
            yield Advice("warn", said, _then(situation, token), "Tokens", token.name)
            continue
        known = seen.known.get(token.id, NOTHING_KNOWN) if seen else NOTHING_KNOWN
        ends = [
            (outlook.forecast, window)
            for window in token.windows
            if (outlook := known.outlooks.get(window.name)) and outlook.forecast and (window.reset_at or 0) > now
        ]
        if ends:
            said_of, window = min(ends, key=lambda end: end[0].used_up_at)
            said = f"{_name(situation, token)}: {window.name} {forecast_words(said_of, window.reset_at, now)}"
            yield Advice("warn", said, _then(situation, token), "Tokens", token.name)


def _then(situation: Situation, token: Token) -> str:
    """What happens when this token is used up."""
    others = [
        other
        for other in _tokens(situation)
        if other.provider == token.provider and other.id != token.id and other.status(situation.now) == "healthy"
    ]
    fit = [other for other in others if (tightest(other, situation.now) or (None, 0.0))[1] < NEARLY]
    if fit:
        return f"then {_name(situation, fit[0])} pays"
    return f"no other token of {token.provider} is free then: 2 adds one"


def _resting(situation: Situation) -> Iterator[Advice]:
    for token in _tokens(situation):
        if token.status(situation.now) == "resting" and (rest := token.cooling(situation.now)):
            told = (
                f"{_name(situation, token)} rests {countdown(rest.until - situation.now)}: {rest.because or rest.kind}"
            )
            yield Advice("warn", _clean(situation, told), "it comes back by itself", "Tokens", token.name)


def _breakers(situation: Situation) -> Iterator[Advice]:
    for host, failures, until, because in situation.news.tokens.breakers if situation.news.tokens else ():
        if until > situation.now:
            said = f"{host} is left alone for {countdown(until - situation.now)} after {failures} failures: {because}"
            yield Advice(
                "warn", _clean(situation, said), f"it is tried again then; {situation.program} doctor asks it now"
            )


def _name(situation: Situation, token: Token) -> str:
    return situation.sanitizer.name(token.name)


def _clean(situation: Situation, text: str) -> str:
    return situation.sanitizer.sentence(text)


def _as_typed(situation: Situation, text: str) -> str:
    """Commands as they are called here."""
    text = text.replace("mitmrouter ", f"{situation.program} ") if situation.program != "mitmrouter" else text
    return _clean(situation, text[:1].lower() + text[1:])
