"""What the record of a lock says against asking once more."""

from dataclasses import replace

import pytest

from router_core.oauth.known import known_of, perhaps_used_up
from router_core.oauth.lock import Record
from router_core.tokens.token import Token

NOW = 1_800_000_000.0
TOKEN = Token("t1", "mine", "claude", "a", "r", login="claude")


@pytest.mark.parametrize(
    ("record", "said", "is_final"),
    [
        pytest.param(Record("used", NOW - 60, "/other"), "another mitmrouter home (/other)", True, id="used-elsewhere"),
        pytest.param(Record("used", NOW - 60, "/home"), "by this home", True, id="used-here"),
        pytest.param(Record("asked", NOW - 60, "/other"), "is being renewed by another", False, id="asked-elsewhere"),
        pytest.param(Record("dead", NOW - 9e6, "/other", "revoked"), "revoked", True, id="dead"),
    ],
)
def test_what_stands_in_the_way(record: Record, said: str, is_final: bool) -> None:
    known = known_of(record, TOKEN, "/home", NOW, owner=False)
    assert known is not None
    assert said in known.because
    assert known.is_final == is_final


@pytest.mark.parametrize(
    ("record", "owner"),
    [
        pytest.param(None, False, id="nothing-known"),
        pytest.param(Record("asked", NOW - 5, "/home"), False, id="our-own-attempt"),
        pytest.param(Record("asked", NOW - 601, "/other"), False, id="nobody-came-back"),
        pytest.param(Record("dead", NOW, "/home", "revoked"), True, id="the-owner-insists"),
    ],
)
def test_what_does_not(record: Record | None, owner: bool) -> None:
    assert known_of(record, TOKEN, "/home", NOW, owner=owner) is None


def test_a_reusable_refresh_token_is_never_used_up() -> None:
    google = replace(TOKEN, login="gemini")
    for use in ("asked", "used"):
        assert known_of(Record(use, NOW, "/other"), google, "/home", NOW, owner=False) is None  # type: ignore[arg-type]


def test_a_shared_login_is_about_to_be_handed_over() -> None:
    shared = replace(TOKEN, shared="claude-file:/x")
    known = known_of(Record("used", NOW - 60, "/other"), shared, "/home", NOW, owner=False)
    assert known is not None
    assert (known.is_final, known.not_before) == (False, NOW + 30)
    late = known_of(Record("used", NOW - 601, "/other"), shared, "/home", NOW, owner=False)
    assert late is not None
    assert late.is_final


def test_when_it_happened_is_said() -> None:
    assert "answer never arrived" in perhaps_used_up(Record("asked", NOW, "/home"))
