"""Each usage endpoint: what is asked of it, and what its answers say. Bodies as the providers were recorded."""

from typing import Any

import orjson
import pytest

from router_core.config.schema import Config, ProviderConfig
from router_core.oauth.http import HttpAnswer
from router_core.quota.endpoints import usage_endpoint
from router_core.quota.report import Balance, UsageRefused, UsageReport
from router_core.tokens.token import Token, Window

NOW = 1_766_900_000.0
CONFIG = Config()
OAT = "sk-ant-oat01-person"


def answer(body: Any, status: int = 200, **headers: str) -> HttpAnswer:
    return HttpAnswer(status, headers, orjson.dumps(body))


def token_of(name: str, secret: str = "secret", **fields: Any) -> Token:
    return Token("id", name, name, secret, **fields)


def provider_of(name: str, **changes: Any) -> ProviderConfig:
    return CONFIG.providers[name].model_copy(update=changes)


def read(name: str, *bodies: Any, secret: str = "secret", provider: ProviderConfig | None = None) -> UsageReport:
    polled = usage_endpoint(name, provider or provider_of(name), token_of(name, secret))
    assert polled is not None
    answers = [body if isinstance(body, HttpAnswer) else answer(body) for body in bodies]
    return polled.endpoint.read_usage(answers, NOW)


def urls(name: str, secret: str = "secret", provider: ProviderConfig | None = None) -> list[str]:
    provider, token = provider or provider_of(name), token_of(name, secret)
    polled = usage_endpoint(name, provider, token)
    return [f"{call.method} {call.url}" for call in polled.endpoint.usage_calls(token, provider)] if polled else []


def shown(report: UsageReport) -> dict[str, tuple[float | None, float | None, int | None]]:
    return {w.name: (None if w.used is None else round(w.used, 4), w.reset_at, w.length_s) for w in report.windows}


# ---- what is asked ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("codex", ["GET https://chatgpt.com/backend-api/wham/usage"]),
        ("openrouter", ["GET https://openrouter.ai/api/v1/key", "GET https://openrouter.ai/api/v1/credits"]),
        ("openrouter-anthropic", ["GET https://openrouter.ai/api/v1/key", "GET https://openrouter.ai/api/v1/credits"]),
        ("deepseek", ["GET https://api.deepseek.com/user/balance"]),
        ("moonshot", ["GET https://api.moonshot.ai/v1/users/me/balance"]),
        ("moonshot-cn", ["GET https://api.moonshot.cn/v1/users/me/balance"]),
        ("kimi-coding", ["GET https://api.kimi.com/coding/v1/usages"]),
        ("zai-coding", ["GET https://api.z.ai/api/monitor/usage/quota/limit"]),
        ("bigmodel", ["GET https://open.bigmodel.cn/api/monitor/usage/quota/limit"]),
        ("siliconflow", ["GET https://api.siliconflow.cn/v1/user/info"]),
        ("siliconflow-intl", ["GET https://api.siliconflow.com/v1/user/info"]),
        ("openai", []),
        ("groq", []),
    ],
)
def test_each_provider_is_asked_where_it_tells(name: str, asked: list[str]) -> None:
    assert urls(name) == asked


def test_a_claude_api_key_has_no_usage_endpoint_but_a_subscription_has() -> None:
    assert urls("claude", "sk-ant-api03-key") == []
    assert urls("claude", OAT) == ["GET https://api.anthropic.com/api/oauth/usage"]


def test_claude_is_asked_as_claude_code_asks() -> None:  # any other user agent lands in a tiny rate bucket
    polled = usage_endpoint("claude", provider_of("claude"), token_of("claude", OAT))
    assert polled is not None
    (call,) = polled.endpoint.usage_calls(token_of("claude", OAT), provider_of("claude"))
    headers = dict(call.headers)
    assert headers["user-agent"].startswith("claude-code/")
    assert headers["authorization"] == f"Bearer {OAT}"
    assert headers["anthropic-beta"] == "oauth-2025-04-20"
    assert polled.every_s >= 300


def test_copilot_is_asked_with_the_github_login_not_with_its_api_token() -> None:
    provider = ProviderConfig(kind="copilot", base_url="https://api.githubcopilot.com")
    token = token_of("copilot", "tid=1", refresh_token="gho_login")
    polled = usage_endpoint("copilot", provider, token)
    assert polled is not None
    (call,) = polled.endpoint.usage_calls(token, provider)
    assert call.url == "https://api.github.com/copilot_internal/user"
    assert dict(call.headers)["authorization"] == "token gho_login"


