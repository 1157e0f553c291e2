"""Where the key of a home's secrets lies."""

import json
import stat
import time
from pathlib import Path

import pytest

from router_core.errors import HomeError
from router_core.home import Home
from router_core.store import keychain as keychain_module
from router_core.store.key_source import KeySource
from router_core.store.keychain import SERVICE, Keychain, KeychainFailed, find_keychain
from router_core.store.secret_box import key_id

KEY = b"k" * 32


class Backend:
    """A keychain in memory, with keyring's own methods."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.fault: Exception | None = None
        self.hangs_s = 0.0

    def _used(self) -> None:
        time.sleep(self.hangs_s)
        if self.fault:
            raise self.fault

    def get_password(self, service: str, account: str) -> str | None:
        self._used()
        return self.kept.get((service, account))

    def set_password(self, service: str, account: str, text: str) -> None:
        self._used()
        self.kept[service, account] = text

    def delete_password(self, service: str, account: str) -> None:
        self._used()
        del self.kept[service, account]


@pytest.fixture
def backend() -> Backend:
    return Backend()


def source_of(home: Home, backend: Backend) -> KeySource:
    return KeySource(home, lambda: Keychain(backend, "the test keychain", 0.2))


def none_there() -> Keychain:
    raise KeychainFailed("this session has no keychain")


def names(home: Home) -> list[str]:
    return sorted(path.name for path in home.path.glob("tokens*"))


def test_a_new_home_keeps_its_key_in_the_keychain_and_says_so(home: Home, backend: Backend) -> None:
    source = source_of(home, backend)
    (key,) = source.load().values()
    assert "the test keychain" in source.news
    assert names(home) == ["tokens.key.json"]
    assert key not in home.key_marker.read_bytes()
    ((service, account),) = backend.kept
    assert service == SERVICE
    assert account in home.key_marker.read_text()
    assert source_of(home, backend).load() == {key_id(key): key}
    assert source_of(home, backend).place == "keychain"


def test_two_homes_never_share_a_key(tmp_path: Path, backend: Backend) -> None:
    keys = [next(iter(source_of(Home(tmp_path / name).ensure(), backend).load())) for name in "ab"]
    assert len(set(keys)) == len(backend.kept) == 2


def test_without_a_keychain_the_key_is_a_private_file_and_that_is_said_aloud(home: Home) -> None:
    source = KeySource(home, none_there)
    assert len(source.load()) == 1
    assert str(home.key_file) in source.news
    assert "this session has no keychain" in source.news
    assert stat.S_IMODE(home.key_file.stat().st_mode) == 0o600
    again = KeySource(home, none_there)
    again.load()
    assert again.news == ""


def test_an_existing_file_is_used_and_no_keychain_is_asked(home: Home, backend: Backend) -> None:
    home.key_file.write_bytes(KEY)
    source = source_of(home, backend)
    assert source.load() == {key_id(KEY): KEY}
    assert (backend.kept, source.news, source.place) == ({}, "", "file")


@pytest.mark.parametrize("trouble", ["locked", "hangs"])
def test_a_keychain_that_does_not_answer_is_given_up_in_time_for_the_file(
    home: Home, backend: Backend, trouble: str
) -> None:
    backend.fault = RuntimeError("the collection is locked") if trouble == "locked" else None
    backend.hangs_s = 1.0 if trouble == "hangs" else 0.0
    began = time.monotonic()
    source = source_of(home, backend)
    assert len(source.load()) == 1
    assert time.monotonic() - began < 0.9
    assert names(home) == ["tokens.key"]
    assert "the test keychain" in source.news


def test_a_keychain_that_forgets_is_not_trusted(home: Home, backend: Backend) -> None:
    backend.set_password = lambda service, account, text: None  # type: ignore[method-assign]
    source = source_of(home, backend)
    source.load()
    assert names(home) == ["tokens.key"]
    assert "did not keep" in source.news


def test_a_key_that_is_in_a_locked_keychain_is_never_replaced(home: Home, backend: Backend) -> None:
    source_of(home, backend).load()
    before = dict(backend.kept)
    backend.fault = RuntimeError("locked")
    with pytest.raises(HomeError, match=r"the test keychain.*Unlock it"):
        source_of(home, backend).load()
    with pytest.raises(HomeError, match=r"the test keychain.*no keychain.*Unlock it"):
        KeySource(home, none_there).load()
    assert backend.kept == before
    assert names(home) == ["tokens.key.json"]


def test_a_key_lost_from_the_keychain_is_said_and_not_made_anew(home: Home, backend: Backend) -> None:
    source_of(home, backend).load()
    backend.kept.clear()
    with pytest.raises(HomeError, match="holds no key for"):
        source_of(home, backend).load()


def test_a_damaged_marker_is_said(home: Home, backend: Backend) -> None:
    home.key_marker.write_text("{")
    with pytest.raises(HomeError, match="where the tokens' key is"):
        source_of(home, backend).load()


@pytest.mark.parametrize("place", ["file", "keychain"])
@pytest.mark.parametrize("to", ["file", "keychain"])
def test_a_key_is_added_before_the_old_one_goes(home: Home, backend: Backend, place: str, to: str) -> None:
    source = source_of(home, backend) if place == "keychain" else KeySource(home, none_there)
    old = next(iter(source.load()))
    source = source_of(home, backend)
    source.add(KEY, to)  # type: ignore[arg-type]  # one of the two
    assert set(source.load()) == {old, key_id(KEY)}
    source.keep_only([key_id(KEY)])
    assert source.load() == {key_id(KEY): KEY}
    assert source.place == to
    assert names(home) == (["tokens.key"] if to == "file" else ["tokens.key.json"])
    assert len(backend.kept) == (0 if to == "file" else 1)


def test_a_keychain_that_refuses_the_new_key_leaves_everything_as_it_was(home: Home, backend: Backend) -> None:
    home.key_file.write_bytes(KEY)
    backend.fault = RuntimeError("locked")
    source = source_of(home, backend)
    with pytest.raises(KeychainFailed):
        source.add(b"n" * 32, "keychain")
    assert names(home) == ["tokens.key"]
    assert source.load() == {key_id(KEY): KEY}


def test_the_marker_says_where_without_saying_what(home: Home, backend: Backend) -> None:
    source_of(home, backend).load()
    told = json.loads(home.key_marker.read_text())
    assert (told["source"], told["keychain"]) == ("keychain", "the test keychain")
    assert stat.S_IMODE(home.key_marker.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "backend_name",
    ["keyring.backends.null.Keyring", "keyring.backends.fail.Keyring", "keyrings.alt.file.PlaintextKeyring"],
)
def test_backends_that_keep_nothing_or_keep_it_in_plain_are_no_keychain(
    monkeypatch: pytest.MonkeyPatch, backend_name: str
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", backend_name)
    with pytest.raises(KeychainFailed):
        find_keychain()


def test_the_best_of_several_keychains_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND")
    monkeypatch.setattr(keychain_module, "_there_may_be_one", lambda: True)
    backends = tuple((__name__, name, f"the {name}") for name in ("Absent", "Usable", "Better"))
    monkeypatch.setattr(keychain_module, "BACKENDS", backends)
    assert find_keychain().name == "the Better"


class Usable(Backend):
    priority = 4


class Better(Backend):
    priority = 5


class _NotHere:
    def __get__(self, owner: object, kind: object) -> float:
        raise RuntimeError("no D-Bus here")


class Absent(Backend):
    priority = _NotHere()
