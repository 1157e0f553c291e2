"""Environment variables (and `.env` files) that programs take their keys from; names from the vendors' pages, 2026-11.

A variable with a base URL beside it (`ANTHROPIC_BASE_URL`, `OPENAI_BASE_URL`) belongs to the service at that URL. One
that leads to this machine is another router's, as a rule, and its key opens nothing else.
"""

import re
from pathlib import Path
from typing import Any

from router_core.importing.copilot_source import github_token
from router_core.importing.found import Found, key, unusable
from router_core.importing.machine import Machine
from router_core.importing.provider_names import host_of, is_local, provider_at
from router_core.importing.service_account import service_account
from router_core.vendors.login import VendorStoreError
from router_core.vendors.place import FilePlace

SOURCE = "env"
KEYS = {
    "CLAUDE_CODE_OAUTH_TOKEN": "claude",
    "ANTHROPIC_API_KEY": "claude",
    "ANTHROPIC_AUTH_TOKEN": "claude",
    "OPENAI_API_KEY": "openai",
    "GEMINI_API_KEY": "gemini",
    "GOOGLE_API_KEY": "gemini",
    "GOOGLE_GENERATIVE_AI_API_KEY": "gemini",
    "OPENROUTER_API_KEY": "openrouter",
    "DEEPSEEK_API_KEY": "deepseek",
    "GROQ_API_KEY": "groq",
    "MISTRAL_API_KEY": "mistral",
    "CODESTRAL_API_KEY": "codestral",
    "XAI_API_KEY": "xai",
    "DASHSCOPE_API_KEY": "qwen",
    "QWEN_API_KEY": "qwen",
    "MOONSHOT_API_KEY": "moonshot",
    "ZAI_API_KEY": "zai",
    "Z_AI_API_KEY": "zai",
    "ZHIPU_API_KEY": "bigmodel",
    "ZHIPUAI_API_KEY": "bigmodel",
    "MINIMAX_API_KEY": "minimax",
    "ARK_API_KEY": "volcengine",
    "VOLCENGINE_API_KEY": "volcengine",
    "SILICONFLOW_API_KEY": "siliconflow",
    "OLLAMA_API_KEY": "ollama-cloud",
}
COPILOT = ("GITHUB_COPILOT_TOKEN", "GITHUB_COPILOT_OAUTH_TOKEN", "COPILOT_GITHUB_TOKEN")
BASE_URLS = {
    "ANTHROPIC_API_KEY": ("ANTHROPIC_BASE_URL",),
    "ANTHROPIC_AUTH_TOKEN": ("ANTHROPIC_BASE_URL",),
    "OPENAI_API_KEY": ("OPENAI_BASE_URL", "OPENAI_API_BASE"),
}
SERVICE_ACCOUNT = "GOOGLE_APPLICATION_CREDENTIALS"
_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$")


def find(machine: Machine) -> list[Found]:
    return _in(machine.environ, "$", machine)


def read(path: Path, machine: Machine) -> list[Found]:
    """A `.env` file."""
    return _in(variables(FilePlace(path).text() or ""), f"{path} ", machine)


def fits(document: Any) -> bool:
    return isinstance(document, str) and bool(variables(document))


def variables(text: str) -> dict[str, str]:
    """The `NAME=value` lines of a text; quotes around a value and comments go."""
    found = {}
    for line in text.splitlines():
        if match := _LINE.fullmatch(line):
            name, value = match.groups()
            if value[:1] in ("'", '"') and value[:1] in value[1:]:
                value = value[1 : value.index(value[0], 1)]
            else:
                value = re.split(r"\s+#", value)[0]
            found[name] = value
    return found


def _in(environ: Any, prefix: str, machine: Machine) -> list[Found]:
    found = []
    for name, provider in KEYS.items():
        if secret := environ.get(name, "").strip():
            found.append(_one(name, secret, provider, prefix, environ, machine))
    for name in COPILOT:
        if secret := environ.get(name, "").strip():
            found.append(github_token(SOURCE, secret, prefix + name))
    if path := environ.get(SERVICE_ACCOUNT, "").strip():
        file = machine.expanded(path)
        location = environ.get("GOOGLE_CLOUD_LOCATION", "")
        found.append(service_account(SOURCE, _text(file), f"{prefix}{SERVICE_ACCOUNT} ({file})", location=location))
    return found


def _one(name: str, secret: str, provider: str, prefix: str, environ: Any, machine: Machine) -> Found:
    place = prefix + name
    url = next((environ[v].strip() for v in BASE_URLS.get(name, ()) if environ.get(v, "").strip()), "")
    if url and not secret.startswith("sk-ant-"):  # Anthropic's own are told by their shape, whatever stands beside them
        if is_local(url):
            return unusable(SOURCE, provider, place, f"It is for another router on this machine ({host_of(url)}).")
        there = provider_at(url, machine.providers, anthropic=name.startswith("ANTHROPIC"))
        if there is None:
            why = f"It is for {host_of(url)}, and no provider has that base URL. Add one, or use token add."
            return unusable(SOURCE, provider, place, why)
        return key(SOURCE, there, secret, place)
    if name == "ANTHROPIC_AUTH_TOKEN" and not secret.startswith("sk-ant-"):
        return unusable(SOURCE, provider, place, "It is a gateway's token, and no credential of Anthropic's.")
    return key(SOURCE, provider, secret, place)


def _text(file: Path) -> str:
    try:
        return FilePlace(file).text() or ""
    except VendorStoreError:
        return ""
