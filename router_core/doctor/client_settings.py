"""What would lead a client past the router, or spend a key behind its back: its settings files, and the environment.

Claude Code puts the `env` of its settings files over the environment that it is started with (2.1.329, tried): a
project's `.claude/settings.json` that names another base URL takes the conversation there, and the gateway token with
it, whatever `activate` says (`code` gives settings for its one run, which win).
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import tomli

from router_core.applying.claude_code import MANAGED, clouds_chosen, project_files
from router_core.doctor.examined import Examined
from router_core.doctor.finding import Finding
from router_core.errors import ConfigError
from router_core.reach import reach

BASE_URL = "ANTHROPIC_BASE_URL"
KEYS = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY", "OPENROUTER_API_KEY")
BASE_URLS = (BASE_URL, "OPENAI_BASE_URL", "GOOGLE_GEMINI_BASE_URL")
_ASSIGNED = re.compile(r"^\s*(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=\s*(.*?)\s*$")
_warning = partial(Finding, "client settings", "warning")
_problem = partial(Finding, "client settings", "problem")


def check(examined: Examined) -> Iterator[Finding]:
    """Settings of Claude Code and Codex, `.env` of the folder, this shell."""
    try:
        ours = (reach(examined.home).url,)
    except ConfigError:
        ours = ("http://127.0.0.1:8100",)
    found = [
        *_claude_files(examined, ours),
        *_confirmed_keys(examined),
        *_codex_file(examined, ours),
        *_dotenv(examined.folder / ".env", ours),
        *environment_findings(examined.environ, ours, examined.program),
    ]
    yield from found
    if not found:
        yield Finding("client settings", "ok", "nothing here leads Claude Code or Codex past the router")


def claude_settings_files(examined: Examined) -> list[Path]:
    """In the order in which Claude Code reads them; later ones win."""
    own = Path(examined.environ.get("CLAUDE_CONFIG_DIR") or examined.user_home / ".claude")
    files = [own / "settings.json", *reversed(project_files(examined.folder, examined.user_home))]
    files += [Path("/") / name for name in MANAGED]
    return list(dict.fromkeys(file.absolute() for file in files))


def is_ours(url: str, ours: tuple[str, ...]) -> bool:
    """Whether an address is the router's, under whichever of its paths."""
    near = url.replace("://localhost", "://127.0.0.1").rstrip("/")
    return any(near == base or near.startswith(f"{base}/") for base in ours)


def _claude_files(examined: Examined, ours: tuple[str, ...]) -> Iterator[Finding]:
    for file in claude_settings_files(examined):
        settings = _json_in(file)
        if isinstance(settings, str):
            yield _warning(f"{file} cannot be read: {settings}", f"Mend it: {file}")
            continue
        environment = settings.get("env")
        if isinstance(environment, dict):
            yield from _claude_env(file, {str(name): str(value) for name, value in environment.items()}, ours)
        if settings.get("apiKeyHelper") and not _is_our_helper(str(settings["apiKeyHelper"])):
            yield _warning(
                f"{file} has an apiKeyHelper: Claude Code sends what it prints beside the router's token",
                "Take it out, unless you want it",
            )


def _is_our_helper(command: str) -> bool:
    return "mitmrouter" in command or "gateway.token" in command


def _claude_env(file: Path, environment: Mapping[str, str], ours: tuple[str, ...]) -> Iterator[Finding]:
    url = environment.get(BASE_URL, "")
    if url and not is_ours(url, ours):
        yield _problem(
            f"{file} leads Claude Code to {_shown(url)}, past the router, and takes the gateway token there",
            f"Take {BASE_URL} out of its env; if you did not put it there, do not trust that folder",
        )
    for name in clouds_chosen(environment):
        yield _problem(
            f"{file} sets {name}: Claude Code speaks to that cloud, not to the router",
            f"Take {name} out of its env",
        )
    if environment.get("ANTHROPIC_API_KEY"):
        yield _warning(
            f"{file} holds an ANTHROPIC_API_KEY: Claude Code sends it along, in the clear and to nobody's use",
            "Give it to the router instead (token add), and take it out of there",
        )


