"""Sessions keep their tokens: over requests, over restarts, and never without bound."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from router_core.clock import FixedClock
from router_core.config.schema import Config
from router_core.errors import NoTokenAvailable
from router_core.failover import Verdict
from router_core.home import Home
from router_core.store import migrations
from router_core.store.affinity import read_affinities
from router_core.store.database import Writer, open_database
from router_core.store.tokens import TokenStore, open_tokens
from router_core.tokens.affinity import Asker
from router_core.tokens.bindings import Bindings
from router_core.tokens.pool import TokenPool
from router_core.tokens.select import Selection
from router_core.trace.record import Usage
from tests.router_core.tokens.make import NOW, token

OPUS = "claude-opus-5-5"
CONFIG = Config()
ROUND_ROBIN = Config.model_validate({"selection": {"strategy": "round_robin"}})


class Router:
    """One router process, as far as choosing goes."""

    def __init__(self, home: Home, clock: FixedClock, config: Config = CONFIG) -> None:
        self.clock, self.config = clock, config
        self.store = open_tokens(home, clock)
        self.writer = Writer(open_database(home.tokens_db, migrations.tokens), "test tokens")
        self.pool = TokenPool(self.store, self.writer, clock, look_every_s=0)
        self.pool.configure(config)

    def ask(self, session: str, cached: int = 0, *, thread: str = "", model: str = OPUS, **more: Any) -> Selection:
        """One request from start to end."""
        self.pool.refresh()
        asker = Asker(session, thread, "r-1")
        chosen = self.pool.select(self.config, "claude", model, asker=asker, **more)
        usage = Usage(10, 20, cached - 100 if cached else 0, 100 if cached else 0)
        self.pool.answered(asker, "claude", chosen.token.id, model, usage, "anthropic", self.clock.now())
        assert chosen.lease is not None
        self.pool.release(chosen.lease)
        return chosen

    def rest(self, name: str, for_s: float, model: str = "") -> None:
        verdict = Verdict("next_token", "busy", "rest", self.clock.now() + for_s, bool(model))
        self.pool.punish(f"id-{name}", verdict, model, "rate_limited")

    def close(self) -> None:
        self.writer.close()
        self.writer.database.close()
        self.store.database.close()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def store(home: Home, clock: FixedClock) -> Iterator[TokenStore]:
    store = open_tokens(home, clock)
    for priority, name in enumerate("abc"):
        store.add(token(name, priority=priority))
    yield store
    store.database.close()


@pytest.fixture
def start(home: Home, clock: FixedClock, store: TokenStore) -> Iterator[Callable[..., Router]]:
    started: list[Router] = []

    def begin(config: Config = CONFIG) -> Router:
        started.append(Router(home, clock, config))
        return started[-1]

    yield begin
    for router in started:
        router.close()


def names(*chosen: Selection) -> str:
    return "".join(each.token.name for each in chosen)


def place(chosen: Selection) -> str:
    assert chosen.affinity is not None
    return chosen.affinity.place


def test_round_robin_turns_conversations_not_requests(start: Callable[..., Router]) -> None:  # 25
    """ccs #1115 and others: every account was partly warm, and nobody saw the cost."""
    router = start(ROUND_ROBIN)
    assert names(*(router.ask(f"s{n % 3}", 50_000) for n in range(9))) == "abc" * 3


def test_without_affinity_each_request_takes_its_turn(start: Callable[..., Router]) -> None:
    router = start(Config.model_validate({"selection": {"strategy": "round_robin", "affinity": False}}))
    chosen = [router.ask("s1", 50_000) for _ in range(6)]
    assert names(*chosen) == "abcabc"
    assert all(each.affinity is None for each in chosen)


def test_a_recovered_token_of_better_rank_does_not_steal_a_warm_session(
    start: Callable[..., Router], clock: FixedClock
) -> None:
    router = start()
    router.rest("a", 100)
    assert names(router.ask("s1", 80_000)) == "b"
    clock.advance(150)
    stays, new = router.ask("s1", 90_000), router.ask("s2")
    assert (names(stays, new), place(stays), place(new)) == ("ba", "stay", "new")
    clock.advance(301)
    afresh = router.ask("s1", 90_000)
    assert (names(afresh), place(afresh)) == ("a", "afresh")


