"""How the router process is started: which program, which arguments, which environment, and when it counts as up.

Flags become `MITMROUTER__…` variables of the child, because the router reads its configuration again on each change.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

import router_core
from router_core import mitmproxy_version
from router_core.cli.upgrade import bring_up_to_date
from router_core.config.load import ENV_PREFIX
from router_core.home import Home
from router_core.processes import POLL_S, healthy
from router_core.running import Running, find_running
from router_core.text import printable

START_TIMEOUT_S = 15.0
LOG_TAIL_LINES = 6


@dataclass(frozen=True, slots=True)
class Launch:
    """One router process to be: everything that is decided before it starts."""

    home: Home
    command: list[str]
    environment: dict[str, str]
    host: str
    port: int

    @property
    def log(self) -> Path:
        """What the process itself prints; the router's own log is logs/router.log."""
        return self.home.path / "logs" / "mitmdump.log"


def prepare(
    home: Home,
    host: str,
    port: int,
    *,
    settings: Mapping[str, Any] | None = None,
    web_port: int | None = None,
    web_raw: bool = False,
    foreground: bool = False,
) -> Launch:
    """Decide how to start a router on this home folder.

    Args:
        settings: dotted configuration keys from flags, `{"server.port": 8200}`.
        web_port: run mitmweb, with its pages on this loopback port.
        web_raw: it shows credentials, too.

    Raises:
        click.ClickException: mitmproxy is missing or of another version.
    """
    check_mitmproxy()
    options = {
        "connection_strategy": "lazy",
        "keep_host_header": "true",
        "confdir": home.mitmproxy_confdir,
        "router_home": home.path,
        "termlog_verbosity": "info" if foreground else "error",
    }
    if web_port:
        options |= {
            "web_host": "127.0.0.1",
            "web_port": web_port,
            "web_open_browser": "false",
            "store_streamed_bodies": "true",
            "router_web_raw": str(web_raw).lower(),
            "termlog_verbosity": "info",  # mitmweb tells the address with its password there, and nowhere else
        }
    command = [str(program("mitmweb" if web_port else "mitmdump")), "-s", str(router_script())]
    # mitmproxy wants IPv6 addresses without brackets here
    command += ["--mode", f"reverse:http://router.invalid@{host.strip('[]')}:{port}"]
    for name, value in options.items():
        command += ["--set", f"{name}={value}"]
    return Launch(home, command, environment(home, settings or {}), host, port)


def environment(home: Home, settings: Mapping[str, Any]) -> dict[str, str]:
    """This process's environment with the flags in it."""
    flags = {ENV_PREFIX + key.replace(".", "__").upper(): str(value) for key, value in settings.items()}
    inherited = {name: value for name, value in os.environ.items() if name != "MITMROUTER_DEMO"}
    ours = {
        "MITMROUTER_HOME": str(home.path),
        # Without asserts mitmproxy needs noticeably less CPU; no check of the router's is one.
        "PYTHONOPTIMIZE": "1",
        # What it prints is read while it runs: mitmweb's address with its password, the last words before a crash.
        "PYTHONUNBUFFERED": "1",
    }
    return {**inherited, **ours, **flags}


def check_mitmproxy() -> None:
    if problem := mitmproxy_version.problem_with(mitmproxy_version.installed()):
        raise click.ClickException(f"mitmproxy {problem}. {mitmproxy_version.how_to_install()}")


def program(name: str) -> Path:
    """mitmdump or mitmweb of the environment that this runs in."""
    path = Path(sys.executable).with_name(name)
    if not path.exists():
        raise click.ClickException(
            f"There is no {path}: mitmproxy belongs into this environment. {mitmproxy_version.how_to_install()}"
        )
    return path


def router_script() -> Path:
    """addons/router.py; found beside this package, not imported: it would bring mitmproxy along."""
    return Path(router_core.__file__).resolve().parents[1] / "addons" / "router.py"


def run_in_background(launch: Launch) -> subprocess.Popen[bytes]:
    """Start the process in a session of its own; what it prints goes to `launch.log`."""
    bring_up_to_date(launch.home)
    with launch.log.open("wb") as log:
        launch.log.chmod(0o600)
        return subprocess.Popen(
            launch.command,
            env=launch.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def wait_until_up(launch: Launch, process: subprocess.Popen[bytes], timeout_s: float = START_TIMEOUT_S) -> Running:
    """Wait until the router has written its address and answers `/health`.

    Raises:
        click.ClickException: it ended, or took longer; the message holds the last lines it printed.
    """
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline and process.poll() is None:
        running = find_running(launch.home)
        if running and running.pid == process.pid and healthy(running.host, running.port):
            return running
        time.sleep(POLL_S)
    ended = process.poll() is not None
    if not ended:
        process.kill()
        process.wait()
    why = f"ended with status {process.returncode}" if ended else f"did not answer within {timeout_s:.0f} s"
    raise click.ClickException(f"The router {why}. {_last_words(launch.log)}")


def _last_words(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_TAIL_LINES:]
    shown = "\n".join(f"  {printable(line, 400)}" for line in lines if line.strip())
    return f"It said:\n{shown}\n  (all of it: {log})" if shown else f"It said nothing; see also {log.parent}."


def web_address(launch: Launch, web_port: int, timeout_s: float = 5.0) -> str:
    """Where mitmweb shows its pages, with the password that it has made up and printed."""
    marker = f"http://127.0.0.1:{web_port}/"
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        for line in launch.log.read_text(encoding="utf-8", errors="replace").splitlines():
            if marker in line:
                return printable(line[line.index(marker) :].split()[0], 200)
        time.sleep(POLL_S)
    return marker
