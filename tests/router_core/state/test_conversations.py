"""Response id → conversation: chains instead of copies, bounds, restarts, and a database that was torn or tampered."""

import itertools
import json
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router_core.clock import FixedClock
from router_core.home import Home
from router_core.state.conversations import Bounds, Conversations, Origin
from router_core.state.fingerprint import same_when_sent_back
from tests.router_core.state.opened import Opened, opened

ROOT = Path(__file__).parents[3]
JsonObject = dict[str, Any]
NUMBERS = itertools.count()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def state(home: Home, clock: FixedClock) -> Iterator[Opened]:
    with opened(home, clock) as state:
        yield state


def user(text: str) -> JsonObject:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def answer(text: str) -> JsonObject:
    """As the provider sends it."""
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return {"id": f"msg_{text}", "type": "message", "role": "assistant", "status": "completed", "content": [part]}


def sent_back(item: JsonObject) -> JsonObject:
    """As Codex sends it back: without what only the provider needed."""
    content = [{key: value for key, value in part.items() if value != []} for part in item["content"]]
    return {"type": "message", "role": item["role"], "content": content}


def remember(to: Conversations, id_: str, input_: list[Any], output: list[Any], **more: Any) -> None:
    to.remember(id_, input_, output, provider="codex", token_id="t1", session="s1", **more)


def rows(state: Opened) -> list[tuple[str, str, int]]:
    state.settle()
    return list(state.store.database.execute("select id, previous_id, depth from responses order by rowid"))


@pytest.mark.parametrize("restarted", [False, True], ids=["at once", "after a restart"])
def test_deltas_expand_to_the_whole_conversation(home: Home, clock: FixedClock, restarted: bool) -> None:
    with opened(home, clock) as first:
        remember(first.conversations, "r1", [user("1")], [answer("a")])
        remember(first.conversations, "r2", [user("2")], [answer("b")], previous_id="r1")
        remember(first.conversations, "r3", [user("3")], [answer("c")], previous_id="r2")
        remember(first.conversations, "other", [user("x")], [answer("y")])
        if not restarted:
            check_expansions(first.conversations)
    with opened(home, clock) as second:
        assert not second.conversations.in_memory("r3")
        check_expansions(second.conversations)
        assert second.conversations.in_memory("r3")


def check_expansions(known: Conversations) -> None:
    assert known.expand("r3") == [user("1"), answer("a"), user("2"), answer("b"), user("3"), answer("c")]
    assert known.expand("r1") == [user("1"), answer("a")]
    assert known.expand("none") is None
    assert known.expand("") is None
    assert known.origin("r2") == Origin("codex", "t1", "s1")
    assert known.origin("none") is None


def test_a_conversation_sent_again_in_full_is_stored_once(state: Opened) -> None:
    history: list[JsonObject] = []
    turns = 40
    for number in range(turns):
        text = f"{number} {random.Random(number).randbytes(1000).hex()}"  # does not compress
        history.append(user(text))
        remember(state.conversations, f"r{number}", list(history), [answer(text)])
        history.append(sent_back(answer(text)))
    stored = rows(state)
    assert [row[1] for row in stored] == ["", *(f"r{number}" for number in range(turns - 1))]
    assert [row[2] for row in stored] == list(range(turns))
    size = state.store.database.execute("select sum(size) from responses").fetchone()[0]
    assert size < 1.2 * len(json.dumps(history))
    expanded = state.conversations.expand(f"r{turns - 1}")
    assert expanded is not None
    assert [same_when_sent_back(item) for item in expanded] == [same_when_sent_back(item) for item in history]


def test_a_conversation_that_took_another_turn_branches(state: Opened) -> None:
    remember(state.conversations, "r1", [user("1")], [answer("a")])
    remember(state.conversations, "r2", [user("1"), answer("a"), user("2")], [answer("b")])
    remember(state.conversations, "retry", [user("1"), answer("a"), user("2")], [answer("B")])
    remember(state.conversations, "edited", [user("1"), answer("a"), user("two")], [answer("c")])
    remember(state.conversations, "new", [user("one")], [answer("d")])
    assert {row[0]: row[1] for row in rows(state)} == {"r1": "", "r2": "r1", "retry": "r1", "edited": "r1", "new": ""}
    assert state.conversations.expand("retry") == [user("1"), answer("a"), user("2"), answer("B")]


def test_a_response_that_continues_one_nobody_knows_is_not_kept(state: Opened) -> None:
    remember(state.conversations, "r2", [user("2")], [answer("b")], previous_id="gone")
    assert state.conversations.expand("r2") is None
    assert rows(state) == []


def test_a_response_remembered_again_replaces_itself(state: Opened) -> None:
    remember(state.conversations, "r1", [user("1")], [answer("half")])
    state.settle()
    remember(state.conversations, "r1", [user("1")], [answer("whole")])
    assert state.conversations.expand("r1") == [user("1"), answer("whole")]
    assert rows(state) == [("r1", "", 0)]
    assert state.conversations.expand("r1") == [user("1"), answer("whole")]


