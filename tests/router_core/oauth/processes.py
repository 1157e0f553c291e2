"""Renewals in processes of their own, as routers and commands make them."""

import os
import subprocess
import sys
from pathlib import Path

from tests.router_core.oauth.renewing import Renewing

ROOT = Path(__file__).parents[3]

RENEW = """
import os, signal, sys
from pathlib import Path
from router_core.home import Home
from router_core.oauth.want import Want
from router_core.oauth.worker import renew_in

home, token_id, last = sys.argv[1:]

def step(name):
    if name == last:
        os.kill(os.getpid(), signal.SIGKILL)

done = renew_in(Home(Path(home)), token_id, Want(), step)
print(done.line().decode(), end="", flush=True)
"""
"""Renews, and kills itself at a step."""

ASK = """
import sys
from pathlib import Path
from router_core.home import Home
from router_core.oauth.ensure import start_worker, wait_for
from router_core.oauth.want import Want

def start(home, token_id, want):
    worker = start_worker(home, token_id, want)
    print(worker._process.pid, flush=True)
    return worker

print(wait_for(Home(Path(sys.argv[1])), sys.argv[2], Want(), start=start).line().decode(), end="", flush=True)
"""
"""Starts a worker, says its process id, and waits for it, as a router does."""


def environment(at: Renewing) -> dict[str, str]:
    """What a process needs to find the simulator."""
    urls = {f"MITMROUTER__OAUTH__{name}__BASE_URL": at.simulator.url for name in ("CLAUDE", "CODEX")}
    return {**os.environ, "PYTHONPATH": str(ROOT), **urls}


def start(at: Renewing, code: str, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", code, str(at.home.path), *arguments]
    return subprocess.Popen(command, env=environment(at), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
