"""The running router's tokens: state in memory, written behind, edits of other processes seen at once."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from router_core.clock import FixedClock
from router_core.config.schema import Config
from router_core.errors import NoTokenAvailable
from router_core.failover import Verdict
from router_core.home import Home
from router_core.store import migrations
from router_core.store.database import Writer, open_database
from router_core.store.tokens import TokenStore, open_tokens
from router_core.tokens.pool import TokenPool
from router_core.tokens.token import Token
from tests.router_core.tokens.make import NOW, token, window

CONFIG = Config()


class Router:
    """One router process: its own store connection, writer and pool."""

    def __init__(self, home: Home, clock: FixedClock, *, demo: bool = False, look_every_s: float = 0) -> None:
        self.store = open_tokens(home, clock)
        self.writer = Writer(open_database(home.tokens_db, migrations.tokens), "test tokens")
        self.pool = TokenPool(self.store, self.writer, clock, demo=demo, look_every_s=look_every_s)
        self.pool.configure(CONFIG)

    def select(self, model: str = "opus", **more: Any) -> str:
        self.pool.refresh()
        return self.pool.select(CONFIG, "claude", model, **more).token.name

    def rest(self, name: str, until: float | None, *, model: str = "", kind: str = "rate_limited") -> None:
        verdict = Verdict("next_token", "busy", "rest", until, bool(model))
        self.pool.punish(f"id-{name}", verdict, model or "opus", kind)

    def close(self) -> None:
        self.writer.close()
        self.writer.database.close()
        self.store.database.close()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def routers(home: Home, clock: FixedClock) -> Iterator[Any]:
    started: list[Router] = []

    def start(**more: Any) -> Router:
        started.append(Router(home, clock, **more))
        return started[-1]

    yield start
    for router in started:
        router.close()


@pytest.fixture
def cli(home: Home, clock: FixedClock) -> Iterator[TokenStore]:
    """Another process that edits tokens."""
    store = open_tokens(home, clock)
    yield store
    store.database.close()


def test_edits_of_another_process_are_seen_before_the_next_request(routers: Any, cli: TokenStore) -> None:
    router = routers()
    with pytest.raises(NoTokenAvailable):
        router.select()
    cli.add(token("a", priority=2))
    assert router.select() == "a"
    cli.add(token("b", priority=1))
    assert router.select() == "b"
    cli.save(replace(cli.named("b"), enabled=False))
    assert router.select() == "a"
    cli.remove("id-a")
    with pytest.raises(NoTokenAvailable):
        router.select()


def test_a_token_added_a_moment_ago_is_found_before_a_request_is_refused(routers: Any, cli: TokenStore) -> None:
    router = routers(look_every_s=3600)
    cli.add(token("first"))
    assert router.select() == "first"


def test_an_edit_is_seen_even_while_writes_are_queued_all_the_time(routers: Any, cli: TokenStore) -> None:
    cli.add(token("a"))
    router = routers()
    router.writer.submit(lambda connection: None)
    cli.save(replace(cli.named("a"), enabled=False))
    assert router.writer.pending
    with pytest.raises(NoTokenAvailable):
        router.select()


def test_an_edit_elsewhere_does_not_lose_what_is_not_yet_written(routers: Any, cli: TokenStore) -> None:
    cli.add(token("a"))
    router = routers()
    router.rest("a", NOW + 60)
    cli.add(token("b", priority=500))
    assert router.select() == "b"
    assert router.pool.get("id-a").cooldowns[0].until == NOW + 60


def test_state_survives_a_restart(routers: Any, cli: TokenStore) -> None:
    cli.add(token("a"))
    cli.add(token("b", priority=500))
    first = routers()
    first.rest("a", NOW + 3600, kind="window_exhausted")
    first.pool.punish("id-b", Verdict("next_token", "401: revoked", "unhealthy"), "opus", "credential_refused")
    first.pool.observe("id-a", [window("5h", 1.01)])
    for _ in range(12):
        first.pool.breakers.failed("api.anthropic.com", "502")
    first.close()
    second = routers()
    with pytest.raises(NoTokenAvailable) as caught:
        second.select()
    assert caught.value.retry_after_s == 3600
    assert "b: unhealthy: 401: revoked" in caught.value.message
    assert [(w.name, w.used) for w in second.pool.get("id-a").windows] == [("5h", 1.01)]
    assert second.pool.breakers.open_for("api.anthropic.com") is not None


def test_its_owner_ends_one_rest_of_a_token_or_all(routers: Any, cli: TokenStore) -> None:
    cli.add(token("a"))
    router = routers()
    router.rest("a", NOW + 3600)
    router.rest("a", NOW + 3600, model="opus")
    router.rest("a", NOW + 3600, model="haiku")
    router.pool.wake("id-a", "opus")
    assert {rest.model for rest in router.pool.get("id-a").cooldowns} == {"", "haiku"}
    router.pool.wake("id-a", "")
    assert router.select("opus") == "a"
    router.pool.wake("id-a")
    router.close()
    assert routers().pool.get("id-a").cooldowns == ()


def test_success_ends_the_rest_of_that_model_and_of_the_whole_token_only(routers: Any, cli: TokenStore) -> None:
    """CLIProxyAPI #5639: a stored reset stayed in force for days after the provider had reset early."""
    cli.add(token("a"))
    router = routers()
    router.rest("a", NOW + 10, model="opus")
    router.rest("a", NOW + 20, model="haiku")
    router.rest("a", NOW + 30)
    router.pool.succeeded("id-a", "opus")
    assert [c.model for c in router.pool.get("id-a").cooldowns] == ["haiku"]
    router.pool.reload()
    assert [c.model for c in router.pool.get("id-a").cooldowns] == ["haiku"]


