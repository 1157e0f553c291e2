"""The real Codex CLI over WebSocket, through a provider that speaks it; where none does: test_clients.py."""

import re
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from router_core.simulator import Script
from tests.support.clients import TOOL_PROMPT, Run, must_be_installed, run_codex
from tests.support.lab import Lab, running_lab

pytestmark = [pytest.mark.clients, pytest.mark.slow]

SAYS = {"say hi": r"You said: say hi\. [\w ,.]+\.", TOOL_PROMPT: r"(?s)The tool said: .*tool-ok"}
TURNS = {"say hi": 2, TOOL_PROMPT: 3}
"""The first is a warm-up that says nothing."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    must_be_installed("codex")
    with running_lab(tmp_path_factory.mktemp("codex"), Script(websocket=True)) as running:
        yield running


def said(run: Run, prompt: str) -> None:
    assert run.exit_code == 0, run.log
    assert re.fullmatch(SAYS[prompt], run.output), run.output
    assert run.seconds < 8  # a retry would show


@pytest.mark.parametrize("prompt", SAYS, ids=["plain", "tool"])
@pytest.mark.parametrize("routed", [False, True], ids=["codex", "routed"])
@pytest.mark.parametrize("built_in", [True, False], ids=["built in", "custom"])
def test_codex_speaks_websocket(prompt: str, routed: bool, built_in: bool, lab: Lab, tmp_path: Path) -> None:
    lab.fresh("codex")
    run = run_codex(lab.router, tmp_path, prompt, built_in_provider=built_in, routed=routed, websockets=True)
    said(run, prompt)
    assert [seen.method for seen in lab.seen()] == ["WS"] * TURNS[prompt]
    rows = lab.rows(TURNS[prompt])
    assert {(row["method"], row["state"], row["client"]) for row in rows} == {("WS", "ok", "codex")}
    assert len({row["session"] for row in rows}) == 1
    assert rows[-1]["output_tokens"]
    bodies = [orjson.loads(seen.body) for seen in lab.seen()]
    assert bodies[0]["generate"] is False
    assert all(body["previous_response_id"] for body in bodies[1:])  # new items only, on one socket
    assert lab.router.home.gateway_token() not in f"{[(seen.headers, seen.body) for seen in lab.simulator.requests]}"


@pytest.mark.parametrize("prompt", SAYS, ids=["plain", "tool"])
@pytest.mark.parametrize("fault", ["usage_limit_reached", "unauthorized_401", "websocket_limit_reached", "reset"])
def test_codex_does_not_notice_that_its_token_failed(fault: str, prompt: str, lab: Lab, tmp_path: Path) -> None:
    lab.fresh("codex")
    lab.faults(lab.fault(fault, times=1, after=1))  # after the warm-up: what it began must be taken along
    said(run_codex(lab.router, tmp_path, prompt, built_in_provider=True, websockets=True), prompt)
    rows = lab.rows(TURNS[prompt])
    assert [row["state"] for row in rows] == ["ok"] * len(rows)
    winner = "first" if fault in ("websocket_limit_reached", "reset") else "second"
    assert lab.paid() == ["first", "first"] + [winner] * (len(rows) - 1)


def test_codex_falls_back_when_the_provider_closes_its_sockets(lab: Lab, tmp_path: Path) -> None:
    lab.fresh("codex")
    lab.faults(lab.fault("websocket_close", "*"))  # the last test here: the router remembers it
    said(run_codex(lab.router, tmp_path, TOOL_PROMPT, built_in_provider=True, websockets=True), TOOL_PROMPT)
    assert [row["state"] for row in lab.rows(3)] == ["ok"] * 3
    assert [seen.method for seen in lab.seen()] == ["WS", "POST", "POST"]
