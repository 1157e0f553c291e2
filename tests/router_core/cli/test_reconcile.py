"""`reconcile`: what was told and what we have counted, as a table and as JSON. With a real router: tests/live."""

import json
import time
from typing import Any

import pytest

from router_core.cli import reconcile as command
from router_core.clock import SystemClock
from router_core.quota.sample import Sample
from router_core.store.database import transaction
from router_core.store.quota import write_samples
from router_core.store.tokens import open_tokens
from router_core.store.traces import open_traces, write_trace
from router_core.tokens.token import Token
from router_core.trace.record import Usage
from tests.router_core.cli.conftest import Cli
from tests.router_core.trace.make import finished

USD = 10**9
WORTH = 1e-6


@pytest.fixture
def token(cli: Cli) -> Token:
    store = open_tokens(cli.home.ensure(), SystemClock())
    token = store.add(Token("", "work", "claude", "sk-ant-oat01-" + "a" * 20))
    store.database.close()
    return token


def _view(token: Token, **more: Any) -> dict[str, Any]:
    return {
        "id": token.id, "name": token.name, "provider": token.provider, "poll": None, "not_polled": "", "windows": [],
        "balances": [], **more,
    }  # fmt: skip


def _tell(monkeypatch: pytest.MonkeyPatch, *views: dict[str, Any]) -> None:
    monkeypatch.setattr(command, "usage_views", lambda home, forced: list(views))


def _seed(cli: Cli, token: Token, began: float) -> None:
    """Three hours: each minute one request of ours, and for ten minutes somebody else."""
    traces, tokens = open_traces(cli.home), open_tokens(cli.home, SystemClock())
    used, samples = 0.0, []
    with transaction(traces) as connection:
        for minute in range(1, 180):
            at = began + minute * 60
            if minute < 100 or minute >= 110:
                write_trace(connection, finished(at - 5, token="work", usage=Usage(2000), cost_nano_usd=USD // 100))
                used += 2000 * WORTH
            else:
                used += 0.02
            samples.append(("5h", Sample(at, round(used, 2), began + 18000)))
    with transaction(tokens.database) as connection:
        write_samples(connection, token.id, samples)
    traces.close()
    tokens.database.close()


def test_ours_others_and_what_nobody_can_tell_stand_apart(
    cli: Cli, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = time.time() - 3 * 3600
    _seed(cli, token, began)
    window = {
        "name": "5h", "used": 0.54, "length_s": 18000, "reset_at": round((began + 18000) * 1000),
        "observed_at": round((began + 179 * 60) * 1000),
    }  # fmt: skip
    _tell(monkeypatch, _view(token, windows=[window]))
    (found,) = json.loads(cli("reconcile", "--json").stdout)["tokens"][0]["windows"]
    compared = found["compared"]
    assert compared["reported"] == pytest.approx(0.54, abs=0.011)
    assert compared["others"] == pytest.approx(0.20, abs=0.03)
    assert compared["own"] == pytest.approx(169 * 2000 * WORTH, rel=0.25)
    assert compared["requests"] == 169
    text = cli("reconcile", "--token", "work").stdout
    assert "other programs or devices use this account" in text
    assert [line.split()[0] for line in text.splitlines()[2:6]] == ["reported", "ours", "others", "not"]
    part = json.loads(cli("reconcile", "--json", "--last", "30m").stdout)["tokens"][0]["windows"][0]["compared"]
    assert part["others"] == 0
    assert part["requests"] == pytest.approx(30, abs=2)


def test_money_is_compared_for_its_own_time(cli: Cli, token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    traces = open_traces(cli.home)
    with transaction(traces) as connection:
        for age_s, cost in ((0, 2), (86400 * 40, 5)):
            one = finished(time.time() - age_s - 1, token="work", cost_nano_usd=cost * USD, cost_basis="reported")
            write_trace(connection, one)
    traces.close()
    balances = [
        {"name": name, "used": used, "total": None, "remaining": None, "unit": unit, "status": ""}
        for name, used, unit in (("key", 9.5, "USD"), ("key_month", 2.0, "USD"), ("premium", 3.0, "requests"))
    ]
    _tell(monkeypatch, _view(token, balances=balances))
    ever, month = json.loads(cli("reconcile", "--json").stdout)["tokens"][0]["money"]
    assert (ever["own"]["cost_nano_usd"], ever["difference_nano_usd"], ever["since"]) == (7 * USD, 2.5 * USD, None)
    assert "other programs use this key" in ever["reasons"][0]
    if time.gmtime().tm_hour or time.gmtime().tm_mday > 1:  # not just after the beginning of a month
        assert (month["difference_nano_usd"], month["reasons"][0]) == (0, "the same, but for rounding")
    lines = [line.split() for line in cli("reconcile").stdout.splitlines()]
    assert ["reported", "$9.50"] in lines
    assert ["difference", "$2.50"] in lines


def test_what_cannot_be_compared_is_said(cli: Cli, token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    window = {"name": "5h", "used": 0.5, "length_s": None, "reset_at": None, "observed_at": 1}
    _tell(monkeypatch, _view(token, windows=[window], not_polled="asked 1m ago"), _view(token))
    text = cli("reconcile").stdout
    assert "5h: 50% used; there are no two reports of this time to compare" in text
    assert "not asked now: asked 1m ago" in text
    assert "its provider tells nothing that could be compared" in text
    assert cli("reconcile", "--token", "nobody").exit_code == 1
    assert cli("reconcile", "--last", "x").exit_code == 2


def test_without_tokens_it_says_how_to_add_one(cli: Cli) -> None:
    assert "No tokens yet" in cli("reconcile").stdout
    assert json.loads(cli("reconcile", "--json").stdout) == {"tokens": []}
