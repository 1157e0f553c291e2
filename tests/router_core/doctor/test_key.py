"""The key of the stored secrets: a file or in a keychain, there, another, no key, gone, out of reach."""

import pytest

from router_core.clock import SystemClock
from router_core.doctor import key
from router_core.home import Home
from router_core.store import keychain as keychain_module
from router_core.store.keychain import SERVICE
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


def test_a_key_file_that_is_gone_is_said_and_none_is_made_in_its_place(examine: Examine) -> None:
    home = examine().home
    add_token(home)
    home.key_file.unlink()
    (finding,) = key.check(examine())
    assert (finding.verdict, finding.says) == (
        "problem",
        f"{home.key_file} is gone: what is stored of work cannot be opened",
    )
    assert "token edit NAME" in finding.remedy
    assert not home.key_file.exists()


class Session:
    """A session with a keychain: a keyring backend, as `find_keychain` finds it."""

    priority = 5
    kept: dict[tuple[str, str], str] = {}  # noqa: RUF012 - what it keeps outlives each object
    locked = False

    def get_password(self, service: str, account: str) -> str | None:
        if self.locked:
            raise RuntimeError("the collection is locked")
        return self.kept.get((service, account))

    def set_password(self, service: str, account: str, text: str) -> None:
        self.kept[service, account] = text


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> type[Session]:
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND", raising=False)
    monkeypatch.setattr(keychain_module, "BACKENDS", ((__name__, "Session", "the test keychain"),))
    monkeypatch.setattr(keychain_module, "_there_may_be_one", lambda: True)
    monkeypatch.setattr(Session, "kept", {})
    monkeypatch.setattr(Session, "locked", False)
    return Session


def test_one_in_the_keychain_that_opens_everything_is_well(examine: Examine, session: type[Session]) -> None:
    add_token(examine().home)
    (finding,) = key.check(examine())
    assert (finding.verdict, finding.says) == ("ok", f"the key in the test keychain (service {SERVICE})")


@pytest.mark.parametrize("how", ["no keychain here", "locked", "forgotten"])
def test_a_keychain_that_does_not_give_the_key_is_a_problem_and_no_other_key_is_made(
    examine: Examine, session: type[Session], monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    home = examine().home
    add_token(home)
    assert home.key_marker.exists()
    match how:
        case "no keychain here":
            monkeypatch.setattr(keychain_module, "_there_may_be_one", lambda: False)
        case "locked":
            monkeypatch.setattr(session, "locked", True)
        case _:
            session.kept.clear()
    (finding,) = key.check(examine())
    assert finding.verdict == "problem"
    assert "the test keychain" in finding.says
    assert ("Unlock it" in finding.says) == (how != "forgotten")
    assert f"move {home.key_marker.name} and tokens.db away from {home.path}" in finding.remedy
    assert not home.key_file.exists()
    assert SECRET not in repr(finding)
    home.key_marker.rename(home.path / "old.json")  # what the remedy says
    home.tokens_db.rename(home.path / "old.db")
    add_token(home)
    assert [again.verdict for again in key.check(examine())] == ["ok"]
