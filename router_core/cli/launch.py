"""How the router process is started: which program, which arguments, which environment, and when it counts as up.

Flags become `MITMROUTER__…` variables of the child, because the router reads its configuration again on each change.
"""

import errno
import importlib.metadata
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

import router_core
from router_core.cli.printing import own_command
from router_core.cli.processes import POLL_S, Holder, healthy, holder_of
from router_core.config.load import ENV_PREFIX
from router_core.home import Home
from router_core.running import Running, find_running
from router_core.text import printable

WANTED_MITMPROXY = "12.2"
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
    foreground: bool = False,
) -> Launch:
    """Decide how to start a router on this home folder.

    Args:
        settings: dotted configuration keys from flags, `{"server.port": 8200}`.
        web_port: run mitmweb, with its pages on this loopback port.

    Raises:
        click.ClickException: mitmproxy is missing or of another version.
    """
    check_mitmproxy()
    command = [
        str(program("mitmweb" if web_port else "mitmdump")),
        "-s", str(router_script()),
        "--mode", f"reverse:http://router.invalid@{host.strip('[]')}:{port}",  # mitmproxy wants IPv6 without brackets
        "--set", "connection_strategy=lazy",
        "--set", "keep_host_header=true",
        "--set", f"confdir={home.mitmproxy_confdir}",
        "--set", f"router_home={home.path}",
        "--set", f"termlog_verbosity={'info' if foreground else 'error'}",
    ]  # fmt: skip
    if web_port:
        web = {
            "web_host": "127.0.0.1",
            "web_port": web_port,
            "web_open_browser": "false",
            "store_streamed_bodies": "true",
            "termlog_verbosity": "info",  # mitmweb tells the address with its password there, and nowhere else
        }
        for name, value in web.items():
            command += ["--set", f"{name}={value}"]
    return Launch(home, command, environment(home, settings or {}), host, port)


def environment(home: Home, settings: Mapping[str, Any]) -> dict[str, str]:
    """This process's environment with the flags in it."""
    flags = {ENV_PREFIX + key.replace(".", "__").upper(): str(value) for key, value in settings.items()}
    inherited = {name: value for name, value in os.environ.items() if name != "MITMROUTER_DEMO"}
    # Without asserts mitmproxy needs noticeably less CPU; no check of the router's is one.
    return {**inherited, "MITMROUTER_HOME": str(home.path), "PYTHONOPTIMIZE": "1", **flags}


def check_mitmproxy() -> None:
    try:
        version = importlib.metadata.version("mitmproxy")
    except importlib.metadata.PackageNotFoundError:
        raise click.ClickException(
            f"mitmproxy is not installed. Install it: {sys.executable} -m pip install 'mitmproxy=={WANTED_MITMPROXY}.*'"
        ) from None
    if not version.startswith(WANTED_MITMPROXY + "."):
        raise click.ClickException(
            f"mitmproxy {printable(version, 40)} is installed, {WANTED_MITMPROXY}.x is needed. Install it: "
            f"{sys.executable} -m pip install 'mitmproxy=={WANTED_MITMPROXY}.*'"
        )


def program(name: str) -> Path:
    """mitmdump or mitmweb of the environment that this runs in."""
    path = Path(sys.executable).with_name(name)
    if not path.exists():
        raise click.ClickException(
            f"There is no {path}. Install mitmproxy into this environment: "
            f"{sys.executable} -m pip install 'mitmproxy=={WANTED_MITMPROXY}.*'"
        )
    return path


def router_script() -> Path:
    """addons/router.py; found beside this package, not imported: it would bring mitmproxy along."""
    return Path(router_core.__file__).resolve().parents[1] / "addons" / "router.py"


def free_port(host: str = "127.0.0.1") -> int:
    """A port that was free a moment ago."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def check_port(host: str, port: int) -> Holder | None:
    """See whether the address can be listened on: None if so, else what holds it.

    Raises:
        click.ClickException: it cannot be listened on for another reason.
    """
    try:
        address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError as error:
        raise click.ClickException(f"The host {host} is not known here ({error.strerror}). Set --host.") from error
    with socket.socket(address[0]) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address[4])
            probe.listen()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return holder_of(port) or Holder(None, ())
            remedy = "Choose a port above 1023 with --port." if error.errno == errno.EACCES else "Set --host."
            raise click.ClickException(f"Cannot listen on {host}:{port} ({error.strerror}). {remedy}") from error
    return None


def port_taken(home: Home, port: int, holder: Holder, command: str = "start") -> click.ClickException:
    """The one line for a port that something else holds."""
    return click.ClickException(
        f"Port {port} is taken by {holder}. Stop that program, or choose another port: "
        f"{own_command(home)} {command} --port {port + 100 if port < 65000 else port - 100}"
    )


def run_in_background(launch: Launch) -> subprocess.Popen[bytes]:
    """Start the process in a session of its own; what it prints goes to `launch.log`."""
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
