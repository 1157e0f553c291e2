"""Where a running router is found: `router.pid` holds its process id and nothing else, `router.json` its address."""

import json
import os
from dataclasses import asdict, dataclass

from router_core.home import Home

EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}  # noqa: S104 - what others bind


@dataclass(frozen=True, slots=True)
class Running:
    """What a router writes down of itself when it starts."""

    pid: int
    host: str
    port: int
    version: str

    @property
    def local_host(self) -> str:
        """Where to connect to from this machine: loopback, when the router listens on every address."""
        return EVERY_ADDRESS.get(self.host, self.host.strip("[]"))

    @property
    def url(self) -> str:
        """Base URL for clients on this machine."""
        host = self.local_host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def alive(self) -> bool:
        """True if a process with this id exists (it may be another program by now: ask `/health`)."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


def announce(home: Home, running: Running) -> None:
    """Write both files, each in one step, so that a reader never sees half of one."""
    for file, text in ((home.running, json.dumps(asdict(running))), (home.pid, str(running.pid))):
        temporary = file.with_name(f"{file.name}.{os.getpid()}")
        temporary.write_text(text + "\n", encoding="utf-8")
        temporary.replace(file)


def find_running(home: Home) -> Running | None:
    """The router that wrote its address into this home and still lives; None when there is none."""
    try:
        running = Running(**json.loads(home.running.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return running if running.alive else None


def withdraw(home: Home, pid: int) -> None:
    """Remove the files, unless a newer router has written its own."""
    try:
        written = json.loads(home.running.read_text(encoding="utf-8"))["pid"]
    except (OSError, ValueError, TypeError, KeyError):
        written = None
    if written == pid:
        home.running.unlink(missing_ok=True)
        home.pid.unlink(missing_ok=True)
