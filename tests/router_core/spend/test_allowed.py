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


@pytest.mark.parametrize(
    ("provider", "model", "pattern"),
    [
        ("claude", "claude-opus-5-5-20261001", "claude-opus-5-5"),
        ("claude", "claude-opus-5-5[1m]", "claude/claude-opus-5-5"),
        ("claude", "Claude-Opus-5-5", "claude/claude-opus-*"),
        ("claude", "claude-opus-5-5", "Claude-Opus-*"),
        ("copilot", "claude-opus-4.8", "claude-opus-4-8"),
        ("openrouter", "anthropic/claude-opus-4.8:thinking", "claude-opus-*"),
        ("vertex", "claude-opus-5-5@20261001", "vertex/claude-opus-5-5"),
        ("gemini", "models/gemini-4-argon", "gemini/gemini-4-argon"),
    ],
)
def test_what_is_denied_is_denied_in_every_spelling(provider: str, model: str, pattern: str) -> None:
    assert why_denied(RouteTarget(provider, model), (), (pattern,))


def test_what_is_allowed_is_only_what_is_written() -> None:
    """Additions to a name may cost more (`:online`)."""
    assert why_denied(RouteTarget("openrouter", "z-ai/glm-5.3:online"), ("openrouter/z-ai/glm-5.3",), ())
    assert not why_denied(RouteTarget("claude", "claude-sonnet-5-5"), (), ("claude-opus-*", "claude-sonnet-5"))
