"""`demo`: the router in front of simulated providers, so that everything can be tried without an account.

The simulator runs in this process, the router is a child. The demo's tokens are registered as such: a normal router
never uses them, and the demo uses no others. They are removed at the end.
"""

import contextlib
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import FrameType
from typing import TYPE_CHECKING

import click

from router_core.cli import launch
from router_core.cli.leftovers import clear_leftovers, remove_demo_tokens
from router_core.cli.port_taken import port_taken
from router_core.cli.printing import own_command
from router_core.config.load import load_config
from router_core.demo_lock import DemoLock, demo_is_alive
from router_core.home import Home
from router_core.ports import check_port, free_port
from router_core.processes import own_router
from router_core.running import Running

if TYPE_CHECKING:
    from router_core.simulator import Account, SimulatorThread
    from router_core.simulator import Window as SimulatedWindow
    from router_core.tokens.token import Window

PACE_S, FIRST_WORD_S = 0.03, 0.2
"""Slow enough to watch, quick enough not to wait."""
REPLY_WORDS = 60
NAMES = {
    "anthropic_oauth": ("claude", "demo-claude-max", "demo-claude-pro"),
    "anthropic_api": ("claude", "demo-claude-key"),
    "codex": ("codex", "demo-chatgpt-plus", "demo-chatgpt-pro"),
    "openai": ("openai", "demo-openai-key"),
    "gemini": ("gemini", "demo-gemini-key"),
}
"""Account kind of the simulator → provider, then the names of its tokens."""


class _Ended(Exception):
    """A signal asked the demo to end."""


@click.command()
@click.option("--host", help="Address to listen on (default: [server] host, 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 picks a free one (default: [server] port, 8100).")
@click.pass_obj
def demo(home: Home, host: str | None, port: int | None) -> None:
    """Try everything without an account: the router with simulated providers.

    Stays in front until Ctrl-C and leaves nothing behind but its traces.
    """
    home.ensure()
    flags = {"server.host": host, "server.port": port}
    settings = {key: value for key, value in flags.items() if value is not None}
    server = load_config(home.config, overrides=settings).server
    if demo_is_alive(home):
        where = own_router(home)
        raise click.ClickException(
            f"A demo is running on this home folder already{f', at {where.url}' if where else ''}."
        )
    clear_leftovers(home)
    if running := own_router(home):
        raise click.ClickException(
            f"A router runs on this home folder already ({running.url}, pid {running.pid}). "
            f"Stop it: {own_command(home)} stop; or give the demo a home of its own with --home."
        )
    if server.port and (holder := check_port(server.host, server.port)):
        raise port_taken(home, server.port, holder, "demo")
    with DemoLock(home), _signals_end_it():
        _run(home, server.host, server.port)


def _run(home: Home, host: str, port: int) -> None:
    simulator_port = free_port()
    port = port or free_port(host)
    settings = _provider_settings(f"http://127.0.0.1:{simulator_port}")
    settings |= {"server.host": host, "server.port": str(port)}
    prepared = launch.prepare(home, host, port, settings=settings)
    prepared.environment["MITMROUTER_DEMO"] = "1"
    router = launch.run_in_background(prepared)  # first: it takes longest to be up
    simulator = None
    try:
        simulator = _start_simulator(simulator_port)
        _register_tokens(home)
        running = launch.wait_until_up(prepared, router)
        click.echo(what_next(home, running, simulator.url))
        status = router.wait()
        raise click.ClickException(f"The router ended by itself (status {status}). Its log: {home.log}")
    except _Ended:
        click.echo("\nThe demo has ended; its tokens are removed.")
    finally:
        with _no_signals():
            _end(router)
            if simulator:
                simulator.stop()
            remove_demo_tokens(home)


def _provider_settings(simulator_url: str) -> dict[str, str]:
    urls = {
        "claude": simulator_url,
        "openai": f"{simulator_url}/v1",
        "codex": f"{simulator_url}/backend-api/codex",
        "gemini": f"{simulator_url}/v1beta",
    }
    settings = {f"providers.{name}.base_url": url for name, url in urls.items()}
    settings["providers.codex.usage_base_url"] = f"{simulator_url}/backend-api"
    return settings | {f"providers.{name}.enabled": "true" for name in urls}


