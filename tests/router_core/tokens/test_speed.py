"""A thousand tokens cost a request microseconds, ten thousand a listing a fifth of a second."""

import contextlib
import io
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from router_core.cli.printing import print_json
from router_core.cli.token_table import print_tokens
from router_core.clock import FixedClock
from router_core.config.schema import Config, Strategy
from router_core.home import Home
from router_core.store import migrations
from router_core.store.database import Writer, open_database
from router_core.store.tokens import TokenStore, open_tokens
from router_core.tokens.affinity import Asker
from router_core.tokens.pool import TokenPool
from router_core.tokens.token import Window
from router_core.trace.record import Usage
from tests.router_core.store.many_tokens import MIXES, put
from tests.router_core.tokens.make import NOW, rest, token
from tests.support.machine import slowness

OPUS = "claude-opus-5-5"
ALLOWED_S = 50e-6
LISTING_S = 0.2


def fill(store: TokenStore, count: int) -> None:
    """Tokens with secrets that can be read; one in eight rests, some are switched off."""
    dice = random.Random(1)
    with store.database.conn:
        for n in range(count):
            windows = (
                Window("5h", dice.random(), NOW + dice.randrange(10, 18_000), 18_000, "", NOW),
                Window("7d", dice.random(), NOW + dice.randrange(10, 604_800), 604_800, "", NOW),
            )
            cooldowns = (rest(dice.randrange(60, 9000)),) if n % 8 == 0 else ()
            one = token(f"t{n:05}", priority=n % 7, weight=1 + n % 3, enabled=n % 10 != 0, max_concurrent=4)
            store.add(one)
            store.save_state(replace(one, windows=windows, cooldowns=cooldowns))


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TokenStore]:
    store = open_tokens(Home(tmp_path_factory.mktemp("many") / "home").ensure(), FixedClock(NOW))
    store.database.conn.execute("pragma synchronous = off")
    fill(store, 1000)
    yield store
    store.database.close()


def quickest(work: Callable[[int], object], limit_s: float, rounds: int = 15, count: int = 200) -> float:
    """CPU seconds for one, in the best of several rounds, were this machine as quick as the one of the limits.

    Whatever else the machine does only adds to it: while it is above the limit, it is looked at again a little later.
    """
    best = float("inf")
    for late in range(10):
        if late:
            time.sleep(1)
        for number in range(rounds):
            began = time.thread_time()
            for n in range(count):
                work((late * rounds + number) * count + n)
            best = min(best, (time.thread_time() - began) / count)
        if (seen := best / slowness()) < limit_s:
            break
    return seen


@pytest.mark.parametrize("strategy", ["priority", "quota", "round_robin", "least_used", "fill_first"])
@pytest.mark.parametrize("asking", ["nobody", "new sessions", "a session"])
def test_one_of_a_thousand_tokens_is_chosen_in_fifty_microseconds(
    strategy: Strategy, asking: str, many: TokenStore
) -> None:
    config = Config.model_validate({"selection": {"strategy": strategy}})
    path = Path(many.database.conn.execute("pragma database_list").fetchone()[2])
    writer = Writer(open_database(path, migrations.tokens), "speed")
    pool = TokenPool(many, writer, FixedClock(NOW))
    pool.configure(config)
    assert len(pool.of("claude")) == 1000
    usage = Usage(10, 10, 90_000, 100)

    def choose(n: int) -> None:
        session = {"nobody": "", "a session": "s", "new sessions": f"s{n}"}[asking]
        asker = Asker(session, owner="r")
        chosen = pool.select(config, "claude", OPUS, asker=asker)
        if chosen.lease is not None:
            pool.release(chosen.lease)
        if asking == "a session" and n == 0:
            pool.answered(asker, "claude", chosen.token.id, OPUS, usage, "anthropic", NOW)

    taken = quickest(choose, ALLOWED_S)
    writer.close()
    print(f"{strategy}, {asking}: {taken * 1e6:.1f} us")
    assert taken < ALLOWED_S, f"{taken * 1e6:.0f} us"


@pytest.mark.parametrize("mix", MIXES)
def test_ten_thousand_tokens_are_listed_in_a_fifth_of_a_second(
    mix: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = Home(tmp_path_factory.mktemp("listed") / "home").ensure()
    store = open_tokens(home, FixedClock(NOW))
    store.database.conn.execute("pragma synchronous = off")
    put(store, mix, 10_000)
    store.database.close()
    looking = open_tokens(home, FixedClock(NOW))
    made: list[object] = []  # kept: to forget a listing is not part of it
    taken = quickest(lambda _: made.append(looking.views(NOW)), LISTING_S, rounds=5, count=1)
    assert len(looking.views(NOW)) == 10_000
    looking.database.close()
    print(f"{mix}: {taken * 1000:.0f} ms")
    assert taken < LISTING_S, f"{taken * 1000:.0f} ms"


def test_ten_thousand_tokens_are_printed_in_a_fifth_of_a_second(tmp_path_factory: pytest.TempPathFactory) -> None:
    store = open_tokens(Home(tmp_path_factory.mktemp("printed") / "home").ensure(), FixedClock(NOW))
    store.database.conn.execute("pragma synchronous = off")
    put(store, "some of each", 10_000)
    views = store.views(NOW)
    store.database.close()
    for name, show in (("table", lambda _: print_tokens(views, NOW)), ("JSON", lambda _: print_json(views))):
        with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO(), "utf-8")) as shown:
            taken = quickest(show, LISTING_S, rounds=3, count=1)
            shown.flush()
            lines = shown.buffer.getvalue().decode().count("\n")
        assert lines >= 30_000
        print(f"{name}: {taken * 1000:.0f} ms")
        assert taken < LISTING_S, f"{name}: {taken * 1000:.0f} ms"
