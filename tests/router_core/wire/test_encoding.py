"""Opening compressed bodies: every encoding in any pieces, broken ones, and bombs."""

import gzip
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard

from router_core.wire.encoding import PIECE_LIMIT_BYTES, inflate, inflater

TEXT = ("Grüße aus dem Strom, " * 500).encode()
MB = 1024 * 1024


def _raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


PACKERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "spelling": (" GZip ", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "raw-deflate": ("deflate", _raw_deflate),
    "br": ("br", lambda data: bytes(brotli.compress(data, quality=4))),
    "zstd": ("zstd", zstandard.compress),
    "identity": ("identity", bytes),
    "none": ("", bytes),
}
packed = pytest.mark.parametrize("packer", PACKERS)


@packed
def test_a_whole_body_is_opened(packer: str) -> None:
    name, pack = PACKERS[packer]
    assert inflate(pack(TEXT), name, MB) == TEXT


@packed
@pytest.mark.parametrize("size", [1, 2, 3, 7, 4096])
def test_a_stream_is_opened_whatever_the_chunks(packer: str, size: int) -> None:
    name, pack = PACKERS[packer]
    data, reader = pack(TEXT), inflater(name)
    assert b"".join(reader.feed(data[start : start + size]) for start in range(0, len(data), size)) == TEXT


@pytest.mark.parametrize("packer", ["gzip", "zstd"])
@pytest.mark.parametrize("size", [None, 1, 7])
def test_several_members_in_a_row_are_all_read(packer: str, size: int | None) -> None:
    name, pack = PACKERS[packer]
    data, reader = pack(b"one ") + pack(b"two"), inflater(name)
    pieces = [data] if size is None else [data[start : start + size] for start in range(0, len(data), size)]
    assert b"".join(reader.feed(piece) for piece in pieces) == b"one two"


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_broken_data_reads_as_nothing_and_never_raises(name: str) -> None:
    noise = b"\xff\xfethis is not compressed at all" * 50
    reader = inflater(name)
    assert reader.feed(noise) == b""
    assert reader.feed(PACKERS[name][1](TEXT)) == b""
    assert inflate(noise, name, MB) is None


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_a_body_cut_short_gives_what_can_be_read(name: str) -> None:
    noise = bytes(range(256)) * 2000
    data = PACKERS[name][1](noise + TEXT)
    opened = inflate(data[: len(data) - 10], name, MB)
    assert opened is None or (noise + TEXT).startswith(opened)


@pytest.mark.parametrize("name", ["compress", "gzip, br", "nonsense"])
def test_an_unknown_encoding_reads_nothing(name: str) -> None:
    assert inflater(name).feed(TEXT) == b""
    assert inflate(TEXT, name, MB) is None


@packed
def test_more_than_the_limit_is_refused(packer: str) -> None:
    name, pack = PACKERS[packer]
    assert inflate(pack(TEXT), name, len(TEXT)) == TEXT
    assert inflate(pack(TEXT), name, len(TEXT) - 1) is None


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_is_refused_and_never_opened_in_memory(name: str) -> None:
    bomb = PACKERS[name][1](bytes(80 * MB))
    assert len(bomb) < 100_000
    assert inflate(bomb, name, 8 * MB) is None
    reader = inflater(name)
    opened = [len(reader.feed(bomb[start : start + 65536])) for start in range(0, len(bomb), 65536)]
    assert max(opened) <= PIECE_LIMIT_BYTES
