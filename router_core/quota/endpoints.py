"""Which usage endpoint a provider has, and how often it may be asked.

By its kind, or by the host of its base URL; a provider elsewhere that keeps the name of one of ours (a mirror, a
compatible upstream) speaks as that one does, at its `usage_base_url`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from router_core.config.schema import Kind, ProviderConfig
from router_core.oauth.http import HttpAnswer, HttpCall
from router_core.providers.auth import is_claude_oauth
from router_core.quota import anthropic_usage, codex_usage, copilot_usage, google_usage
from router_core.quota.coding_plans import Kimi, Zai
from router_core.quota.money import DeepSeek, Moonshot, OpenRouter, SiliconFlow
from router_core.quota.report import UsageReport
from router_core.tokens.token import Token


class UsageEndpoint(Protocol):
    """One provider's way of telling usage; sans-IO."""

    def usage_calls(self, token: Token, provider: ProviderConfig) -> tuple[HttpCall, ...]:
        """What to ask."""
        ...

    def read_usage(self, answers: Sequence[HttpAnswer], now: float) -> UsageReport:
        """What the answers say, in the order of the calls.

        Raises:
            UsageRefused: nothing.
        """
        ...


@dataclass(frozen=True, slots=True)
class Polled:
    """An endpoint and its limit."""

    endpoint: UsageEndpoint
    every_s: float
    """Shortest time between two questions with one token."""


_OF_KIND: dict[Kind, Polled] = {
    "codex": Polled(codex_usage, 60.0),
    "copilot": Polled(copilot_usage, 300.0),
    "code-assist": Polled(google_usage, 300.0),
    "antigravity": Polled(google_usage, 300.0),
}
_CLAUDE = Polled(anthropic_usage, 300.0)
_OF_HOST: dict[str, Polled] = {
    "openrouter.ai": Polled(OpenRouter(), 60.0),
    "api.deepseek.com": Polled(DeepSeek(), 60.0),
    "api.moonshot.ai": Polled(Moonshot(), 60.0),
    "api.moonshot.cn": Polled(Moonshot(), 60.0),
    "api.kimi.com": Polled(Kimi(), 300.0),
    "api.z.ai": Polled(Zai(), 300.0),
    "open.bigmodel.cn": Polled(Zai(), 300.0),
    "api.siliconflow.cn": Polled(SiliconFlow(), 60.0),
    "api.siliconflow.com": Polled(SiliconFlow(), 60.0),
}


def usage_endpoint(name: str, provider: ProviderConfig, token: Token) -> Polled | None:
    """The endpoint that tells this token's usage; None when there is none that it may ask."""
    if provider.kind in _OF_KIND:
        return _OF_KIND[provider.kind]
    for url in (provider.base_url, provider.usage_base_url):
        if url and (found := _OF_HOST.get(urlsplit(url).hostname or "")):
            return found
    if provider.kind == "anthropic" and is_claude_oauth(token):
        return _CLAUDE
    from router_core.providers.catalogue import CATALOGUE  # here: reading it takes longer than most questions

    row = CATALOGUE.get(name)
    if row is None or provider.usage_base_url is None:
        return None
    return _OF_HOST.get(urlsplit(row.base_url).hostname or "")
