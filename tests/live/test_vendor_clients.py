"""The real Codex and Claude Code live with what we do to their stores: read as they write, written as they read."""

import contextlib
import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from router_core.importing import codex_source
from router_core.importing.machine import Machine
from router_core.vendors.login import VendorLogin
from router_core.vendors.store import vendor_store
from router_core.vendors.vendor_lock import vendor_lock
from tests.router_core.vendors.logins import chatgpt_jwt, claude_profile, claude_text, codex_text, put
from tests.support.clients import Client, find_client, must_be_installed

pytestmark = [pytest.mark.clients, pytest.mark.slow]

KEY = "sk-proj-made-up-0123456789"
YEAR_2100 = 4_102_444_800
AUTHORIZATION_SERVER = "platform.claude.com:443"


def run(client: Client, home: Path, *arguments: str, proxy: str = "http://127.0.0.1:9", given: str = "") -> str:
    """A run of a real client that can reach nothing but the proxy; all that it printed."""
    program = find_client(must_be_installed(client))
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "TERM": "dumb", "HTTPS_PROXY": proxy,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "CLAUDE_CODE_MAX_RETRIES": "0",
    }  # fmt: skip
    done = subprocess.run(
        [str(program), *arguments],
        env=environment,
        cwd=home,
        input=given,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    return done.stdout + done.stderr


def held(locator: str) -> VendorLogin:
    login = vendor_store(locator).read()
    assert login is not None
    return login


def test_a_key_that_the_real_codex_has_stored_is_found(tmp_path: Path) -> None:
    (tmp_path / ".codex").mkdir()
    run("codex", tmp_path, "login", "--with-api-key", given=KEY)
    (found,) = codex_source.find(Machine(tmp_path, {}, 0.0))
    assert (found.provider, found.access_token) == ("openai", KEY)


def test_the_real_codex_is_logged_in_with_what_we_wrote(tmp_path: Path) -> None:
    (tmp_path / ".codex").mkdir()
    run("codex", tmp_path, "login", "--with-api-key", given=KEY)  # makes its lock files, too
    assert (tmp_path / ".codex" / "auth.lock").exists(), "Codex has another lock by now: see vendors/codex_cli.py"
    path = put(tmp_path / ".codex" / "auth.json", codex_text(exp=YEAR_2100))
    old = held(f"codex-file:{path}")
    new = replace(old, access_token=chatgpt_jwt("acc-codex-1", exp=YEAR_2100 + 60), refresh_token="rt_new_made_up")
    vendor_store(f"codex-file:{path}").write(new, replacing=old)
    assert "Logged in using ChatGPT" in run("codex", tmp_path, "login", "status")
    assert held(f"codex-file:{path}") == replace(new, expires_at=YEAR_2100 + 60)


def test_the_real_claude_code_is_logged_in_with_what_we_wrote(tmp_path: Path) -> None:
    put(tmp_path / ".claude.json", claude_profile())
    text = claude_text(expiresAt=YEAR_2100 * 1000, refreshTokenExpiresAt=YEAR_2100 * 1000)
    path = put(tmp_path / ".claude" / ".credentials.json", text)
    old = held(f"claude-file:{path}")
    new = replace(old, access_token="sk-ant-oat01-new", refresh_token="sk-ant-ort01-new")
    vendor_store(f"claude-file:{path}").write(new, replacing=old)
    status = run("claude", tmp_path, "auth", "status")
    said = json.loads(status[status.index("{") : status.rindex("}") + 1])
    assert (said["loggedIn"], said["email"], said["subscriptionType"]) == (True, "me@example.com", "max")
    assert held(f"claude-file:{path}").refresh_token == "sk-ant-ort01-new"


@pytest.mark.parametrize("is_held", [False, True])
def test_the_real_claude_code_does_not_renew_its_login_while_we_do(tmp_path: Path, is_held: bool) -> None:
    put(tmp_path / ".claude.json", claude_profile())
    text = claude_text(expiresAt=1_700_000_000_000, refreshTokenExpiresAt=YEAR_2100 * 1000)
    path = put(tmp_path / ".claude" / ".credentials.json", text)
    with contextlib.ExitStack() as stack:
        proxy, asked = stack.enter_context(refusing_proxy())
        if is_held:
            assert stack.enter_context(vendor_lock(f"claude-file:{path}"))
        run("claude", tmp_path, "-p", "hello", proxy=proxy)
    assert (AUTHORIZATION_SERVER in asked) == (not is_held), asked


@contextlib.contextmanager
def refusing_proxy() -> Iterator[tuple[str, list[str]]]:
    """A proxy that lets nothing through, and the hosts that it was asked for."""
    asked: list[str] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.settimeout(5)
                words = connection.recv(4096).split()
                asked.extend(word.decode() for word in words[1:2])
                connection.sendall(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(timeout=10)
