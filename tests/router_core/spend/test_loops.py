"""What is a runaway agent, and what is not."""

from collections.abc import Iterable
from decimal import Decimal

import pytest

from router_core.config.spend import LoopsConfig
from router_core.spend.last_turn import Call, LastTurn, calls_of
from router_core.spend.loops import Alarm, LoopMemory, per_minute, repeated

NOW = 1_800_000_000.0
DEFAULT = LoopsConfig()


def call(name: str) -> Call:
    return Call(name.partition(" ")[0], name.encode())


def run(memory: LoopMemory, names: Iterable[str], config: LoopsConfig = DEFAULT, key: str = "s") -> list[Alarm]:
    """A session of turns with one call each, ten seconds apart; `!` before one: a person has spoken. `` ` `` in front
    of a turn: sent again as it was."""
    alarms, digest = [], b""
    for number, name in enumerate(names):
        again = name.startswith("`")
        digest = digest if again else f"{key}{number}".encode()
        turn = LastTurn((call(name.lstrip("!`")),), name.lstrip("`").startswith("!"))
        alarms.append(memory.observe(key, turn, digest, 2_000, 10_000_000, config, NOW + 10 * number))
    return alarms


def by_turns(*names: str, times: int) -> list[str]:
    """Each name in turn; `#` becomes a number that grows."""
    return [name.replace("#", str(number)) for number in range(times) for name in names]


ORDINARY = {
    "git status after each of nine edits": by_turns("git status", "edit #", times=9),
    "three test commands in turn, for an hour": by_turns("edit #", "test a", "edit #b", "test b", "look #", times=60),
    "several looks at the same file": ["read a", "read a", "read a", "edit a", "read a"],
    "polling something nine times": ["sleep 30; gh run view"] * 9,
    "the same commands for each request of a person": by_turns("!fetch", "build", "test", times=12),
    "client retries of one turn": ["test", *["`test"] * 8],
}


@pytest.mark.parametrize("names", ORDINARY.values(), ids=ORDINARY)
def test_ordinary_work_is_never_taken_for_a_loop(names: list[str]) -> None:
    assert {alarm.kind for alarm in run(LoopMemory(), names)} == {""}


@pytest.mark.parametrize(
    ("names", "kind", "at"),
    [
        (["ls"] * 12, "call", 10),
        (["ls", "cat x"] * 10, "call", 19),
        ([*(f"edit {i}" for i in range(40)), *["ls"] * 10], "call", 50),
        (["!say", *["ls"] * 10], "call", 11),
        (["ls", *["`ls"] * 12], "request", 10),
    ],
)
def test_a_session_that_repeats_itself_is_noticed(names: list[str], kind: str, at: int) -> None:
    alarms = run(LoopMemory(), names)
    assert [alarm.kind for alarm in alarms[:at]] == [*[""] * (at - 1), kind]


def test_a_person_who_speaks_ends_the_alarm() -> None:
    memory = LoopMemory()
    assert run(memory, ["ls"] * 10)[-1].text == "the same call of 'ls' 10 times among the last 20"
    memory.observe("s", LastTurn((call("ls"),), True), b"new", 1, 1, DEFAULT, NOW + 500)
    assert memory.alarm("s").kind == ""


def test_a_stopped_session_goes_on_when_a_person_has_spoken() -> None:
    memory = LoopMemory()
    run(memory, ["ls"] * 10)
    assert memory.goes_on("s", LastTurn((call("ls"),)), b"next")
    assert memory.goes_on("s", LastTurn((call("other"),)), b"next")
    assert not memory.goes_on("s", LastTurn((), True), b"next")
    assert not memory.goes_on("s", LastTurn((call("ls"),)), b"next")


def test_a_stopped_request_may_be_followed_by_another() -> None:
    memory = LoopMemory()
    run(memory, ["!ls", *["`!ls"] * 9])
    assert memory.alarm("s").kind == "request"
    assert memory.goes_on("s", LastTurn((), True), b"s0")
    assert not memory.goes_on("s", LastTurn(), b"another")


def test_rates_are_averages_over_five_minutes() -> None:
    spent = [(NOW - 400, 9_999, 9_999), (NOW - 200, 500, 50), (NOW, 500, 50)]
    assert per_minute(spent, NOW) == (200, 20)


@pytest.mark.parametrize(
    ("config", "tokens", "nano", "kind"),
    [
        (DEFAULT, 500_000, 2_400_000_000, ""),  # ten large turns of an expensive model within seconds
        (DEFAULT, 10, 2_600_000_000, "money"),
        (DEFAULT, 600_000, 10, "tokens"),
        (LoopsConfig(usd_per_minute=None), 10, 9_000_000_000, ""),
        (LoopsConfig(usd_per_minute=Decimal("0.01")), 10, 9_000_000, "money"),
        (LoopsConfig(tokens_per_minute=None), 600_000, 10, ""),
    ],
)
def test_a_session_that_spends_too_fast_is_noticed(config: LoopsConfig, tokens: int, nano: int, kind: str) -> None:
    memory = LoopMemory()
    for number in range(10):
        memory.observe("s", LastTurn((call(str(number)),)), b"%d" % number, tokens, nano, config, NOW + number)
    assert memory.alarm("s").kind == kind


def test_sessions_are_told_apart_and_the_oldest_are_forgotten() -> None:
    memory = LoopMemory(most=2)
    run(memory, ["ls"] * 10, key="a")
    run(memory, ["ls"] * 9, key="b")
    assert (memory.alarm("a").kind, memory.alarm("b").kind) == ("call", "")
    run(memory, ["x"], key="c")
    assert memory.alarm("a").kind == ""


def test_the_most_frequent_of_the_last_calls_counts() -> None:
    calls = [*[call("old")] * 30, *[call("a"), call("b")] * 3]
    assert repeated(calls, 3) == (call("a"), 3)
    assert repeated([call("a"), call("b")], 3) is None
    assert repeated([], 3) is None


def test_calls_of_answers_count_where_the_body_has_none() -> None:
    """A conversation that goes on by the id of a response, as over a WebSocket."""
    memory = LoopMemory()
    made = calls_of([{"type": "function_call", "name": "shell", "arguments": '{"command":["ls"]}', "call_id": "a"}])
    first = LastTurn((), spoken=True, answered=made)
    memory.observe("s", first, b"0", 1, 1, DEFAULT, NOW)
    for number in range(1, 10):
        assert memory.alarm("s").kind == ""
        memory.observe("s", LastTurn((), answered=made), b"%d" % number, 1, 1, DEFAULT, NOW + number)
    assert memory.alarm("s").text == "the same call of 'shell' 10 times among the last 20"


def test_the_same_request_counts_only_within_ten_minutes_also_among_many_others() -> None:
    memory, requests = LoopMemory(), [b"same"] * 9 + [b"%d" % number for number in range(180)]
    for number, digest in enumerate(requests):
        assert memory.observe("s", LastTurn(), digest, 1, 1, DEFAULT, NOW + number).kind == ""
    assert memory.observe("s", LastTurn(), b"same", 1, 1, DEFAULT, NOW + 200).kind == "request"
    assert memory.observe("s", LastTurn(), b"same", 1, 1, DEFAULT, NOW + 605).kind == ""
    for number in range(300):
        memory.observe("s", LastTurn(), b"new %d" % number, 1, 1, DEFAULT, NOW + 700 + number)
    for number in range(10):
        kind = memory.observe("s", LastTurn(), b"same", 1, 1, DEFAULT, NOW + 1000 + number).kind
        assert kind == ("request" if number == 9 else "")
