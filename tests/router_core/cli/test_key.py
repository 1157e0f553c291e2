"""`key …`: made once, shown once, listed without themselves, revoked."""

import json
from datetime import datetime

import pytest

from router_core.cli.key import expiry
from router_core.errors import TokenError
from tests.router_core.cli.conftest import Cli

NOW = datetime(2026, 11, 28, 12).timestamp()


def listed(cli: Cli) -> dict[str, dict[str, object]]:
    return {each["name"]: each for each in json.loads(cli("key", "list", "--json").output)}


def test_a_key_is_shown_once_and_stored_as_a_hash(cli: Cli) -> None:
    done = cli("key", "add", "alice", "--budget-usd-per-day", "2.50", "--allow", "claude/*", "--expires", "30d")
    assert done.exit_code == 0, done.output
    key = done.stdout.splitlines()[0]
    assert key.startswith("mr-")
    assert len(key) > 40
    for shown in (cli("key", "list").output, cli("key", "list", "--json").output):
        assert "alice" in shown
        assert key not in shown
    assert all(key.encode() not in file.read_bytes() for file in cli.home.path.rglob("*") if file.is_file())
    row = listed(cli)["alice"]
    assert (row["state"], row["limits"], row["allow"]) == ("valid", {"day": {"usd": "2.50"}}, ["claude/*"])
    assert "$2.50 a day" in cli("key", "list").output


def test_json_of_a_new_key_has_the_key(cli: Cli) -> None:
    made = json.loads(cli("key", "add", "ci", "--deny", "*opus*", "--budget-requests-per-day", "9", "--json").output)
    assert made["key"].startswith("mr-")
    assert (made["deny"], made["limits"]) == (["*opus*"], {"day": {"requests": 9}})


def test_a_revoked_name_may_be_given_again_a_living_one_not(cli: Cli) -> None:
    assert cli("key", "add", "a").exit_code == 0
    twice = cli("key", "add", "a")
    assert (twice.exit_code, "already" in twice.output) == (1, True)
    assert cli("key", "revoke", "a").output == "Revoked a.\n"
    assert listed(cli)["a"]["state"] == "revoked"
    assert cli("key", "add", "a").exit_code == 0
    assert listed(cli)["a"]["state"] == "valid"


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("revoke", "nobody"), 1, "There is no key 'nobody'. Known: there are none."),
        (("add", "a b"), 1, "cannot name a key"),
        (("add", "*"), 1, "cannot name a key"),
        (("add", "a", "--budget-usd-per-day", "much"), 2, "no amount of USD"),
        (("add", "a", "--budget-usd-per-day", "-1"), 2, "no amount of USD"),
        (("add", "a", "--expires", "soon"), 1, "neither a time"),
        (("add", "a", "--expires", "2020-01-01"), 1, "is past"),
        (("add", "a", "--expires", "0001-01-01"), 1, "--expires"),
        (("add", "a", "--expires", "999999w"), 1, "more than 100 years"),
        (("add", "a", "--expires", "9999-12-31"), 1, "more than 100 years"),
        (("add", "a", "--deny", " "), 2, "it is empty"),
        (("add", "a", "--budget-requests-per-day", "9" * 30), 2, "not in the range"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(
    cli: Cli, arguments: tuple[str, ...], status: int, says: str
) -> None:
    done = cli("key", *arguments)
    assert (done.exit_code, says in done.output) == (status, True), done.output
    assert listed(cli) == {}


def test_without_keys_the_way_to_one_is_said(cli: Cli) -> None:
    assert "key add NAME" in cli("key", "list").output


@pytest.mark.parametrize(
    ("text", "seconds"), [("90m", 5400), ("12h", 43_200), ("30D", 2_592_000), ("2w", 1_209_600), ("2026-11-29", 43_200)]
)
def test_an_expiry_is_a_time_from_now_or_a_day(text: str, seconds: int) -> None:
    assert expiry(text, NOW) == NOW + seconds


def test_an_expiry_is_never_past() -> None:
    with pytest.raises(TokenError):
        expiry("0d", NOW)