@pytest.mark.parametrize(
    ("kind", "url", "method"),
    [
        ("code-assist", "https://cloudcode-pa.googleapis.com", "retrieveUserQuota"),
        ("antigravity", "https://daily-cloudcode-pa.googleapis.com/v1internal", "fetchAvailableModels"),
    ],
)
def test_google_is_asked_for_the_project_that_pays(kind: str, url: str, method: str) -> None:
    provider = ProviderConfig.model_validate({"kind": kind, "base_url": url})
    token = token_of("google", "ya29.x", facts={"project": "proj-1"})
    polled = usage_endpoint("google", provider, token)
    assert polled is not None
    (call,) = polled.endpoint.usage_calls(token, provider)
    assert call.url == f"{url.removesuffix('/v1internal')}/v1internal:{method}"
    assert orjson.loads(call.body) == {"project": "proj-1"}


@pytest.mark.parametrize("name", ["codex", "openrouter", "deepseek", "moonshot", "kimi-coding", "zai", "siliconflow"])
def test_a_compatible_upstream_is_asked_at_its_own_usage_base_url(name: str) -> None:
    mirror = provider_of(name, base_url="https://mirror.example/v1", usage_base_url="https://usage.example")
    assert urls(name, provider=mirror)
    assert all(url.startswith("GET https://usage.example/") for url in urls(name, provider=mirror))


def test_a_mirror_without_usage_base_url_is_never_sent_the_question() -> None:
    assert urls("openrouter", provider=provider_of("openrouter", base_url="https://mirror.example/v1")) == []


# ---- Claude ----------------------------------------------------------------------------------------------------------

DECEMBER = "2026-12-01T00:00:00Z"

CLAUDE: dict[str, Any] = {
    "five_hour": {"utilization": 11.0, "resets_at": "2026-07-03T00:30:00.282668+00:00"},
    "seven_day": {"utilization": 9.5, "resets_at": "2026-07-08T09:00:00.282694+00:00"},
    "seven_day_opus": None,
    "iguana_necktie": None,
    "extra_usage": {"is_enabled": False, "monthly_limit": None, "used_credits": None, "utilization": None},
    "limits": [
        {"kind": "session", "percent": 11, "resets_at": "2026-07-03T00:30:00+00:00", "scope": None},
        {"kind": "weekly_all", "percent": 9, "resets_at": "2026-07-08T09:00:00+00:00", "scope": None},
        {
            "kind": "weekly_scoped",
            "percent": 5,
            "resets_at": "2026-07-08T09:00:00+00:00",
            "scope": {"model": {"id": None, "display_name": "Fable"}, "surface": None},
        },
        {"kind": "weekly_scoped", "percent": 3, "resets_at": None, "scope": {"model": None, "surface": "web"}},
    ],
}


def test_claude_percents_become_fractions_and_families_are_named_as_in_headers() -> None:
    report = read("claude", CLAUDE, secret=OAT)
    assert shown(report) == {
        "5h": (0.11, pytest.approx(1783038600.28, abs=0.1), 18000),
        "7d": (0.095, pytest.approx(1783501200.28, abs=0.1), 604800),
        "7d_oi": (0.05, 1783501200.0, 604800),
    }
    assert report.balances == (Balance("extra_usage", status="off", observed_at=NOW),)


def test_windows_missing_from_the_flat_fields_come_from_limits() -> None:
    report = read("claude", {"limits": CLAUDE["limits"]}, secret=OAT)
    assert set(shown(report)) == {"5h", "7d", "7d_oi"}


def test_extra_usage_of_12_dollars_is_not_shown_as_1234() -> None:  # 15
    extra = {"is_enabled": True, "monthly_limit": 5000, "used_credits": 1234.0, "utilization": 24.68}
    (balance,) = read("claude", {**CLAUDE, "extra_usage": extra}, secret=OAT).balances
    assert balance == Balance("extra_usage", 12.34, 50.0, pytest.approx(37.66), "USD", "", NOW)
    unlimited = {"is_enabled": True, "monthly_limit": None, "used_credits": 100}
    (balance,) = read("claude", {**CLAUDE, "extra_usage": unlimited}, secret=OAT).balances
    assert (balance.used, balance.total, balance.status) == (1.0, None, "unlimited")


def test_spend_is_read_where_extra_usage_is_not_told() -> None:
    spend = {
        "used": {"amount_minor": 250, "currency": "EUR", "exponent": 2},
        "limit": {"amount_minor": 1000, "currency": "EUR", "exponent": 2},
        "enabled": True,
    }
    (balance,) = read("claude", {"spend": spend}, secret=OAT).balances
    assert (balance.used, balance.total, balance.unit) == (2.5, 10.0, "EUR")


def test_a_setup_token_is_told_once_that_it_may_not_ask() -> None:
    body = {"type": "error", "error": {"message": "OAuth token does not meet scope requirement user:profile"}}
    with pytest.raises(UsageRefused, match="user:profile") as caught:
        read("claude", answer(body, 403), secret=OAT)
    assert caught.value.never


