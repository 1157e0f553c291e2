"""Which provider of ours a name or a URL of another program means."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from router_core.netloc import is_loopback
from router_core.providers.catalogue import ALIASES

ELSEWHERE = {
    "anthropic": "claude",
    "claude-console-api": "claude",
    "github-copilot": "copilot",
    "google-gemini-cli": "gemini-cli",
    "google-antigravity": "antigravity",
    "google-vertex": "vertex",
    "vertex-ai": "vertex",
    "alibaba-coding-plan": "qwen-coding",
    "dashscope": "qwen",
    "ark": "volcengine",
    "ollama-cloud": "ollama-cloud",
}
"""Names that other routers use. What is not here and no alias of the catalogue keeps its name."""
_VERSION = re.compile(r"v\d+(beta\d*)?")
"""Some write it into the URL and some do not."""


def provider_named(name: str) -> str:
    """Our name for a provider that another program names."""
    name = name.strip().lower()
    return ELSEWHERE.get(name) or ALIASES.get(name) or name


def provider_at(url: str, providers: Mapping[str, str], *, anthropic: bool = False) -> str | None:
    """The provider that lives at a URL: same host, and of several the one whose path fits best.

    Args:
        providers: name → base URL.
        anthropic: the URL is spoken to in Anthropic's format.
    """
    parts = _parts(url)
    if parts is None:
        return None
    host, path = parts
    best: tuple[int, bool, str] | None = None
    for name, base_url in providers.items():
        base = _parts(base_url)
        if base is None or base[0] != host:
            continue
        common = _common(base[1], path)
        if common < min(len(base[1]), len(path)):  # they part ways: another service of the same host
            continue
        ranked = (common, ("anthropic" in name or name == "claude") == anthropic, name)
        if best is None or ranked[:2] > best[:2]:
            best = ranked
    return best[2] if best else None


def host_of(url: str) -> str:
    """For messages; the text itself when it is no URL."""
    parts = _parts(url)
    return parts[0] if parts else url[:60]


def is_local(url: str) -> bool:
    """Whether a URL leads to this machine: to another router, as a rule."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return False
    return bool(host) and is_loopback(host or "")


def _parts(url: str) -> tuple[str, list[str]] | None:
    try:
        split = urlsplit(url.strip())
    except ValueError:
        return None
    if not split.netloc:
        return None
    return split.netloc.lower(), [part for part in split.path.split("/") if part and not _VERSION.fullmatch(part)]


def _common(one: list[str], other: list[str]) -> int:
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count
