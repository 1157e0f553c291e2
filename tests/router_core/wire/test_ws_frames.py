"""One end of a WebSocket: whatever bytes come, messages or a close come out, never an exception."""

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage
from wsproto.frame_protocol import CloseReason

from router_core.wire.ws_frames import Closed, Received, Reply, TextSocket, accept_value, new_key

LIMIT = 1000


def pair(role: Literal["client", "server"] = "server") -> tuple[TextSocket, Connection]:
    """Ours, and the other end."""
    other = ConnectionType.CLIENT if role == "server" else ConnectionType.SERVER
    return TextSocket(role, LIMIT), Connection(other)


def heard_by(peer: Connection, data: bytes) -> list[object]:
    peer.receive_data(data)
    return list(peer.events())


@pytest.mark.parametrize("role", ["client", "server"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 4096])
def test_messages_come_whole_however_the_bytes_are_cut(role: Literal["client", "server"], size: int) -> None:
    ours, peer = pair(role)
    parts = [("grü", False), ("ße", True), ("", True), ("x" * 300, True)]
    data = b"".join(peer.send(TextMessage(data=text, message_finished=last)) for text, last in parts)
    got = [message for at in range(0, len(data), size) for message in ours.receive(data[at : at + size])]
    assert got == ["grüße", "", "x" * 300]


@pytest.mark.parametrize("role", ["client", "server"])
def test_the_other_end_reads_what_is_sent(role: Literal["client", "server"]) -> None:
    ours, peer = pair(role)
    (event,) = heard_by(peer, ours.text("hällo"))
    assert isinstance(event, TextMessage)
    assert event.data == "hällo"


def test_a_ping_is_answered() -> None:
    ours, peer = pair()
    (reply,) = ours.receive(peer.send(Ping(payload=b"are you there")))
    assert isinstance(reply, Reply)
    assert [getattr(event, "payload", b"") for event in heard_by(peer, reply.data)] == [b"are you there"]


def test_a_close_is_answered_and_told() -> None:
    ours, peer = pair()
    reply, closed = ours.receive(peer.send(CloseConnection(code=1001, reason="bye")))
    assert closed == Closed(1001, "bye")
    assert isinstance(reply, Reply)
    assert [type(event) for event in heard_by(peer, reply.data)] == [CloseConnection]
    assert not ours.open
    assert ours.text("too late") == ours.close() == b""
    assert list(ours.receive(b"anything")) == []


def refused(got: list[Received], peer: Connection) -> int:
    """We ended it: with which code, as the other end reads it."""
    reply, closed = got[-2:]
    assert isinstance(closed, Closed)
    assert closed.ours
    assert isinstance(reply, Reply)
    (event,) = heard_by(peer, reply.data)
    assert isinstance(event, CloseConnection)
    assert event.code == closed.code
    return int(event.code)


@pytest.mark.parametrize("pieces", [1, 10])
def test_a_message_that_is_too_large_ends_it_with_1009(pieces: int) -> None:
    ours, peer = pair()
    size = LIMIT // pieces + 1
    data = b"".join(peer.send(TextMessage(data="x" * size, message_finished=n == pieces - 1)) for n in range(pieces))
    assert refused(list(ours.receive(data)), peer) == CloseReason.MESSAGE_TOO_BIG


def test_a_large_message_is_refused_before_it_is_whole() -> None:
    ours, peer = pair()
    data = peer.send(TextMessage(data="x" * 10 * LIMIT))
    assert refused(list(ours.receive(data[: 2 * LIMIT])), peer) == CloseReason.MESSAGE_TOO_BIG


def test_binary_messages_end_it_with_1003() -> None:
    ours, peer = pair()
    assert refused(list(ours.receive(peer.send(BytesMessage(data=b"x")))), peer) == 1003


BROKEN = {
    "noise": (b"\xff" * 20, 1002),
    "http": (b"GET / HTTP/1.1\r\n\r\n", 1002),
    "compressed": (b"\xc1\x80\0\0\0\0", 1002),
    "not utf-8": (b"\x81\x82\0\0\0\0\xff\xfe", 1007),
}


@pytest.mark.parametrize(("data", "code"), BROKEN.values(), ids=BROKEN)
def test_broken_frames_end_it(data: bytes, code: int) -> None:
    ours, peer = pair()
    assert refused(list(ours.receive(data)), peer) == code


@given(st.lists(st.binary(max_size=200), max_size=8), st.sampled_from(["client", "server"]))
def test_no_bytes_raise(chunks: list[bytes], role: Literal["client", "server"]) -> None:
    ours = TextSocket(role, LIMIT)
    closed = 0
    for chunk in chunks:
        closed += sum(isinstance(got, Closed) for got in ours.receive(chunk))
    assert closed <= 1
    assert ours.open is (closed == 0)


def test_a_long_reason_is_cut_to_what_a_control_frame_holds() -> None:
    ours, peer = pair()
    (event,) = heard_by(peer, ours.close(1008, "ü" * 200))
    assert isinstance(event, CloseConnection)
    assert event.reason == "ü" * 60


def test_the_handshakes_proof_is_the_one_of_the_rfc() -> None:
    assert accept_value("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert len({new_key() for _ in range(5)}) == 5
    assert accept_value("schlüssel€")  # a hostile key is none, but no reason to fail
