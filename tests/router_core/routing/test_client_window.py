"""The window that a client is told is that of the model which answers its long requests."""

from typing import Any

import pytest

from router_core.config.schema import Config
from router_core.routing.client_window import client_window
from router_core.routing.lock import Lock
from router_core.routing.target import RouteTarget

LIMITS = {"codex/big": 400_000, "deepseek/small": 64_000, "gemini/huge": 1_000_000}
TOKENS = frozenset({"claude", "codex", "deepseek", "gemini"})


def window(model: str, lock: Lock | None = None, **routing: Any) -> int | None:
    def limit_of(target: RouteTarget) -> int | None:
        return LIMITS.get(str(target))

    return client_window(
        model,
        Config.model_validate({"routing": routing}),
        lock,
        "claude-cli/2.1.329",
        vendor="anthropic",
        has_token=TOKENS.__contains__,
        serves=lambda *_: False,
        limit_of=limit_of,
    )


@pytest.mark.parametrize(
    ("model", "routing", "told"),
    [
        ("claude-opus-5-5", {}, None),
        ("claude-opus-5-5", {"models": {"claude-opus-*": "codex/big"}}, 400_000),
        ("claude-opus-5-5", {"models": {"claude-haiku-*": "codex/big"}}, None),
        ("claude-opus-5-5", {"models": {"claude-*": "deepseek/small"}, "long_context": "gemini/huge"}, 1_000_000),
        ("claude-opus-5-5", {"long_context": "gemini/huge"}, 1_000_000),
        ("claude-opus-5-5", {"models": {"claude-*": "codex/nobody-knows"}}, None),
        ("claude-opus-5-5", {"models": {"claude-*": "claude/claude-opus-5-5"}}, None),
        ("deepseek/small", {"long_context": "gemini/huge"}, 64_000),
        ("claude-opus-5-5", {"rules": [{"client": "claude-code", "target": "deepseek/small"}],
                             "long_context": "gemini/huge"}, 64_000),
        ("claude-opus-5-5", {"rules": [{"client": "codex", "target": "deepseek/small"}]}, None),
        ("claude-opus-5-5", {"custom": "/nowhere/at/all.py:place", "models": {"claude-*": "codex/big"}}, 400_000),
        ("nobody-serves-it", {}, None),
        ("nobody-serves-it", {"default": "codex/big"}, 400_000),
    ],
    ids=["own", "pattern", "other-pattern", "long", "long-alone", "unknown", "same", "named", "rule", "other-rule",
         "custom", "no-route", "default"],
)  # fmt: skip
def test_it_is_the_window_of_the_model_that_answers(model: str, routing: dict[str, Any], told: int | None) -> None:
    assert window(model, **routing) == told


def test_a_lock_comes_first() -> None:
    assert window("claude-opus-5-5", Lock("deepseek", "small"), long_context="gemini/huge") == 64_000
