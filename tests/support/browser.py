"""A real browser without a window, steered through its DevTools protocol as a person would: look, and click."""

import base64
import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

from tests.support.router import ROOT, wait_until

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--no-proxy-server", "--remote-debugging-port=0",
    "'--host-resolver-rules=MAP rebound.example 127.0.0.1'",
)  # fmt: skip


def find_browser() -> str:
    """The program that `scripts/browser` has found or installed. Fails with what it said."""
    done = subprocess.run([ROOT / "scripts" / "browser"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().removeprefix("chromium=")


@dataclass
class Browser:
    """A browser that somebody else starts, by `command`."""

    folder: Path
    command: str
    """For `$BROWSER`."""
    _socket: ClientConnection | None = None
    _number: int = 0
    loaded: list[str] = field(default_factory=list)
    """Addresses of whatever the pages asked for."""
    painted: bytearray = field(default_factory=bytearray)
    """What came in binary over WebSockets."""
    console: list[str] = field(default_factory=list)
    """What the browser complained of: rules of a page that were broken, and errors."""

    def attach(self, timeout_s: float = 20.0) -> None:
        """Wait until it runs, and watch its page."""
        found = wait_until(self._page, timeout_s)
        self._socket = connect(found, max_size=None)
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.ask(f"{domain}.enable")

    def _page(self) -> str | None:
        port_file = self.folder / "profile" / "DevToolsActivePort"
        with contextlib.suppress(OSError, ValueError, httpx.HTTPError):
            port = int(port_file.read_text().split()[0])
            pages = httpx.get(f"http://127.0.0.1:{port}/json/list", trust_env=False).json()
            return next((str(page["webSocketDebuggerUrl"]) for page in pages if page["type"] == "page"), None)
        return None

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol."""
        assert self._socket is not None
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(timeout=20))
            self._note(message.get("method", ""), message.get("params", {}))
            if message.get("id") == self._number:
                assert "error" not in message, message
                result: dict[str, Any] = message["result"]
                return result

    def _note(self, event: str, told: dict[str, Any]) -> None:
        if event == "Network.requestWillBeSent":
            self.loaded.append(told["request"]["url"])
        elif event == "Network.webSocketFrameReceived" and told["response"]["opcode"] == 2:
            self.painted += base64.b64decode(told["response"]["payloadData"])
        elif event == "Log.entryAdded":
            self.console.append(told["entry"]["text"])
        elif event == "Runtime.exceptionThrown":
            self.console.append(str(told["exceptionDetails"]))

    def go(self, url: str) -> None:
        """Open an address, as if it were typed."""
        self.ask("Page.navigate", url=url)

    def press(self, key: str, code: int = 0) -> None:
        """One key; a letter, or the name of a key with its code."""
        text = {"text": key} if len(key) == 1 else {}
        for kind in ("keyDown", "keyUp"):
            event = {"type": kind, "key": key, "windowsVirtualKeyCode": code or ord(key.upper()), **text}
            self.ask("Input.dispatchKeyEvent", **event)

    def picture(self, file: Path) -> None:
        """Save what it shows as PNG."""
        file.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"]))

    def value(self, expression: str) -> Any:
        """What JavaScript in the page says."""
        found = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        return found["result"].get("value")

    def wait_for(self, expression: str, timeout_s: float = 15.0) -> Any:
        """The value of an expression once it is true."""
        return wait_until(lambda: self.value(expression), timeout_s)

    def click(self, selector: str) -> None:
        """A real click in the middle of an element."""
        box = self.wait_for(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); if (!e) return null;"
            " const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2] })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def close(self) -> None:
        """End it, by the process id that it wrote down."""
        if self._socket is not None:
            self._socket.close()
        with contextlib.suppress(OSError, ValueError):
            process = int((self.folder / "pid").read_text())
            os.kill(process, signal.SIGTERM)
            ends = time.monotonic() + 10
            while time.monotonic() < ends:
                os.kill(process, 0)
                time.sleep(0.05)
            os.kill(process, signal.SIGKILL)


@contextlib.contextmanager
def browser_to_start(folder: Path) -> Iterator[Browser]:
    """A command that starts a browser with a profile of its own; ended at the end, whoever started it."""
    folder.mkdir()
    start = folder / "start"
    start.write_text(
        f"#!/bin/sh\necho $$ > '{folder}/pid'\nexport HOME='{folder}'\nexec '{find_browser()}' {' '.join(FLAGS)}"
        f" '--user-data-dir={folder}/profile' \"$@\" >'{folder}/log' 2>&1 </dev/null\n"
    )
    start.chmod(0o755)
    browser = Browser(folder, f"{start} %s")
    try:
        yield browser
    finally:
        browser.close()
