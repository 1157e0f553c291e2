"""The settings as they may be shown: without API keys, credentials in headers and arguments, passwords of a proxy."""

from typing import Any
from urllib.parse import urlsplit

from router_core.config.secrets import names_a_secret
from router_core.trace.redact import MASK, Redactor


def masked(settings: dict[str, Any]) -> dict[str, Any]:
    """All settings, masked.

    Args:
        settings: as plain tables.
    """
    redactor = Redactor()
    server = dict(settings["server"])
    if proxy := server.get("proxy_url"):
        server["proxy_url"] = _without_password(proxy)
    providers = {}
    for name, provider in settings["providers"].items():
        headers = {
            key: MASK if names_a_secret(key) else redactor.text(value) for key, value in provider["headers"].items()
        }
        hidden = {"api_key": MASK} if "api_key" in provider else {}
        lists = {key: _options_masked(provider[key]) for key in ("transformers", "model_transformers")}
        providers[name] = {**provider, **hidden, **lists, "headers": headers}
    notify = {**settings["notify"], "command": [redactor.text(word) for word in settings["notify"]["command"]]}
    custom = {name: _options_masked(one) for name, one in settings["transformers"].items()}
    return {**settings, "server": server, "providers": providers, "transformers": custom, "notify": notify}


def _options_masked(value: Any) -> Any:
    """Transformers are given whatever their owner likes: text whose name says that it is a secret is masked."""
    if isinstance(value, dict):
        return {
            key: MASK if isinstance(item, str) and names_a_secret(key) else _options_masked(item)
            for key, item in value.items()
        }
    return [_options_masked(item) for item in value] if isinstance(value, list) else value


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if parts.username is None and parts.password is None:
        return url
    return parts._replace(netloc=f"{MASK}@{parts.netloc.rpartition('@')[2]}").geturl()