def test_retry_after_0_on_a_429_does_not_mean_now() -> None:
    with pytest.raises(UsageRefused) as caught:
        read("claude", answer({}, 429, **{"retry-after": "0"}), secret=OAT)
    assert caught.value.limited
    assert not caught.value.never


# ---- the others ------------------------------------------------------------------------------------------------------


def test_chatgpt_windows_are_named_by_length_families_apart() -> None:
    def window(percent: float, seconds: int) -> dict[str, Any]:
        return {"used_percent": percent, "limit_window_seconds": seconds, "reset_after_seconds": 60, "reset_at": 1e9}

    report = read(
        "codex",
        {
            "plan_type": "prolite",
            "rate_limit": {"primary_window": window(22, 604800), "secondary_window": None},
            "code_review_rate_limit": {"primary_window": window(1.5, 18000)},
            "additional_rate_limits": [
                {"limit_name": "GPT-5.3-Codex-Spark", "rate_limit": {"primary_window": window(50, 18000)}}
            ],
            "credits": {"has_credits": True, "unlimited": False, "balance": "12.5", "overage_limit_reached": False},
            "spend_control": {"reached": True},
            "rate_limit_reached_type": {"type": "workspace_member_credits_depleted"},
        },
    )
    assert shown(report) == {
        "7d": (0.22, 1e9, 604800),
        "5h_code_review": (0.015, 1e9, 18000),
        "5h_gpt_5_3_codex_spark": (0.5, 1e9, 18000),
    }
    assert report.facts == {"plan": "prolite"}
    assert [(b.name, b.remaining, b.status) for b in report.balances] == [
        ("credits", 12.5, ""),
        ("spend_control", None, "used up"),
        ("limit_reached", None, "workspace_member_credits_depleted"),
    ]


@pytest.mark.parametrize(
    ("credits", "status"),
    [({"unlimited": True}, "unlimited"), ({"has_credits": False, "balance": "0"}, "none")],
)
def test_chatgpt_credits_may_be_unlimited_or_none(credits: dict[str, Any], status: str) -> None:
    (balance,) = read("codex", {"credits": credits}).balances
    assert balance.status == status


def test_copilot_tells_premium_requests_of_the_month() -> None:  # 17: nothing of its 5-hour and weekly limits
    provider = ProviderConfig(kind="copilot", base_url="https://api.githubcopilot.com")
    report = read(
        "copilot",
        {
            "copilot_plan": "individual",
            "quota_reset_date": "2026-12-01",
            "quota_snapshots": {
                "chat": {"unlimited": True, "percent_remaining": 100},
                "premium_interactions": {
                    "entitlement": 300,
                    "remaining": 75,
                    "percent_remaining": 25.0,
                    "unlimited": False,
                    "overage_count": 0,
                    "overage_permitted": True,
                },
            },
        },
        provider=provider,
    )
    assert shown(report) == {"month_premium": (0.75, 1796083200.0, 30 * 86400)}
    assert report.balances == (
        Balance("chat", unit="requests", status="unlimited", observed_at=NOW),
        Balance("premium", 225, 300, 75, "requests", "overage permitted", NOW),
    )


def test_code_assist_tells_each_model_the_lowest_counts() -> None:
    provider = ProviderConfig(kind="code-assist", base_url="https://cloudcode-pa.googleapis.com")
    buckets = [
        {"modelId": "gemini-3-pro", "tokenType": "REQUESTS", "remainingFraction": 0.83, "resetTime": DECEMBER},
        {"modelId": "gemini-3-pro", "tokenType": "TOKENS", "remainingFraction": 0.25, "resetTime": DECEMBER},
        {"modelId": "gemini-3-flash", "resetTime": DECEMBER},
    ]  # fmt: skip
    report = read("google", {"buckets": buckets}, provider=provider)
    assert shown(report) == {
        "1d_gemini-3-pro": (0.75, 1796083200.0, 86400),
        "1d_gemini-3-flash": (1.0, 1796083200.0, 86400),
    }


def test_antigravity_tells_quota_with_its_models() -> None:
    provider = ProviderConfig(kind="antigravity", base_url="https://daily-cloudcode-pa.googleapis.com")
    models = {
        "claude-sonnet-4-6": {"quotaInfo": {"remainingFraction": 0.4, "resetTime": DECEMBER}},
        "gpt-oss": {},
    }
    report = read("google", {"models": models}, provider=provider)
    assert shown(report) == {"1d_claude-sonnet-4-6": (0.6, 1796083200.0, 86400)}


