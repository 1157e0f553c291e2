"""Secrets are planted wherever one can enter; then no file, log, database, command line, answer or screen has one."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from textual.pilot import Pilot

from router_core.clock import SystemClock
from router_core.home import Home
from router_core.oauth.lock import FOLDER_VARIABLE
from router_core.store.client_keys import open_keys
from tests.addons.api.test_openapi import ENDPOINTS
from tests.live.canary_planting import ODD, client_secrets, plant_config, plant_elsewhere, plant_logins, plant_tokens
from tests.live.canary_scene import Scene
from tests.support.canaries import Canaries, CommandLines
from tests.support.echo_provider import echo_provider
from tests.support.router import running_router, wait_until
from tests.tui.screen import shows, text
from tui.app import RouterApp

CRASH = """
import asyncio, os, threading
from addons import guard

SECRET = os.environ["CRASH_TEXT"]
original = guard.Guard._check_host

def check_host(self, headers):
    if "x-crash" in headers:
        raise ValueError("crashed with " + SECRET)
    original(self, headers)

guard.Guard._check_host = check_host

class Crashing:
    def response(self, flow):
        if "x-crash-hook" in flow.request.headers:
            threading.Thread(target=self.fail).start()
            asyncio.get_running_loop().call_soon(self.fail)
            raise RuntimeError("hook crashed with " + SECRET)

    def fail(self):
        raise RuntimeError("crashed elsewhere with " + SECRET)

