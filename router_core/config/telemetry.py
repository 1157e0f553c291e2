"""The `[telemetry]` section: traces and metrics for an OpenTelemetry collector."""

from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, PositiveFloat, SecretStr, field_validator, model_validator

from router_core.config.section import Section
from router_core.netloc import is_loopback


class TelemetryConfig(Section):
    otlp_endpoint: str = ""
    """Base address of a collector that takes OTLP over HTTP, such as `http://127.0.0.1:4318`; "": nothing is sent."""
    protocol: Literal["http/protobuf"] = "http/protobuf"
    """How it is sent."""
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    """Sent along, such as the key of a hosted collector (better: `$VARIABLE`); then https is needed."""
    service_name: str = "mitmrouter"
    """`service.name` of everything that is sent."""
    traces: bool = True
    """One span for each request, and one below it for each attempt."""
    metrics: bool = True
    """Tokens, durations, time to the first piece of an answer."""
    interval_s: PositiveFloat = 10.0
    """How often metrics are sent."""
    content: bool = False
    """`true`: spans hold what was asked and answered, too (as far as `[trace]` keeps bodies)."""

    @field_validator("otlp_endpoint")
    @classmethod
    def _is_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("must be a URL such as http://127.0.0.1:4318")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("must not hold a user name, password, query or fragment: use headers")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _headers_go_safely(self) -> Self:
        parts = urlsplit(self.otlp_endpoint)
        if self.headers and parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            raise ValueError("headers are sent over https, or to loopback: change otlp_endpoint")
        return self