def test_openrouter_tells_of_the_key_and_of_the_account() -> None:
    key = {"data": {"limit": 20, "limit_remaining": 5.5, "usage": 14.5, "is_free_tier": False}}
    report = read("openrouter", key, {"data": {"total_credits": 100.0, "total_usage": 40.25}})
    assert [(b.name, b.used, b.total, b.remaining, b.unit) for b in report.balances] == [
        ("key", 14.5, 20, 5.5, "USD"),
        ("credits", 40.25, 100.0, 59.75, "USD"),
    ]


def test_an_openrouter_key_that_may_not_see_the_account_still_tells_of_itself() -> None:
    key = {"data": {"limit": None, "limit_remaining": None, "usage": 1.0}}
    report = read("openrouter", key, answer({"error": {"message": "Only management keys"}}, 403))
    assert [(b.name, b.status) for b in report.balances] == [("key", "unlimited")]


@pytest.mark.parametrize(
    ("name", "body", "balance"),
    [
        (
            "deepseek",
            {"is_available": True, "balance_infos": [{"currency": "USD", "total_balance": "110.00"}]},
            ("balance_usd", 110.0, "USD", ""),
        ),
        (
            "deepseek",
            {"is_available": False, "balance_infos": [{"currency": "CNY", "total_balance": "0.00"}]},
            ("balance_cny", 0.0, "CNY", "used up"),
        ),
        ("moonshot", {"data": {"available_balance": 49.58, "cash_balance": 3.0}}, ("balance", 49.58, "", "")),
        ("siliconflow", {"data": {"balance": "0.88", "totalBalance": "88.88"}}, ("balance", 88.88, "", "")),
        ("siliconflow", {"data": {"totalBalance": "-0.1"}}, ("balance", -0.1, "", "used up")),
    ],
)
def test_what_is_left_of_the_money(name: str, body: Any, balance: tuple[Any, ...]) -> None:
    (found,) = read(name, body).balances
    assert (found.name, found.remaining, found.unit, found.status) == balance


def test_kimi_counts_as_text_with_a_week_on_top() -> None:
    detail = {"limit": "200", "remaining": "150", "resetTime": "2026-01-06T13:33:02Z"}
    report = read(
        "kimi-coding",
        {
            "usage": {"limit": "100", "used": "26", "remaining": "74", "resetTime": "2026-02-11T17:32:50.757941Z"},
            "limits": [{"window": {"duration": 300, "timeUnit": "TIME_UNIT_MINUTE"}, "detail": detail}],
        },
    )
    assert shown(report) == {
        "7d": (0.26, pytest.approx(1770831170.76, abs=0.01), 604800),
        "5h": (0.25, 1767706382.0, 18000),
    }


def test_zai_tells_token_windows_and_tool_calls() -> None:
    limits = [
        {"type": "TIME_LIMIT", "unit": 5, "number": 1, "usage": 100, "currentValue": 28, "remaining": 72},
        {"type": "TOKENS_LIMIT", "unit": 3, "number": 5, "percentage": 1, "nextResetTime": 1771073738808},
        {"type": "TOKENS_LIMIT", "unit": 6, "number": 1, "percentage": 40, "nextResetTime": 1771073738808},
    ]
    report = read("zai-coding", {"code": 200, "success": True, "data": {"limits": limits, "level": "lite"}})
    assert shown(report) == {"5h": (0.01, 1771073738.808, 18000), "7d": (0.4, 1771073738.808, 604800)}
    assert report.balances == (Balance("tool_calls", 28, 100, 72, "calls", "", NOW),)
    assert report.facts == {"plan": "lite"}


def test_zai_says_no_with_status_200() -> None:
    with pytest.raises(UsageRefused, match="token expired") as caught:
        read("zai-coding", {"code": 401, "msg": "token expired or incorrect", "success": False})
    assert caught.value.never


JUNK = [
    {},
    {"rate_limit": 5, "credits": [], "limits": "x", "data": None, "buckets": [3], "five_hour": {"utilization": "x"}},
    {"data": {"limits": [None, {"type": "TOKENS_LIMIT", "unit": "x"}]}, "usage": {"limit": "0"}, "balance_infos": [1]},
    {"quota_snapshots": {"chat": 4}, "models": {"a": 1}, "rate_limit": {"primary_window": {"used_percent": "nan"}}},
]  # fmt: skip


@pytest.mark.parametrize("body", JUNK, ids=range(len(JUNK)))
@pytest.mark.parametrize("name", ["codex", "openrouter", "deepseek", "moonshot", "kimi-coding", "zai", "siliconflow"])
def test_an_answer_of_another_shape_is_no_error_of_ours(name: str, body: Any) -> None:
    try:
        report = read(name, body, body)
    except UsageRefused:
        return
    assert all(isinstance(window, Window) for window in report.windows)
