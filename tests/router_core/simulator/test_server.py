"""The simulator runs inside a program's own event loop, and alone until it is told to stop."""

import signal
import subprocess
import sys
from pathlib import Path

import httpx

from router_core.simulator import Simulator
from tests.router_core.simulator.asking import ANTHROPIC_HEADERS, message_body


async def test_it_runs_in_the_callers_loop() -> None:
    simulator = Simulator()
    await simulator.start()
    try:
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.post(f"{simulator.url}/v1/messages", json=message_body(), headers=ANTHROPIC_HEADERS)
        assert answer.status_code == 200
        assert simulator.base_urls == {
            "claude": simulator.url,
            "openai": f"{simulator.url}/v1",
            "codex": f"{simulator.url}/backend-api/codex",
            "gemini": f"{simulator.url}/v1beta",
            "gemini-cli": simulator.url,
            "antigravity": simulator.url,
            "vertex": simulator.url,
            "copilot": f"{simulator.url}/copilot-api",
            "ollama": f"{simulator.url}/ollama/v1",
        }
    finally:
        await simulator.stop()


def test_it_runs_until_it_is_interrupted() -> None:
    program = "from router_core.simulator import Script, run_simulator; run_simulator(Script())"
    checkout = Path(__file__).parents[3]
    running = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=checkout)
    try:
        assert running.stdout is not None
        with running.stdout as output:
            url = output.readline().removeprefix("simulator: ").strip()
            assert httpx.get(f"{url}/api/hello", trust_env=False).status_code == 200
            running.send_signal(signal.SIGINT)
            assert running.wait(10) == 0
    finally:
        if running.poll() is None:
            running.kill()
            running.wait()
