"""Who is asked for a WebSocket, and for how long a refusal is remembered."""

import pytest

from router_core.clock import FixedClock
from router_core.config.schema import Kind, ProviderConfig
from router_core.state.websocket_refusals import REFUSED_FOR_S, REFUSING, WebSocketRefusals


def provider(kind: Kind = "codex", base_url: str = "https://a.example/v1", **fields: bool) -> ProviderConfig:
    return ProviderConfig(kind=kind, base_url=base_url, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["codex", "openai"])
def test_these_kinds_are_asked(kind: Kind) -> None:
    assert WebSocketRefusals(FixedClock(100.0)).why_not("p", provider(kind)) == ""


@pytest.mark.parametrize("kind", ["anthropic", "openai-chat", "openai-responses", "gemini"])
def test_other_kinds_are_not(kind: Kind) -> None:
    assert "has no WebSocket" in WebSocketRefusals(FixedClock(100.0)).why_not("p", provider(kind))


def test_the_configuration_can_say_no() -> None:
    assert (
        WebSocketRefusals(FixedClock(100.0)).why_not("p", provider(websocket=False))
        == "[providers.p] websocket = false"
    )


def test_a_refusal_is_remembered_for_a_while_and_for_that_address_only() -> None:
    clock = FixedClock(100.0)
    refusals = WebSocketRefusals(clock)
    refusals.refused(provider(), "it answered 426")
    assert refusals.why_not("p", provider()) == "'p' refused it: it answered 426"
    assert refusals.why_not("p", provider(base_url="https://b.example/v1")) == ""
    clock.advance(REFUSED_FOR_S + 1)
    assert refusals.why_not("p", provider()) == ""


def test_what_is_about_tokens_or_load_is_no_refusal() -> None:
    assert not REFUSING & {401, 402, 403, 429, 500, 502, 503, 504, 529}