def test_an_id_used_twice_takes_nothing_of_the_first_conversation_along(home: Home, clock: FixedClock) -> None:
    with opened(home, clock) as state:
        remember(state.conversations, "r1", [user("1")], [answer("a")])
        remember(state.conversations, "r2", [user("2")], [answer("b")], previous_id="r1")
        remember(state.conversations, "r3", [user("3")], [answer("c")], previous_id="r2")
        state.settle()
        said = [user("1"), answer("a"), user("2"), answer("b"), user("3"), answer("c"), user("4")]
        remember(state.conversations, "r2", said, [answer("d")])
        state.settle()
        assert state.conversations.expand("r2") == [*said, answer("d")]
        assert state.conversations.expand("r3") is None
    with opened(home, clock) as state:
        assert state.conversations.expand("r2") == [*said, answer("d")]
        assert [row[0] for row in rows(state)] == ["r1", "r2"]


def test_responses_that_name_each_other_end(state: Opened) -> None:
    remember(state.conversations, "r1", [user("1")], [answer("a")], previous_id="r2")
    remember(state.conversations, "r2", [user("2")], [answer("b")], previous_id="r1")
    assert state.conversations.expand("r1") is None
    remember(state.conversations, "self", [user("1")], [answer("a")], previous_id="self")
    assert state.conversations.expand("self") is None


def test_a_loop_on_disk_ends(home: Home, clock: FixedClock) -> None:
    with opened(home, clock) as state:
        remember(state.conversations, "r1", [user("1")], [answer("a")])
        remember(state.conversations, "r2", [user("2")], [answer("b")], previous_id="r1")
        state.settle()
        state.store.database.execute("update responses set previous_id = 'r2' where id = 'r1'")
        state.store.database.conn.commit()
    with opened(home, clock) as state:
        assert state.conversations.expand("r2") is None


@pytest.mark.parametrize(
    "damage",
    [
        "content = x'00'",
        "content = substr(content, 1, length(content) / 2)",
        "content = zeroblob(length(content))",
        "previous_id = 'gone'",
    ],
)
def test_a_damaged_response_is_an_unknown_one(home: Home, clock: FixedClock, damage: str) -> None:
    with opened(home, clock) as state:
        remember(state.conversations, "r1", [user("1")], [answer("a")])
        remember(state.conversations, "r2", [user("2")], [answer("b")], previous_id="r1")
        state.settle()
        state.store.database.execute(f"update responses set {damage} where id = 'r1'")
        state.store.database.conn.commit()
    with opened(home, clock) as state:
        assert state.conversations.expand("r2") is None


def test_threads_that_read_while_others_write_see_whole_conversations(state: Opened) -> None:
    ended = threading.Event()
    wrong: list[Any] = []

    def read() -> None:
        while not ended.is_set():
            for number in range(200):
                found = state.conversations.expand(f"r{number}")
                if found is not None and found != [user(str(n)) for n in range(number + 1)]:
                    wrong.append((number, found))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for number in range(200):
            previous = f"r{number - 1}" if number else ""
            remember(state.conversations, f"r{number}", [user(str(number))], [], previous_id=previous)
            if number % 50 == 49:
                state.settle()
    finally:
        ended.set()
        for reader in readers:
            reader.join(10)
    assert wrong == []
    assert state.conversations.expand("r199") == [user(str(n)) for n in range(200)]


def test_an_output_item_is_found_by_its_id(home: Home, clock: FixedClock) -> None:
    with opened(home, clock) as state:
        remember(state.conversations, "r1", [user("1")], [answer("a"), {"type": "reasoning", "id": "rs_1"}, "text"])
        assert state.conversations.item("rs_1") == {"type": "reasoning", "id": "rs_1"}
        state.settle()
    with opened(home, clock) as state:
        assert state.conversations.item("msg_a") == answer("a")
        assert state.conversations.item("none") is None
        assert state.conversations.item("\ud800") is None


def test_the_count_is_bounded_and_whole_chains_go_oldest_first(home: Home, clock: FixedClock) -> None:
    with opened(home, clock, bounds=Bounds(max_count=10)) as state:
        for number in range(8):
            clock.advance(60)
            remember(
                state.conversations,
                f"a{number}",
                [user(f"a{number}")],
                [],
                previous_id=f"a{number - 1}" if number else "",
            )
        for number in range(8):
            clock.advance(60)
            remember(state.conversations, f"b{number}", [user(f"b{number}")], [answer("b")])
        left = {row[0] for row in rows(state)}
        assert left == {f"b{number}" for number in range(8)}
        assert state.conversations.expand("a7") is None


def test_a_conversation_in_use_outlives_newer_ones(home: Home, clock: FixedClock) -> None:
    with opened(home, clock, bounds=Bounds(max_count=6)) as state:
        for name in ("old", "r1", "r2", "r3", "r4", "r5"):
            clock.advance(60)
            remember(state.conversations, name, [user(name)], [answer(name)])
        clock.advance(60)
        assert state.conversations.expand("old")
        remember(state.conversations, "r6", [user("r6")], [answer("r6")])
        assert {row[0] for row in rows(state)} >= {"old", "r6"}
        assert state.conversations.expand("r1") is None


