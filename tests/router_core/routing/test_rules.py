"""`[[routing.rules]]`: which requests fit which conditions."""

from pathlib import Path
from typing import Any

import pytest

from router_core.config.routing import RuleConfig
from router_core.routing.rules import described, is_in_project, matches
from tests.router_core.routing.bodies import claude_code, facts_of


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"project": "/srv/*"}, True),
        ({"project": "/srv"}, True),
        ({"project": "/other"}, False),
        ({"client": "claude-*"}, True),
        ({"client": "codex"}, False),
        ({"session": "session-?"}, True),
        ({"user_agent": "claude-cli/2.*"}, True),
        ({"user_agent": "claude-cli/1.*"}, False),
        ({"model": "claude-opus-*"}, True),
        ({"project": "/srv/*", "model": "claude-haiku-*"}, False),
        ({"project": "/srv/*", "client": "claude-code", "model": "claude-*"}, True),
    ],
    ids=str,
)
def test_all_conditions_must_hold(conditions: dict[str, Any], expected: bool) -> None:
    rule = RuleConfig.model_validate({**conditions, "target": "codex/x"})
    assert matches(rule, facts_of(claude_code())) is expected


@pytest.mark.parametrize(
    ("directory", "pattern", "expected"),
    [
        ("/srv/app", "/srv/app", True),
        ("/srv/app/", "/srv/app", True),
        ("/srv/app/src", "/srv/app", True),
        ("/srv/application", "/srv/app", False),
        ("/srv/app", "/srv/app/", True),
        ("/srv/a/app", "*/app", True),
        ("", "*", False),
        ("/anything", "/", True),
    ],
)
def test_a_project_is_its_directory_and_all_below_it(directory: str, pattern: str, expected: bool) -> None:
    assert is_in_project(directory, pattern) is expected


def test_a_tilde_is_the_home_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert is_in_project(f"{tmp_path}/secret/x", "~/secret")
    assert not is_in_project("/secret/x", "~/secret")


def test_a_rule_is_named_by_its_conditions() -> None:
    rule = RuleConfig.model_validate({"project": "~/x", "client": "codex", "target": "codex/x"})
    assert described(rule) == "project = '~/x', client = 'codex'"
