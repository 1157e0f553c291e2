"""The real Claude Code and Codex CLI, each in an empty home, pointed at a router; no other host is reachable."""

import functools
import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tests.support.ci import missing
from tests.support.router import ROOT, Router

Client = Literal["claude", "codex"]

TIME_LIMIT_S = 60.0
TOOL_PROMPT = "Please run the command: echo tool-ok"
"""The simulator asks for a shell tool when it reads this, and the tool says `tool-ok`."""


@functools.cache
def find_client(client: Client) -> Path | None:
    """The pinned program that `scripts/clients` has installed; None when it has not."""
    command = [str(ROOT / "scripts" / "clients"), "--installed", client]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return Path(answer.stdout.strip().removeprefix(f"{client}=")) if answer.returncode == 0 else None


def must_be_installed(client: Client) -> Client:
    """The client; without it the test fails in CI, and is left out elsewhere."""
    if find_client(client) is None:
        missing(f"{client} is not installed: run ./scripts/clients")
    return client


def shell_program(shell: str) -> str:
    """The shell's program; without it the test fails in CI, and is left out elsewhere."""
    program = shutil.which(shell)
    if program is None:
        missing(f"{shell} is not installed: run ./scripts/shells")
    return str(program)


@dataclass(frozen=True)
class Run:
    """One run of a client, from start to end."""

    exit_code: int
    output: str
    """The final text, as the user sees it."""
    log: str
    """Standard error."""
    seconds: float


def run_claude_code(
    router: Router,
    folder: Path,
    prompt: str,
    *,
    model: str = "",
    routed: bool = False,
    arguments: Sequence[str] = (),
    tools: str = "Bash,Read,Edit",
    continues: bool = False,
    more: Mapping[str, str] | None = None,
) -> Run:
    """One headless turn of Claude Code against `/claude`, or against `/` with a model of any provider.

    Args:
        folder: for its home and, as `work`, its working directory.
        model: `provider/model`.
        routed: against `/`, whatever the model's name.
        arguments: more of them.
        tools: that it may use without asking.
        continues: the conversation of the last run in this folder.
        more: variables of its environment.
    """
    environment = {
        **(more or {}),
        "ANTHROPIC_BASE_URL": router.url if model or routed else f"{router.url}/claude",
        "ANTHROPIC_AUTH_TOKEN": router.home.gateway_token(),
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    }
    if model:
        environment["ANTHROPIC_MODEL"] = model
    options = ["--continue"] if continues else []
    command = ["-p", prompt, "--allowedTools", tools, *options, *arguments]
    return _run("claude", command, folder, environment)


def run_codex(
    router: Router,
    folder: Path,
    prompt: str,
    *,
    built_in_provider: bool = False,
    model: str = "",
    catalogue: dict[str, Any] | None = None,
    discovers: bool = False,
    routed: bool = False,
    websockets: bool = False,
    continues: bool = False,
    work: Path | None = None,
) -> Run:
    """One headless turn of Codex CLI against `/codex`, or against `/v1` with a model of any provider.

    Args:
        folder: as above.
        built_in_provider: redirect the provider that it brings along, which tries WebSocket first.
        model: `provider/model`.
        catalogue: what it is to know of models, in the form of `/v1/models`.
        discovers: it asks `/v1/models` for that.
        routed: against `/v1`, whatever the model's name.
        work: its working directory.
        websockets: a provider of its configuration tries WebSocket, too.
        continues: the conversation of the last run in this folder.
    """
    base = f"{router.url}/{'v1' if model or routed else 'codex'}"
    codex_home = folder / "codex-home"
    codex_home.mkdir(parents=True, exist_ok=continues)
    settings = [f'model = "{model or "gpt-5.5"}"', "check_for_update_on_startup = false"]
    if catalogue is not None:
        (codex_home / "catalogue.json").write_text(json.dumps(catalogue))
        settings.append(f'model_catalog_json = "{codex_home / "catalogue.json"}"')
    tables = ["[analytics]", "enabled = false"]
    if built_in_provider:
        settings.append(f'openai_base_url = "{base if routed else f"{router.url}/codex/v1"}"')
    else:
        settings.append('model_provider = "router"')
        tables += [
            "[model_providers.router]", 'name = "router"', f'base_url = "{base}"',
            'env_key = "ROUTER_KEY"', 'wire_api = "responses"', f"supports_websockets = {str(websockets).lower()}",
        ]  # fmt: skip
        if discovers:
            tables += [f'model_catalog_url = "{router.url}/v1/models"', "[features]", "api_key_model_discovery = true"]
    (codex_home / "config.toml").write_text("\n".join([*settings, *tables]) + "\n")
    key = router.home.gateway_token()
    environment = {"CODEX_HOME": str(codex_home), "ROUTER_KEY": key, "CODEX_API_KEY": key}
    command = ["exec", "resume", "--last"] if continues else ["exec"]
    arguments = [*command, "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", prompt]
    return _run("codex", arguments, folder, environment, work)


def run_as_configured(client: Client, home: Path, *arguments: str, work: Path | None = None) -> Run:
    """A run in this home folder with nothing but what the settings there say.

    Args:
        work: its working directory.
    """
    return _run(client, list(arguments), home.parent, {"HOME": str(home)}, work)


def _run(
    client: Client, arguments: list[str], folder: Path, environment: dict[str, str], work: Path | None = None
) -> Run:
    program = find_client(client)
    if program is None:
        raise FileNotFoundError(f"{client} is not installed: run ./scripts/clients")
    home, work = folder / "home", work or folder / "work"
    home.mkdir(parents=True, exist_ok=True)
    work.mkdir(parents=True, exist_ok=True)
    whole = {
        "PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "TERM": "dumb",
        "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1", **environment,
    }  # fmt: skip
    began = time.monotonic()
    done = subprocess.run(
        [str(program), *arguments],
        env=whole,
        cwd=work,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        check=False,
    )
    return Run(done.returncode, done.stdout.strip(), done.stderr, time.monotonic() - began)
