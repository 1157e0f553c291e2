"""Who minted a value: remembered by hash, bounded, and still known after a restart."""

from collections.abc import Iterator

import pytest

from router_core.clock import FixedClock
from router_core.home import Home
from router_core.state.minted import TOUCH_INTERVAL_S
from router_core.state.owner import Owner
from router_core.state.take_out import take_out
from router_core.wire.model import Issuer
from tests.router_core.state.opened import Opened, opened

SIGNED = "EqQBCgIYAhIM" + "x" * 400


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def state(home: Home, clock: FixedClock) -> Iterator[Opened]:
    with opened(home, clock) as state:
        yield state


def _remember(state: Opened, value: str | bytes = SIGNED) -> None:
    state.minted.remember(value, "claude", "t1", "signature", "anthropic")


def test_the_owner_of_a_value_is_known_at_once_and_after_a_restart(home: Home, clock: FixedClock) -> None:
    owner = Owner("anthropic", "claude", "t1", "signature")
    with opened(home, clock) as state:
        _remember(state)
        assert state.minted.owner(SIGNED) == owner
        assert state.minted.owner(SIGNED.encode()) == owner
        assert state.minted.owner(SIGNED + "x") is None
    with opened(home, clock) as state:
        assert state.minted.owner(SIGNED) == owner


def test_the_value_itself_is_nowhere_on_disk(home: Home, state: Opened) -> None:
    _remember(state)
    state.settle()
    files = [file for file in home.path.iterdir() if file.name.startswith("state.db")]
    assert files
    assert all(SIGNED.encode() not in file.read_bytes() for file in files)
    assert home.state_db.stat().st_mode & 0o777 == 0o600


def test_a_value_given_again_belongs_to_the_last_giver(state: Opened) -> None:
    _remember(state)
    state.minted.remember(SIGNED, "kimi", "t2", "signature", "other")
    assert state.minted.owner(SIGNED) == Owner("other", "kimi", "t2", "signature")


@pytest.mark.parametrize("value", ["", b""], ids=["text", "bytes"])
def test_an_empty_value_has_no_owner(state: Opened, value: str | bytes) -> None:
    _remember(state, value)
    assert state.minted.owner(value) is None


def test_a_value_that_is_no_unicode_is_remembered_too(state: Opened) -> None:
    _remember(state, "\ud800")
    assert state.minted.owner("\ud800") is not None


def test_the_least_recently_used_values_are_forgotten(home: Home, clock: FixedClock) -> None:
    with opened(home, clock, max_count=3) as state:
        for value in "abc":
            _remember(state, value)
            clock.advance(1)
        assert state.minted.owner("a")
        _remember(state, "d")
        assert [value for value in "abcd" if state.minted.owner(value)] == ["a", "c", "d"]
    with opened(home, clock, max_count=2) as state:
        assert len(state.minted) == 2
        assert state.minted.owner("d")


def test_old_values_are_forgotten_unless_they_are_in_use(home: Home, clock: FixedClock) -> None:
    with opened(home, clock, max_age_s=10 * 86400.0) as state:
        _remember(state, "used")
        _remember(state, "unused")
        for _ in range(6):
            clock.advance(2 * TOUCH_INTERVAL_S)
            assert state.minted.owner("used")
        assert state.minted.owner("unused") is None
    with opened(home, clock, max_age_s=10 * 86400.0) as state:
        assert state.minted.owner("used")
        state.settle()
        assert state.store.database.execute("select count(*) from minted").fetchone() == (1,)


def test_the_table_is_bounded_while_running(home: Home, clock: FixedClock) -> None:
    with opened(home, clock, max_count=50) as state:
        for number in range(1200):
            clock.advance(0.01)
            _remember(state, str(number))
        state.settle()
        assert state.store.database.execute("select count(*) from minted").fetchone()[0] < 600
        assert len(state.minted) == 50
    with opened(home, clock, max_count=50) as state:
        state.settle()
        assert state.store.database.execute("select count(*) from minted").fetchone() == (50,)


def test_looking_at_a_value_again_and_again_writes_nothing(state: Opened) -> None:
    _remember(state)
    state.settle()
    for _ in range(100):
        assert state.minted.owner(SIGNED)
    assert state.writer.pending == 0


def test_a_conversation_that_moves_loses_exactly_the_foreign_proofs(state: Opened) -> None:
    blocks = [{"type": "thinking", "thinking": "t", "signature": name} for name in ("claude's", "kimi's", "unknown")]
    body = {"messages": [{"role": "assistant", "content": blocks}, {"role": "user", "content": "go"}]}
    state.minted.remember("claude's", "claude", "t1", "signature", "anthropic")
    state.minted.remember("kimi's", "kimi", "t2", "signature", "other")

    def left(provider: str, family: Issuer) -> list[str]:
        is_foreign = state.minted.foreign_to(provider, "t9", family, client_family="anthropic")
        edited, _ = take_out(body, "anthropic", is_foreign)
        return [block["signature"] for message in edited["messages"][:-1] for block in message["content"]]

    assert left("claude", "anthropic") == ["claude's", "unknown"]
    assert left("kimi", "other") == ["kimi's", "unknown"]
    assert left("glm", "other") == ["unknown"]