addons = [Crashing()]
"""


def message(model: str, stream: bool = False) -> dict[str, Any]:
    return {"model": model, "max_tokens": 20, "stream": stream, "messages": [{"role": "user", "content": "Hello"}]}


CLAUDE_WAYS = (
    "error_body", "error_gzip", "error_html", "error_header", "redirect", "ok_header", "error_429", "error_401",
)  # fmt: skip


STREAMED_WAYS = ("stream_error_first", "stream_error_late")


def drive(scene: Scene) -> None:
    """Every way in which a provider may repeat what it was sent, and every way in which we may crash."""
    own = client_secrets(scene)
    query = f"?beta=true&key={scene.canaries.plant('client query')}"
    scene.ask("/health", **{"x-crash": "1"})
    scene.ask("/health", **{"x-crash-hook": "1"})
    for way in STREAMED_WAYS:
        scene.ask("/claude/v1/messages", message(way, stream=True), **own)
        scene.ask("/v1/chat/completions", {**message("claude/" + way, stream=True)}, **own)
    for way in CLAUDE_WAYS:
        if way == "error_401":
            time.sleep(1.1)  # until the tokens have rested from the 429
        scene.ask("/claude/v1/messages" + query, message(way), **own)
        scene.ask("/v1/chat/completions", message("claude/" + way), **own)
    scene.ask("/openai/v1/chat/completions", message("error_body"), **own)
    scene.ask("/openai/v1/responses", {"model": "error_body", "input": "Hello"}, **own)
    gemini = {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}
    scene.ask(f"/gemini/v1beta/models/gemini-2.5-flash:generateContent{query}", gemini, **own)
    scene.ask("/v1/messages", message("gemini/gemini-2.5-flash"), **own)
    scene.ask("/v1/messages", message("openai/error_header"), **own)
    scene.ask("/mine/chat/completions", message("error_body"), **own)
    wrong = scene.canaries.plant("wrong gateway token", "sk-ant-api03-{}")
    assert scene.ask("/claude/v1/messages", message("ok_header"), authorization=f"Bearer {wrong}").status_code == 403
    for name, revoked in (("client key", False), ("client key revoked", True)):
        keys = open_keys(scene.home, SystemClock())
        key = scene.canaries.adopt(name, keys.add(name.replace(" ", "-")))
        if revoked:
            keys.revoke(name.replace(" ", "-"))
        keys.database.close()
        with_key = {"authorization": f"Bearer {key}", "x-goog-api-key": key}
        for way in ("ok_header", "error_body"):
            answer = scene.ask(f"/claude/v1/messages?key={key}", message(way), **with_key)
            assert (answer.status_code == 403) == revoked
    admin = {"authorization": f"Bearer {scene.home.admin_token()}"}
    for path in ("/status", "/v1/models"):
        scene.ask(path)
    scene.ask("/api/tokens", **admin)
    scene.ask("/api/tokens/by-stdin/test", {}, **admin)
    scene.ask("/api/tokens", **admin)


SHOWING = (
    "status", "status --json", "token list", "token list --json", "token show by-stdin", "token show with-extra --json",
    "token rotate-key", "provider list", "config show", "config show --json", "config check", "trace list",
    "trace list --json", "key list", "key list --json", "activate", "auth list", "usage", "usage --json", "statusline",
)  # fmt: skip


def look_at_traces(scene: Scene) -> None:
    for row in json.loads(scene.look("trace", "list", "--limit", "500", "--json")):
        scene.look("trace", "show", row["id"], "--bodies", "--json")
        scene.look("trace", "show", row["id"], "--bodies")


def look_at_api(scene: Scene) -> None:
    """Everything that the admin API tells without being asked for anything in particular, and every request."""
    admin = {"authorization": f"Bearer {scene.home.admin_token()}"}
    for path in {each.path for each in ENDPOINTS if each.method == "GET" and "{" not in each.path} - {"/api/events"}:
        assert scene.ask(path, **({} if path == "/status" else admin)).status_code == 200, path
    for trace in scene.ask("/api/traces?page_size=500", **admin).json()["traces"]:
        one = scene.ask(f"/api/traces/{trace['id']}", **admin).json()
        scene.ask(f"/api/traces/{trace['id']}/diff", **admin)
        for body in one["bodies"]:
            scene.ask(f"/api/traces/{trace['id']}/bodies/{body['kind']}", **admin)
    told, headers = b"", {**admin, "last-event-id": f"{int(scene.began * 1000)}-0"}
    with httpx.stream("GET", f"{scene.router.url}/api/events", headers=headers, trust_env=False, timeout=20) as stream:
        for piece in stream.iter_bytes():
            told += piece
            if b"event: lock.changed" in told:
                break
    assert told.count(b"event: request.finished") > 10
    scene.outputs["events"] = told


def look_around(scene: Scene) -> None:
    """Every other command that shows something."""
    for arguments in SHOWING:
        scene.look(*arguments.split())
    scene.look("auth", "status", fails=True)  # one of the logins is dead
    scene.look("token", "test", fails=True)
    scene.look("token", "test", "--json", fails=True)
    passphrase = scene.canaries.plant("passphrase", "pass {}")
    for kind in (["token", "export", "--output"], ["backup", "create"]):
        file = scene.home.path / f"{kind[0]}.json"
        scene.look(*kind, str(file), "--passphrase-stdin", stdin=passphrase)
    wrong = scene.canaries.plant("wrong passphrase")
    scene.look("token", "restore", str(file), "--passphrase-stdin", stdin=wrong, fails=True)
    scene.look("backup", "restore", str(file), "--passphrase-stdin", stdin=passphrase)


async def look_at_screens(scene: Scene) -> None:
    """The list, each of its first requests in full, and the help."""
    async with RouterApp(scene.home).run_test(size=(200, 60)) as pilot:
        await shows(pilot, "by-stdin")
        await pilot.pause(0.5)
        scene.outputs["screen"] = text(pilot).encode()
        assert text(pilot).count("error_") > 5
        for number in range(8):
            await _look_at_request(scene, pilot, number)


async def _look_at_request(scene: Scene, pilot: Pilot[None], number: int) -> None:
    await pilot.press("enter")
    await pilot.pause(0.3)
    for page in range(4):
        scene.outputs[f"screen of request {number}, page {page}"] = text(pilot).encode()
        await pilot.press("pagedown")
    await pilot.press("escape")
    await pilot.press("down")


@pytest.fixture(params=["full", "redacted", "off"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    with ExitStack() as stack:
        provider = stack.enter_context(echo_provider())
        (tmp_path / "user").mkdir()
        scene = Scene(Home(tmp_path / "home").ensure(), tmp_path / "user", Canaries(), provider, request.param)
        plant_config(scene)
        with scene.home.config.open("a") as config:
            config.write(f'[trace]\nbodies = "{scene.bodies}"\njsonl = true\n')
        scene.canaries.adopt("gateway", scene.home.gateway_token())
        scene.canaries.adopt("admin", scene.home.admin_token())
        (tmp_path / "crash.py").write_text(CRASH)
        yield scene


async def test_no_canary_is_found_anywhere(scene: Scene, tmp_path: Path) -> None:
    with CommandLines() as lines:
        plant_tokens(scene)
        found_in = {"HOME": str(scene.user), FOLDER_VARIABLE: str(scene.locks)}
        options = {"env": {**scene.variables, **found_in}, "arguments": ["-s", str(tmp_path / "crash.py")]}
        with running_router(scene.home, {}, **options) as scene.router:
            if scene.bodies == "full":  # they are the same whatever is kept
                plant_elsewhere(scene)
                plant_logins(scene)
            drive(scene)
            if scene.bodies == "full":
                look_around(scene)
                look_at_api(scene)
            look_at_traces(scene)
            await look_at_screens(scene)
            wait_until(lambda: all(row["finished_at"] for row in scene.router.requests()))
        scene.command("token", "list")
    everything_was_driven(scene)
    allowed = {
        "config.toml": {
            "config literal",
            "config literal 2",
            "config header",
            "client secret",
            "telemetry header",
            "webhook",
        },
        "gateway.token": {"gateway"},
        "admin.token": {"admin"},
    }
    finds = scene.canaries.in_home(scene.home.path, allowed)
    assert not finds, finds
    seen = {where: found for where, said in scene.outputs.items() if (found := scene.canaries.in_bytes(said))}
    assert not seen, seen
    assert scene.canaries.in_bytes(b"\n".join(lines.seen)) <= {"argument", "refresh"}, "those were given as arguments"
    sent = scene.canaries.in_bytes(b"\n".join(scene.provider.seen))
    assert not {name for name in sent if name.startswith(("client", "wrong", "passphrase", "gateway", "admin"))}
    used = {"access renewed", "refresh refused", "stdin", "argument", "config $VAR", "config literal", "config header"}
    logins = {"code refused", "code", "login access"} if scene.bodies == "full" else set()
    assert sent >= used | logins | {"telemetry header", "webhook"}, "they were really used"


def everything_was_driven(scene: Scene) -> None:
    """Else nothing would be proved."""
    said = b"\n".join(scene.outputs.values())
    printed = (scene.home.path / "mitmdump.out").read_bytes()
    assert said.count(b"[redacted]") > 20
    assert b"crashed with [redacted]" in scene.home.log.read_bytes()
    assert b"hook crashed with [redacted]" in printed
    assert printed.count(b"crashed elsewhere with [redacted]") >= 2
    tried = {attempt["status"] for row in scene.router.requests() for attempt in scene.router.attempts(row["id"])}
    assert tried >= {200, 302, 400, 401, 429, 500}


def test_the_search_itself_finds_every_form(tmp_path: Path) -> None:
    import base64
    import sqlite3
    from urllib.parse import quote

    import zstandard

    canaries = Canaries()
    value = canaries.plant("one", "sk-{}" + ODD)
    for written in (value, quote(value, safe=""), json.dumps(json.dumps({"k": value})), value[:27]):
        assert canaries.in_bytes(written.encode()) == {"one"}
    for before in ("", "u", "us"):
        assert canaries.in_bytes(base64.b64encode(f"{before}{value}:x".encode())) == {"one"}
    assert canaries.in_bytes(b"nothing") == set()
    database = sqlite3.connect(tmp_path / "x.db")
    database.execute("create table bodies (content blob)")
    database.execute("insert into bodies values (?)", (zstandard.compress(value.encode() * 20),))
    database.commit()
    database.close()
    (tmp_path / "kept.toml").write_text(value)
    assert canaries.in_home(tmp_path, {"kept.toml": {"one"}}) == ["x.db: one"]
