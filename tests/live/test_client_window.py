"""The real Claude Code, told the window of the model that answers it, compacts before that window is full."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from router_core.cli.window_hints import claude_hints
from router_core.simulator import PlannedCall, PlannedReply
from tests.support.clients import must_be_installed, run_claude_code
from tests.support.lab import Lab, running_lab

pytestmark = [pytest.mark.clients, pytest.mark.slow]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    home = tmp_path / "lab" / "home"
    home.mkdir(parents=True, mode=0o700)
    (home / "config.toml").write_text('[routing.models]\n"claude-*" = "openai/gpt-4o"\n')
    with running_lab(tmp_path / "lab") as running:
        yield running


def test_claude_code_compacts_for_the_smaller_window_of_the_model_that_answers(lab: Lab, tmp_path: Path) -> None:
    must_be_installed("claude")
    lab.fresh("chat")
    hints = claude_hints(lab.router.home, {})
    assert hints["CLAUDE_CODE_MAX_CONTEXT_TOKENS"] == "128000"
    calls = (PlannedCall("Bash", {"command": f"echo {n}", "description": "say"}) for n in range(3))
    lab.simulator.plan(*(PlannedReply(calls=(call,), input_tokens=119_000) for call in calls))
    run = run_claude_code(lab.router, tmp_path / "client", "say hi", routed=True, more=hints)
    assert run.exit_code == 0, run.log
    compacting = [b"block followed by a <summary> block" in seen.body for seen in lab.seen()]
    assert compacting.index(True) == 2, "at 119,000 of 128,000 tokens; of its own model it would have 200,000"
