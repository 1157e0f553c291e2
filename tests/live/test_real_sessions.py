"""The real Claude Code and Codex CLI keep one conversation while the token that pays for it is used up and comes back.

Each run of a client is one turn; the later ones continue the first one's conversation, as a person does who comes back
to it. What must hold: no turn fails, the client asks once per turn, and the conversation is where its cache is.
"""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from router_core.cli.main import main
from tests.support.clients import Client, Run, must_be_installed, run_claude_code, run_codex
from tests.support.lab import Lab
from tests.support.router import wait_until

pytestmark = [pytest.mark.clients, pytest.mark.slow]

ASK: dict[Client, str] = {"claude": "oauth", "codex": "codex"}
RUN: dict[Client, Callable[..., Run]] = {"claude": run_claude_code, "codex": run_codex}
USED_UP: dict[Client, str] = {"claude": "window_exhausted", "codex": "usage_limit_reached"}


@pytest.fixture(params=["claude", "codex"])
def client(request: pytest.FixtureRequest) -> Client:
    return must_be_installed(request.param)


def turn(client: Client, lab: Lab, folder: Path, number: int) -> str:
    """One turn of the conversation in `folder`; the name of the token that paid."""
    before = len(lab.seen())
    run = RUN[client](lab.router, folder, f"say hi number {number}", continues=number > 1)
    assert run.exit_code == 0, run.log
    assert "You said" in run.output
    rows = lab.rows(number)
    assert [row["state"] for row in rows] == ["ok"] * number  # the client itself tried nothing again
    assert len({row["session"] for row in rows}) == 1
    assert len(lab.seen()) > before
    return lab.paid()[-1]


def said_of_the_session(lab: Lab, number: int) -> dict[str, str]:
    """What `trace show` says of the turn's last attempt, by label."""
    row = lab.rows(number)[-1]
    shown = CliRunner().invoke(main, ["--home", str(lab.router.home.path), "trace", "show", row["id"]])
    assert shown.exit_code == 0, shown.output
    last = shown.output.rpartition("Attempt ")[2]
    return dict(re.findall(r"^  (session|prompt cache) {2,}(.*)$", last, flags=re.MULTILINE))


def test_a_conversation_comes_back_to_a_token_that_rested_briefly(client: Client, lab: Lab, tmp_path: Path) -> None:
    lab.fresh(ASK[client])
    assert turn(client, lab, tmp_path, 1) == "first"
    lab.faults(lab.fault("rate_limit", retry_after_s=8, times=1))
    assert turn(client, lab, tmp_path, 2) == "second"
    assert said_of_the_session(lab, 2)["session"].startswith("away: first is resting for ")
    wait_until(lambda: not rests(lab, "first"), timeout_s=12)
    assert turn(client, lab, tmp_path, 3) == "first"
    assert said_of_the_session(lab, 3)["session"].startswith(("back: ", "stay: "))  # by what grew while it was away


def test_a_conversation_moves_once_when_its_token_is_used_up_and_stays_there(
    client: Client, lab: Lab, tmp_path: Path
) -> None:
    lab.fresh(ASK[client])
    assert turn(client, lab, tmp_path, 1) == "first"
    lab.faults(lab.fault(USED_UP[client], retry_after_s=7200))
    assert turn(client, lab, tmp_path, 2) == "second"
    moved = said_of_the_session(lab, 2)
    assert moved["session"].startswith("move: first is resting for ")
    assert re.fullmatch(r"\d+ tokens lost, 0\.\d+ USD to write them again", moved["prompt cache"])
    lab.faults()
    lab.store.heal(lab.store.named("first").id)  # its window was reset early
    time.sleep(0.05)
    assert turn(client, lab, tmp_path, 3) == "second"  # the cache is there now: nothing is won by going back
    assert said_of_the_session(lab, 3)["session"].startswith("stay: ")


def rests(lab: Lab, name: str) -> bool:
    tokens: dict[str, Any] = {token["name"]: token for token in lab.status()}
    return tokens[name]["status"] == "resting"
