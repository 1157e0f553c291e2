"""What Anthropic says about quota: the 429 of a full window, and the usage and profile pages of a subscription."""

import math
from datetime import UTC, datetime

from router_core.simulator.accounts import AccountState, WindowState
from router_core.simulator.answers import Answer, json_answer
from router_core.simulator.anthropic_errors import ORGANIZATION_ID, anthropic_error, refuse
from router_core.simulator.call import Call, Headers, Json
from router_core.simulator.quota_headers import classic_headers, unified_headers
from router_core.simulator.world import World

POLL_WINDOW_S = 300.0
POLLS_OF_CLAUDE_CODE = 30
POLLS_OF_OTHERS = 1

_FLAT_NAMES = {"5h": "five_hour", "7d": "seven_day", "7d_opus": "seven_day_opus", "7d_sonnet": "seven_day_sonnet"}


def exhausted_answer(world: World, account: AccountState, names: tuple[str, ...]) -> Answer:
    """The 429 of full windows: cool the account, or one model family, until the last of them resets."""
    now = world.clock.now()
    resets = [state.reset_at for state in account.windows if state.spec.name in names]
    wait: Headers = [("retry-after", str(max(1, math.ceil(max(resets, default=now + 60) - now))))]
    if account.spec.kind == "anthropic_oauth":
        text = "This request would exceed your account's rate limit. Please try again later."
        return anthropic_error(world, 429, text, headers=[*wait, *unified_headers(account, names)])
    text = f"This request would exceed your organization's rate limit of {', '.join(names)} per minute."
    return anthropic_error(world, 429, text, headers=[*wait, *classic_headers(account, now)])


def usage_answer(world: World, call: Call, account: AccountState) -> Answer:
    """`GET /api/oauth/usage`: percentages, unlike the headers' fractions; and its own small rate limit."""
    _refuse_without_profile_scope(world, account)
    now = world.clock.now()
    account.usage_polls = [at for at in account.usage_polls if now - at < POLL_WINDOW_S]
    ours = call.header("user-agent").startswith("claude-code/")
    if len(account.usage_polls) >= (POLLS_OF_CLAUDE_CODE if ours else POLLS_OF_OTHERS):
        # `retry-after: 0` is what was measured; it does not mean "now"
        return anthropic_error(world, 429, "Rate limited. Please try again later.", headers=[("retry-after", "0")])
    account.usage_polls.append(now)
    payload: Json = dict.fromkeys([*_FLAT_NAMES.values(), "seven_day_oauth_apps", "seven_day_cowork"])
    for window in account.windows:
        flat = _FLAT_NAMES.get(window.spec.name)
        if flat:
            payload[flat] = {"utilization": round(window.used * 100, 1), "resets_at": _iso(window)}
    payload["extra_usage"] = {"is_enabled": False, "monthly_limit": None, "used_credits": None, "utilization": None}
    payload["limits"] = [_limit(window) for window in account.windows]
    return json_answer(200, payload, [("request-id", world.refusal_id())])


def profile_answer(world: World, account: AccountState) -> Answer:
    """`GET /api/oauth/profile`."""
    _refuse_without_profile_scope(world, account)
    owner = {"uuid": "00000000-0000-4000-8000-0000000000cc", "email": "person@example.com", "full_name": "A Person"}
    home = {"uuid": ORGANIZATION_ID, "name": "Simulated", "organization_type": f"claude_{account.plan}"}
    return json_answer(200, {"account": owner, "organization": home}, [("request-id", world.refusal_id())])


def _refuse_without_profile_scope(world: World, account: AccountState) -> None:
    if account.spec.kind != "anthropic_oauth":
        raise refuse(world, 401, "Invalid bearer token")
    if account.spec.inference_only:
        raise refuse(world, 403, "OAuth token does not meet scope requirement user:profile")


def _limit(window: WindowState) -> Json:
    name, percent = window.spec.name, round(window.used * 100)
    kind = "session" if name == "5h" else "weekly_all" if name == "7d" else "weekly_scoped"
    model = {"7d_oi": "Fable", "7d_opus": "Opus", "7d_sonnet": "Sonnet"}.get(name)
    return {
        "kind": kind,
        "group": "session" if kind == "session" else "weekly",
        "percent": percent,
        "severity": "normal" if percent < 90 else "warning",
        "resets_at": _iso(window),
        "scope": {"model": {"id": None, "display_name": model}, "surface": None} if model else None,
        "is_active": kind == "session",
    }


def _iso(window: WindowState) -> str:
    return datetime.fromtimestamp(window.reset_at, UTC).isoformat(timespec="microseconds")
