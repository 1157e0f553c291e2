"""How a client is led to the router for one run, by its environment and options; its settings stay as they are.

Claude Code gets `ANTHROPIC_AUTH_TOKEN` and not `ANTHROPIC_API_KEY`: with a key, one that runs for the first time wants
to reach its vendor and to have the key confirmed; with the token it asks neither (2.1.329). It sends both when both are
set, so a key of one's own is taken out of the way. Codex ignores `OPENAI_BASE_URL` and takes `-c` options.
"""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli

UNSET = ("ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI")
"""What would win over the variables that we set, or be sent beside them."""
CODEX_TOKEN_VARIABLE = "MITMROUTER_GATEWAY_TOKEN"  # noqa: S105 - the name of a variable


def base_urls(url: str) -> dict[str, str]:
    """The variables that hold addresses: where the routing rules decide."""
    return {"ANTHROPIC_BASE_URL": url, "OPENAI_BASE_URL": f"{url}/v1", "GOOGLE_GEMINI_BASE_URL": url}


def claude_environment(inherited: Mapping[str, str], url: str, gateway_token: str) -> dict[str, str]:
    """The environment for Claude Code."""
    kept = {name: value for name, value in inherited.items() if name not in UNSET}
    address = {"ANTHROPIC_BASE_URL": base_urls(url)["ANTHROPIC_BASE_URL"]}
    return {**kept, **address, "ANTHROPIC_AUTH_TOKEN": gateway_token}


def codex_overrides(url: str, by_command: Path | None = None) -> list[str]:
    """`-c` options that add a provider for this one run and choose it.

    Args:
        by_command: the file of the gateway token, where a command gives it. Codex puts these options into what its
            configuration says of the provider, and refuses two ways of giving a token: it must be the way that
            `apply` has chosen there.
    """
    provider = {"name": "mitmrouter", "base_url": f"{url}/v1", "wire_api": "responses"}
    if by_command is None:
        provider["env_key"] = CODEX_TOKEN_VARIABLE
    parts = [f"{key} = {json.dumps(value)}" for key, value in provider.items()]
    if by_command is not None:
        parts.append(f'auth = {{command = "cat", args = [{json.dumps(str(by_command))}]}}')
    return ["-c", f"model_providers.mitmrouter={{{', '.join(parts)}}}", "-c", 'model_provider="mitmrouter"']


def codex_options(inherited: Mapping[str, str], url: str, token_file: Path) -> list[str]:
    """The same, in the way that goes together with Codex's own configuration."""
    return codex_overrides(url, token_file if has_token_command(inherited) else None)


def has_token_command(inherited: Mapping[str, str]) -> bool:
    """Whether Codex's own configuration has our provider with a command that gives the token."""
    providers = codex_settings(inherited).get("model_providers")
    ours = providers.get("mitmrouter") if isinstance(providers, dict) else None
    return isinstance(ours, dict) and "auth" in ours


def codex_settings(inherited: Mapping[str, str]) -> dict[str, Any]:
    """Codex's own configuration; nothing where there is none, or none that can be read."""
    folder = inherited.get("CODEX_HOME") or "~/.codex"
    with contextlib.suppress(OSError, tomli.TOMLDecodeError, UnicodeDecodeError):
        return tomli.loads((Path(folder).expanduser() / "config.toml").read_text(encoding="utf-8"))
    return {}
