"""Presets from files, folders, archives and URLs: bounded, nothing unpacked, only https."""

import contextlib
import gzip
import http.server
import io
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from router_core.errors import ConfigError
from router_core.presets import source
from router_core.presets.source import read_source
from tests.router_core.presets.test_preset import TEXT


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(members: dict[str, bytes], mode: str = "w:gz", link: str = "") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        if link:
            member = tarfile.TarInfo("preset.toml")
            member.type, member.linkname = tarfile.SYMTYPE, link
            archive.addfile(member)
    return out.getvalue()


GOOD = {"preset.toml": TEXT.encode(), "README.md": b"x"}
INSIDE = {"cheap-1.0/preset.toml": TEXT.encode(), "cheap-1.0/evil.py": b"raise SystemExit"}


@pytest.mark.parametrize(
    "data",
    [TEXT.encode(), zipped(GOOD), zipped(INSIDE), tarred(GOOD), tarred(INSIDE), tarred(GOOD, "w")],
    ids=["text", "zip", "zip with a folder", "tar.gz", "tar.gz with a folder", "tar"],
)
def test_each_form_is_read_and_nothing_of_it_is_written(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "given"
    file.write_bytes(data)
    assert read_source(str(file)).preset.name == "cheap"
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "preset.toml").write_text(TEXT)
    assert read_source(str(tmp_path)).preset.name == "cheap"


BOMB = gzip.compress(tarred({"big": bytes(40 * 1024 * 1024), **GOOD}, "w"))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (zipped({"a/b/preset.toml": TEXT.encode()}), "no preset.toml"),
        (zipped({"preset.toml": TEXT.encode(), "x/preset.toml": TEXT.encode()}), "more than one"),
        (zipped({"../preset.toml": b"x = = 1"}), "not valid TOML"),
        (zipped({"preset.toml": bytes(10 * 1024 * 1024)}), "more than"),
        (tarred({"/etc/x/preset.toml": TEXT.encode()}), "no preset.toml"),
        (tarred({}, link="/etc/passwd"), "no preset.toml"),
        (tarred({"preset.toml": bytes(10 * 1024 * 1024)}), "more than"),
        (BOMB, "cannot be read as an archive"),
        (zipped(GOOD)[:60], "cannot be read as a zip"),
        (tarred(GOOD)[:60], "cannot be read as an archive"),
        (bytes(5 * 1024 * 1024), "more than"),
        (b"\xff\xfe\x00", "no text"),
        (b" " * 300_000, "no preset"),
    ],
    ids=["too deep", "two", "upwards", "zip bomb", "absolute", "link", "tar bomb", "gzip bomb", "cut zip", "cut tar",
         "huge", "binary", "large"],
)  # fmt: skip
def test_what_is_no_preset_is_refused(tmp_path: Path, data: bytes, says: str) -> None:
    file = tmp_path / "given"
    file.write_bytes(data)
    with pytest.raises(ConfigError, match=says):
        read_source(str(file))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml cannot be read"):
        read_source(str(tmp_path / "none.toml"))


class Web(http.server.BaseHTTPRequestHandler):
    """`/to?URL` redirects, `/huge` does not end, everything else is the preset."""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path == "/to":
            self.send_response(302)
            self.send_header("location", query or "/to")
            self.end_headers()
        elif path == "/gone":
            self.send_error(404)
        else:
            self.send_response(200)
            self.end_headers()
            data = bytes(1 << 16) * 200 if path == "/huge" else zipped(GOOD)
            self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)
    server.handle_error = lambda *args: None  # type: ignore[method-assign,assignment]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_url_is_downloaded_redirects_included(web: str) -> None:
    assert read_source(f"{web}/preset.zip").preset.name == "cheap"
    assert read_source(f"{web}/to?/preset.zip").preset.name == "cheap"


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/gone", "answered 404"),
        ("/huge", "sends more than"),
        ("/to", "more than 5 redirects"),
        ("/to?http://llm.example/preset.toml", "plain http"),
        ("/to?file:///etc/passwd", "cannot be asked"),
    ],
)
def test_what_a_server_may_not_do(web: str, path: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        read_source(web + path)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://llm.example/preset.toml", "plain http"),
        ("ftp://llm.example/preset.toml", "https"),
        ("file:///etc/passwd", "https"),
        ("https://me:made-up@llm.example/p", "user name"),
        ("https://", "https"),
    ],
)
def test_addresses_that_are_not_asked(url: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        read_source(url)
    assert "made-up" not in caught.value.message


def test_a_far_server_may_not_lead_to_this_machine() -> None:
    with pytest.raises(ConfigError, match="https address"):
        source._check_url("https://127.0.0.1/preset.toml", loopback=False)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, None])
def test_a_damaged_archive_is_an_error_with_a_name(tmp_path: Path, method: int | None) -> None:
    out = io.BytesIO()
    if method is None:
        out.write(tarred(GOOD))
    else:
        with zipfile.ZipFile(out, "w", method) as archive:
            archive.writestr("preset.toml", TEXT)
    file = tmp_path / "given"
    for place in range(4, min(len(out.getvalue()), 200)):
        data = bytearray(out.getvalue())
        data[place] ^= 0xFF
        file.write_bytes(data)
        with contextlib.suppress(ConfigError):
            read_source(str(file))


@pytest.mark.parametrize("url", ["https://[::1", "https://a:b/x", "https://a:99999/x"])
def test_what_is_no_address_is_told(url: str) -> None:
    with pytest.raises(ConfigError, match="is no address"):
        read_source(url)
