"""`stats`: totals, groups and steps of time, in a table, as JSON and as CSV."""

import csv
import io
import json
import sqlite3
import time

import pytest

from router_core.store.database import transaction
from router_core.store.traces import open_traces, write_trace
from router_core.trace.record import TraceRecord
from tests.router_core.cli.conftest import Cli
from tests.router_core.trace.make import finished

USD = 10**9


def _seed(cli: Cli, *records: TraceRecord) -> None:
    database = open_traces(cli.home.ensure())
    with transaction(database) as connection:
        for one in records:
            write_trace(connection, one)
    database.close()


def _some(cli: Cli) -> None:
    now = time.time()
    _seed(
        cli,
        finished(now - 60, model="opus", cost_nano_usd=3 * USD, project="/p/one", agent="", ttft_ms=1500),
        finished(now - 50, model="opus", cost_nano_usd=2 * USD, project="/p/two", agent="explore"),
        finished(now - 40, model="gpt", cost_nano_usd=USD, metered_nano_usd=USD, state="failed", client_key="ci"),
        finished(now - 20 * 86400, model="old", cost_nano_usd=USD),
    )


def _told(cli: Cli, *arguments: str) -> dict[str, list[dict[str, int]]]:
    done = cli("stats", "--json", *arguments)
    assert done.exit_code == 0, done.output
    told: dict[str, list[dict[str, int]]] = json.loads(done.stdout)
    return told


def test_a_table_says_what_it_cost_and_what_of_it_is_real_money(cli: Cli) -> None:
    _some(cli)
    lines = cli("stats").stdout.splitlines()
    assert lines[1:5] == [
        "  requests        3, 1 failed",
        "  tokens          330 in, 15 out, 91% of the input from the cache",
        "  at list prices  $6.00 (subscriptions paid for $5.00 of it)",
        "  real money      $1.00",
    ]
    assert lines[6].split() == [
        "MODEL", "COST", "REAL", "MONEY", "REQUESTS", "FAILED", "INPUT", "OUTPUT", "CACHED", "FIRST", "BYTE",
    ]  # fmt: skip
    assert lines[7].split() == ["opus", "▰" * 10, "$5.00", "2", "220", "10", "91%", "1.5s"]
    assert lines[8].split() == ["gpt", "▰▰▱▱▱▱▱▱▱▱", "$1.00", "$1.00", "1", "1", "110", "5", "91%"]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (("--by", "provider"), {"claude": 3}), (("--by", "project"), {"/p/one": 1, "/p/two": 1, "": 1}),
        (("--by", "client_key"), {"": 2, "ci": 1}), (("--by", "session"), {"s": 3}),
        (("--by", "agent"), {"": 2, "explore": 1}), (("--by", "agent", "--model", "opus"), {"": 1, "explore": 1}),
        (("--model", "opus", "--by", "token"), {"a": 2}), (("--client-key", "ci"), {"gpt": 1}),
        (("--last", "all"), {"opus": 2, "gpt": 1, "old": 1}), (("--since", "21d", "--until", "19d"), {"old": 1}),
        (("--limit", "1"), {"opus": 2}), (("--provider", "nobody"), {}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)  # fmt: skip
def test_groups_and_filters(cli: Cli, arguments: tuple[str, ...], found: dict[str, int]) -> None:
    _some(cli)
    assert {row["value"]: row["requests"] for row in _told(cli, *arguments)["groups"]} == found


def test_steps_follow_the_calendar_and_may_be_grouped(cli: Cli) -> None:
    _some(cli)
    for step, most in (("hour", 3), ("day", 3), ("week", 2), ("month", 2)):
        steps = _told(cli, "--last", "all", "--step", step)["steps"]
        assert sum(row["cost_nano_usd"] for row in steps) == 7 * USD
        assert len(steps) <= most
        assert {row["value"] for row in steps} == {""}
    by = _told(cli, "--last", "all", "--step", "month", "--by", "model")["steps"]
    assert {row["value"] for row in by} == {"opus", "gpt", "old"}
    month = time.strftime("%Y-%m", time.localtime(time.time() - 20 * 86400))
    assert f"\n{month} " in cli("stats", "--last", "all", "--step", "month").stdout


def test_csv_has_one_heading_and_no_formulas(cli: Cli) -> None:
    _seed(cli, finished(time.time() - 9, model="=cmd()|x", cost_nano_usd=5))
    (row,) = csv.DictReader(io.StringIO(cli("stats", "--csv").stdout))
    assert (row["model"], row["requests"], row["cost_nano_usd"]) == ("'=cmd()|x", "1", "5")
    (step,) = csv.DictReader(io.StringIO(cli("stats", "--csv", "--step", "day").stdout))
    assert int(step["at"]) % 1000 == 0


def test_names_from_outside_cannot_act_on_a_terminal(cli: Cli) -> None:
    _seed(cli, finished(time.time() - 9, project="/p/\x1b[2J"))
    assert "\x1b" not in cli("stats", "--by", "project").stdout


def test_nothing_yet_is_said(cli: Cli) -> None:
    assert "No requests yet." in cli("stats", "--last", "all").stdout
    _some(cli)
    assert "No requests in this time." in cli("stats", "--since", "10d", "--until", "9d").stdout


@pytest.mark.parametrize(
    "arguments",
    [("--last", "x"), ("--last", "1d", "--since", "2d"), ("--since", "1d", "--until", "2d"), ("--json", "--csv"),
     ("--last", "all", "--step", "hour", "--until", "2099-01-01")],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(cli: Cli, arguments: tuple[str, ...]) -> None:
    _some(cli)
    assert cli("stats", *arguments).exit_code == 2


@pytest.mark.parametrize("older", ["drop table usage_paths", "alter table usage_paths drop column total_count"])
def test_a_database_of_an_older_version_is_named(cli: Cli, older: str) -> None:
    _some(cli)
    with sqlite3.connect(cli.home.traces_db) as connection:
        connection.execute(older)
    done = cli("stats", "--by", "status", "--last", "2d")
    assert done.exit_code == 1
    assert "older version" in done.output
