"""Who listens is told everything in order, at its own speed; who is too slow is cut; who comes back hears the rest."""

import asyncio

from router_core.clock import FixedClock
from router_core.events.event import KEEP_ALIVE, EventId, parse_id
from router_core.events.hub import MOST_WAITING, REMEMBERS_S, Hub, Reader

NOON = 1_790_000_000.0


class Time:
    """Monotonic seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


def hub(time: Time | None = None) -> Hub:
    return Hub(FixedClock(NOON), time or Time())


async def ids(reader: Reader, events: int) -> list[int]:
    """Numbers of the next so many events."""
    found: list[int] = []
    while len(found) < events:
        piece = await anext(reader)
        found += [int(line.rpartition(b"-")[2]) for line in piece.split(b"\n") if line.startswith(b"id: ")]
    return found


async def test_every_reader_is_told_every_event_in_order() -> None:
    told = hub()
    one, other = told.open(), told.open()
    for number in range(200):
        told.tell("request.started", b'{"n":%d}' % number)
    assert await ids(one, 200) == await ids(other, 200) == list(range(1, 201))


async def test_an_event_is_framed_as_the_standard_has_it() -> None:
    told = hub()
    reader = told.open()
    reader.begin_with(b"retry: 1\n\n")
    told.tell("lock.changed", b'{"target":null}')
    frame = b'id: 1790000000000-1\nevent: lock.changed\ndata: {"target":null}\n\n'
    assert await anext(reader) == b"retry: 1\n\n" + frame


async def test_a_comment_comes_when_nothing_happens() -> None:
    assert await anext(hub().open(keep_alive_s=0.001)) == KEEP_ALIVE


async def test_who_comes_back_is_told_the_rest_and_what_comes_then() -> None:
    told = hub()
    first = told.open()
    for _ in range(5):
        told.tell("token.changed", b"{}")
    await first.aclose()
    told.tell("token.changed", b"{}")
    again = told.resume(EventId(int(NOON * 1000), 3))
    assert again is not None
    told.tell("token.changed", b"{}")
    assert await ids(again, 4) == [4, 5, 6, 7]
    last = told.resume(EventId(int(NOON * 1000), 7))
    assert last is not None


async def test_what_is_not_remembered_is_said() -> None:
    told = hub()
    told.open()
    for _ in range(MOST_WAITING + 1):
        told.tell("token.changed", b"{}")
    assert told.resume(EventId(int(NOON * 1000), 1)) is None
    assert told.resume(EventId(int(NOON * 1000) - 1, 500)) is None, "an event of another process"
    assert told.resume(EventId(int(NOON * 1000), 2)) is not None


async def test_a_reader_that_falls_behind_is_told_and_cut_and_the_others_go_on() -> None:
    told = hub()
    slow, quick = told.open(), told.open()
    for _ in range(MOST_WAITING + 1):
        told.tell("request.started", b"{}")
        await anext(quick)
    assert slow.late
    last = await anext(slow)
    assert last.startswith(b'event: cut\ndata: {"because":"more than 1000 events were waiting')
    assert [piece async for piece in slow] == []
    assert (quick.late, told.readers) == (False, 1)
    told.tell("request.started", b"{}")
    assert await ids(quick, 1) == [MOST_WAITING + 2]


async def test_nothing_is_kept_while_nobody_listens_and_no_gap_is_passed_over() -> None:
    time = Time()
    told = hub(time)
    told.tell("request.started", b"{}")
    assert not told.listening
    reader = told.open()
    told.tell("request.started", b"{}")
    await reader.aclose()
    time.now += REMEMBERS_S - 1
    assert told.listening
    time.now += 2
    assert not told.listening
    told.tell("request.started", b"{}")
    assert told.resume(EventId(int(NOON * 1000), 1)) is None


async def test_the_end_of_the_router_is_told_after_what_waits() -> None:
    told = hub()
    reader = told.open()
    told.tell("request.started", b"{}")
    told.close()
    pieces = [piece async for piece in reader]
    assert b"".join(pieces).count(b"event: ") == 2
    assert pieces[-1].endswith(b'event: end\ndata: {"because":"the router is stopped"}\n\n')
    assert told.readers == 0


async def test_another_thread_may_post() -> None:
    told = hub()
    told.post("request.started", b"{}")
    reader = told.open()
    await asyncio.to_thread(told.post, "request.finished", b"{}")
    assert b"request.finished" in await anext(reader)


def test_only_our_own_ids_are_read() -> None:
    assert parse_id("1790000000000-12") == EventId(1_790_000_000_000, 12)
    assert [parse_id(text) for text in ("", "12", "a-b", "1-2-3", "1-2 ", "٣-1", "1" * 30 + "-1")] == [None] * 7
