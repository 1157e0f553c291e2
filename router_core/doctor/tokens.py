"""Each token is alive: its provider accepts it now. The same small request as `token test`."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from router_core.config.schema import Config
from router_core.demo_lock import demo_is_alive
from router_core.doctor.examined import Examined
from router_core.doctor.finding import Finding
from router_core.errors import HomeError
from router_core.oauth.ensure import good_token
from router_core.providers.failure import FailureKind
from router_core.store.tokens import TokenStore, open_tokens
from router_core.text import duration
from router_core.tokens.of_config import tokens_of_config
from router_core.tokens.probe import NOT_CONFIGURED, NOT_REACHED, ProbeResult, probe
from router_core.tokens.remedy import remedy, remedy_for
from router_core.tokens.token import Token
from router_core.trace.redact import Redactor

AT_ONCE = 8
LATER = frozenset(
    {
        FailureKind.WINDOW_EXHAUSTED, FailureKind.QUOTA_EXHAUSTED, FailureKind.RATE_LIMITED, FailureKind.MODEL_LIMITED,
        FailureKind.REQUEST_LIMITED, FailureKind.OVERLOADED,
    }
)  # fmt: skip
"""The token is good, only not now."""


def check(examined: Examined) -> Iterator[Finding]:
    """Enabled ones are asked, all at once; a disabled one only says so."""
    config = examined.config
    if config is None:
        return
    if demo_is_alive(examined.home):
        yield Finding("tokens", "ok", "the demo runs and pays with its own; yours are not used until it ends")
        return
    try:
        store = open_tokens(examined.home, examined.clock) if examined.home.tokens_db.exists() else None
        stored = [token for token in store.all() if token.origin == "user"] if store else []
    except HomeError:
        return  # said by another check
    with closing(store.database.conn) if store else contextlib.nullcontext():
        yield from _findings(examined, config, store, [*stored, *tokens_of_config(config)])


def _findings(examined: Examined, config: Config, store: TokenStore | None, tokens: list[Token]) -> Iterator[Finding]:
    program = examined.program
    if not tokens:
        take_over = f"Take over the logins you have: {program} token import; or log in: {program} auth login claude"
        yield Finding("tokens", "problem", "there is none yet, so nothing can be paid", take_over)
        return
    enabled = [token for token in tokens if token.enabled]
    if not enabled:
        enable = f"Enable one: {program} token enable {tokens[0].name}"
        yield Finding("tokens", "problem", "all are disabled", enable)
    elif examined.offline:
        yield from (_as_known(token, examined) for token in enabled)
    else:
        # renewed one after the other: they share a file
        good = [good_token(examined.home, store, config, token) if store else token for token in enabled]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            providers = config.providers
            results = list(pool.map(lambda one: probe(one, providers.get(one.provider), config, examined.clock), good))
        for token, result in zip(good, results, strict=True):
            if result.ok and store and token.origin == "user":
                store.heal(token.id)
            yield finding_of(token, result, program)
    if off := [token.name for token in tokens if not token.enabled]:
        yield Finding("tokens", "ok", f"disabled by you: {', '.join(off)}")


def finding_of(token: Token, result: ProbeResult, program: str) -> Finding:
    """What the provider's answer means for the token."""
    check = f"token {token.name}"
    detail = Redactor([token.access_token]).text(result.detail)
    says = f"{token.provider}: {detail}"
    if result.ok:
        return Finding(check, "ok", says)
    kind, _, because = detail.partition(": ")
    if kind in LATER:
        return Finding(check, "warning", f"{token.provider}: {because}", f"It works again later; when: {program} usage")
    if NOT_REACHED in detail:
        return Finding(check, "problem", says, f"See the line on the provider {token.provider}")
    if NOT_CONFIGURED in detail:
        back = f"Put [providers.{token.provider}] with kind and base_url back into config.toml"
        return Finding(check, "problem", detail, f"{back}, or: {program} token remove {token.name}")
    to_do = remedy_for(token.name, token.provider, token.origin, token.login, because or kind, kind)
    return Finding(check, "problem", says, to_do.replace("mitmrouter ", f"{program} "))


def _as_known(token: Token, examined: Examined) -> Finding:
    """What the router knows of it, without asking."""
    check, now = f"token {token.name}", examined.clock.now()
    match token.status(now):
        case "unhealthy":
            return Finding(check, "problem", f"{token.provider}: {token.health_because}", remedy(token))
        case "resting":
            rest = max((cooldown.until for cooldown in token.cooldowns if not cooldown.model), default=now)
            return Finding(check, "warning", f"{token.provider}: rests for {duration(rest - now)}")
        case _:
            return Finding(check, "skipped", f"{token.provider}: not asked (--offline)")
