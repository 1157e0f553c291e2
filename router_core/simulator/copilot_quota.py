"""Copilot's limits: premium requests of the month, and the 5-hour and weekly limits that only answers' headers show.

Names and forms of the headers from public sources of editors and proxies, read 2026-11: `rem` is percent, `rst` a time
in UTC. The code of a full week is assumed; that of a full session was reported.
"""

import math
from datetime import UTC, datetime
from urllib.parse import quote

from router_core.simulator.accounts import AccountState, WindowState
from router_core.simulator.answers import Answer, json_answer
from router_core.simulator.call import Call, Headers, Json
from router_core.simulator.copilot_models import CopilotModel
from router_core.simulator.copilot_rules import copilot_error
from router_core.simulator.world import World

PREMIUM = "premium"
_HEADER = {"5h": "session", "7d": "weekly"}
_WORDS = {
    "5h": ("5 hour session", "user_global_rate_limited:pro"),
    "7d": ("weekly", "user_weekly_rate_limited:pro"),
}


def copilot_headers(account: AccountState) -> Headers:
    """What an answer says of the limits."""
    headers: Headers = []
    for window in account.windows:
        if name := _HEADER.get(window.spec.name):
            headers.append((f"x-usage-ratelimit-{name}", _snapshot(window, 0)))
        elif window.spec.name == PREMIUM:
            entitled = window.spec.capacity_tokens
            headers.append(("x-quota-snapshot-premium_interactions", _snapshot(window, entitled)))
    return headers


def _snapshot(window: WindowState, entitled: int) -> str:
    resets = datetime.fromtimestamp(round(window.reset_at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    left = max(0.0, 1 - window.used) * 100
    return f"ent={entitled}&ov=0.0&ovPerm=false&rem={left:.1f}&rst={quote(resets, safe='')}"


def exhausted_answer(world: World, account: AccountState, model: CopilotModel) -> Answer | None:
    """The 429 of a full session or week, or the 402 of a month without premium requests; None while there is room."""
    for window in account.windows:
        words = _WORDS.get(window.spec.name)
        if words is not None and window.exhausted:
            wait = max(1, math.ceil(window.reset_at - world.clock.now()))
            text = f"Sorry, you've exceeded your {words[0]} limits. Please retry after {wait} seconds."
            answer = copilot_error(world, 429, text, words[1])
            answer.headers += [("retry-after", str(wait)), *copilot_headers(account)]
            return answer
        if window.spec.name == PREMIUM and window.exhausted and model.multiplier:
            text = "You have exceeded your premium request allowance."
            answer = copilot_error(world, 402, text, "quota_exceeded")
            answer.headers += copilot_headers(account)
            return answer
    return None


def charge_premium(call: Call, account: AccountState, model: CopilotModel) -> None:
    """A call that a person began costs; one that says `agent` does not. Without the header it counts as a person's."""
    if call.header("x-initiator") == "agent":
        return
    for window in account.windows:
        if window.spec.name == PREMIUM and window.spec.capacity_tokens:
            window.used += model.multiplier / window.spec.capacity_tokens


def user_answer(world: World, call: Call) -> Answer:
    """`GET /copilot_internal/user` of api.github.com, asked with the GitHub token: the month, not session and week."""
    if not call.header("user-agent"):
        return json_answer(403, {"message": "Request forbidden by administrative rules."})
    scheme, _, secret = call.header("authorization").partition(" ")
    chain = world.oauth.find("github", secret) if scheme.lower() in ("token", "bearer") else None
    if chain is None or not chain.alive:
        return json_answer(401, {"message": "Bad credentials", "status": "401"})
    account = world.accounts.find(chain.access_token, ("copilot",), world.clock.now())
    premium = next((w for w in account.windows if w.spec.name == PREMIUM), None) if account else None
    resets = datetime.fromtimestamp(premium.reset_at if premium else world.clock.now() + 86_400, UTC)
    entitled = premium.spec.capacity_tokens if premium else 300
    left = entitled * (1 - premium.used) if premium else entitled
    payload: Json = {
        "login": chain.person.email.partition("@")[0],
        "access_type_sku": "plus_monthly_subscriber",
        "copilot_plan": chain.person.plan or "individual",
        "chat_enabled": True,
        "quota_reset_date": resets.strftime("%Y-%m-%d"),
        "quota_snapshots": {
            "chat": _unlimited("chat"),
            "completions": _unlimited("completions"),
            "premium_interactions": {
                "entitlement": entitled,
                "remaining": max(0, math.floor(left)),
                "quota_remaining": round(max(0.0, left), 2),
                "percent_remaining": round(max(0.0, left / entitled * 100), 1) if entitled else 100.0,
                "unlimited": False,
                "overage_count": 0,
                "overage_permitted": False,
                "quota_id": "premium_interactions",
            },
        },
    }
    return json_answer(200, payload, [("x-github-request-id", world.refusal_id())])


def _unlimited(name: str) -> Json:
    return {
        "entitlement": 0,
        "remaining": 0,
        "quota_remaining": 0.0,
        "percent_remaining": 100.0,
        "unlimited": True,
        "overage_count": 0,
        "overage_permitted": False,
        "quota_id": name,
    }
