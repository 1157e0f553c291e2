"""Whose connection it is."""

import os
import socket
from pathlib import Path

import pytest

from router_core.portal.peer import TABLES, is_strangers, owner_of

# As Linux writes them: 127.0.0.1:8100 with 127.0.0.1:40000 (user 1001), ::1 likewise (user 1002), and mapped (user 0).
V4 = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1FA4 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1
   1: 0100007F:9C40 0100007F:1FA4 01 00000000:00000000 00:00000000 00000000  1001        0 2 1
"""
V6 = """  sl  local_address                         remote_address                        st
   0: 00000000000000000000000001000000:9C40 00000000000000000000000001000000:1FA4 01 0:0 0:0 0  1002        0 2 1
   1: 0000000000000000FFFF00000100007F:9C41 0000000000000000FFFF00000100007F:1FA4 01 0:0 0:0 0     0        0 2 1
"""


@pytest.fixture
def tables(tmp_path: Path) -> list[Path]:
    (tmp_path / "tcp").write_text(V4)
    (tmp_path / "tcp6").write_text(V6)
    return [tmp_path / "tcp", tmp_path / "tcp6", tmp_path / "missing"]


@pytest.mark.parametrize(
    ("peer", "own", "owner"),
    [
        (("127.0.0.1", 40000), ("127.0.0.1", 8100), 1001),
        (("::ffff:127.0.0.1", 40000), ("::ffff:127.0.0.1", 8100), 1001),
        (("::1", 40000), ("::1", 8100), 1002),
        (("127.0.0.1", 40001), ("127.0.0.1", 8100), 0),
        (("127.0.0.1", 40002), ("127.0.0.1", 8100), None),
    ],
)
def test_owner_of_a_connection_is_read(
    tables: list[Path], peer: tuple[str, int], own: tuple[str, int], owner: int | None
) -> None:
    assert owner_of(peer, own, tables) == owner
    assert is_strangers(peer, own, tables, uid=1001) == (owner == 1002)
    assert not is_strangers(("192.168.0.7", peer[1]), own, tables, uid=1)


def test_real_connection_is_ours() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        peer, own = client.getsockname(), client.getpeername()
        assert owner_of(peer, own) == (os.getuid() if TABLES[0].exists() else None)  # Linux tells, others do not
        assert not is_strangers(peer, own)
