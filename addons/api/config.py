"""`/api/config`: every setting in force, secrets masked, and where each comes from."""

import asyncio
from collections.abc import Sequence
from typing import Any

from addons.api.endpoint import Answer, Endpoint, View
from addons.runtime import Runtime
from router_core.config.load import load_config
from router_core.config.masked import masked
from router_core.config.origin import origins
from router_core.config.schema import Config
from router_core.config_needs import load_needs
from router_core.errors import ConfigError
from router_core.home import Home


class ConfigView(View):
    """The configuration that new requests get."""

    path: str
    """Of config.toml, whether it exists or not."""
    problem: str
    """Why config.toml is not in force as it is; "": it is."""
    settings: dict[str, Any]
    origins: dict[str, str]
    """`server.port` → `environment …`, `config.toml:3`, `catalogue` or `default`; empty while there is a problem."""


class ConfigPage:
    """Reads the configuration of this router."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def endpoints(self) -> Sequence[Endpoint]:
        said = "Every setting in force, secrets masked"
        return [Endpoint("GET", "/api/config", self.answer, said, ConfigView, tag="router")]

    async def answer(self) -> Answer:
        told = await asyncio.to_thread(_told, self.runtime.home, self.runtime.config)
        return Answer({**told, "problem": self.runtime.redactor.text(told["problem"])})


def _told(home: Home, config: Config) -> dict[str, Any]:
    settings = masked(config.model_dump(mode="json", exclude_none=True))
    problem, sources = "", {}
    try:
        load_needs(load_config(home.config))
        text = home.config.read_text(encoding="utf-8-sig") if home.config.exists() else ""
        sources = origins(settings, home.config, text)
    except (ConfigError, OSError, ValueError) as error:
        problem = str(error)
    return {
        "path": str(home.config),
        "problem": problem,
        "settings": settings,
        "origins": {".".join(keys): source for keys, source in sources.items()},
    }
