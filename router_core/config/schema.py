"""Every setting, its default and its meaning.

A setting that is not here is an error (`extra="forbid"`), so that a typo never silently means the default.
Times are seconds, sizes are bytes.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from router_core.config.notify import NotifyConfig
from router_core.config.portal import PortalConfig
from router_core.config.proxy import proxy_for
from router_core.config.routing import RoutingConfig
from router_core.config.section import Section
from router_core.config.spelling import ALL_PROVIDERS, did_you_mean
from router_core.config.spend import PriceConfig, SpendConfig
from router_core.config.telemetry import TelemetryConfig
from router_core.config.transformers import CustomTransformers, TransformerUse, Use, with_custom_ones
from router_core.netloc import is_loopback
from router_core.routing.target import provider_meant, split_target

Strategy = Literal["priority", "quota", "round_robin", "least_used", "fill_first"]
Kind = Literal[
    "anthropic", "openai", "openai-chat", "openai-responses", "codex", "gemini", "code-assist", "vertex", "copilot",
    "antigravity",
]  # fmt: skip

AuthForm = Literal["bearer", "x-api-key", "api-key"]

RESERVED_PROVIDER_NAMES = frozenset({"api", "v1", "v1beta", "health", "status", "metrics", "portal"})


class ServerConfig(Section):
    host: str = "127.0.0.1"
    """Address to listen on. Anything but loopback needs `auth = "token"`."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8100
    """Port to listen on."""
    auth: Literal["token", "open"] = "token"
    """`token`: clients present the gateway token. `open`: any placeholder is accepted, on loopback only."""
    allowed_hosts: tuple[str, ...] = ()
    """Host names accepted in the `Host` header besides loopback names (no port)."""
    proxy_url: str | None = None
    """An HTTP proxy to reach the providers through, `http://host:port`, with `user:password@` if it asks for that; else
    that of `PROXY_URL` or `HTTPS_PROXY` in the environment; `""`: none."""
    no_proxy: tuple[str, ...] = ()
    """Hosts that are reached without it (`example.com` and below, `10.0.0.0/8`, `*`); else those of `NO_PROXY`."""
    max_body_bytes: PositiveInt = 32 * 1024 * 1024
    """Largest request body; a larger one is answered 413."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """What goes to the log file."""
    log_file: str | None = None
    """Another place for the log; default `logs/router.log` in the home folder."""

    @model_validator(mode="after")
    def _open_only_on_loopback(self) -> Self:
        if self.auth == "open" and not is_loopback(self.host):
            raise ValueError(f'host {self.host} is not loopback: it needs auth = "token"')
        return self

    @field_validator("proxy_url")
    @classmethod
    def _is_http_proxy(cls, value: str | None) -> str | None:
        if not value:
            return None
        if urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname:
            raise ValueError("must look like http://host:port")
        return value

    def proxy_for(self, url: str) -> str | None:
        """The proxy that a URL is reached through; None: none, as always on this machine."""
        return proxy_for(url, self.proxy_url, self.no_proxy)


class TimeoutsConfig(Section):
    connect_s: PositiveFloat = 10.0
    """Until the connection to the provider, TLS included, must stand."""
    first_byte_s: PositiveFloat = 300.0
    """Until the provider must have sent its response headers. Claude Code itself gives up after 360 s."""
    idle_s: PositiveFloat = 280.0
    """Longest silence within a response. Claude Code and Codex give up after 300 s."""
    total_s: PositiveFloat = 3600.0
    """Longest time for one attempt from start to end."""
    keep_alive_s: PositiveFloat = 15.0
    """A streaming client that is sent nothing for so long is told that its answer lives, if its format can say so."""


class FailoverConfig(Section):
    max_attempts: PositiveInt = 5
    """Attempts for one client request, the first one included."""
    deadline_s: PositiveFloat = 600.0
    """No new attempt is begun later than this after the request came in."""
    hold_bytes: PositiveInt = 1024 * 1024
    """Most bytes of a response held back while nothing of it has been sent to the client."""
    hold_s: PositiveFloat = 20.0
    """Longest time a response that has begun is held back while waiting for its first content."""
    wait_s: NonNegativeFloat = 2.0
    """Longest time a request waits for a token that rests, when no other one can pay."""
    cache_wait_s: NonNegativeFloat = 15.0
    """Longest time a request waits for its session's token, where writing its cached prefix elsewhere would cost more
    than the wait; a second counts as a cent."""


class SelectionConfig(Section):
    strategy: Strategy = "priority"
    """Which token pays. `priority`: the lowest number first."""
    affinity: bool = True
    """A session stays with its token, so that the provider's prompt cache stays warm."""
    affinity_ttl_s: PositiveFloat = 3600.0
    """A session that was silent for so long is bound anew."""


