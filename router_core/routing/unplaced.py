"""A call to `/v1/…` or `/v1beta/…` that the routing rules have no word for: embeddings, files, batches, and whatever a
vendor adds. It goes, as it is, to the first provider with a token that speaks the caller's own protocol.

So a client whose base URL is the router's root lacks nothing that it has under `/{provider}`.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from router_core.config.schema import Config, Kind

if TYPE_CHECKING:
    from router_core.routing.lock import Lock

_OF_CODEX: tuple[Kind, ...] = ("codex", "openai")
_OF_ANTHROPIC: tuple[Kind, ...] = ("anthropic",)
_OF_OPENAI: tuple[Kind, ...] = ("openai", "openai-responses", "openai-chat")
_OF_GEMINI: tuple[Kind, ...] = ("gemini",)


def provider_for_unplaced(
    path: str,
    headers: Mapping[str, str],
    client: str,
    config: Config,
    has_token: Callable[[str], bool],
    lock: "Lock | None" = None,
) -> str | None:
    """The provider's name; None when no provider with a token speaks the caller's protocol.

    Args:
        path: without query.
        headers: names in lower case.
        client: as `client_name` calls it.
        lock: to what all routing is pinned: nothing goes to other providers.
    """
    for kind in _kinds(path, headers, client):
        fitting = [name for name, each in config.providers.items() if each.enabled and each.kind == kind]
        fitting = [name for name in fitting if lock is None or name == lock.provider]
        fitting.sort(key=lambda name: (config.providers[name].order, name))
        if (found := next(filter(has_token, fitting), None)) is not None:
            return found
    return None


def _kinds(path: str, headers: Mapping[str, str], client: str) -> tuple[Kind, ...]:
    if path.startswith("/v1beta/") or "x-goog-api-key" in headers:
        return _OF_GEMINI
    if client == "codex":
        return _OF_CODEX
    if "anthropic-version" in headers or client in ("claude-code", "anthropic-sdk"):
        return _OF_ANTHROPIC
    return _OF_OPENAI
