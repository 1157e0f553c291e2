"""The ledger of budgets: reserved before, settled after, shared by processes, nothing left behind."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from router_core.home import Home
from router_core.spend.budget import Amount, Key, Limit
from router_core.store.spend import RESERVED_S, Ledger, Wanted, open_ledger
from tests.support.router import wait_until

NOW = 1_800_000_000.0
DAY = Key("everything", "day", "2027-01-15", "")
WEEK = Key("everything", "week", "2027-01-11", "")
ROOT = Path(__file__).parents[3]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with opened(tmp_path) as one:
        yield one


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[Ledger]:
    ledger = open_ledger(Home(folder).ensure())
    with contextlib.closing(ledger.database.conn):
        yield ledger


def want(amount: Amount, key: Key = DAY, **limits: int) -> Wanted:
    return Wanted(key, Limit(**limits), amount)


def standing(ledger: Ledger, key: Key = DAY, now: float = NOW) -> tuple[Amount, Amount]:
    found = {each.key: each for each in ledger.standings(now)}
    return (found[key].used, found[key].held) if key in found else (Amount(), Amount())


@pytest.mark.parametrize("kind", range(4))
def test_what_is_reserved_counts_until_it_is_settled(kind: int, ledger: Ledger) -> None:
    amount = Amount(*(40 if index == kind else 0 for index in range(4)))
    limit = Limit(*(100 if index == kind else None for index in range(4)))
    wanted = [Wanted(DAY, limit, amount)]
    assert ledger.reserve("a", wanted, NOW).full is None
    assert ledger.reserve("b", wanted, NOW).full is None
    refused = ledger.reserve("c", wanted, NOW)
    assert refused.full == 0
    assert (refused.standings[0].used[kind], refused.standings[0].held[kind]) == (0, 80)
    ledger.settle("a", [(DAY, Amount(*(10 if index == kind else 0 for index in range(4))))])
    assert ledger.reserve("c", wanted, NOW).full is None
    assert standing(ledger)[0][kind] == 10
    assert standing(ledger)[1][kind] == 80


def test_all_counts_have_room_or_none_is_touched(ledger: Ledger) -> None:
    amount = Amount(1, 10, 10, 10)
    assert ledger.reserve("a", [want(amount), want(amount, WEEK, nano_usd=9)], NOW).full == 1
    assert standing(ledger) == (Amount(), Amount())


def test_a_reservation_that_is_released_leaves_nothing(ledger: Ledger) -> None:
    ledger.reserve("a", [want(Amount(1, 2, 3, 4)), want(Amount(1, 2, 3, 4), WEEK)], NOW)
    ledger.settle("a", [(DAY, Amount()), (WEEK, Amount())])
    assert ledger.standings(NOW) == []


def test_more_than_was_reserved_is_counted_all_the_same(ledger: Ledger) -> None:
    ledger.reserve("a", [want(Amount(nano_usd=10), nano_usd=10)], NOW)
    ledger.settle("a", [(DAY, Amount(nano_usd=25))])
    assert standing(ledger)[0].nano_usd == 25


def test_what_nobody_renews_is_free_again(ledger: Ledger) -> None:
    ledger.reserve("dead", [want(Amount(nano_usd=60), nano_usd=100)], NOW)
    ledger.reserve("alive", [want(Amount(nano_usd=40), nano_usd=100)], NOW)
    ledger.renew(["alive"], NOW + RESERVED_S - 1)
    late = NOW + RESERVED_S + 1
    assert ledger.reserve("new", [want(Amount(nano_usd=60), nano_usd=100)], late).full is None
    assert ledger.reserve("new-2", [want(Amount(nano_usd=1), nano_usd=100)], late).full == 0
    assert ledger.database.execute("select count(*) from held").fetchone()[0] == 2


def test_a_request_that_outlives_its_reservation_is_counted(ledger: Ledger) -> None:
    ledger.reserve("slow", [want(Amount(nano_usd=60))], NOW)
    ledger.reserve("other", [want(Amount(nano_usd=1))], NOW + 10 * RESERVED_S)
    ledger.settle("slow", [(DAY, Amount(nano_usd=60))])
    assert standing(ledger)[0].nano_usd == 60


def test_counts_survive_a_restart(tmp_path: Path) -> None:
    with opened(tmp_path) as first:
        first.reserve("a", [want(Amount(1, 1, 1, 7))], NOW)
        first.settle("a", [(DAY, Amount(1, 1, 1, 7))])
    with opened(tmp_path) as second:
        assert standing(second) == (Amount(1, 1, 1, 7), Amount())
        assert second.reserve("b", [want(Amount(nano_usd=4), nano_usd=10)], NOW).full == 0


def test_a_count_is_begun_once_with_what_was_used_before(ledger: Ledger) -> None:
    assert ledger.seed(DAY, Amount(3, 0, 0, 50))
    assert not ledger.seed(DAY, Amount(3, 0, 0, 50))
    assert ledger.seed(WEEK, Amount())
    assert not ledger.seed(WEEK._replace(begins="2027-01-18"), Amount(9))
    assert standing(ledger)[0] == Amount(3, 0, 0, 50)


def test_old_periods_are_forgotten(ledger: Ledger) -> None:
    ledger.seed(DAY, Amount(1))
    ledger.forget_before("2027-01-15")
    assert len(ledger.standings(NOW)) == 1
    ledger.forget_before("2027-01-16")
    assert ledger.standings(NOW) == []


def test_a_reservation_and_its_settlement_take_far_less_than_a_millisecond(ledger: Ledger) -> None:
    for number in range(200):  # under way meanwhile
        ledger.reserve(f"held-{number}", [want(Amount(1, 1, 1, 1))], NOW)
    began = time.perf_counter()
    for number in range(100):
        ledger.reserve(f"r-{number}", [want(Amount(1, 1, 1, 1)), want(Amount(1, 1, 1, 1), WEEK)], NOW)
        ledger.settle(f"r-{number}", [(DAY, Amount(1, 1, 1, 1)), (WEEK, Amount(1, 1, 1, 1))])
    assert (time.perf_counter() - began) / 200 < 0.005  # 0.2 ms on an idle machine; this one may be busy


WORKER = """
import random, sys, time
from pathlib import Path
from router_core.home import Home
from router_core.spend.budget import Amount, Key, Limit
from router_core.store.spend import Wanted, open_ledger

