"""Reading bodies that are compressed. The bytes that pass through stay compressed; only our copy is opened."""

import zlib
from typing import Protocol

import brotli
import zstandard


class Inflater(Protocol):
    """Opens a compressed stream piece by piece."""

    def feed(self, data: bytes) -> bytes: ...


class _Plain:
    def feed(self, data: bytes) -> bytes:
        return data


class _Zlib:
    def __init__(self, wbits: int) -> None:
        self._inflate = zlib.decompressobj(wbits)

    def feed(self, data: bytes) -> bytes:
        return self._inflate.decompress(data)


class _Brotli:
    def __init__(self) -> None:
        self._inflate = brotli.Decompressor()

    def feed(self, data: bytes) -> bytes:
        opened: bytes = self._inflate.process(data)
        return opened


class _Zstd:
    def __init__(self) -> None:
        self._inflate = zstandard.ZstdDecompressor().decompressobj()

    def feed(self, data: bytes) -> bytes:
        return self._inflate.decompress(data)


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
        except (zlib.error, brotli.error, zstandard.ZstdError):
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
