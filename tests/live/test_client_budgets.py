"""The real clients at a budget's end: they stop at once and show the words, instead of trying again for minutes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.live.budgeting import configure
from tests.support.clients import Client, Run, must_be_installed, run_claude_code, run_codex
from tests.support.lab import Lab, running_lab
from tests.support.router import wait_until

pytestmark = [pytest.mark.clients, pytest.mark.slow]

ASK: dict[Client, str] = {"claude": "oauth", "codex": "codex"}
RUN: dict[Client, Callable[..., Run]] = {"claude": run_claude_code, "codex": run_codex}
BUDGETS = {
    "used up": "[spend.per_day]\nrequests = 0\n",
    "too large a request": "[spend.per_request]\ninput_tokens = 10\n",
    "denied": '[spend]\ndeny = ["*"]\n',
}
WORDS = {"used up": "allows 0 requests a day", "too large a request": "allows less", "denied": "is denied by"}


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("full")) as running:
        yield running


@pytest.mark.parametrize("client", ["claude", "codex"])
@pytest.mark.parametrize("why", BUDGETS)
def test_the_client_stops_at_once_and_shows_why(why: str, client: Client, full: Lab, tmp_path: Path) -> None:
    must_be_installed(client)
    configure(full, "")
    full.fresh(ASK[client])
    configure(full, BUDGETS[why])
    run = RUN[client](full.router, tmp_path, "say hi")
    assert run.seconds < 25, run.log
    assert WORDS[why] in (run.output + run.log).replace("\n", " ")
    asked = wait_until(lambda: [row for row in full.router.requests() if row["started_at"] >= full.began_ms])
    assert len(asked) <= 2
    assert full.seen() == []
