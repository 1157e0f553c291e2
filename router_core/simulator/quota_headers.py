"""The quota headers that each provider puts on its answers, from the windows of the account.

Names and units follow what was recorded from the providers in 2026: Anthropic subscriptions give fractions and
epoch seconds, Anthropic API keys counts and RFC 3339, Codex percentages, the OpenAI platform Go durations.
"""

from datetime import UTC, datetime

from router_core.simulator.accounts import AccountState, WindowState
from router_core.simulator.call import Headers

WARN_FROM = 0.9

CLAIMS = {
    "5h": "five_hour",
    "7d": "seven_day",
    "7d_opus": "seven_day_opus",
    "7d_sonnet": "seven_day_sonnet",
    "7d_oi": "seven_day_overage_included",
}

_CLASSIC_LIMITS = {"requests": 1000, "input-tokens": 80_000, "output-tokens": 16_000, "tokens": 96_000}


def quota_headers(account: AccountState, now: float) -> Headers:
    """The headers of an answer that was served."""
    match account.spec.kind:
        case "anthropic_oauth":
            return unified_headers(account, rejected=())
        case "anthropic_api":
            return classic_headers(account, now)
        case "codex":
            return codex_headers(account)
        case "openai":
            return openai_headers(account, now)
        case "gemini" | "code-assist" | "antigravity" | "vertex" | "copilot":
            return []  # Google shows quotas in its 429 only


def unified_headers(account: AccountState, rejected: tuple[str, ...]) -> Headers:
    """Anthropic subscription windows; `rejected` names those that refuse this request."""
    prefix = "anthropic-ratelimit-unified"
    claimed = _claimed(account.windows, rejected)
    worst = max((w.used for w in account.windows), default=0.0)
    status = "rejected" if rejected else "allowed_warning" if worst >= WARN_FROM else "allowed"
    headers = [(f"{prefix}-status", status)]
    if claimed is not None:
        headers += [
            (f"{prefix}-reset", str(round(claimed.reset_at))),
            (f"{prefix}-representative-claim", CLAIMS.get(claimed.spec.name, claimed.spec.name)),
        ]
    headers += [(f"{prefix}-fallback", "available"), (f"{prefix}-fallback-percentage", "0.5")]
    for window in account.windows:
        name = window.spec.name
        mine = "rejected" if name in rejected else "allowed_warning" if window.used >= WARN_FROM else "allowed"
        headers += [
            (f"{prefix}-{name}-status", mine),
            (f"{prefix}-{name}-reset", str(round(window.reset_at))),
            (f"{prefix}-{name}-utilization", f"{window.used:.4g}"),
        ]
        if window.used >= WARN_FROM:
            headers.append((f"{prefix}-{name}-surpassed-threshold", "1.0" if window.used >= 1 else f"{WARN_FROM}"))
    # most subscriptions have no extra usage: the pool refuses also while the windows allow
    headers += [(f"{prefix}-overage-status", "rejected"), (f"{prefix}-overage-disabled-reason", "org_level_disabled")]
    return headers


def classic_headers(account: AccountState, now: float) -> Headers:
    """Anthropic API keys: limit, remaining and reset of each per-minute bucket."""
    headers: Headers = []
    for window in account.windows:
        name = window.spec.name
        limit = window.spec.capacity_tokens or _CLASSIC_LIMITS.get(name, 100_000)
        remaining = max(0, round(limit * (1 - window.used)))
        if name != "requests":
            remaining = round(remaining, -3)  # the provider rounds token counts to thousands
        reset = datetime.fromtimestamp(window.reset_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        prefix = f"anthropic-ratelimit-{name}"
        headers += [(f"{prefix}-limit", str(limit)), (f"{prefix}-remaining", str(remaining))]
        headers.append((f"{prefix}-reset", reset))
    return headers


def codex_headers(account: AccountState) -> Headers:
    """ChatGPT windows: percent used, length in minutes, reset in epoch seconds; the first window is `primary`."""
    headers: Headers = [("x-codex-plan-type", account.plan)]
    for slot, window in zip(("primary", "secondary"), account.windows, strict=False):
        headers += [
            (f"x-codex-{slot}-used-percent", f"{min(window.used, 1.0) * 100:.4g}"),
            (f"x-codex-{slot}-window-minutes", str(round(window.spec.length_s / 60))),
            (f"x-codex-{slot}-reset-at", str(round(window.reset_at))),
        ]
    headers += [("x-codex-credits-has-credits", "False"), ("x-codex-credits-unlimited", "False")]
    return headers


def openai_headers(account: AccountState, now: float) -> Headers:
    """OpenAI platform: limits, what remains, and Go durations until each bucket is full again."""
    headers: Headers = []
    for window in account.windows:
        name = window.spec.name
        limit = window.spec.capacity_tokens or {"requests": 500}.get(name, 200_000)
        headers += [
            (f"x-ratelimit-limit-{name}", str(limit)),
            (f"x-ratelimit-remaining-{name}", str(max(0, round(limit * (1 - window.used))))),
            (f"x-ratelimit-reset-{name}", go_duration(max(0.0, window.reset_at - now))),
        ]
    return headers


def go_duration(seconds: float) -> str:
    """`6m0s`, `1.5s`, `120ms`: how Go prints a time span."""
    if seconds < 1:
        return f"{round(seconds * 1000)}ms"
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    text = f"{round(rest, 3):g}s"
    if hours or minutes:
        text = f"{int(minutes)}m{text}"
    return f"{int(hours)}h{text}" if hours else text


def _claimed(windows: list[WindowState], rejected: tuple[str, ...]) -> WindowState | None:
    """The window that decides: the last of the refusing ones to reset, else the fullest."""
    refusing = [window for window in windows if window.spec.name in rejected]
    if refusing:
        return max(refusing, key=lambda window: window.reset_at)
    return max(windows, key=lambda window: window.used, default=None)
