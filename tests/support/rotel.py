"""A collector that others wrote (Rotel), between a router and whoever reads: it takes OTLP in as it understands it."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests.support.ci import missing
from tests.support.router import ROOT, free_port, wait_until

MARK = ("x-sent-on-by", "rotel")
"""The header with which it sends on what it has taken."""


def collector_program() -> str:
    """What `scripts/collector` has installed; without it the test fails in CI, and is left out elsewhere."""
    command = [ROOT / "scripts" / "collector", "--installed"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        missing("no collector is installed: run ./scripts/collector")
    return done.stdout.strip().removeprefix("rotel=")


@contextlib.contextmanager
def rotel(sends_to: str, folder: Path) -> Iterator[str]:
    """A running collector's base address for OTLP over HTTP.

    Args:
        sends_to: base address that gets what it has taken.
        folder: for its process id and its log.
    """
    port, grpc_port = free_port(), free_port()
    folder.mkdir()
    command = [
        collector_program(), "start", "--pid-file", str(folder / "pid"), "--log-file", str(folder / "log"),
        "--otlp-http-endpoint", f"127.0.0.1:{port}", "--otlp-grpc-endpoint", f"127.0.0.1:{grpc_port}",
        "--otlp-exporter-protocol", "http", "--otlp-exporter-endpoint", sends_to,
        "--otlp-exporter-custom-headers", "=".join(MARK),
    ]  # fmt: skip
    with (folder / "printed").open("wb") as printed:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=printed, stderr=printed)
    try:
        wait_until(lambda: _answers(port) or process.poll() is not None, 10)
        assert process.poll() is None, (folder / "printed").read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(port: int) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        httpx.get(f"http://127.0.0.1:{port}/", trust_env=False)
        return True
    return False
