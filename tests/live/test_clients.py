"""The real Claude Code and the real Codex CLI through mitmdump: a plain turn and a tool turn, calm and with each fault.

Both retry by themselves, some failures for minutes, so "it worked" is not enough: the client must have made exactly
as many requests as without the fault, and said exactly the same.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from router_core.simulator import Pace
from tests.support.clients import TOOL_PROMPT, Client, Run, must_be_installed, run_claude_code, run_codex
from tests.support.lab import Lab
from tests.support.router import wait_until

pytestmark = [pytest.mark.clients, pytest.mark.slow]

PLAIN_PROMPT = "say hi"
REQUESTS = {PLAIN_PROMPT: 1, TOOL_PROMPT: 2}
SAYS = {PLAIN_PROMPT: r"You said: say hi\. [\w ,.]+\.", TOOL_PROMPT: r"The tool said: .*tool-ok"}
NUMBERS_OF_ONE_RUN = re.compile(r"Chunk ID: \w+|Wall time: [\d.]+ seconds")
"""Codex tells the model such things about a tool call, and our model repeats what it is told."""

ASK: dict[Client, str] = {"claude": "oauth", "codex": "codex"}
RUN: dict[Client, Callable[..., Run]] = {"claude": run_claude_code, "codex": run_codex}

FAULTS = [
    "window_exhausted",
    "overloaded_529",
    "unauthorized_401",
    "close_before_headers",
    "reset",
    "error_in_stream",
    "bad_gateway_502_html",
]
TWICE_WITH_THE_FIRST = frozenset({"close_before_headers", "reset", "bad_gateway_502_html"})
"""The host's fault: the same token is tried once more before another one."""


@pytest.fixture(params=["claude", "codex"])
def client(request: pytest.FixtureRequest) -> Client:
    return must_be_installed(request.param)


def said(run: Run) -> str:
    """What the user reads."""
    assert run.exit_code == 0, run.log
    return NUMBERS_OF_ONE_RUN.sub("…", run.output)


@pytest.fixture(scope="session")
def calm() -> dict[tuple[Client, str], str]:
    """What each client said without any fault."""
    return {}


def ask_calmly(client: Client, prompt: str, lab: Lab, folder: Path, known: dict[tuple[Client, str], str]) -> str:
    if (client, prompt) not in known:
        lab.fresh(ASK[client])
        known[client, prompt] = said(RUN[client](lab.router, folder / "calm", prompt))
        assert len(lab.rows(REQUESTS[prompt])) == len(lab.seen())
    return known[client, prompt]


@pytest.mark.parametrize("prompt", REQUESTS, ids=["plain", "tool"])
def test_a_turn_succeeds(
    client: Client, prompt: str, lab: Lab, tmp_path: Path, calm: dict[tuple[Client, str], str]
) -> None:
    assert re.fullmatch(SAYS[prompt], ask_calmly(client, prompt, lab, tmp_path, calm))


@pytest.mark.parametrize("prompt", REQUESTS, ids=["plain", "tool"])
@pytest.mark.parametrize("fault", FAULTS)
def test_the_client_does_not_notice_that_the_first_token_failed(
    client: Client, prompt: str, fault: str, lab: Lab, tmp_path: Path, calm: dict[tuple[Client, str], str]
) -> None:
    expected = ask_calmly(client, prompt, lab, tmp_path, calm)
    lab.fresh(ASK[client])
    lab.faults(lab.fault(fault))
    run = RUN[client](lab.router, tmp_path / "run", prompt)
    assert said(run) == expected

    rows = lab.rows(REQUESTS[prompt])  # the client itself tried nothing again
    assert [(row["state"], row["status"], row["token"]) for row in rows] == [("ok", 200, "second")] * len(rows)
    assert {row["client"] for row in rows} == {"claude-code" if client == "claude" else "codex"}
    assert all(row["output_tokens"] and row["session"] for row in rows)
    assert len({row["session"] for row in rows}) == 1
    tries = ["first", "first", "second"] if fault in TWICE_WITH_THE_FIRST else ["first", "second"]
    assert lab.paid()[: len(tries)] == tries
    assert lab.paid()[-1] == "second"


def test_no_credential_of_the_client_goes_upstream(client: Client, lab: Lab, tmp_path: Path) -> None:
    lab.fresh(ASK[client])
    said(RUN[client](lab.router, tmp_path, PLAIN_PROMPT))
    for seen in lab.simulator.requests:
        assert seen.token == lab.secrets["first"]
        assert lab.router.home.gateway_token() not in f"{seen.headers}{seen.body!r}"


@pytest.mark.parametrize("fault", [None, "overloaded_529"])
def test_the_client_gets_its_answer_while_it_is_written(
    client: Client, fault: str | None, lab: Lab, tmp_path: Path
) -> None:
    lab.fresh(ASK[client])
    lab.simulator.set_pace(Pace(delay_s=0.03))
    if fault:
        lab.faults(lab.fault(fault))
    said(RUN[client](lab.router, tmp_path, PLAIN_PROMPT))
    row = lab.rows(1)[0]
    assert row["total_ms"] > 1000  # 40 words, one each
    assert row["ttft_ms"] < 0.4 * row["total_ms"]


def test_a_wrong_gateway_token_is_an_error_at_once(client: Client, lab: Lab, tmp_path: Path) -> None:
    lab.fresh(ASK[client])
    right = lab.router.home.gateway_token()
    token_file = lab.router.home.gateway_token_file
    token_file.write_text("mitm-wrong\n")
    try:
        run = RUN[client](lab.router, tmp_path, PLAIN_PROMPT)
    finally:
        token_file.write_text(right + "\n")
    assert run.exit_code != 0
    assert run.seconds < 20  # a 401 would keep Claude Code trying for minutes
    assert "mitmrouter activate" in run.output + run.log
    assert lab.seen() == []


def test_with_no_token_left_the_client_says_who_comes_back_and_stops(client: Client, lab: Lab, tmp_path: Path) -> None:
    lab.fresh(ASK[client])
    lab.faults(lab.fault("window_exhausted", "*", retry_after_s=7000))
    run = RUN[client](lab.router, tmp_path, PLAIN_PROMPT)
    assert run.exit_code != 0
    assert run.seconds < 20  # it does not sit the two hours out
    assert len(lab.rows(1)) == 1
    if client == "claude":
        assert "first" in run.output + run.log


@pytest.mark.parametrize("prompt", REQUESTS, ids=["plain", "tool"])
def test_codex_falls_back_from_websocket_at_once(
    prompt: str, lab: Lab, tmp_path: Path, calm: dict[tuple[Client, str], str]
) -> None:
    """Its built-in provider tries WebSocket first; any other answer than 426 makes it try for seconds."""
    must_be_installed("codex")
    expected = ask_calmly("codex", prompt, lab, tmp_path, calm)
    lab.fresh("codex")
    lab.faults(lab.fault("usage_limit_reached"))
    log_before = len(lab.router.log())
    run = run_codex(lab.router, tmp_path / "run", prompt, built_in_provider=True)
    assert said(run) == expected
    assert run.seconds < 4
    lab.rows(REQUESTS[prompt])
    wait_until(lambda: "426 no_websocket" in lab.router.log()[log_before:])
    assert lab.router.log()[log_before:].count("426 no_websocket") == 1
    assert lab.paid()[:2] == ["first", "second"]
