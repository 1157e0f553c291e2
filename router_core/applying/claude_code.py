"""Claude Code: `settings.json` in `$CLAUDE_CONFIG_DIR`, default `~/.claude`.

The token comes from `apiKeyHelper`, a command whose output is sent as the credential. It wins over a login of
Claude Code's, `CLAUDE_CODE_OAUTH_TOKEN`, `ANTHROPIC_API_KEY` and `ANTHROPIC_AUTH_TOKEN` alike, it asks nothing at the
first start (a key in `env` would have to be confirmed, and a refusal is kept in `customApiKeyResponses`), and no secret
stands in a file that people share. `env` of the settings wins over the process's environment. A project's settings win
over these, and the machine's over all. (Tried with 2.1.329; which of a project it reads: test_bypasses.py.)
"""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from router_core.applying.languages import MISSING, read, value_at
from router_core.applying.settings import FileEdit, Lead, Person
from router_core.errors import ConfigError
from router_core.vendors.login import VendorStoreError
from router_core.vendors.place import FilePlace

TITLE = "Claude Code"
PROGRAM = "claude"
VARIABLE = "MITMROUTER_CLAUDE"

BASE_URL, HELPER = ("env", "ANTHROPIC_BASE_URL"), ("apiKeyHelper",)
OTHER_CLOUDS = ("CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY")
WINS = (BASE_URL, HELPER, *(("env", name) for name in OTHER_CLOUDS))
"""What leads elsewhere when a project says it."""
_OFF = ("", "0", "false", "no", "off")
MANAGED = ("etc/claude-code/managed-settings.json", "Library/Application Support/ClaudeCode/managed-settings.json")
"""Of the machine, below its root."""


def edits(person: Person, lead: Lead) -> list[FileEdit]:
    values: dict[tuple[str, ...], Any] = {BASE_URL: lead.url}
    values |= {("env", name): value for name, value in lead.around_proxy.items()}
    values[HELPER] = _helper(lead.token_file)
    if lead.statusline:
        values["statusLine",] = {"type": "command", "command": lead.statusline}
    return [FileEdit(_folder(person) / "settings.json", "json", values)]


def for_one_run(person: Person, url: str, token_file: Path) -> str:
    """Settings for `--settings`, which win over a person's and a project's; "" where these lead nowhere else.

    Needed where they do: `env` of any settings wins over the environment that a run is given.
    """
    wanted = {BASE_URL: url, HELPER: _helper(token_file)}
    documents = [_document(file) for file in (_folder(person) / "settings.json", *_project_files(person))]
    held = [(keys, value_at(document, keys)) for document in documents for keys in wanted]
    if all(value is MISSING or value == wanted[keys] for keys, value in held):
        return ""
    return json.dumps({"env": {BASE_URL[-1]: url}, HELPER[0]: wanted[HELPER]})


def bypasses(person: Person) -> list[str]:
    found = []
    for file in (*(person.system / name for name in MANAGED), *_project_files(person)):
        for keys in WINS:
            if value_at(_document(file), keys) is not MISSING:
                found.append(f"{file} sets {'.'.join(keys)}, which wins over your own settings.")
    found += [
        f"${name} is set: Claude Code then calls that cloud, and not the router. Unset it."
        for name in clouds_chosen(person.environ)
    ]
    return found


def clouds_chosen(variables: Mapping[str, str]) -> list[str]:
    """Those of the variables that have Claude Code call another cloud, whatever the base URL."""
    return [name for name in OTHER_CLOUDS if variables.get(name, "").lower() not in _OFF]


def project_files(folder: Path, home: Path) -> list[Path]:
    """The settings of a project that it reads, started in this folder: those beside it, and those for this machine only
    at the root of the repository; for a worktree that is the main checkout. Nothing of folders between them.

    Args:
        home: of the person; a repository there is none of a project.
    """
    folders = (folder / ".claude" / "settings.local.json", folder / ".claude" / "settings.json")
    root = _repository(folder.resolve())
    at_root = [root / ".claude" / "settings.local.json"] if root is not None and root != home.resolve() else []
    return list(dict.fromkeys((*folders, *at_root)))


def _repository(folder: Path) -> Path | None:
    for root in (folder, *folder.parents):
        git = root / ".git"
        if git.is_dir():
            return root
        if git.is_file():  # of a worktree or a submodule: it names the folder that git keeps for that
            kept = root / _line_in(git).removeprefix("gitdir:").strip()
            common = _line_in(kept / "commondir")
            return (kept / common).resolve().parent if common else root
    return None


def _line_in(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _project_files(person: Person) -> list[Path]:
    own = _folder(person) / "settings.json"
    return [file for file in project_files(person.folder, person.home) if file != own]


def _helper(token_file: Path) -> str:
    return f"cat {shlex.quote(str(token_file))}"


def _folder(person: Person) -> Path:
    return person.client_folder("CLAUDE_CONFIG_DIR", ".claude")


def _document(file: Path) -> dict[str, Any]:
    if not file.is_file():  # a pipe would be waited for
        return {}
    try:
        return read("json", FilePlace(file).text() or "")
    except (ConfigError, VendorStoreError):
        return {}  # Claude Code cannot read it either
