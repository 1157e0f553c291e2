"""Watch config.toml: a valid change is put in force, an invalid one is reported and the old one kept."""

import asyncio
import logging
from pathlib import Path

from addons.runtime import Runtime
from router_core.config.load import load_config
from router_core.errors import ConfigError

log = logging.getLogger("mitmrouter")

LOOK_EVERY_S = 0.5


class ConfigReload:
    """Looks at the file's time and size twice a second; requests under way keep the configuration they began with."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._task: asyncio.Task[None] | None = None
        self._seen: tuple[int, int] | None = None

    def running(self) -> None:
        if self.runtime.ready:
            self._seen = _stamp(self.runtime.home.config)
            self._task = asyncio.create_task(self._watch(), name="config reload")

    def done(self) -> None:
        if self._task:
            self._task.cancel()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            stamp = _stamp(self.runtime.home.config)
            if stamp != self._seen:
                self._seen = stamp
                self.reload()

    def reload(self) -> bool:
        """Read the file again; False when it is invalid and the old configuration stays."""
        try:
            config = load_config(self.runtime.home.config)
        except ConfigError as error:
            log.error("configuration not changed: %s", error.message)
            return False
        before = self.runtime.config.server
        self.runtime.use(config)
        log.info("configuration reloaded from %s", self.runtime.home.config)
        if (before.host, before.port) != (config.server.host, config.server.port):
            log.warning("a new [server] host or port takes effect at the next restart")
        return True


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