def test_a_success_without_any_rest_writes_nothing(routers: Any, cli: TokenStore) -> None:
    cli.add(token("a"))
    router = routers()
    router.pool.succeeded("id-a", "opus")
    router.pool.succeeded("id-gone", "opus")
    assert router.writer.pending == 0


def test_the_default_rest_grows_until_a_success(routers: Any, cli: TokenStore, clock: FixedClock) -> None:
    cli.add(token("a"))
    router = routers()
    lengths = []
    for _ in range(8):
        router.rest("a", None)
        until = router.pool.get("id-a").cooldowns[0].until
        lengths.append(until - clock.now())
        clock.advance(until - clock.now() + 1)
    assert lengths == [60, 120, 240, 480, 960, 1920, 3600, 3600]
    router.pool.succeeded("id-a", "opus")
    router.rest("a", None)
    assert router.pool.get("id-a").cooldowns[0].until == clock.now() + 60


def test_a_smaller_reason_that_comes_later_does_not_shorten_a_rest(routers: Any, cli: TokenStore) -> None:
    """Of many requests under way the last to fail must not wake a token whose window is used up."""
    cli.add(token("a"))
    router = routers()
    router.rest("a", NOW + 18000, kind="window_exhausted")
    router.rest("a", NOW + 2)
    assert router.pool.get("id-a").cooldowns[0].until == NOW + 18000
    router.rest("a", NOW + 20000)
    assert router.pool.get("id-a").cooldowns[0].until == NOW + 20000


def test_cooldowns_of_models_and_of_the_token_stand_side_by_side(routers: Any, cli: TokenStore) -> None:
    cli.add(token("a"))
    router = routers()
    router.rest("a", NOW + 60, model="opus")
    assert router.select("haiku") == "a"
    router.rest("a", NOW + 5)
    with pytest.raises(NoTokenAvailable) as caught:
        router.select("haiku")
    assert caught.value.retry_after_s == 5


def test_a_verdict_without_effect_changes_nothing(routers: Any, cli: TokenStore) -> None:
    cli.add(token("a"))
    router = routers()
    before = router.pool.get("id-a")
    router.pool.punish("id-a", Verdict("give_up", "400"), "opus", "client_error")
    router.pool.punish("id-gone", Verdict("next_token", "x", "unhealthy"), "opus", "credential_refused")
    assert router.pool.get("id-a") == before
    assert router.writer.pending == 0


def test_an_explicit_heal_by_another_process_is_taken_over(routers: Any, cli: TokenStore) -> None:
    cli.add(token("a"))
    router = routers()
    router.pool.punish("id-a", Verdict("next_token", "401", "unhealthy"), "opus", "credential_refused")
    router.rest("a", NOW + 60)
    router.pool.settle()
    cli.heal("id-a")
    assert router.select() == "a"


def test_demo_and_user_tokens_never_mix(routers: Any, cli: TokenStore) -> None:
    """A demo token must never be sent to a real provider, nor a real one to the simulator."""
    cli.add(token("real"))
    cli.add(token("toy", origin="demo"))
    assert [t.name for t in routers().pool.all()] == ["real"]
    assert [t.name for t in routers(demo=True).pool.all()] == ["toy"]


def _with_key(key: str) -> Config:
    claude = CONFIG.providers["claude"].model_dump() | {"api_key": key}
    return Config.model_validate({"providers": {"claude": claude}})