def _confirmed_keys(examined: Examined) -> Iterator[Finding]:
    """Keys that somebody has said no to once are never sent: a gateway token among them cannot work as API key."""
    file = Path(examined.environ.get("CLAUDE_CONFIG_DIR") or examined.user_home) / ".claude.json"
    settings = _json_in(file)
    answers = settings.get("customApiKeyResponses") if isinstance(settings, dict) else None
    rejected = answers.get("rejected") if isinstance(answers, dict) else None
    if not isinstance(rejected, list) or not examined.home.gateway_token_file.exists():
        return
    token = examined.home.gateway_token_file.read_text(encoding="utf-8").strip()
    if token and any(isinstance(tail, str) and tail and token.endswith(tail) for tail in rejected):
        yield _warning(
            f"{file} remembers that you did not want the gateway token to be used as an API key",
            f"Start it by `{examined.program} code`, which gives it as a token, or take it out of rejected there",
        )


def _codex_file(examined: Examined, ours: tuple[str, ...]) -> Iterator[Finding]:
    """The person's own: a project's may name neither provider nor address."""
    file = Path(examined.environ.get("CODEX_HOME") or examined.user_home / ".codex").absolute() / "config.toml"
    try:
        table = tomli.loads(_text_of(file))
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        yield _warning(f"{file} cannot be read: {error}", f"Mend it: {file}")
        return
    name = table.get("model_provider")
    providers = table.get("model_providers")
    chosen = providers.get(name) if isinstance(providers, dict) and isinstance(name, str) else None
    url = str(chosen.get("base_url", "")) if isinstance(chosen, dict) else str(table.get("openai_base_url", ""))
    if url and not is_ours(url, ours):
        yield _warning(
            f"{file} leads a plain `codex` to {_shown(url)}, past the router",
            f"Run `{examined.program} codex`, which goes through the router all the same",
        )


def _dotenv(file: Path, ours: tuple[str, ...]) -> Iterator[Finding]:
    """Of names only: values are not read further than that they are there."""
    try:
        lines = _text_of(file, errors="replace").splitlines()
    except OSError:
        return
    values = {match[1]: match[2].strip("'\"") for line in lines if (match := _ASSIGNED.match(line))}
    keys = [name for name in KEYS if values.get(name) and not values[name].startswith(("$", "mitm-"))]
    if keys:
        yield _warning(
            f"{file} holds {', '.join(keys)}: programs that read it spend that key and not the router's tokens",
            "Give it to the router (token import env), and take it out of there",
        )
    for name in BASE_URLS:
        if values.get(name) and not values[name].startswith("$") and not is_ours(values[name], ours):
            yield _warning(
                f"{file} leads programs that read it to {_shown(values[name])}, past the router",
                f"Take {name} out of it",
            )


def environment_findings(environ: Mapping[str, str], ours: tuple[str, ...], program: str) -> Iterator[Finding]:
    """What this shell hands to each program that is started in it."""
    for name in BASE_URLS:
        if (url := environ.get(name, "")) and not is_ours(url, ours):
            yield Finding(
                "environment",
                "warning",
                f"{name} is {_shown(url)}: programs started in this shell go there, past the router",
                f'unset {name}, or lead them here: eval "$({program} activate)"',
            )
    for name in clouds_chosen(environ):
        yield Finding(
            "environment",
            "problem",
            f"{name} is set: Claude Code speaks to that cloud, not to the router",
            f"unset {name}",
        )
    keys = [name for name in KEYS if environ.get(name) and not environ[name].startswith("mitm-")]
    if keys:
        yield Finding(
            "environment",
            "warning",
            f"{', '.join(keys)} set: a program that is not led to the router spends it without being seen",
            f"Give it to the router: {program} token import env; then unset it",
        )


def _json_in(file: Path) -> dict[str, Any] | str:
    """What is in it, nothing where it is not there; why it cannot be read."""
    try:
        value = json.loads(_text_of(file))
    except FileNotFoundError:
        return {}
    except OSError as error:
        return str(error.strerror)
    except ValueError as error:
        return str(error)
    return value if isinstance(value, dict) else {}


def _shown(url: str) -> str:
    """Without what is often a secret in an address: what people see here they show to others."""
    scheme, mark, rest = url.partition("://")
    authority, slash, path = (rest if mark else scheme).partition("/")
    host = authority.rpartition("@")[2]
    plain = f"{scheme}{mark}{host}{slash}{path}" if mark else f"{host}{slash}{path}"
    return re.split(r"[?#]", plain, maxsplit=1)[0]


def _text_of(file: Path, errors: str = "strict") -> str:
    """What is no file is not there: a pipe, as programs that keep secrets put in the place of a `.env`, never ends."""
    if not file.is_file():
        raise FileNotFoundError(file)
    return file.read_text(encoding="utf-8-sig", errors=errors)