def _checked_url(value: str | None) -> str | None:
    """https anywhere, plain http to loopback only: tokens are sent there."""
    if value is None:
        return None
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be a URL such as https://api.example.com")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("must not hold a user name, password, query or fragment")
    try:
        port = parts.port
    except ValueError:
        raise ValueError("must not hold a port that is none") from None
    if port == 0:
        raise ValueError("must not hold port 0")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("plain http:// is allowed for loopback only: use https://")
    return value.rstrip("/")


class OAuthConfig(Section):
    """One `[oauth.NAME]` table."""

    client_id: str | None = None
    """Instead of the vendor's public one. `gemini` and `antigravity` need one, found in an installed vendor CLI."""
    client_secret: SecretStr | None = None
    """Likewise; better as `$VARIABLE`."""
    base_url: str | None = None
    """Instead of the vendor's authorization server (scheme, host, port); for compatible servers and tests."""

    @field_validator("base_url")
    @classmethod
    def _https_or_loopback(cls, value: str | None) -> str | None:
        return _checked_url(value)


class OAuthLogins(Section):
    """The `[oauth.NAME]` tables."""

    claude: OAuthConfig = OAuthConfig()
    codex: OAuthConfig = OAuthConfig()
    copilot: OAuthConfig = OAuthConfig()
    gemini: OAuthConfig = OAuthConfig()
    antigravity: OAuthConfig = OAuthConfig()
    vertex: OAuthConfig = OAuthConfig()


class ProviderConfig(Section):
    """One `[providers.NAME]` table; what is left out comes from the catalogue."""

    kind: Kind
    """Which dialect and auth the provider speaks."""
    base_url: str
    """What the vendor calls so: host root for `anthropic`, `…/v1` for `openai*`, `…/backend-api/codex` for `codex`,
    `…/v1beta` for `gemini`."""
    usage_base_url: str | None = None
    """Where the usage endpoint lives, when it is not at the base URL's host."""
    api_key: SecretStr | None = None
    """A token kept in the config (better: `$VARIABLE`), used after the registered tokens."""
    auth: AuthForm | None = None
    """The header that carries a key, where the service wants another one than is usual for its kind."""
    keyless: bool = False
    """`true`: it answers without any token, as a server on your own machine does."""
    models: tuple[str, ...] = ()
    """Models of this provider, as `status` lists them."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Headers added to each request to this provider."""
    strategy: Strategy | None = None
    """Overrides `[selection] strategy` for this provider."""
    websocket: bool = True
    """`false`: never speak Responses over WebSocket with this provider (kinds `codex` and `openai`)."""
    enabled: bool = True
    """A disabled provider answers 404."""
    project: str | None = None
    """Google project that pays (kinds `vertex`, `code-assist`, `antigravity`); else the token's own."""
    location: str | None = None
    """Region of kind `vertex`; else the token's own, else `global`."""
    transformers: tuple[Use, ...] = ()
    """What is done to routed requests and their answers, in this order: `"name"` or `["name", { option = … }]`."""
    model_transformers: dict[str, tuple[Use, ...]] = Field(default_factory=dict)
    """Model name pattern → transformers that run after those of the provider."""
    order: NonNegativeInt = 100
    """Place in listings; lower first."""
    billing: Literal["metered", "subscription"] | None = None
    """Whether its tokens are paid by use or by a plan; else told by the kind and the sort of token."""

    @field_validator("base_url", "usage_base_url")
    @classmethod
    def _https_or_loopback(cls, value: str | None) -> str | None:
        return _checked_url(value)

    @field_validator("headers")
    @classmethod
    def _sendable(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name) or re.search(r"[\r\n\0]", text):
                raise ValueError(f"header {name!r} cannot be sent")
            if name.lower() in ("host", "content-length", "transfer-encoding", "connection"):
                raise ValueError(f"header {name!r} is set by the router itself")
        return value

    @property
    def host(self) -> str:
        """Of the base URL, without port."""
        return urlsplit(self.base_url).hostname or ""

    def every_transformer(self) -> Iterator[TransformerUse]:
        """Those of the provider, then those of its models."""
        for listed in (self.transformers, *self.model_transformers.values()):
            yield from listed