def test_a_key_of_the_config_comes_after_registered_tokens_and_is_never_stored(routers: Any, cli: TokenStore) -> None:
    router = routers()
    router.pool.configure(_with_key("sk-ant-api03-config"))
    assert router.select() == "config:claude"
    router.rest("x", NOW)
    router.pool.punish("config:claude", Verdict("next_token", "busy", "rest", NOW + 60), "opus", "rate_limited")
    cli.add(token("a", priority=999_999))
    assert router.select() == "a"
    assert router.pool.get("config:claude").cooldowns, "its state is kept while it is the same key"
    router.pool.settle()
    assert [t.name for t in cli.all()] == ["a"]


def test_a_changed_key_in_the_config_takes_effect_and_starts_afresh(routers: Any) -> None:
    router = routers()
    router.pool.configure(_with_key("sk-ant-api03-old"))
    unhealthy = Verdict("next_token", "401", "unhealthy")
    router.pool.punish("config:claude", unhealthy, "opus", "credential_refused")
    router.pool.configure(_with_key("sk-ant-api03-new"))
    assert router.pool.get("config:claude").access_token == "sk-ant-api03-new"
    assert router.select() == "config:claude"
    router.pool.configure(CONFIG)
    assert router.pool.all() == []


def test_a_key_of_the_config_is_not_used_in_the_demo(routers: Any) -> None:
    router = routers(demo=True)
    router.pool.configure(_with_key("sk-ant-api03-config"))
    assert router.pool.all() == []


def test_a_credential_renewed_by_another_process_is_noticed(routers: Any, cli: TokenStore) -> None:
    cli.add(token("a"))
    router = routers()
    used: Token = router.pool.get("id-a")
    assert not router.pool.rotated(used)
    cli.save(replace(cli.named("a"), access_token="renewed"))
    assert router.pool.rotated(used)
    assert not router.pool.rotated(router.pool.get("id-a"))
    cli.remove("id-a")
    assert not router.pool.rotated(used)


def test_windows_are_merged_and_written_when_they_move(routers: Any, cli: TokenStore, clock: FixedClock) -> None:
    cli.add(token("a"))
    router = routers()

    def observe(used: float, status: str = "allowed") -> int:
        one = replace(window("5h", used), status=status, observed_at=clock.now())
        router.pool.settle()
        router.pool.observe("id-a", [one])
        return int(router.writer.pending)

    router.pool.observe("id-a", [window("7d", 0.1)])
    assert observe(0.10) == 1
    assert observe(0.101) == 0
    assert observe(0.11) == 1
    assert observe(0.11, "rejected") == 1
    clock.advance(30)
    assert observe(0.11, "rejected") == 1
    assert [(w.name, w.used) for w in router.pool.get("id-a").windows] == [("7d", 0.1), ("5h", 0.11)]
    router.pool.observe("id-gone", [window("5h", 1)])
    router.pool.observe("id-a", [])


def test_a_token_removed_elsewhere_leaves_nothing_behind(routers: Any, cli: TokenStore) -> None:
    cli.add(token("a"))
    router = routers()
    cli.remove("id-a")
    router.rest("a", NOW + 60)
    router.pool.observe("id-a", [window("5h", 1)])
    router.pool.settle()
    assert cli.database.execute(
        "select (select count(*) from cooldowns) + (select count(*) from windows)"
    ).fetchone() == (0,)


def test_round_robin_remembers_use_across_edits(routers: Any, cli: TokenStore, clock: FixedClock) -> None:
    cli.add(token("a"))
    cli.add(token("b"))
    router = routers()
    config = Config.model_validate({"selection": {"strategy": "round_robin"}})
    names = []
    for step in range(4):
        clock.advance(1)
        if step == 2:
            cli.add(token("c", enabled=False))
        router.pool.refresh()
        names.append(router.pool.select(config, "claude", "opus").token.name)
    assert names == ["a", "b", "a", "b"]


def test_a_provider_s_own_strategy_wins(routers: Any, cli: TokenStore) -> None:
    cli.add(token("a", priority=1))
    claude = CONFIG.providers["claude"].model_dump() | {"strategy": "least_used"}
    config = Config.model_validate({"providers": {"claude": claude}})
    assert routers().pool.select(config, "claude", "opus").because.startswith("least_used")


def test_nothing_but_the_writer_touches_the_disk_on_the_calling_thread(routers: Any, cli: TokenStore) -> None:
    cli.add(token("a"))
    router = routers()
    threads: list[str] = []
    router.writer.submit(lambda connection: threads.append(threading.current_thread().name))
    router.pool.settle()
    assert threads == ["test tokens writer"]
