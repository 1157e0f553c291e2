"""Lists of targets."""

import pytest

from router_core.routing.target import RouteTarget
from router_core.spend.allowed import why_denied

OPUS = RouteTarget("claude", "claude-opus-5-5")
RESOLD = RouteTarget("openrouter", "z-ai/glm-5.3")


@pytest.mark.parametrize(
    ("target", "allow", "deny", "denied"),
    [
        (OPUS, (), (), False),
        (OPUS, ("claude/*",), (), False),
        (OPUS, ("claude",), (), False),
        (OPUS, ("claude-opus-*",), (), False),
        (OPUS, ("codex/*", "*haiku*"), (), True),
        (OPUS, (), ("*opus*",), True),
        (OPUS, ("claude/*",), ("*/claude-opus-5-5",), True),
        (OPUS, ("*",), ("codex",), False),
        (RESOLD, ("openrouter/*",), (), False),
        (RESOLD, ("z-ai/*",), (), False),
        (RESOLD, (), ("openrouter/z-ai/*",), True),
    ],
)
def test_deny_goes_before_allow_and_an_empty_allow_means_all(
    target: RouteTarget, allow: tuple[str, ...], deny: tuple[str, ...], denied: bool
) -> None:
    why = why_denied(target, allow, deny)
    assert bool(why) is denied
    assert str(target) in why or not denied
