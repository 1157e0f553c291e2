"""Which process is a router of ours, and which one holds a port. Told by the command line, confirmed by `/health`.

Linux answers from /proc; elsewhere `ps` and `lsof` are asked. A process of another user may stay unknown.
"""

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from router_core.home import Home
from router_core.running import Running, find_running
from router_core.text import printable

HEALTH_TIMEOUT_S = 2.0
STOP_TIMEOUT_S = 20.0
POLL_S = 0.03
ROUTER_SCRIPT = ("addons", "router.py")
LISTEN = "0A"
PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Holder:
    """What listens on a port."""

    pid: int | None
    command: tuple[str, ...]

    @property
    def is_router(self) -> bool:
        return is_router(self.command)

    def __str__(self) -> str:
        if self.pid is None:
            return "another program (which one cannot be seen: it may belong to another user)"
        return f"{printable(_called(self.command), 80)} (pid {self.pid})"


def is_router(command: tuple[str, ...]) -> bool:
    """True for a mitmdump or mitmweb that runs our addons/router.py."""
    runs_mitmproxy = any(Path(word).name in ("mitmdump", "mitmweb", "mitmproxy") for word in command[:3])
    return runs_mitmproxy and any(Path(word).parts[-2:] == ROUTER_SCRIPT for word in command)


def _called(command: tuple[str, ...]) -> str:
    """The program's name; for an interpreter also what it runs. No further arguments: they may hold secrets."""
    if not command:
        return "a program"
    name = Path(command[0]).name
    if not name.startswith(("python", "node", "ruby", "perl", "java", "bash", "sh")) or len(command) < 2:
        return name
    return " ".join([name, *command[1:3]]) if command[1] == "-m" else f"{name} {Path(command[1]).name}"


def own_router(home: Home) -> Running | None:
    """The router that runs on this home folder; None when there is none, whatever a stale file says."""
    running = find_running(home)
    return running if running and is_router(command_of(running.pid)) else None


def command_of(pid: int) -> tuple[str, ...]:
    """The command line of a process; empty when it has ended or cannot be seen."""
    if PROC.joinpath("self").exists():
        try:
            words = (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
        except OSError:
            return ()
        return tuple(word.decode(errors="replace") for word in words if word)
    done = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False, timeout=10
    )
    return tuple(done.stdout.split())


def holder_of(port: int) -> Holder | None:
    """What listens on this TCP port; None when nothing can be seen to."""
    if PROC.joinpath("net", "tcp").exists():
        inodes = _listening_inodes(port)
        if not inodes:
            return None
        pid = _owner_of(inodes)
    else:
        pid = _ask_lsof(port)
    return Holder(pid, command_of(pid) if pid else ())


def _listening_inodes(port: int) -> set[str]:
    found = set()
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            for line in (PROC / "net" / table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                    found.add(f"socket:[{fields[9]}]")
    return found


def _owner_of(inodes: set[str]) -> int | None:
    for process in PROC.iterdir():
        if process.name.isdigit():
            with contextlib.suppress(OSError):  # it ended meanwhile, or is not ours to look into
                for descriptor in (process / "fd").iterdir():
                    with contextlib.suppress(OSError):
                        if os.readlink(descriptor) in inodes:
                            return int(process.name)
    return None


def _ask_lsof(port: int) -> int | None:
    lsof = shutil.which("lsof")
    if lsof is None:
        return None
    asked = [lsof, "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-t"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=10)
    first = done.stdout.split()
    return int(first[0]) if first else None


def healthy(host: str, port: int) -> bool:
    """True if a router answers `/health` there. Asked without any proxy, and by a name that every router accepts."""
    connection = http.client.HTTPConnection(Running(0, host, port, "").local_host, port, timeout=HEALTH_TIMEOUT_S)
    try:
        connection.request("GET", "/health", headers={"host": f"127.0.0.1:{port}"})
        answer = connection.getresponse()
        return answer.status == 200 and json.loads(answer.read(1000)).get("status") == "ok"
    except (OSError, http.client.HTTPException, ValueError, AttributeError):
        return False
    finally:
        connection.close()


def has_ended(pid: int) -> bool:
    """True once the process is gone; a zombie that nobody waits for counts as gone."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    with contextlib.suppress(OSError, IndexError):
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return False


def end(pid: int, timeout_s: float = STOP_TIMEOUT_S) -> bool:
    """Ask a process to end (SIGTERM) and wait; False if it still runs after `timeout_s`."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + timeout_s
    while not has_ended(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True
