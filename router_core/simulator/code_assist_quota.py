"""Models and quotas of the Code Assist service. All that it shows is read off the account's windows.

Gemini CLI accounts have requests per minute and day; Antigravity accounts a five-hour and a weekly window for Gemini's
models and another pair for the models of others (`gemini-5h`, `gemini-7d`, `claude-5h`, `claude-7d`).
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from router_core.simulator.accounts import AccountState, WindowState
from router_core.simulator.answers import Answer, Refusal, json_answer
from router_core.simulator.call import Json
from router_core.simulator.gemini_errors import go_seconds, refuse_gemini
from router_core.simulator.gemini_models import OLDEST_SERVED, generation
from router_core.simulator.google_accounts import DOMAIN, wrong_project
from router_core.simulator.world import World

CODE_ASSIST_MODELS = ("gemini-2.5-pro", "gemini-2.5-flash", "gemini-3-flash-preview", "gemini-3.5-flash")
ANTIGRAVITY_MODELS = (
    "gemini-3-flash", "gemini-3.1-pro-high", "gemini-3.1-pro-low", "gemini-3.5-flash", "claude-sonnet-4-6",
    "claude-opus-4-6-thinking", "gpt-oss-120b-medium",
)  # fmt: skip
_GROUPS = (("Gemini Models", "gemini"), ("Claude and GPT models", "claude"))
_WINDOW_NAMES = {"5h": "5h", "7d": "weekly"}


def serves(account: AccountState, model: str) -> bool:
    """Whether the account may use the model, by the name that its client has for it."""
    if account.spec.models:
        return model in account.spec.models
    if account.spec.kind == "antigravity" and model in ANTIGRAVITY_MODELS:
        return True
    return model.startswith("gemini-") and generation(model) >= OLDEST_SERVED


def names_of(account: AccountState) -> tuple[str, ...]:
    """The models that are listed."""
    usual = ANTIGRAVITY_MODELS if account.spec.kind == "antigravity" else CODE_ASSIST_MODELS
    return tuple(account.spec.models) or usual


def quota_refusal(world: World, account: AccountState, model: str) -> Refusal | None:
    """The 429 of a full window, in this service's own details."""
    full = account.exhausted(model)
    if not full:
        return None
    last = max(full, key=lambda window: window.reset_at)
    return quota_exceeded(model, last.reset_at, world.clock.now(), minute=last.spec.length_s <= 60)


def quota_exceeded(model: str, reset_at: float, now: float, *, minute: bool) -> Refusal:
    """`RATE_LIMIT_EXCEEDED` passes by itself, `QUOTA_EXHAUSTED` does not before the reset."""
    wait_s = max(0.0, reset_at - now)
    metadata: Json = {
        "uiMessage": "true",
        "model": model,
        "quotaResetDelay": go_seconds(wait_s),
        "quotaResetTimeStamp": _iso(reset_at),
    }
    info: Json = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "RATE_LIMIT_EXCEEDED" if minute else "QUOTA_EXHAUSTED",
        "domain": DOMAIN,
        "metadata": metadata,
    }
    retry: Json = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": go_seconds(wait_s)}
    text = "You have exhausted your capacity on this model."
    return refuse_gemini(429, f"{text} Your quota will reset after {go_seconds(wait_s)}.", details=[info, retry])


def quota_buckets(world: World, account: AccountState, body: Json) -> Answer:
    """`retrieveUserQuota`: one bucket per model and kind of limit."""
    if body.get("project") != account.project:
        raise wrong_project(str(body.get("project")))
    buckets: list[Json] = []
    for model in names_of(account):
        buckets += [_bucket(model, window) for window in _of(account, model) if window.spec.length_s > 60]
    return json_answer(200, {"buckets": buckets})


def quota_summary(world: World, account: AccountState, body: Json) -> Answer:
    """`retrieveUserQuotaSummary`: the groups of Antigravity, each with its windows."""
    groups: list[Json] = []
    for title, family in _GROUPS:
        buckets = [
            {
                "bucketId": window.spec.name,
                "displayName": "Five hour limit" if window.spec.name.endswith("5h") else "Weekly limit",
                "window": _WINDOW_NAMES.get(window.spec.name.rpartition("-")[2], window.spec.name),
                **_state(window),
            }
            for window in account.windows
            if window.spec.name.startswith(f"{family}-")
        ]
        if buckets:
            groups.append({"displayName": title, "buckets": buckets})
    return json_answer(200, {"groups": groups})


def available_models(world: World, account: AccountState, body: Json) -> Answer:
    """`fetchAvailableModels`: what the account may use, with the scarcest window of each."""
    models: Json = {}
    for name in names_of(account):
        windows = [window for window in _of(account, name) if window.spec.length_s > 60]
        scarcest = max(windows, key=lambda window: window.used, default=None)
        models[name] = {
            "displayName": name.replace("-", " ").title(),
            "maxTokens": 200_000 if name.startswith("claude") else 1_048_576,
            "maxOutputTokens": 64_000 if name.startswith("claude") else 65_535,
            "supportsThinking": not name.startswith("gpt"),
            "supportsImages": not name.startswith("gpt"),
            **({"quotaInfo": _state(scarcest)} if scarcest is not None else {}),
        }
    return json_answer(200, {"models": models, "defaultAgentModelId": names_of(account)[0]})


def _of(account: AccountState, model: str) -> Iterable[WindowState]:
    return (window for window in account.windows if window.holds(model))


def _bucket(model: str, window: WindowState) -> Json:
    return {"modelId": model, "tokenType": "REQUESTS", **_state(window)}


def _state(window: WindowState) -> Json:
    remaining = max(0.0, 1.0 - window.used)
    return {"remainingFraction": round(remaining, 6), "resetTime": _iso(window.reset_at)}


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
