"""`with run_router(…)`: a real router while the block lasts, whatever ends it; and the README's examples run."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from router_core import EmbeddedRouter, run_router, run_router_async
from router_core.config.schema import Config
from router_core.errors import ConfigError, RouterError
from router_core.home import Home
from router_core.processes import own_router
from router_core.simulator import SimulatorThread
from tests.router_core.simulator.asking import message_body
from tests.support.router import ROOT, wait_until

KEY = "sk-ant-api03-embedded$1-0123456789"


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorThread]:
    with SimulatorThread() as running:
        yield running


def claude(simulator: SimulatorThread) -> dict[str, Any]:
    return {"providers": {"claude": {"base_url": simulator.base_urls["claude"], "api_key": KEY.replace("$", "$$")}}}


def ask(router: EmbeddedRouter) -> httpx.Response:
    headers = {**router.headers, "anthropic-version": "2023-06-01"}
    return httpx.post(f"{router.base_url}/claude/v1/messages", json=message_body(), headers=headers, trust_env=False)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_answers_within_the_block_and_leaves_nothing_behind(simulator: SimulatorThread) -> None:
    routers: list[EmbeddedRouter] = []

    def use() -> None:
        with run_router(claude(simulator)) as router:
            routers.append(router)
            assert ask(router).status_code == 200
            assert simulator.requests[-1].token == KEY
            assert router.home.config.stat().st_mode & 0o777 == 0o600
            assert router.gateway_token not in repr(router)
            assert not router.home.key_marker.exists(), "nothing in a keychain"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        use()
    assert not alive(routers[0].pid)
    assert not routers[0].home.path.exists()


async def test_a_start_that_is_cancelled_leaves_nothing_behind(simulator: SimulatorThread, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")

    async def use() -> None:
        async with run_router_async(claude(simulator), home=home.path):
            await asyncio.sleep(60)

    using = asyncio.create_task(use())
    while not home.config.exists():
        await asyncio.sleep(0.01)
    using.cancel()
    with pytest.raises(asyncio.CancelledError):
        await using
    assert not home.config.exists()
    assert own_router(home) is None


async def test_async_with_a_config_object_and_a_home_that_stays(simulator: SimulatorThread, tmp_path: Path) -> None:
    settings = {"kind": "anthropic", "base_url": simulator.base_urls["claude"], "api_key": KEY}
    config = Config.model_validate({"providers": {"claude": settings}})
    async with run_router_async(config, home=tmp_path / "home") as router:
        assert ask(router).status_code == 200
        assert simulator.requests[-1].token == KEY
        with pytest.raises(RouterError, match=r"runs on .* already"), run_router(home=tmp_path / "home"):
            pass
    assert not alive(router.pid)
    assert router.home.traces_db.exists()
    assert not router.home.config.exists(), "it was not there before"


def test_a_program_that_is_killed_takes_its_router_along(simulator: SimulatorThread, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f'[providers.claude]\nbase_url = "{simulator.base_urls["claude"]}"\n')
    code = (
        "import sys, time\nfrom router_core import run_router\n"
        f"with run_router({str(file)!r}, home={str(tmp_path / 'home')!r}) as router:\n"
        "    print(router.pid, flush=True)\n    time.sleep(60)\n"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as program:
        assert program.stdout is not None
        router = int(program.stdout.readline())
        assert alive(router)
        program.send_signal(signal.SIGKILL)
    wait_until(lambda: not alive(router), timeout_s=10)


@pytest.mark.parametrize(
    ("config", "says"),
    [({"server": {"prot": 1}}, "prot"), ({"providers": {"claude": {"api_key": "$NOT_SET_HERE"}}}, "NOT_SET_HERE"),
     ("/nowhere/config.toml", "There is no file")],
)  # fmt: skip
def test_a_wrong_configuration_is_an_error_before_anything_starts(config: Any, says: str) -> None:
    with pytest.raises(ConfigError, match=says), run_router(config):
        pass


def test_two_configurations_are_one_too_many(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").ensure()
    home.config.write_text("")
    with pytest.raises(ConfigError, match="there already"), run_router({}, home=home.path):
        pass


def test_a_router_that_does_not_start_says_why(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").ensure()
    home.traces_db.write_text("no database")
    with pytest.raises(RouterError, match="ended with status"), run_router(home=home.path):
        pass


README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = [block for block in re.findall(r"```python\n(.*?)```", README, re.S) if "run_router(" in block]


@pytest.mark.parametrize("number", range(2))
def test_the_examples_of_the_readme_run(simulator: SimulatorThread, number: int) -> None:
    assert len(EXAMPLES) == 2
    env = {
        **os.environ,
        "ANTHROPIC_API_KEY": "sk-ant-api03-of-the-example",
        "MITMROUTER__PROVIDERS__CLAUDE__BASE_URL": simulator.base_urls["claude"],
        "NO_PROXY": "*",
    }
    if number == 1:
        del env["MITMROUTER__PROVIDERS__CLAUDE__BASE_URL"]
    command = [sys.executable, "-c", EXAMPLES[number]]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=env, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("You said: Hello" if number == 0 else "200 /v1/messages"), done.stdout