def test_a_token_that_rests_briefly_is_come_back_to(start: Callable[..., Router], clock: FixedClock) -> None:
    router = start()
    router.ask("s1", 80_000)
    router.rest("a", 10, OPUS)
    away = router.ask("s1", 81_000)
    assert away.affinity is not None
    assert (names(away), place(away), away.affinity.lost_tokens) == ("b", "away", 80_000)
    assert away.affinity.lost_nano_usd == 80_000 * 4800
    again = router.ask("s1", 82_000)
    assert again.affinity is not None
    assert (names(again), place(again), again.affinity.lost_tokens) == ("b", "away", 0)
    clock.advance(11)
    back = router.ask("s1", 83_000)
    assert back.affinity is not None
    assert (names(back), place(back)) == ("a", "back")
    assert (back.affinity.kept_tokens, back.affinity.lost_tokens) == (80_000, 2_000)


def test_a_token_that_rests_for_long_is_left(start: Callable[..., Router], clock: FixedClock) -> None:
    router = start()
    router.ask("s1", 80_000)
    router.rest("a", 3600)
    moved = router.ask("s1", 80_000)
    assert (names(moved), place(moved)) == ("b", "move")
    clock.advance(200)
    assert place(router.ask("s1", 80_000)) == "stay"
    clock.advance(250)
    router.rest("a", -1)
    assert names(router.ask("s1", 80_000)) == "b"


@pytest.mark.parametrize("how", ["disabled", "removed", "unhealthy"])
def test_a_dead_account_does_not_keep_its_sessions(how: str, start: Callable[..., Router], store: TokenStore) -> None:
    """claude-relay-service #1007, CLIProxyAPI #3613: sticky routes kept hitting a dead account."""
    router = start()
    router.ask("s1", 80_000)
    if how == "unhealthy":
        router.pool.punish("id-a", Verdict("next_token", "401", "unhealthy"), OPUS, "credential_refused")
    elif how == "removed":
        router.pool.settle()
        store.remove("id-a")
    else:
        store.save(replace(store.named("a"), enabled=False))
    moved = router.ask("s1", 80_000)
    assert (names(moved), place(moved)) == ("b", "move")
    assert place(router.ask("s1", 80_000)) == "stay"


def test_a_server_error_does_not_release_the_session(start: Callable[..., Router]) -> None:
    """ccs #212: releasing it at every 5xx wastes the cache."""
    router = start()
    router.ask("s1", 80_000)
    assert place(router.ask("s1", 81_000, tried=["id-a"])) == "away"
    assert names(router.ask("s1", 82_000)) == "a"


def test_a_cache_miss_of_the_providers_own_moves_nobody(start: Callable[..., Router]) -> None:  # 63
    """codex-lb #2409: 99 % → 4 % → 99 % at the same account, seconds apart."""
    router = start()
    for read, written in ((79_000, 1_000), (3_000, 77_000), (80_000, 500)):
        chosen = router.ask("s1")
        usage = Usage(10, 20, read, written)
        router.pool.answered(Asker("s1"), "claude", chosen.token.id, OPUS, usage, "anthropic", router.clock.now())
        binding = router.pool.bindings.find("s1", "claude")
        assert binding is not None
        assert binding.kept("id-a", OPUS, "", router.clock.now()) == read + written
    assert place(router.ask("s1")) == "stay"


def test_subagents_share_the_token_of_their_session(start: Callable[..., Router]) -> None:
    router = start(ROUND_ROBIN)
    main, agent = router.ask("s1", 90_000), router.ask("s1", 12_000, thread="agent-1")
    assert names(main, agent) == "aa"
    stays = router.ask("s1", 91_000)
    assert stays.affinity is not None
    assert stays.affinity.kept_tokens == 90_000, "a subagent's short prompt is not the session's"


def test_bindings_survive_a_restart(start: Callable[..., Router], clock: FixedClock) -> None:
    first = start()
    first.rest("a", 50)
    first.ask("s1", 80_000)
    first.close()
    clock.advance(100)
    second = start()
    stays = second.ask("s1", 80_000)
    assert stays.affinity is not None
    assert (names(stays), place(stays), stays.affinity.kept_tokens) == ("b", "stay", 80_000)


