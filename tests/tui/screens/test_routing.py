"""The rules as lines, made-up requests, and the page by its keys."""

from typing import Any

import pytest

from router_core.clock import FixedClock
from router_core.config.load import config_of
from router_core.home import Home
from tests.tui.screen import row_with, shows
from tests.tui.seed import Seeded, add_history
from tui.app import RouterApp
from tui.messages import LockSeen
from tui.sanitize import Sanitizer
from tui.screens.routing.rules import rules_of
from tui.screens.routing.trial import Trial, lines_of

CONFIG = """
[routing]
default = "claude/claude-sonnet-5"
think = { primary = "claude/claude-opus-5-5", fallback = ["openai/gpt-5"] }
fallbacks = ["codex/gpt-6.1-sol"]
[routing.models]
"claude-opus-*" = "claude/claude-opus-5-5"
[[routing.rules]]
project = "~/work/*"
target = "codex/gpt-6.1-sol"
"""
ANSWER: dict[str, Any] = {
    "because": "think: thinking.budget_tokens is 2048",
    "says": "claude/claude-opus-5-5, paid by max-anna",
    "tier": "",
    "estimated_input_tokens": 18,
    "decision": [{"rule": "lock", "said": "nothing is locked"}, {"rule": "scenario", "said": "think: yes " * 20}],
    "targets": [
        {
            "provider": "claude", "model": "claude-opus-5-5", "strategy": "priority", "expected_nano_usd": 82_000_000,
            "billing": "subscription", "denied": "", "host_rests": "",
            "tokens": [{"name": "max-anna", "taken": True, "because": "priority 10", "place": 1}],
            "transformers": [{"name": "maxtoken", "does": "max_tokens at most 8192"}],
        }
    ],
}  # fmt: skip


def words(lines: list[Any]) -> list[str]:
    return ["".join(piece.text for piece in line) if isinstance(line, list) else line for line in lines]


def test_every_rule_stands_in_the_order_in_which_it_is_asked(home: Home) -> None:
    lines = rules_of(config_of(CONFIG, home.config, env={}), LockSeen("claude"))
    shown = {line.rule: (line.target, line.is_set) for line in lines}
    assert [line.rule for line in lines][:6] == [
        "lock", "explicit target", "subagent tag", "custom function", "rule 1", "background",
    ]  # fmt: skip
    assert shown["lock"] == ("claude", True)
    assert shown["think"] == ("claude/claude-opus-5-5 → openai/gpt-5", True)
    assert shown["background"] == ("", False)
    assert shown["model pattern"] == ("claude/claude-opus-5-5", True)
    assert shown["fallbacks"] == ("codex/gpt-6.1-sol", True)


def test_without_rules_each_kind_is_named_as_not_set(home: Home) -> None:
    lines = rules_of(config_of("", home.config, env={}), LockSeen())
    assert {line.rule for line in lines if not line.is_set} >= {
        "lock",
        "rules",
        "default",
        "model pattern",
        "fallbacks",
    }


def test_what_no_scenario_placed_is_not_counted_as_the_defaults(home: Home) -> None:
    lines = rules_of(config_of("", home.config, env={}), LockSeen())
    assert {line.scenario: line.rule for line in lines if line.scenario}["default"] == "no scenario"


@pytest.mark.parametrize(("flag", "key"), [("think", "thinking"), ("web_search", "tools")])
def test_a_made_up_request_has_what_is_switched_on(flag: str, key: str) -> None:
    assert key not in Trial("hi").request()["request"]
    turned: dict[str, Any] = {flag: True}
    assert key in Trial("hi", **turned).request()["request"]


def test_an_image_comes_with_the_prompt_and_the_client_by_its_user_agent() -> None:
    asked = Trial("hi", image=True, client="Codex").request()
    assert [part["type"] for part in asked["request"]["messages"][0]["content"]] == ["text", "image"]
    assert asked["headers"]["user-agent"].startswith("codex")


def test_the_decision_is_shown_with_each_rule_and_what_is_long_goes_on_below() -> None:
    shown = words(lines_of(ANSWER, Sanitizer(), 60))
    assert shown[0] == "goes to   claude/claude-opus-5-5"
    assert any(line.startswith("▸ scenario") for line in shown)
    assert max(len(line) for line in shown if "yes" in line) <= 60
    assert any("about $0.08200, by subscription" in line for line in shown)
    assert any("maxtoken" in line for line in shown)


def test_a_sanitized_decision_names_no_token() -> None:
    sanitizer = Sanitizer(True)
    sanitizer.name("max-anna")
    assert "max-anna" not in "\n".join(words(lines_of(ANSWER, sanitizer, 80)))


async def test_the_page_shows_the_rules_and_how_much_went_each_way(seeded: Seeded, clock: FixedClock) -> None:
    seeded.home.config.write_text(CONFIG)
    add_history(seeded, days=3)
    async with RouterApp(seeded.home, clock=clock).run_test(size=(80, 24)) as pilot:
        await pilot.press("6")
        await shows(pilot, "explicit target", "think", "claude/claude-opus-5-5")
        await shows(pilot, "7 DAYS")
        before = row_with(pilot, "background")
        assert before.rstrip()[-1].isdigit()
        seeded.home.config.write_text("[routing]\ndefault = 3\n")
        await shows(pilot, "config.toml:2")