def _yes_or_file(value: Any) -> Any:
    """The environment has only text."""
    return {"true": True, "false": False, "": False}.get(value, value) if isinstance(value, str) else value


class TraceConfig(Section):
    keep: PositiveInt = 1000
    """Newest requests that keep their details and bodies."""
    max_age_days: PositiveInt = 14
    """Older traces are deleted at start and once an hour."""
    bodies: Literal["off", "redacted", "full"] = "redacted"
    """`redacted`: text shaped like a credential is masked. `full`: only known secrets are masked. `off`: none kept."""
    body_limit_bytes: PositiveInt = 256 * 1024
    """Most bytes kept of one body."""
    bodies_max_bytes: PositiveInt = 256 * 1024 * 1024
    """Most bytes kept of all bodies, compressed; the oldest go first."""
    jsonl: Annotated[bool | str, BeforeValidator(_yes_or_file)] = False
    """A line of JSON for each finished request: true is `trace.jsonl` in the home folder, else a file."""
    jsonl_max_bytes: Annotated[int, Field(ge=4096)] = 50 * 1024 * 1024
    """A larger file is put aside as `.1`."""
    jsonl_keep: NonNegativeInt = 5
    """So many of those are kept."""


def _catalogue() -> dict[str, ProviderConfig]:
    from router_core.providers.catalogue import CATALOGUE  # here: the catalogue is made of ProviderConfig

    return dict(CATALOGUE)


def _provider_name(name: str) -> str:
    if name in RESERVED_PROVIDER_NAMES:
        raise ValueError(f"{name!r} is one of the router's own paths: choose another provider name")
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,62}", name):
        raise ValueError("a provider name is lower case letters, digits, '-' and '_'")
    return name


class Config(Section):
    """The whole of config.toml."""

    server: ServerConfig = ServerConfig()
    timeouts: TimeoutsConfig = TimeoutsConfig()
    failover: FailoverConfig = FailoverConfig()
    selection: SelectionConfig = SelectionConfig()
    providers: dict[Annotated[str, AfterValidator(_provider_name)], ProviderConfig] = Field(default_factory=_catalogue)
    routing: RoutingConfig = RoutingConfig()
    oauth: OAuthLogins = OAuthLogins()
    trace: TraceConfig = TraceConfig()
    portal: PortalConfig = PortalConfig()
    telemetry: TelemetryConfig = TelemetryConfig()
    notify: NotifyConfig = NotifyConfig()
    spend: SpendConfig = SpendConfig()
    prices: dict[str, PriceConfig] = Field(default_factory=dict)
    """Model, `provider/model` or a pattern of either → its prices, instead of those in the table; the first that fits
    counts."""
    transformers: CustomTransformers = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _custom_transformers(cls, table: Any, info: ValidationInfo) -> Any:
        folder = (info.context or {}).get("folder")
        return with_custom_ones(table, folder if isinstance(folder, Path) else None)

    @model_validator(mode="after")
    def _targets_exist(self) -> Self:
        for keys, text in self.routing.texts():
            target = split_target(text)
            if target is not None and provider_meant(target.provider, self.providers) is None:
                raise PydanticCustomError(
                    "unknown_provider",
                    "{target} names no provider that is known. {advice}",
                    {"target": repr(text), "advice": self._advice(target.provider), "keys": ("routing", *keys)},
                )
        return self

    def listed_providers(self) -> list[tuple[str, ProviderConfig]]:
        """In the order of listings."""
        return sorted(self.providers.items(), key=lambda item: (item[1].order, item[0]))

    def _advice(self, name: str) -> str:
        guess = did_you_mean(name, self.providers)
        return f"{guess}{ALL_PROVIDERS}; one of your own needs [providers.{name}] kind and base_url"
