"""Which providers speak Responses over WebSocket, as far as is known now.

The kind says who could; the configuration can say no; and a provider that refused (a status instead of the upgrade, or
closed at once with 1008) is not asked again for a while. That is about the way to speak, not about the provider's or
a token's health: nothing else is punished for it.
"""

from router_core.clock import Clock
from router_core.config.schema import Kind, ProviderConfig

KINDS: frozenset[Kind] = frozenset({"codex", "openai"})
REFUSED_FOR_S = 900.0
REFUSING = frozenset({200, 204, 301, 302, 307, 308, 400, 404, 405, 406, 410, 426, 501})
"""Answers to a handshake that say: not here. Others are about the token, the load or the network."""


class WebSocketRefusals:
    """Remembers refusals by base URL, until the router ends."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[str, tuple[float, str]] = {}

    def refused(self, provider: ProviderConfig, because: str) -> None:
        """The provider does not speak WebSocket now."""
        self._until[provider.base_url] = (self._clock.now() + REFUSED_FOR_S, because)

    def why_not(self, name: str, provider: ProviderConfig) -> str:
        """Why WebSocket cannot be spoken with a provider; "" when it can."""
        if provider.kind not in KINDS:
            return f"the provider {name!r} has no WebSocket"
        if not provider.websocket:
            return f"[providers.{name}] websocket = false"
        until, because = self._until.get(provider.base_url, (0.0, ""))
        return f"{name!r} refused it: {because}" if until > self._clock.now() else ""
