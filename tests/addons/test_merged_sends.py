"""Consecutive small sends to one connection become one; order, replies and everything else stay."""

from collections.abc import Generator
from typing import Any

import pytest
from mitmproxy import connection
from mitmproxy.proxy import commands

from addons.merged_sends import LARGE_BYTES, merged_sends


def server(port: int) -> connection.Server:
    return connection.Server(address=("127.0.0.1", port))


A, B = server(1), server(2)


def shown(made: list[commands.Command]) -> list[Any]:
    return [
        (command.connection.address[1], command.data) if isinstance(command, commands.SendData) else type(command)
        for command in made
    ]


def run(*given: commands.Command) -> list[Any]:
    def handling() -> Generator[commands.Command, Any, None]:
        yield from given

    return shown(list(merged_sends(handling())))


send = commands.SendData
LARGE = b"x" * LARGE_BYTES


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], []),
        ([send(A, b"1")], [(1, b"1")]),
        ([send(A, b"1"), send(A, b"2"), send(A, b"3")], [(1, b"123")]),
        ([send(A, b"1"), send(B, b"2"), send(A, b"3")], [(1, b"1"), (2, b"2"), (1, b"3")]),
        ([send(A, b"1"), commands.CloseConnection(A)], [(1, b"1"), commands.CloseConnection]),
        ([send(A, b"1"), send(A, LARGE), send(A, b"2")], [(1, b"1"), (1, LARGE), (1, b"2")]),
        ([send(A, b"1"), commands.OpenConnection(B), send(A, b"2")], [(1, b"1"), commands.OpenConnection, (1, b"2")]),
    ],
    ids=[
        "nothing",
        "one",
        "joined",
        "by connection",
        "before a close",
        "large ones alone",
        "before a blocking command",
    ],
)
def test_sends_are_joined_where_nothing_else_comes_between(given: list[commands.Command], expected: list[Any]) -> None:
    assert run(*given) == expected


def test_replies_reach_whom_they_are_for() -> None:
    got: list[Any] = []

    def handling() -> Generator[commands.Command, Any, None]:
        got.append((yield send(A, b"1")))
        got.append((yield commands.OpenConnection(B)))
        got.append((yield send(A, b"2")))

    merged = merged_sends(handling())
    made = [next(merged), merged.send(None)]
    made.append(merged.send("an error"))
    with pytest.raises(StopIteration):
        merged.send(None)
    assert shown(made) == [(1, b"1"), commands.OpenConnection, (1, b"2")]
    assert got == [None, "an error", None]
