"""Pieces go to the client as fast as it takes them; one that takes nothing holds up nobody but itself."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from mitmproxy import http
from mitmproxy.test import tflow

from addons import live_answer
from addons.live_answer import MOST_UNSENT_BYTES, LiveAnswers, LivePiece, answer_live, pieces_of


class Pieces:
    """What a test gives, piece by piece."""

    def __init__(self, *pieces: bytes) -> None:
        self.left = list(pieces)
        self.late = False
        self.closed = False
        self.waits = asyncio.Event()

    async def __anext__(self) -> bytes:
        if not self.left:
            raise StopAsyncIteration
        if self.left[0] == b"(wait)":
            self.waits.set()
            await asyncio.Event().wait()
        return self.left.pop(0)

    async def aclose(self) -> None:
        self.closed = True


class Connection:
    """The client's, with as many bytes in it as a test says."""

    def __init__(self) -> None:
        self.unsent = 0
        self.aborted = False
        self.client = object()
        self.sent: list[bytes | None] = []
        transport = SimpleNamespace(get_write_buffer_size=lambda: self.unsent, abort=self._abort)
        self.transports = {self.client: SimpleNamespace(writer=SimpleNamespace(transport=transport))}

    def _abort(self) -> None:
        self.aborted = True

    async def server_event(self, event: LivePiece) -> None:
        self.sent.append(event.data)


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> Connection:
    made = Connection()
    monkeypatch.setattr(live_answer, "_handler", lambda flow: made)
    monkeypatch.setattr(live_answer, "LOOK_EVERY_S", 0.001)
    return made


class Stream:
    """Of a request whose headers have been answered."""

    def __init__(self) -> None:
        self.flow = tflow.tflow()


def begin(answers: LiveAnswers, pieces: Pieces) -> Any:
    stream: Any = Stream()
    answers.begin(stream, pieces)
    return stream


async def test_pieces_are_sent_in_order_and_then_the_end(connection: Connection) -> None:
    answers, pieces = LiveAnswers(), Pieces(b"a", b"b")
    begin(answers, pieces)
    await answers.ended(1)
    assert connection.sent == [b"a", b"b", None]
    assert (pieces.closed, len(answers)) == (True, 0)


async def test_a_client_that_takes_nothing_is_waited_for(connection: Connection) -> None:
    answers, pieces = LiveAnswers(), Pieces(b"a", b"b")
    connection.unsent = MOST_UNSENT_BYTES + 1
    begin(answers, pieces)
    await asyncio.sleep(0.02)
    assert connection.sent == []
    connection.unsent = 0
    await answers.ended(1)
    assert connection.sent == [b"a", b"b", None]


async def test_the_last_word_waits_for_nothing_and_a_client_that_does_not_take_it_is_cut(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_answer, "LINGERS_S", 0.001)
    answers, pieces = LiveAnswers(), Pieces(b"a", b"last word")
    connection.unsent = MOST_UNSENT_BYTES + 1
    begin(answers, pieces)
    await asyncio.sleep(0.01)
    pieces.late = True
    await answers.ended(1)
    assert connection.sent == [b"a", b"last word", None]
    await asyncio.sleep(0.02)
    assert connection.aborted


async def test_when_the_client_has_gone_nobody_is_asked_for_more(connection: Connection) -> None:
    answers, pieces = LiveAnswers(), Pieces(b"a", b"(wait)")
    stream = begin(answers, pieces)
    await pieces.waits.wait()
    answers.gone(stream)
    await answers.ended(1)
    assert connection.sent == [b"a"]
    assert (pieces.closed, len(answers)) == (True, 0)


async def test_when_the_client_goes_before_anybody_was_asked_the_pieces_are_closed_as_well(
    connection: Connection,
) -> None:
    answers, pieces = LiveAnswers(), Pieces(b"a")
    answers.gone(begin(answers, pieces))
    await answers.ended(1)
    assert connection.sent == []
    assert (pieces.closed, len(answers)) == (True, 0)


async def test_a_connection_that_is_not_there_any_more_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_answer, "_handler", lambda flow: None)
    answers, pieces = LiveAnswers(), Pieces(b"a")
    begin(answers, pieces)
    await answers.ended(1)
    assert pieces.closed


async def test_head_is_answered_without_pieces() -> None:
    flow = tflow.tflow()
    flow.request.method = "HEAD"
    pieces = Pieces(b"a")
    answer_live(flow, pieces, {"content-type": "text/event-stream"})
    await asyncio.sleep(0)
    assert (pieces_of(flow), pieces.closed) == (None, True)
    assert isinstance(flow.response, http.Response)
    assert flow.response.headers["content-type"] == "text/event-stream"