def test_an_unbounded_affinity_map_does_not_leak(store: TokenStore) -> None:  # 23
    """opencodex #578."""
    writer = Writer(store.database, "test tokens")
    bindings = Bindings(writer.submit, most=100)
    for number in range(1000):
        bindings.bind(f"s{number}", "claude", "id-a", NOW + number)
    assert len(bindings) == 100
    bindings.used("s900", "claude", NOW + 1000)
    bindings.bind("one-more", "claude", "id-a", NOW + 1001)
    assert bindings.find("s900", "claude") is not None
    assert bindings.find("s901", "claude") is None
    bindings.forget(NOW + 1001)
    writer.flush()
    assert [row.session for row in read_affinities(store.database)] == ["one-more"]
    writer.close()


def test_sessions_silent_for_long_are_forgotten_at_start(
    start: Callable[..., Router], clock: FixedClock, store: TokenStore
) -> None:
    first = start()
    first.ask("old", 80_000)
    first.close()
    clock.advance(CONFIG.selection.affinity_ttl_s + 1)
    second = start()
    assert len(second.pool.bindings) == 0
    second.pool.settle()
    assert read_affinities(store.database) == []


def test_one_request_at_a_time_where_the_owner_says_so(start: Callable[..., Router], store: TokenStore) -> None:
    store.save(replace(store.named("a"), max_concurrent=1))
    router = start()
    asker = Asker("s1", owner="r-1")
    one = router.pool.select(CONFIG, "claude", OPUS, asker=asker)
    two = router.pool.select(CONFIG, "claude", OPUS, asker=Asker("s1", owner="r-2"))
    assert names(one, two) == "ab"
    assert place(two) == "away"
    assert [lease.owner for lease in router.pool.leases.held("id-a", NOW)] == ["r-1"]
    assert one.lease is not None
    router.pool.release(one.lease)
    assert names(router.ask("s1", 10_000)) == "a"


def test_when_all_are_busy_the_wait_is_a_second(start: Callable[..., Router], store: TokenStore) -> None:
    for name in "abc":
        store.save(replace(store.named(name), max_concurrent=1))
    router = start()
    for number in range(3):
        router.pool.select(CONFIG, "claude", OPUS, asker=Asker(owner=f"r-{number}"))
    with pytest.raises(NoTokenAvailable) as caught:
        router.ask("s1")
    assert caught.value.retry_after_s == 1
    assert "a: busy: 1 of 1 requests under way" in caught.value.message


def test_a_short_rest_is_waited_for_when_the_cache_is_worth_it(start: Callable[..., Router]) -> None:
    router = start()
    router.ask("s1", 150_000)
    router.ask("s2", 500)
    router.rest("a", 1.5)

    def wait(session: str) -> float:
        return router.pool.worth_waiting(CONFIG, "claude", OPUS, asker=Asker(session))[0]

    assert wait("s1") == pytest.approx(1.5)
    assert wait("s2") == wait("s3") == 0
    router.rest("b", 1)
    router.rest("c", 3600)
    assert wait("s3") == pytest.approx(1), "there is no other"
    router.rest("a", 60)
    router.rest("b", 60)
    assert wait("s1") == wait("s3") == 0


def test_a_model_that_one_plan_lacks_is_asked_of_the_others_only(start: Callable[..., Router]) -> None:
    router = start()
    lacks = Verdict("next_token", "404: model: x", "rest", NOW + 6 * 3600, rest_model_only=True)
    router.pool.punish("id-a", lacks, OPUS, "model_unavailable")
    assert names(router.ask("s1"), router.ask("s2", model="claude-haiku-4-5")) == "ba"
    for name in "bc":
        router.pool.punish(f"id-{name}", lacks, OPUS, "model_unavailable")
    asked = router.ask("s3")
    assert names(asked) == "a"
    assert "no token is known to have claude-opus-5-5" in asked.because
    assert not router.pool.can_pay(CONFIG, "claude", OPUS, ["id-a"])