folder, name, now, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4])
ledger = open_ledger(Home(Path(folder)))
day, limit = Key("everything", "day", "2027-01-15", ""), Limit(nano_usd=10_000)
dice, under_way, number = random.Random(name), [], 0

def settle():
    id_, used = under_way.pop(0)
    ledger.settle(id_, [(day, Amount(1, 10, 10, used))])
    print("settled", used, flush=True)

print("ready", flush=True)
end = time.monotonic() + seconds
while time.monotonic() < end:
    number += 1
    id_ = f"{name}-{number}"
    if ledger.reserve(id_, [Wanted(day, limit, Amount(1, 10, 10, 10))], now).full is None:
        under_way.append((id_, dice.randrange(0, 14)))  # up to 3 more than was reserved
    else:
        print("refused", flush=True)
        time.sleep(0.01)
        if dice.random() < 0.1 and len(under_way) > 1:
            settle()
    if len(under_way) == 50:
        settle()
while under_way:
    settle()
"""
PROCESSES, EACH_UNDER_WAY, RESERVED, MOST_USED, BUDGET = 4, 50, 10, 13, 10_000


def test_200_requests_under_way_in_several_processes_never_exceed_the_documented_bound(tmp_path: Path) -> None:
    """Four processes with fifty requests under way each share a budget, one of them is killed. The bound: what those
    under way use beyond what was reserved for them."""
    home = Home(tmp_path / "home").ensure()
    open_ledger(home).database.conn.close()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    names = ["killed", *(f"worker-{number}" for number in range(PROCESSES - 1))]
    told = [tmp_path / f"{name}.txt" for name in names]
    with contextlib.ExitStack() as stack:

        def start(name: str, file: Path, seconds: float) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-c", WORKER, str(home.path), name, str(NOW), str(seconds)]
            return subprocess.Popen(command, stdout=stack.enter_context(file.open("w")), env=environment)

        # The one that is killed has requests under way before the others begin, and does not end by itself.
        processes = [start(names[0], told[0], 60)]
        wait_until(lambda: "settled" in told[0].read_text(), 20)
        processes += [start(name, file, 1.2) for name, file in zip(names[1:], told[1:], strict=True)]
        wait_until(lambda: "refused" in told[0].read_text(), 20)
        processes[0].send_signal(signal.SIGKILL)
        assert [process.wait(timeout=20) for process in processes] == [-signal.SIGKILL, 0, 0, 0]
    lines = [line for file in told for line in file.read_text().splitlines()]
    settled = sum(int(line.split()[1]) for line in lines if line.startswith("settled"))
    bound = PROCESSES * EACH_UNDER_WAY * (MOST_USED - RESERVED)
    with opened(home.path) as ledger:
        used, held = standing(ledger)
        assert "refused" in lines
        assert used.nano_usd + held.nano_usd <= BUDGET + bound
        assert 0 <= used.nano_usd - settled <= MOST_USED  # the killed one may have settled one that it could not tell
        assert 0 < held.nano_usd <= EACH_UNDER_WAY * RESERVED  # what the killed one held …
        later = NOW + RESERVED_S + 1
        assert standing(ledger, now=later)[1] == Amount()  # … is free again
        if (room := BUDGET - used.nano_usd) > 0:
            assert ledger.reserve("after", [want(Amount(nano_usd=room), nano_usd=BUDGET)], later).full is None


def test_a_ledger_that_another_process_holds_says_so_soon(tmp_path: Path, ledger: Ledger) -> None:
    began = time.monotonic()
    with contextlib.closing(sqlite3.connect(Home(tmp_path).spend_db)) as other:
        other.execute("begin immediate")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            ledger.settle("any", [])
    assert time.monotonic() - began < 4
