"""Every documented setting: its default, and that file and environment override it."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from router_core.config.load import load_config
from router_core.config.routing import RuleConfig, TargetList
from router_core.config.schema import RESERVED_PROVIDER_NAMES, Config, OAuthConfig, ProviderConfig
from router_core.config.spend import BudgetConfig, LoopsConfig, PeriodLimits, PriceConfig, RequestLimits
from router_core.config.transformers import (
    CustomTransformer,
    MaxTokenOptions,
    NoOptions,
    ToolUseOptions,
    TransformerUse,
)
from router_core.errors import ConfigError


def to(primary: str, *fallback: str) -> TargetList:
    """A target as config.toml gives it."""
    return TargetList(primary=primary, fallback=fallback or None)


SETTINGS: list[tuple[str, Any, str, Any, str, Any]] = [
    # key, default, in the file, read, in the environment, read
    ("server.host", "127.0.0.1", '"0.0.0.0"', "0.0.0.0", "::1", "::1"),
    ("server.port", 8100, "8200", 8200, "8300", 8300),
    ("server.auth", "token", '"open"', "open", "open", "open"),
    ("server.allowed_hosts", (), '["a.lan", "b.lan"]', ("a.lan", "b.lan"), '["c.lan"]', ("c.lan",)),
    ("server.proxy_url", None, '"http://p:3128"', "http://p:3128", "https://q:1", "https://q:1"),
    ("server.no_proxy", (), '["a.lan"]', ("a.lan",), '["10.0.0.0/8", "*"]', ("10.0.0.0/8", "*")),
    ("server.max_body_bytes", 33554432, "1000", 1000, "2000", 2000),
    ("server.log_level", "info", '"debug"', "debug", "error", "error"),
    ("server.log_file", None, '"/tmp/a.log"', "/tmp/a.log", "/tmp/b.log", "/tmp/b.log"),
    ("timeouts.connect_s", 10.0, "1.5", 1.5, "2", 2.0),
    ("timeouts.first_byte_s", 300.0, "1", 1.0, "2.5", 2.5),
    ("timeouts.idle_s", 280.0, "1", 1.0, "2", 2.0),
    ("timeouts.total_s", 3600.0, "1", 1.0, "2", 2.0),
    ("failover.max_attempts", 5, "1", 1, "2", 2),
    ("failover.deadline_s", 600.0, "1", 1.0, "2", 2.0),
    ("failover.hold_bytes", 1048576, "1", 1, "2", 2),
    ("failover.hold_s", 20.0, "1", 1.0, "2", 2.0),
    ("failover.wait_s", 2.0, "0", 0.0, "1.5", 1.5),
    ("failover.cache_wait_s", 15.0, "0", 0.0, "1.5", 1.5),
    ("selection.strategy", "priority", '"quota"', "quota", "round_robin", "round_robin"),
    ("selection.affinity", True, "false", False, "false", False),
    ("selection.affinity_ttl_s", 3600.0, "60", 60.0, "5", 5.0),
    ("oauth.gemini.client_id", None, '"id-1"', "id-1", "id-2", "id-2"),
    ("oauth.gemini.client_secret", None, '"secret-1"', "secret-1", "secret-2", "secret-2"),
    ("oauth.codex.base_url", None, '"https://a.example/"', "https://a.example", "http://127.0.0.1:9", "http://127.0.0.1:9"),
    ("trace.keep", 1000, "1", 1, "2", 2),
    ("trace.max_age_days", 14, "1", 1, "2", 2),
    ("trace.bodies", "redacted", '"off"', "off", "full", "full"),
    ("trace.body_limit_bytes", 262144, "1", 1, "2", 2),
    ("trace.bodies_max_bytes", 268435456, "1", 1, "2", 2),
    ("trace.jsonl", False, "true", True, "/tmp/b.jsonl", "/tmp/b.jsonl"),
    ("trace.jsonl_max_bytes", 52428800, "5000", 5000, "6000", 6000),
    ("trace.jsonl_keep", 5, "0", 0, "2", 2),
    ("portal.enabled", True, "false", False, "false", False),
    ("portal.session_hours", 12.0, "1", 1.0, "0.5", 0.5),
    ("portal.max_apps", 4, "1", 1, "2", 2),
    ("notify.quota", True, "false", False, "false", False),
    ("notify.quota_at", 0.8, "0.5", 0.5, "1", 1.0),
    ("notify.budget", True, "false", False, "false", False),
    ("notify.budget_at", 0.8, "0.5", 0.5, "1", 1.0),
    ("notify.token_died", True, "false", False, "false", False),
    ("notify.loop", True, "false", False, "false", False),
    ("notify.provider_down", True, "false", False, "false", False),
    ("notify.desktop", True, "false", False, "false", False),
    ("notify.command", (), '["a", "b"]', ("a", "b"), '["c"]', ("c",)),
    ("notify.webhook", None, '"https://a.example/x"', "https://a.example/x", "https://b.example", "https://b.example"),
    ("notify.min_interval_s", 3600.0, "60", 60.0, "1.5", 1.5),
    ("notify.timeout_s", 10.0, "1", 1.0, "2.5", 2.5),
    ("telemetry.otlp_endpoint", "", '"http://c:4318/"', "http://c:4318", "https://d", "https://d"),
    ("telemetry.protocol", "http/protobuf", '"http/protobuf"', "http/protobuf", "http/protobuf", "http/protobuf"),
    ("telemetry.headers", {}, '{ X-A = "1" }', {"X-A": SecretStr("1")}, '{"X-B": "2"}', {"X-B": SecretStr("2")}),
    ("telemetry.service_name", "mitmrouter", '"a"', "a", "b", "b"),
    ("telemetry.traces", True, "false", False, "false", False),
    ("telemetry.metrics", True, "false", False, "false", False),
    ("telemetry.interval_s", 10.0, "1", 1.0, "2.5", 2.5),
    ("telemetry.content", False, "true", True, "true", True),
    ("providers.claude.kind", "anthropic", '"openai"', "openai", "codex", "codex"),
    ("providers.claude.base_url", "https://api.anthropic.com", '"https://a.example/"', "https://a.example",
     "http://127.0.0.1:9", "http://127.0.0.1:9"),
    ("providers.codex.usage_base_url", "https://chatgpt.com/backend-api", '"https://u.example"', "https://u.example",
     "https://v.example", "https://v.example"),
    ("providers.claude.api_key", None, '"key-1"', "key-1", "key-2", "key-2"),
    ("timeouts.keep_alive_s", 15.0, "20", 20.0, "3", 3.0),
    ("routing.default", None, '"openai/gpt-5"', to("openai/gpt-5"), "claude/claude-x", to("claude/claude-x")),
    ("routing.background", None, '"openai/a"', to("openai/a"), "claude/b", to("claude/b")),
    ("routing.think", None, '{ primary = "openai/a", fallback = ["codex/b"] }', to("openai/a", "codex/b"),
     '{"primary": "claude/c", "fallback": []}', TargetList(primary="claude/c", fallback=())),
    ("routing.long_context", None, '"openai/a"', to("openai/a"), "claude/b", to("claude/b")),
    ("routing.long_context_threshold", 60000, "1", 1, "2", 2),
    ("routing.web_search", None, '"openai/a"', to("openai/a"), "claude/b", to("claude/b")),
    ("routing.image", None, '"openai/a"', to("openai/a"), "claude/b", to("claude/b")),
    ("routing.custom", None, '"my.py:place"', "my.py:place", "a.py:b", "a.py:b"),
    ("routing.custom_timeout_s", 1.0, "2", 2.0, "0.5", 0.5),
    ("routing.rules", (), '[{ project = "~/a/*", target = "openai/a" }]',
     (RuleConfig(project="~/a/*", target=to("openai/a")),), '[{"client": "codex", "target": "codex/b"}]',
     (RuleConfig(client="codex", target=to("codex/b")),)),
    ("routing.auto.tiers", {}, '{ SIMPLE = "openai/a" }', {"SIMPLE": to("openai/a")}, '{"REASONING": "codex/b"}',
     {"REASONING": to("codex/b")}),
    ("routing.auto.ambiguous", "MEDIUM", '"SIMPLE"', "SIMPLE", "COMPLEX", "COMPLEX"),
    ("routing.auto.confidence", 0.4, "0.5", 0.5, "0.7", 0.7),
    ("routing.auto.sticky_turns", 3, "1", 1, "2", 2),
    ("routing.fallbacks", (), '["openai/gpt-5"]', ("openai/gpt-5",), '["codex/gpt-5"]', ("codex/gpt-5",)),
    ("routing.models", {}, '{ "a-*" = "openai/b" }', {"a-*": to("openai/b")}, '{"c": "codex/d"}',
     {"c": to("codex/d")}),
    ("providers.claude.models", (), '["m"]', ("m",), '["n"]', ("n",)),
    ("providers.claude.auth", None, '"bearer"', "bearer", "api-key", "api-key"),
    ("providers.claude.keyless", False, "true", True, "true", True),
    ("providers.claude.headers", {}, '{ X-A = "1" }', {"X-A": "1"}, '{"X-B": "2"}', {"X-B": "2"}),
    ("providers.claude.strategy", None, '"fill_first"', "fill_first", "least_used", "least_used"),
    ("providers.claude.enabled", True, "false", False, "false", False),
    ("providers.codex.websocket", True, "false", False, "false", False),
    ("providers.claude.project", None, '"p-1"', "p-1", "p-2", "p-2"),
    ("providers.claude.location", None, '"europe-west1"', "europe-west1", "global", "global"),
    ("providers.claude.transformers", (), '["cleancache", ["maxtoken", { max_tokens = 5 }]]',
     (TransformerUse("cleancache", NoOptions()), TransformerUse("maxtoken", MaxTokenOptions(max_tokens=5))),
     '["groq"]', (TransformerUse("groq", NoOptions()),)),
    ("providers.claude.model_transformers", {}, '{ "a*" = ["groq"] }', {"a*": (TransformerUse("groq", NoOptions()),)},
     '{"b": ["tooluse"]}', {"b": (TransformerUse("tooluse", ToolUseOptions()),)}),
    ("providers.claude.order", 10, "3", 3, "4", 4),
    ("providers.claude.billing", None, '"subscription"', "subscription", "metered", "metered"),
    ("spend.on_limit", "refuse", '"cheaper"', "cheaper", "wait", "wait"),
    ("spend.warn_at", 0.8, "0.5", 0.5, "1", 1.0),
    ("spend.count", "metered", '"all"', "all", "metered", "metered"),
    ("spend.unknown_price", "allow", '"refuse"', "refuse", "allow", "allow"),
    ("spend.expected_output_tokens", 4096, "1", 1, "2", 2),
    ("spend.allow", (), '["claude/*"]', ("claude/*",), '["codex"]', ("codex",)),
    ("spend.deny", (), '["*opus*"]', ("*opus*",), '["codex"]', ("codex",)),
    ("spend.per_request", RequestLimits(), "{ usd = 0.5 }", RequestLimits(usd=Decimal("0.5")),
     '{"input_tokens": 9}', RequestLimits(input_tokens=9)),
    ("spend.per_day", PeriodLimits(), "{ usd = 5 }", PeriodLimits(usd=Decimal(5)), '{"requests": 9}',
     PeriodLimits(requests=9)),
    ("spend.per_week", PeriodLimits(), "{ usd = 5 }", PeriodLimits(usd=Decimal(5)), '{"requests": 9}',
     PeriodLimits(requests=9)),
    ("spend.per_month", PeriodLimits(), "{ usd = 5 }", PeriodLimits(usd=Decimal(5)), '{"requests": 9}',
     PeriodLimits(requests=9)),
    ("spend.budgets", (), '[{ model = "a*", each = "session", per_day = { usd = 1 } }]',
     (BudgetConfig(model="a*", each=("session",), per_day=PeriodLimits(usd=Decimal(1))),),
     '[{"per_day": {"requests": 1}}]', (BudgetConfig(per_day=PeriodLimits(requests=1)),)),
    ("spend.loops", LoopsConfig(), '{ action = "off" }', LoopsConfig(action="off"), '{"same_call": 5}',
     LoopsConfig(same_call=5)),
    ("prices.my-model.input", None, "0.1", Decimal("0.1"), "0.25", Decimal("0.25")),
    ("prices.my-model.output", None, "10", Decimal(10), "0.571", Decimal("0.571")),
    ("prices.my-model.cache_read", None, "0", Decimal(0), "0.003", Decimal("0.003")),
    ("prices.my-model.cache_write", None, "1", Decimal(1), "2", Decimal(2)),
    ("prices.my-model.cache_write_1h", None, "1", Decimal(1), "2", Decimal(2)),
    ("prices.my-model.reasoning", None, "1", Decimal(1), "2", Decimal(2)),
]  # fmt: skip
NAMED_TABLES: dict[str, type[BaseModel]] = {
    "providers": ProviderConfig,
    "oauth": OAuthConfig,
    "prices": PriceConfig,
    "transformers": CustomTransformer,
}
"""Tables of which there is one per name."""
each = pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting[0])


def _get(config: Any, dotted: str) -> Any:
    for part in dotted.split("."):
        config = config.get(part) if isinstance(config, dict) else getattr(config, part, None)
    return config.get_secret_value() if hasattr(config, "get_secret_value") else config


def _variable(dotted: str) -> str:
    return "MITMROUTER__" + dotted.upper().replace(".", "__")


def test_every_setting_is_in_the_table() -> None:
    named = {tuple(key.split(".")) for key, *_ in SETTINGS}
    for section, field in Config.model_fields.items():
        if section == "transformers":
            continue  # none of them has a default: test_transformers.py
        if section in NAMED_TABLES:
            assert {key[2] for key in named if key[0] == section} == set(NAMED_TABLES[section].model_fields)
            continue
        model = field.annotation
        assert isinstance(model, type)
        assert issubclass(model, BaseModel)
        assert {key[1] for key in named if key[0] == section} == set(model.model_fields), section


@each
def test_default_file_and_environment(setting: tuple[str, Any, str, Any, str, Any], tmp_path: Path) -> None:
    key, default, written, from_file, exported, from_environment = setting
    file = tmp_path / "config.toml"
    assert _get(load_config(file, env={}), key) == default
    section, _, name = key.rpartition(".")
    file.write_text(f"[{section}]\n{name} = {written}\n")
    assert _get(load_config(file, env={}), key) == from_file
    assert _get(load_config(file, env={_variable(key): exported}), key) == from_environment


def test_every_setting_says_what_it_means() -> None:
    for model in [
        *NAMED_TABLES.values(),
        *(field.annotation for name, field in Config.model_fields.items() if name not in NAMED_TABLES),
    ]:
        assert isinstance(model, type)
        assert issubclass(model, BaseModel)
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"


def _refused(tmp_path: Path, text: str) -> str:
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(file, env={})
    return caught.value.message.replace(str(file), "config.toml")


@pytest.mark.parametrize(
    ("section", "line", "says"),
    [
        ("server", "port = 70000", "less than or equal to 65535"),
        ("server", "port = -1", "greater than or equal to 0"),
        ("server", 'port = "many"', "valid integer"),
        ("server", 'auth = "none"', "'token' or 'open'"),
        ("server", 'log_level = "loud"', "'debug', 'info', 'warning' or 'error'"),
        ("server", 'proxy_url = "socks5://p"', "must look like http://host:port"),
        ("server", 'proxy_url = "http://"', "must look like http://host:port"),
        ("server", 'allowed_hosts = "a.lan"', "valid tuple"),
        ("server", "max_body_bytes = 0", "greater than 0"),
        ("timeouts", "connect_s = 0", "greater than 0"),
        ("timeouts", "idle_s = nan", "greater than 0"),
        ("failover", "max_attempts = 0", "greater than 0"),
        ("selection", 'strategy = "random"', "'priority', 'quota'"),
        ("trace", 'bodies = "some"', "'off', 'redacted' or 'full'"),
        ("providers.claude", 'kind = "claude"', "'anthropic', 'openai'"),
        ("providers.claude", "order = -1", "greater than or equal to 0"),
        ("providers.claude", 'base_url = "api.anthropic.com"', "must be a URL such as"),
        ("providers.claude", 'base_url = "ftp://a.example"', "must be a URL such as"),
        ("providers.claude", 'base_url = "https://"', "must be a URL such as"),
        ("providers.claude", 'base_url = "http://api.anthropic.com"', "plain http:// is allowed for loopback only"),
        (
            "providers.claude",
            'base_url = "http://127.0.0.1.evil.example"',
            "plain http:// is allowed for loopback only",
        ),
        ("providers.claude", 'base_url = "https://user:pw@a.example"', "must not hold a user name"),
        ("providers.claude", 'base_url = "https://a.example?x=1"', "must not hold a user name"),
        ("providers.claude", 'base_url = "https://a.example:99999"', "a port that is none"),
        ("providers.claude", 'base_url = "https://a.example:0"', "port 0"),
        ("providers.claude", 'base_url = "https://[::1"', "IPv6"),
        ("providers.claude", 'usage_base_url = "http://a.example"', "plain http:// is allowed for loopback only"),
        ("providers.claude", 'headers = { "bad name" = "x" }', "header 'bad name' cannot be sent"),
        ("providers.claude", 'headers = { X = "a\\r\\nb" }', "header 'X' cannot be sent"),
        ("providers.claude", 'headers = { Host = "x" }', "header 'Host' is set by the router itself"),
    ],
)
def test_a_wrong_value_names_file_line_and_key(section: str, line: str, says: str, tmp_path: Path) -> None:
    message = _refused(tmp_path, f"# a comment\n[{section}]\n{line}\n")
    assert message.startswith(f"config.toml:3: '{section}.{line.split(' ')[0]}")
    assert says in message


@pytest.mark.parametrize(
    "url",
    ["http://localhost:1", "http://127.0.0.1:1/v1", "http://[::1]:1", "http://a.localhost", "https://a.example/v1/"],
)
def test_plain_http_is_allowed_for_loopback(url: str) -> None:
    assert ProviderConfig(kind="openai", base_url=url).base_url == url.rstrip("/")


@pytest.mark.parametrize("name", [*sorted(RESERVED_PROVIDER_NAMES), "Upper", "with space", "-x", "a.b", "ü"])
def test_a_provider_name_that_cannot_be_a_path_is_refused_with_its_line(name: str, tmp_path: Path) -> None:
    text = f'[server]\nport = 1\n\n[providers."{name}"]\nkind = "openai"\nbase_url = "https://a.example/v1"\n'
    message = _refused(tmp_path, text)
    assert name in message
    if "." not in name:
        assert message.startswith("config.toml:4: ")
    assert "provider name" in message


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_open_is_allowed_on_loopback(host: str) -> None:
    assert Config.model_validate({"server": {"auth": "open", "host": host}}).server.auth == "open"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "router.lan"])
def test_open_is_refused_anywhere_else(host: str, tmp_path: Path) -> None:
    message = _refused(tmp_path, f'[server]\nhost = "{host}"\nauth = "open"\n')
    assert message.startswith("config.toml:1: 'server'")
    assert f'host {host} is not loopback: it needs auth = "token"' in message


def test_a_configuration_never_changes() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Config().server.port = 1
