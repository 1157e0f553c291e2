"""The real Claude Code and the real Codex CLI, paid for by Google's logins."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from router_core.simulator import PlannedReply
from router_core.simulator.script import Account, Script
from tests.support.clients import Client, Run, must_be_installed, run_claude_code, run_codex
from tests.support.lab import Lab, running_lab

pytestmark = [pytest.mark.clients, pytest.mark.slow]

VERTEX = Account(token="ya29.vertex-account", kind="vertex", project="proj")
SAID = "Hi from the other side: Grüße, 你好."
PAIRS: list[tuple[Client, str]] = [
    ("claude", "vertex/claude-sonnet-4-6"),
    ("claude", "gemini-cli/gemini-3.5-flash"),
    ("claude", "antigravity/claude-sonnet-4-6"),
    ("codex", "antigravity/claude-sonnet-4-6"),
    ("codex", "vertex/claude-sonnet-4-6"),
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("google-clients"), Script(accounts=[VERTEX])) as running:
        yield running


def run(client: Client, lab: Lab, folder: Path, model: str) -> Run:
    if client == "claude":
        return run_claude_code(lab.router, folder, "say hi", model=model)
    catalogue = lab.http.get("/v1/models", params={"client_version": "0.169.0"}).json()
    entry = {**catalogue["models"][0], "slug": model}
    return run_codex(lab.router, folder, "say hi", model=model, catalogue={"models": [entry]})


@pytest.mark.parametrize(("client", "model"), PAIRS)
def test_a_plain_turn(lab: Lab, client: Client, model: str, tmp_path: Path) -> None:
    must_be_installed(client)
    lab.fresh()
    provider = model.partition("/")[0]
    facts = {"project": "proj"} if provider == "vertex" else {}
    lab.add("first", provider, secret=VERTEX.token if provider == "vertex" else None, facts=facts)
    lab.simulator.plan(PlannedReply(SAID, thinking="A greeting."))
    done = run(client, lab, tmp_path, model)
    assert (done.exit_code, done.output) == (0, SAID), done.log
    (row,) = lab.rows(1)
    assert (row["state"], row["status"], row["attempts"], row["asked_model"]) == ("ok", 200, 1, model)
    assert row["output_tokens"] > 0
