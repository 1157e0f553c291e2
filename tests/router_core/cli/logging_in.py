"""What the tests of `auth login` share: a home whose logins are made at a simulator, and what is in it afterwards."""

import contextlib
import fcntl
import re
from collections.abc import Iterator
from pathlib import Path

from router_core.clock import SystemClock
from router_core.simulator import OAuth, Script, ServiceAccount, SimulatorThread
from router_core.simulator import Person as SimulatedPerson
from router_core.store.tokens import TokenStore, open_tokens
from router_core.tokens.token import Token
from tests.router_core.cli.conftest import Cli
from tests.router_core.oauth.test_vertex_login import EMAIL, PUBLIC
from tests.router_core.oauth.walking import GOOGLE, LOGINS

PEOPLE = [SimulatedPerson(plan="max"), SimulatedPerson(workspace="Work")]
SECRETS = re.compile(r"ya29\.|1//|sk-ant-o|rt_|ghu_|tid=|eyJ|code-[0-9a-f]{24}|PRIVATE KEY")
ADDRESS = re.compile(r"(http://127\.0\.0\.1:\d+/\S+)")


@contextlib.contextmanager
def accounts_at_a_simulator() -> Iterator[SimulatorThread]:
    oauth = OAuth(people=PEOPLE, device_interval_s=1, service_accounts=[ServiceAccount(email=EMAIL, public_key=PUBLIC)])
    with SimulatorThread(Script(oauth=oauth)) as simulator:
        yield simulator


def point_at(simulator: SimulatorThread, cli: Cli) -> SimulatorThread:
    """Every login of a home is made at the simulator, which begins anew."""
    simulator.reset()
    cli.home.ensure()
    lines = []
    for login in LOGINS:
        lines += [f"[oauth.{login}]", f'base_url = "{simulator.url}"']
        lines += [f'{name} = "{value}"' for name, value in GOOGLE.items() if login in ("gemini", "antigravity")]
    for name, kind in (("gemini-cli", "code-assist"), ("antigravity", "antigravity"), ("vertex", "vertex"),
                       ("copilot", "copilot")):  # fmt: skip
        lines += [f"[providers.{name}]", f'kind = "{kind}"', f'base_url = "{simulator.url}"']
    cli.home.config.write_text("\n".join(lines))
    return simulator


def tokens(cli: Cli) -> list[Token]:
    return store(cli).all()


def store(cli: Cli) -> TokenStore:
    return open_tokens(cli.home.ensure(), SystemClock())


@contextlib.contextmanager
def alone_on_the_registered_ports() -> Iterator[None]:
    """Only two ports are registered for ChatGPT logins: tests in other processes wait for each other."""
    with Path("/tmp/mitmrouter-tests-port-1455.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
