"""The clients whose settings can lead to the router. A new one is one file beside this and one row here."""

from typing import cast

from router_core.applying import claude_code, codex_cli, gemini_cli
from router_core.applying.settings import ClientSettings

CLIENTS: dict[str, ClientSettings] = {
    "claude": cast(ClientSettings, claude_code),
    "codex": cast(ClientSettings, codex_cli),
    "gemini": cast(ClientSettings, gemini_cli),
}