def _start_simulator(port: int) -> "SimulatorThread":
    from router_core.simulator import DEMO_ACCOUNTS, Pace, Script, SimulatorThread

    pace = Pace(delay_s=PACE_S, first_delay_s=FIRST_WORD_S)
    simulator = SimulatorThread(Script(accounts=DEMO_ACCOUNTS, pace=pace, reply_words=REPLY_WORDS), port=port)
    simulator.start()
    return simulator


def _register_tokens(home: Home) -> None:
    from router_core.clock import SystemClock
    from router_core.providers.auth import account_of_jwt
    from router_core.simulator import DEMO_ACCOUNTS
    from router_core.store.tokens import open_tokens
    from router_core.tokens.token import Token

    remove_demo_tokens(home)
    now = time.time()
    store = open_tokens(home, SystemClock())
    for place, (name, account) in enumerate(zip(demo_names(DEMO_ACCOUNTS), DEMO_ACCOUNTS, strict=True), 1):
        token = store.add(
            Token(
                id="",
                name=name,
                provider=NAMES[account.kind][0],
                access_token=account.token,
                account_id=account_of_jwt(account.token),
                priority=place * 10,
                origin="demo",
            )
        )
        store.save_state(replace(token, windows=tuple(_window(window, now) for window in account.windows)))
    store.database.conn.close()


def demo_names(accounts: "Sequence[Account]") -> list[str]:
    """What the tokens of these accounts are called."""
    names = {kind: list(names) for kind, (_, *names) in NAMES.items()}
    return [names[account.kind].pop(0) for account in accounts]


def _window(window: "SimulatedWindow", now: float) -> "Window":
    """What the account will say of its window, so that there is something to see before the first request."""
    from router_core.tokens.token import Window

    reset_at = now + (window.reset_in_s or window.length_s)
    return Window(window.name, window.used, reset_at, int(window.length_s), "allowed", now)


def _end(router: subprocess.Popen[bytes]) -> None:
    router.terminate()
    try:
        router.wait(timeout=10)
    except subprocess.TimeoutExpired:
        router.kill()
        router.wait()


@contextlib.contextmanager
def _signals_end_it() -> Iterator[None]:
    """Ctrl-C, `kill` and a closed terminal all end the demo in order."""

    def end(number: int, frame: FrameType | None) -> None:
        raise _Ended

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    except _Ended:
        return
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _no_signals() -> Iterator[None]:
    """An impatient second Ctrl-C must not leave half of the demo behind."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    yield


def what_next(home: Home, running: Running, simulator_url: str) -> str:
    """What to paste, the router's address first."""
    mitmrouter, url = own_command(home), running.url
    token = f'"x-api-key: $(cat {shlex.quote(str(home.gateway_token_file))})"'
    hello = '{"role":"user","content":"Hello"}'
    return f"""\
mitmrouter {running.version} is at {url}, in front of simulated providers. Nothing leaves this machine.

In another terminal:

  curl, as Claude
    curl -N {url}/claude/v1/messages -H {token} \\
      -H 'anthropic-version: 2023-06-01' -H 'content-type: application/json' \\
      -d '{{"model":"claude-haiku-4-5","max_tokens":300,"stream":true,"messages":[{hello}]}}'

  curl, as OpenAI
    curl -N {url}/openai/v1/responses -H {token} -H 'content-type: application/json' \\
      -d '{{"model":"gpt-5.5","stream":true,"input":"Hello"}}'

  curl, a Claude client that talks to Gemini
    curl -N {url}/v1/messages -H {token} \\
      -H 'anthropic-version: 2023-06-01' -H 'content-type: application/json' \\
      -d '{{"model":"gemini/gemini-2.5-flash","max_tokens":300,"stream":true,"messages":[{hello}]}}'

  Claude Code       {mitmrouter} code
  Codex             {mitmrouter} codex
  both by hand      eval "$({mitmrouter} activate)"; claude     (codex needs a config file: see the README)
  look inside       {mitmrouter} tui

Make the next request fail, and watch another token answer it:
    curl {simulator_url}/_simulator/faults -d '[{{"fault": "overloaded_529"}}]'

Later, with an account of your own:
    {mitmrouter} token add my-claude --provider claude --access-token-stdin
    {mitmrouter} start

Ctrl-C ends the demo."""
