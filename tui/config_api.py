"""config.toml through the admin API of the running router."""

from dataclasses import dataclass
from typing import Any

from tui.admin import AdminApi


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """config.toml as it was read."""

    text: str
    version: str
    hidden: int
    """So many secrets are marks in the text."""


async def read_config(api: AdminApi) -> ConfigFile:
    """Its secrets are marks. Raises AdminError."""
    return _file(await api.call("GET", "/api/config/text", in_turn=False))


async def write_config(api: AdminApi, text: str, version: str) -> ConfigFile:
    """What it is then, secrets hidden. Raises AdminError; its status is 409 when the file is another version."""
    return _file(await api.call("PUT", "/api/config/text", {"text": text, "version": version}))


def _file(answer: dict[str, Any]) -> ConfigFile:
    return ConfigFile(str(answer.get("text", "")), str(answer.get("version", "")), int(answer.get("hidden") or 0))
