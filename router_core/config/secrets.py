"""The secrets that a configuration holds: what must not be written down anywhere else."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from router_core.config.schema import Config
from router_core.trace.redact import SECRET_HEADERS

_SECRET_NAME = re.compile("key|token|secret|auth|cookie|password", re.IGNORECASE)


def names_a_secret(header: str) -> bool:
    """True for a header whose value is nobody's business."""
    return header.lower() in SECRET_HEADERS or _SECRET_NAME.search(header) is not None


def secrets_of(config: Config) -> Iterator[str]:
    """API keys, OAuth client secrets, credentials in headers, passwords in addresses."""
    for provider in config.providers.values():
        if provider.api_key is not None:
            yield provider.api_key.get_secret_value()
        for name, value in provider.headers.items():
            if names_a_secret(name):
                yield value
                yield value.rpartition(" ")[2]
        yield from _password(provider.base_url)
        for use in provider.every_transformer():
            if use.source:
                yield from _named_secrets(use.options)
    for _, login in config.oauth:
        if login.client_secret is not None:
            yield login.client_secret.get_secret_value()
    yield from (value.get_secret_value() for value in config.telemetry.headers.values())
    if config.notify.webhook is not None:
        yield config.notify.webhook.get_secret_value()
    yield from _password(config.server.proxy_url)


def _named_secrets(value: Any) -> Iterator[str]:
    """What options of the owner's transformers call a secret."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if isinstance(inner, str) and names_a_secret(str(name)):
                yield inner
            yield from _named_secrets(inner)


def _password(url: str | None) -> Iterator[str]:
    password = urlsplit(url or "").password
    if password:
        yield password
        yield unquote(password)
