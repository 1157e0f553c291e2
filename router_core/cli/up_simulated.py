"""`up --simulate`: the demo in the background, and a made-up machine on which accounts are found.

What is asked is asked as it would be; nothing of this machine is read, and no account is touched. An account that is
skipped is a demo token that is switched off.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from router_core.cli.demo import demo_names
from router_core.cli.progress import working
from router_core.cli.up_accounts import settle
from router_core.cli.up_wizard import Wizard, aside, good, heading
from router_core.config.load import load_config
from router_core.demo_lock import demo_is_alive
from router_core.home import Home
from router_core.ports import check_port, free_port
from router_core.processes import own_router
from router_core.running import Running
from router_core.text import printable

if TYPE_CHECKING:
    from router_core.importing.machine import Machine
    from router_core.importing.plan import Step

START_TIMEOUT_S, POLL_S = 60.0, 0.05
IN_ORDER = "Ctrl-C ends the demo."
"""The demo's last line: everything is there when it has printed that."""
YEAR_2100 = 4_102_444_800


def bring_up_demo(wizard: Wizard, port: int | None) -> Running:
    """The running demo of this home folder; started unless it runs.

    Raises:
        click.ClickException: a router runs there that is no demo, or the demo does not start.
    """
    home = wizard.home
    running = own_router(home)
    if demo_is_alive(home) and running:
        heading("Router")
        good(f"runs already at {running.url}, in front of simulated providers")
        return running
    if running:
        raise click.ClickException(
            f"A router runs on this home folder already ({running.url}, pid {running.pid}). End it: {wizard.command} "
            "stop; or give the simulation a home folder of its own with --home."
        )
    heading("Accounts (made up)")
    unwanted = _accounts(wizard)
    heading("Router")
    began = time.monotonic()
    with working("Starting the router and simulated providers"):
        running = _start(home, port or _port(home))
    good(f"runs at {running.url} (pid {running.pid}), in front of simulated providers, after "
         f"{time.monotonic() - began:.1f} s")  # fmt: skip
    _switch_off(home, unwanted)
    return running


def _accounts(wizard: Wizard) -> list[str]:
    """Ask about the accounts of the made-up machine; the secrets of those that are skipped."""
    from router_core.importing.judge import merged
    from router_core.importing.plan import plan
    from router_core.importing.sources import SOURCES, search
    from router_core.simulator import DEMO_ACCOUNTS

    config = load_config(wizard.home.config)
    with tempfile.TemporaryDirectory(prefix="mitmrouter-simulated-") as folder:
        machine = made_up_machine(Path(folder), time.time(), {n: p.base_url for n, p in config.providers.items()})
        steps = plan(merged(search(SOURCES, machine)), [], config.providers, machine.now)
        wanted: set[str] = set()
        names = {account.token: name for name, account in zip(demo_names(DEMO_ACCOUNTS), DEMO_ACCOUNTS, strict=True)}

        def take(step: "Step") -> str:
            wanted.add(step.found.access_token)
            return names[step.found.access_token]

        def log_in(login: str) -> bool:
            aside(f"simulated: here `{wizard.command} auth login {login}` would open your browser")
            wanted.update(step.found.access_token for step in steps if step.found.login == login)
            return True

        settle(wizard, steps, machine.home, take, log_in, share=True)
    aside("and three more made-up accounts, so that one can take over from another")
    return [step.found.access_token for step in steps if step.found.access_token not in wanted]


def made_up_machine(folder: Path, now: float, providers: dict[str, str]) -> "Machine":
    """A machine with Claude Code, Codex and two keys, which are the demo's."""
    from router_core.importing.machine import Machine
    from router_core.simulator import DEMO_ACCOUNTS

    first = {account.kind: account.token for account in reversed(DEMO_ACCOUNTS)}
    claude = {
        "accessToken": first["anthropic_oauth"],
        "refreshToken": "sk-ant-ort01-demo-made-up",
        "expiresAt": YEAR_2100 * 1000,
        "scopes": ["user:inference"],
        "subscriptionType": "max",
    }
    whose = {"accountUuid": "demo", "emailAddress": "you@example.com", "organizationName": "Example"}
    codex = {"access_token": first["codex"], "refresh_token": "rt_demo_made_up", "account_id": "demo-chatgpt-a"}
    files = {
        ".claude/.credentials.json": {"claudeAiOauth": claude},
        ".claude.json": {"oauthAccount": whose},
        ".codex/auth.json": {"auth_mode": "chatgpt", "tokens": codex},
    }
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(mode=0o700, exist_ok=True)
        file.write_text(json.dumps(content), encoding="utf-8")
    environ = {"OPENAI_API_KEY": first["openai"], "GEMINI_API_KEY": first["gemini"]}
    return Machine(folder, environ, now, providers, platform="linux")


def _start(home: Home, port: int) -> Running:
    """The demo as a process of its own, once it has said that everything is there."""
    log = home.path / "logs" / "demo.log"
    command = [sys.executable, "-P", "-m", "router_core.cli", "--home", str(home.path), "demo", "--port", str(port)]
    with log.open("wb") as out:
        log.chmod(0o600)
        process = subprocess.Popen(
            command,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_TIMEOUT_S
    try:
        while time.monotonic() < deadline and process.poll() is None:
            running = own_router(home)
            if running and IN_ORDER in log.read_text(encoding="utf-8", errors="replace"):
                return running
            time.sleep(POLL_S)
    except KeyboardInterrupt:
        process.terminate()
        raise
    if process.poll() is None:
        process.terminate()
    lines = [printable(line, 300) for line in log.read_text(encoding="utf-8", errors="replace").splitlines()]
    raise click.ClickException(f"The simulation did not start. {' '.join(lines[-3:]).removeprefix('Error: ')}")


def _port(home: Home) -> int:
    """The usual port, or a free one where that is taken: nothing that lasts is set up here."""
    server = load_config(home.config).server
    if server.port and check_port(server.host, server.port) is None:
        return server.port
    return free_port(server.host)


def _switch_off(home: Home, unwanted: list[str]) -> None:
    from dataclasses import replace

    from router_core.clock import SystemClock
    from router_core.store.tokens import open_tokens

    store = open_tokens(home, SystemClock())
    for token in store.all():
        if token.origin == "demo" and token.access_token in unwanted:
            store.save(replace(token, access_token="", enabled=False))
            aside(f"{token.name} is switched off, as you said")
    store.database.conn.close()