def test_the_bytes_are_bounded(home: Home, clock: FixedClock) -> None:
    bounds = Bounds(max_bytes=200_000, memory_bytes=50_000)
    with opened(home, clock, bounds=bounds) as state:
        for number in range(60):
            clock.advance(1)
            text = random.Random(number).randbytes(5000).hex()
            remember(state.conversations, f"r{number}", [user(text)], [answer("ok")])
        state.settle()
        assert state.store.database.execute("select sum(size) from responses").fetchone()[0] <= 200_000
        assert sum(len(link.content) for link in state.conversations._recent.values()) <= 50_000
        assert state.conversations.expand("r59")
        assert state.conversations.expand("r0") is None


def test_a_conversation_too_large_to_open_is_refused(home: Home, clock: FixedClock) -> None:
    with opened(home, clock, bounds=Bounds(max_expanded_bytes=10_000)) as state:
        remember(state.conversations, "huge", [user("x" * 20_000)], [])
        remember(state.conversations, "r1", [user("x" * 6_000)], [])
        remember(state.conversations, "r2", [user("x" * 6_000)], [], previous_id="r1")
        assert {row[0] for row in rows(state)} == {"r1", "r2"}
        assert state.conversations.expand("r1")
        assert state.conversations.expand("r2") is None


def test_old_conversations_are_forgotten_at_start_and_while_running(home: Home, clock: FixedClock) -> None:
    with opened(home, clock) as state:
        remember(state.conversations, "r1", [user("1")], [answer("a")])
    clock.advance(31 * 86400)
    with opened(home, clock) as state:
        assert rows(state) == []
        remember(state.conversations, "r2", [user("2")], [answer("b")])
        state.settle()
        clock.advance(31 * 86400)
        remember(state.conversations, "r3", [user("3")], [answer("c")])
        assert [row[0] for row in rows(state)] == ["r3"]


def test_a_conversation_nested_too_deeply_is_left_out_and_the_next_one_kept(state: Opened) -> None:
    deep: Any = []
    for _ in range(400):
        deep = [deep]
    remember(state.conversations, "deep", [{"type": "message", "role": "user", "x": deep}], [])
    remember(state.conversations, "deep2", [], [{"type": "message", "x": deep}])
    remember(state.conversations, "r1", [user("1")], [answer("a")])
    assert [row[0] for row in rows(state)] == ["r1"]
    assert state.conversations.expand("deep") is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
turns = st.lists(
    st.tuples(st.lists(json_values, max_size=3), st.lists(json_values, max_size=3), st.booleans()),
    min_size=1, max_size=6,
)  # fmt: skip


@pytest.fixture(scope="module")
def long_lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    with opened(Home(tmp_path_factory.mktemp("home")).ensure(), FixedClock()) as state:
        yield state


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(conversation=turns)
def test_any_mixture_of_deltas_and_full_requests_expands_to_what_was_said(
    long_lived: Opened, conversation: list[tuple[list[Any], list[Any], bool]]
) -> None:
    number = next(NUMBERS)
    said: list[Any] = []
    last = ""
    for turn, (asked, answered, in_full) in enumerate(conversation):
        id_ = f"{number}-{turn}"
        if in_full:
            remember(long_lived.conversations, id_, [*said, *asked], answered)
        else:
            remember(long_lived.conversations, id_, asked, answered, previous_id=last)
        said += [*asked, *answered]
        last = id_
        if turn == 2:
            long_lived.settle()
        expanded = long_lived.conversations.expand(id_)
        assert expanded is not None
        assert [same_when_sent_back(item) for item in expanded] == [same_when_sent_back(item) for item in said]


def test_a_killed_process_leaves_whole_responses_behind(home: Home, clock: FixedClock) -> None:
    code = """
import sys
from pathlib import Path
from router_core.clock import FixedClock
from router_core.home import Home
from tests.router_core.state.opened import Opened
state = Opened(Home(Path(sys.argv[1])), FixedClock())
previous = ""
for number in range(1_000_000):
    item = {"type": "message", "role": "user", "content": f"{number} " + "x" * 2000}
    state.conversations.remember(f"r{number}", [item], [], provider="p", token_id="t", previous_id=previous)
    state.minted.remember(f"proof {number}", "p", "t", "signature", "anthropic")
    previous = f"r{number}"
    if number % 50 == 49:
        state.settle()
        print(number, flush=True)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(home.path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        settled = [int(process.stdout.readline()) for _ in range(3)][-1]
    finally:
        process.kill()
        process.communicate()
    with opened(home, clock) as state:
        assert state.store.database.execute("pragma integrity_check").fetchone() == ("ok",)
        last = max(int(row[0][1:]) for row in rows(state))
        assert last >= settled
        expanded = state.conversations.expand(f"r{last}")
        assert expanded is not None
        assert [int(item["content"].split()[0]) for item in expanded] == list(range(last + 1))
        assert state.minted.owner(f"proof {settled}")
