"""Saying it: on the desktop, by a program, by a webhook. Each may fail for itself; none takes long."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from router_core.config.notify import NotifyConfig
from router_core.notify.notice import Notice, Told
from router_core.text import printable

if TYPE_CHECKING:
    import httpx

TRIES = 3
PAUSES_S = (1.0, 4.0)
ANSWER_LIMIT_BYTES = 64 * 1024
_SAY_ON_MAC = (
    "-e", "on run argv", "-e", "display notification (item 2 of argv) with title (item 1 of argv)", "-e", "end run",
)  # fmt: skip

type Proxy = Callable[[str], str | None]
"""The HTTP proxy on the way to a URL."""


def ways(config: NotifyConfig) -> list[str]:
    """Those that are configured and possible here."""
    desktop = ["desktop"] if config.desktop and desktop_command("", "") else []
    return [*desktop, *(["command"] if config.command else []), *(["webhook"] if config.webhook is not None else [])]


def tell(
    notice: Notice, config: NotifyConfig, proxy: Proxy, sleep: Callable[[float], None] = time.sleep
) -> Iterator[Told]:
    """Tell it in every way; runs in a thread of its own."""
    for way in ways(config):
        if way == "desktop":
            problem = _run(desktop_command(notice.title, notice.text), b"", config.timeout_s)
        elif way == "command":
            problem = _run(config.command, notice.json, config.timeout_s)
        else:
            problem = _post(notice, config, proxy, sleep)
        yield Told(way, problem)


def desktop_command(title: str, text: str) -> tuple[str, ...]:
    """What shows it on this machine's desktop; () where there is none."""
    if sys.platform == "darwin" and (program := shutil.which("osascript")):
        return (program, *_SAY_ON_MAC, title, text)
    if program := shutil.which("notify-send"):
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")  # it reads markup
        return (program, "--app-name=mitmrouter", "--", title, escaped)
    return ()


def _run(command: Sequence[str], told: bytes, timeout_s: float) -> str:
    """Start a program without a shell, hand it the event, and wait; what goes wrong, in words."""
    name = printable(command[0], 100)
    try:
        process = subprocess.Popen(
            list(command), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        return f"{name} cannot be started: {error.strerror or error}"
    with process:
        try:
            process.communicate(told, timeout=timeout_s)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)  # with whatever it has started
            return f"{name} took longer than {timeout_s:g} s and was ended"
    return "" if process.returncode == 0 else f"{name} ended with status {process.returncode}"


def _post(notice: Notice, config: NotifyConfig, proxy: Proxy, sleep: Callable[[float], None]) -> str:
    import httpx  # here: most have no webhook

    url = config.webhook.get_secret_value() if config.webhook is not None else ""
    problem = ""
    with httpx.Client(timeout=config.timeout_s, trust_env=False, proxy=proxy(url), follow_redirects=False) as client:
        for attempt in range(TRIES):
            if attempt:
                sleep(PAUSES_S[attempt - 1])
            try:
                status = _status(client, url, notice.json)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                problem = f"the webhook cannot be reached: {type(error).__name__}"  # its text may hold the address
                continue
            if status < 300:
                return ""
            problem = f"the webhook answered {status}"
            if status < 500 and status != 429:
                break  # it will not like it better the next time
    return problem


def _status(client: "httpx.Client", url: str, content: bytes) -> int:
    with client.stream("POST", url, content=content, headers={"content-type": "application/json"}) as answer:
        return answer.status_code
