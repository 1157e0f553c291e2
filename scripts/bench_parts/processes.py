"""The processes under test, each pinned to the same core; load and upstream have another one to themselves."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench_parts.load import Address
from router_core.clock import SystemClock
from router_core.home import Home
from router_core.store.tokens import open_tokens
from router_core.tokens.token import Token

ROOT = Path(__file__).resolve().parents[2]
PARTS = Path(__file__).resolve().parent
START_TIMEOUT_S = 20.0


def cores() -> tuple[int, int]:
    """(core of the process under test, core of load and upstream)."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


TESTED_CORE, LOAD_CORE = cores()


@dataclass(frozen=True)
class Arm:
    """One way to the upstream."""

    name: str
    address: Address
    prefix: str = ""
    key: str = "sk-ant-api03-bench"
    process: subprocess.Popen[bytes] | None = None
    started_in_s: float = 0.0
    home: Home | None = None

    def cpu_s(self) -> float:
        """CPU seconds used so far by all threads, user and system, to the nanosecond (Linux's clock of a process)."""
        return time.clock_gettime((~self.process.pid << 3) | 2) if self.process else 0.0

    def settled_cpu_s(self) -> float:
        """The same, once writing in the background is done too."""
        if self.process is None:
            return 0.0
        time.sleep(0.2)
        before = self.cpu_s()
        for _ in range(50):
            time.sleep(0.05)
            after = self.cpu_s()
            if after - before < 0.001:
                break
            before = after
        return after

    def memory_mb(self) -> float:
        """Resident memory."""
        if self.process is None:
            return 0.0
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@contextlib.contextmanager
def upstream() -> Iterator[int]:
    """The bench's provider; yields its port."""
    process = subprocess.Popen([sys.executable, str(PARTS / "upstream.py")], stdout=subprocess.PIPE)
    os.sched_setaffinity(process.pid, {LOAD_CORE})
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def router(upstream_port: int) -> Iterator[Arm]:
    """The router with everything on, started as `mitmrouter start` starts it, on a home of its own."""
    with tempfile.TemporaryDirectory(prefix="mitmrouter-bench-") as folder:
        home = Home(Path(folder)).ensure()
        open_tokens(home, SystemClock()).add(Token("", "bench", "claude", "sk-ant-oat01-" + "x" * 80))
        environment = {
            "PYTHONOPTIMIZE": "1",
            "MITMROUTER_HOME": str(home.path),
            "MITMROUTER__PROVIDERS__CLAUDE__BASE_URL": f"http://127.0.0.1:{upstream_port}",
        }
        port = free_port()
        arguments = [
            "-s", str(ROOT / "addons" / "router.py"), "--mode", f"reverse:http://router.invalid@127.0.0.1:{port}",
            "--set", "connection_strategy=lazy", "--set", "termlog_verbosity=error", "--set", "flow_detail=0",
            "--set", f"confdir={home.mitmproxy_confdir}",
        ]  # fmt: skip
        with _mitmdump(arguments, environment, port) as (process, seconds):
            yield Arm("router", ("127.0.0.1", port), "/claude", home.gateway_token(), process, seconds, home)


@contextlib.contextmanager
def mitmdump(name: str, addon: str, upstream_port: int) -> Iterator[Arm]:
    """A mitmdump with one small addon and all of its own."""
    with tempfile.TemporaryDirectory(prefix="mitmrouter-bench-") as folder:
        port = free_port()
        arguments = [
            "-q", "-s", str(PARTS / addon), "--mode", f"reverse:http://127.0.0.1:{upstream_port}@127.0.0.1:{port}",
            "--set", f"confdir={folder}",
        ]  # fmt: skip
        with _mitmdump(arguments, {"BENCH_UPSTREAM_PORT": str(upstream_port)}, port) as (process, seconds):
            yield Arm(name, ("127.0.0.1", port), process=process, started_in_s=seconds)


@contextlib.contextmanager
def _mitmdump(
    arguments: list[str], environment: Mapping[str, str], port: int
) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    # PYTHON…: as on a user's machine, where compiled modules are kept for the next start
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MITMROUTER", "PYTHON"))}
    program = str(Path(sys.executable).with_name("mitmdump"))
    begun = time.monotonic()
    process = subprocess.Popen([program, *arguments], env={**kept, **environment}, stdin=subprocess.DEVNULL)
    os.sched_setaffinity(process.pid, {TESTED_CORE})
    try:
        _wait_until_answering(process, port)
        yield process, time.monotonic() - begun
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_answering(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    request = b"GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.5) as connection:
            connection.sendall(request)
            if connection.recv(16).startswith(b"HTTP/1.1"):
                return
        time.sleep(0.01)
    raise SystemExit("bench: a process under test did not start")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
