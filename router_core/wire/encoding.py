"""Reading bodies that are compressed. The bytes that pass through stay compressed; only our copy is opened."""

import zlib
from typing import Protocol

import brotli
import zstandard

PIECE_LIMIT_BYTES = 16 * 1024 * 1024
"""Most bytes that one piece (at most 64 KiB of a body, or what one read from a socket gave) may open to."""
_ZSTD_SLICE = 512  # a block of 4 bytes can stand for 128 KiB


class Inflater(Protocol):
    """Opens a compressed stream piece by piece."""

    def feed(self, data: bytes) -> bytes: ...


class _Plain:
    def feed(self, data: bytes) -> bytes:
        return data


class _Bomb(Exception):
    """One piece opens to more than any honest one."""


class _Zlib:
    """gzip (also several members in a row), or deflate with its zlib header or, as some servers send it, without."""

    def __init__(self, wbits: int) -> None:
        self._wbits = wbits
        self._inflate = zlib.decompressobj(wbits)
        self._begun = False

    def feed(self, data: bytes) -> bytes:
        if data and not self._begun:
            self._begun = True
            if self._wbits == zlib.MAX_WBITS and data[0] & 0x0F != 8:  # 8 is how every zlib header begins
                self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        opened = self._inflate.decompress(data, PIECE_LIMIT_BYTES)
        while self._inflate.eof and self._inflate.unused_data.startswith(b"\x1f\x8b"):
            rest = self._inflate.unused_data
            self._inflate = zlib.decompressobj(self._wbits)
            opened += self._inflate.decompress(rest, PIECE_LIMIT_BYTES)
        if self._inflate.unconsumed_tail or len(opened) > PIECE_LIMIT_BYTES:
            raise _Bomb
        return opened


class _Brotli:
    def __init__(self) -> None:
        self._inflate = brotli.Decompressor()

    def feed(self, data: bytes) -> bytes:
        opened: bytes = self._inflate.process(data, output_buffer_limit=PIECE_LIMIT_BYTES)
        if not self._inflate.can_accept_more_data():
            raise _Bomb
        return opened


class _Zstd:
    """Frames in a row too. It knows no limit of its own, so it gets slices that cannot open to more than 16 MiB."""

    def __init__(self) -> None:
        self._inflate = zstandard.ZstdDecompressor().decompressobj(read_across_frames=True)

    def feed(self, data: bytes) -> bytes:
        if len(data) <= _ZSTD_SLICE:
            return self._inflate.decompress(data)
        opened = bytearray()
        for start in range(0, len(data), _ZSTD_SLICE):
            opened += self._inflate.decompress(data[start : start + _ZSTD_SLICE])
            if len(opened) > PIECE_LIMIT_BYTES:
                raise _Bomb
        return bytes(opened)


class _Unreadable:
    """An encoding we do not know, or broken data: nothing is read, everything still passes through."""

    def feed(self, data: bytes) -> bytes:
        return b""


class _Careful:
    """After the first broken byte nothing more is read."""

    def __init__(self, inner: Inflater) -> None:
        self._inner = inner

    def feed(self, data: bytes) -> bytes:
        try:
            return self._inner.feed(data)
        except (zlib.error, brotli.error, zstandard.ZstdError, _Bomb):
            self._inner = _Unreadable()
            return b""


def inflater(content_encoding: str) -> Inflater:
    """A reader for `Content-Encoding`; an unknown one reads nothing."""
    match content_encoding.strip().lower():
        case "" | "identity":
            return _Plain()
        case "gzip" | "x-gzip":
            return _Careful(_Zlib(31))
        case "deflate":
            return _Careful(_Zlib(15))
        case "br":
            return _Careful(_Brotli())
        case "zstd":
            return _Careful(_Zstd())
        case _:
            return _Unreadable()


def inflate(data: bytes, content_encoding: str, limit: int) -> bytes | None:
    """A whole body opened, at most `limit` bytes; None when it cannot be read or is larger (a bomb)."""
    if content_encoding.strip().lower() in ("", "identity"):
        return data if len(data) <= limit else None
    reader = inflater(content_encoding)
    opened = bytearray()
    for start in range(0, len(data), 65536):
        opened += reader.feed(data[start : start + 65536])
        if len(opened) > limit:
            return None
    return bytes(opened) if opened else None
