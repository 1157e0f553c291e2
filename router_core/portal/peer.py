"""Whose program is at the other end of a connection on this machine, where the system says so (Linux).

A browser sends a cookie of 127.0.0.1 to every port there, and the address of a page stands in its command line for all
to read. So on a machine with several people both may fall into another one's hands; they are of no use to her, because
the system tells whose connection it is. Root is let through: that is what forwards connections into containers.
"""

import os
import struct
from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address
from pathlib import Path

from router_core.netloc import is_loopback

type Address = tuple[str, int]

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_ROOT = 0


def is_strangers(peer: Address, own: Address, tables: Iterable[Path] = TABLES, uid: int | None = None) -> bool:
    """Whether a connection comes from another user of this machine.

    Args:
        peer: the other end.
        own: our end.
        uid: who we are; None: who runs this process.

    Returns:
        False also where that cannot be told: from another machine, or on another system.
    """
    if not is_loopback(peer[0]):
        return False
    owner = owner_of(peer, own, tables)
    return owner is not None and owner not in (_ROOT, os.getuid() if uid is None else uid)


def owner_of(local: Address, remote: Address, tables: Iterable[Path] = TABLES) -> int | None:
    """The user id of the socket that has these ends; None: it is in none of the tables."""
    wanted = {(_written(*local, mapped=mapped), _written(*remote, mapped=mapped)) for mapped in (False, True)}
    for table in tables:
        try:
            lines = table.read_text(encoding="ascii", errors="replace").splitlines()
        except OSError:
            continue
        for line in lines[1:]:
            fields = line.split()
            if len(fields) > 7 and (fields[1], fields[2]) in wanted and fields[7].isdecimal():
                return int(fields[7])
    return None


def _written(host: str, port: int, *, mapped: bool) -> str:
    """An address as the kernel writes it: words of four bytes in the machine's own order."""
    address = ip_address(host.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    packed = address.packed
    if mapped and len(packed) == 4:
        packed = b"\0" * 10 + b"\xff\xff" + packed
    words = struct.unpack(f"={len(packed) // 4}I", packed)
    return "".join(f"{word:08X}" for word in words) + f":{port:04X}"
