"""The key of the stored secrets."""

import pytest

from router_core.clock import SystemClock
from router_core.doctor import key
from router_core.home import Home
from router_core.store.tokens import open_tokens
from router_core.tokens.token import Token
from tests.router_core.doctor.conftest import Examine

SECRET = "sk-ant-api03-doctor-secret"


def add_token(home: Home) -> None:
    store = open_tokens(home, SystemClock())
    store.add(Token("", "work", "claude", SECRET))
    store.database.conn.close()


def test_one_that_opens_everything_is_well(examine: Examine) -> None:
    assert [finding.verdict for finding in key.check(examine())] == ["ok"]
    add_token(examine().home)
    (finding,) = key.check(examine())
    assert (finding.verdict, "whoever can read your files" in finding.says) == ("ok", True)


def test_another_key_in_its_place_is_named_with_each_token_that_it_does_not_open(examine: Examine) -> None:
    home = examine().home
    add_token(home)
    home.key_file.write_bytes(b"k" * 32)
    (finding,) = key.check(examine())
    assert (finding.verdict, "work" in finding.says) == ("problem", True)
    assert SECRET not in repr(finding)


@pytest.mark.parametrize("content", [b"", b"too short"])
def test_what_is_no_key_is_a_problem(examine: Examine, content: bytes) -> None:
    home = examine().home
    add_token(home)
    home.key_file.write_bytes(content)
    (finding,) = key.check(examine())
    assert (finding.verdict, str(home.key_file) in finding.says) == ("problem", True)
