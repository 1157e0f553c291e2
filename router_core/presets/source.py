"""Where a preset comes from: a file, a folder, an archive, an https URL.

Archives are looked into, never unpacked: nothing of them is written anywhere. Everything is bounded.
"""

import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import IO, cast
from urllib.parse import urljoin, urlsplit

from router_core.errors import ConfigError
from router_core.netloc import is_loopback
from router_core.oauth.http import directly
from router_core.presets.preset import SIZE_LIMIT_BYTES, Preset, parse_preset
from router_core.text import printable

FILE = "preset.toml"
"""Its name in a folder or archive, at the top or in a folder there."""
ARCHIVE_LIMIT_BYTES = 4 * 1024 * 1024
UNPACKED_LIMIT_BYTES = 16 * 1024 * 1024
MEMBERS_LIMIT = 2000
REDIRECTS_LIMIT = 5
TIMEOUT_S = 20.0
_DAMAGED = (EOFError, OSError, ValueError, zlib.error, lzma.LZMAError)
"""What the standard library raises for compressed data that is none."""


def read_source(source: str, *, proxy: Callable[[str], str | None] = directly) -> Preset:
    """
    Args:
        source: a path, or an https URL.
        proxy: URL → the HTTP proxy that it is reached through, if any.

    Raises:
        ConfigError: it is not there, too large, or no preset.
    """
    if "://" in source:
        return _in(_download(source, proxy), source)
    path = Path(source).expanduser()
    if path.is_dir():
        path = path / FILE
    try:
        with path.open("rb") as file:
            return _in(_bounded(file, ARCHIVE_LIMIT_BYTES, source), source)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}).") from error


def _in(data: bytes, source: str) -> Preset:
    """The preset in what was read."""
    where = printable(source, 200)
    if data[:4] == b"PK\x03\x04":
        data = _from_zip(data, where)
    elif data[:2] == b"\x1f\x8b" or data[257:262] == b"ustar":
        data = _from_tar(data, where)
    if len(data) > SIZE_LIMIT_BYTES:
        raise ConfigError(f"{where} has {len(data)} bytes: that is no preset.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{where} is no preset: no text.") from None
    return parse_preset(text, where)


def _bounded(file: IO[bytes], limit: int, where: str) -> bytes:
    data = file.read(limit + 1)
    if len(data) > limit:
        raise ConfigError(f"{printable(where, 200)} has more than {limit} bytes: that is no preset.")
    return data


def _is_it(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return parts[-1:] == (FILE,) and len(parts) <= 2


def _from_zip(data: bytes, where: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = [one for one in archive.infolist()[:MEMBERS_LIMIT] if _is_it(one.filename) and not one.is_dir()]
            if len(found) != 1:
                raise ConfigError(_which(where, len(found)))
            with archive.open(found[0]) as file:
                return _bounded(file, SIZE_LIMIT_BYTES, where)
    except (zipfile.BadZipFile, RuntimeError, *_DAMAGED) as error:
        raise ConfigError(f"{where} cannot be read as a zip archive ({type(error).__name__}).") from None


class _Limited(io.RawIOBase):
    """A stream that ends with an error where it grows beyond all reason."""

    def __init__(self, inner: IO[bytes]) -> None:
        self._inner, self._left = inner, UNPACKED_LIMIT_BYTES

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._inner.read(min(size, 1 << 16) if size >= 0 else 1 << 16)
        self._left -= len(data)
        if self._left < 0:
            raise tarfile.ReadError("too large")
        return data


def _from_tar(data: bytes, where: str) -> bytes:
    raw: IO[bytes] = io.BytesIO(data)
    if data[:2] == b"\x1f\x8b":
        raw = cast(IO[bytes], gzip.GzipFile(fileobj=raw))
    found: list[bytes] = []
    try:
        with tarfile.open(fileobj=_Limited(raw), mode="r|") as archive:
            for number, member in enumerate(archive):
                if number >= MEMBERS_LIMIT:
                    break
                if member.isreg() and _is_it(member.name) and (file := archive.extractfile(member)):
                    found.append(_bounded(file, SIZE_LIMIT_BYTES, where))
    except (tarfile.TarError, *_DAMAGED) as error:
        raise ConfigError(f"{where} cannot be read as an archive ({type(error).__name__}).") from None
    if len(found) != 1:
        raise ConfigError(_which(where, len(found)))
    return found[0]


def _which(where: str, count: int) -> str:
    return f"{where} holds {'no' if not count else 'more than one'} {FILE}."


def _check_url(url: str, *, loopback: bool) -> None:
    """https; plain http and this machine only for somebody who typed such an address.

    Raises:
        ConfigError: it is neither.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ConfigError(f"{printable(url, 200)} is no address.") from None
    if parts.username or parts.password:
        raise ConfigError("The address must not hold a user name or password.")
    near = is_loopback(parts.hostname or "")
    if parts.scheme not in ("https", "http") or not parts.hostname or (near and not loopback):
        raise ConfigError(f"{printable(url, 200)} cannot be asked for a preset: give an https address.")
    if parts.scheme == "http" and not near:
        raise ConfigError(
            f"{printable(url, 200)} is plain http: anybody on the way could change it. Give an https one."
        )


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        return location  # the check says what is wrong with it


def _download(url: str, proxy: Callable[[str], str | None]) -> bytes:
    import httpx  # here: a quarter of a second that no other command waits for

    _check_url(url, loopback=True)
    loopback = is_loopback(urlsplit(url).hostname or "")
    for _ in range(REDIRECTS_LIMIT + 1):
        _check_url(url, loopback=loopback)
        try:
            with (
                httpx.Client(timeout=TIMEOUT_S, proxy=proxy(url), trust_env=False, follow_redirects=False) as http,
                http.stream("GET", url) as response,
            ):
                if response.is_redirect and "location" in response.headers:
                    url = _joined(url, response.headers["location"])
                    continue
                if response.status_code != 200:
                    raise ConfigError(f"{printable(url, 200)} answered {response.status_code}.")
                data = b""
                for chunk in response.iter_bytes():
                    data += chunk
                    if len(data) > ARCHIVE_LIMIT_BYTES:
                        raise ConfigError(f"{printable(url, 200)} sends more than {ARCHIVE_LIMIT_BYTES} bytes.")
                return data
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ConfigError(f"{printable(url, 200)} was not reached ({type(error).__name__}).") from None
    raise ConfigError(f"{printable(url, 200)}: more than {REDIRECTS_LIMIT} redirects.")
