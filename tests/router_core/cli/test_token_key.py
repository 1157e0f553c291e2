"""`token rotate-key`."""

import json

import pytest
from click.testing import CliRunner, Result

from router_core.cli.main import main
from router_core.clock import SystemClock
from router_core.home import Home
from router_core.store.tokens import open_tokens
from router_core.tokens.token import Token

SECRET = "sk-ant-api03-CANARY-0123456789"


def run(home: Home, *arguments: str, **options: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(home.path), *arguments], **options)  # type: ignore[arg-type]


def add(home: Home) -> None:
    open_tokens(home, SystemClock()).add(Token("", "a", "claude", SECRET, "refresh-CANARY"))


def test_the_first_token_says_where_the_key_is_and_the_second_does_not(home: Home) -> None:
    first = run(home, "token", "add", "a", "--provider", "claude", "--access-token-stdin", input=SECRET)
    assert f"encrypted with the key in {home.key_file}" in first.stderr
    second = run(home, "token", "add", "b", "--provider", "claude", "--access-token-stdin", input=SECRET + "-b")
    assert "encrypted" not in second.output


def test_a_new_key_is_made_and_told_where(home: Home) -> None:
    add(home)
    before = home.key_file.read_bytes()
    done = run(home, "token", "rotate-key")
    assert done.exit_code == 0, done.output
    assert done.stdout == f"2 secret(s) are encrypted with a new key now: the key file {home.key_file}.\n"
    assert home.key_file.read_bytes() != before
    assert open_tokens(home, SystemClock()).named("a").access_token == SECRET


def test_json_says_the_same(home: Home) -> None:
    add(home)
    told = json.loads(run(home, "token", "rotate-key", "--json").stdout)
    assert told == {"values": 2, "unreadable": 0, "place": "file", "where": f"the key file {home.key_file}"}


def test_where_there_is_no_keychain_the_move_fails_and_nothing_changes(home: Home) -> None:
    add(home)
    before = home.key_file.read_bytes()
    done = run(home, "token", "rotate-key", "--to", "keychain")
    assert done.exit_code == 1
    assert "Nothing has changed" in done.stderr
    assert home.key_file.read_bytes() == before
    assert not home.key_marker.exists()


@pytest.mark.parametrize("as_json", [True, False])
def test_what_cannot_be_read_fails_and_says_how_much(home: Home, as_json: bool) -> None:
    add(home)
    store = open_tokens(home, SystemClock())
    store.database.conn.execute("update tokens set secret=x'0011'")
    store.database.conn.commit()
    done = run(home, "token", "rotate-key", *(["--json"] if as_json else []))
    assert done.exit_code == 1
    assert "1 secret(s) could not be read" in done.stderr
