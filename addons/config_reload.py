"""Watch config.toml and the files of the owner's transformers: a valid change is put in force, an invalid one is
reported and the old one kept."""

import asyncio
import logging
from pathlib import Path

from addons.runtime import Runtime
from router_core.config.load import load_config
from router_core.config.schema import Config
from router_core.config_needs import load_needs
from router_core.errors import ConfigError
from router_core.transform.custom import custom_files
from router_core.wire.json_bytes import json_bytes

log = logging.getLogger("mitmrouter")

LOOK_EVERY_S = 0.5

type Stamp = tuple[int, int] | None


class ConfigReload:
    """Looks at their time and size twice a second; requests under way keep the configuration they began with."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._task: asyncio.Task[None] | None = None
        self._seen: list[Stamp] = []

    def running(self) -> None:
        if self.runtime.ready:
            self._seen = self._stamps()
            self._task = asyncio.create_task(self._watch(), name="config reload")

    def done(self) -> None:
        if self._task:
            self._task.cancel()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await self._look()
            except Exception:  # a look that failed must not be the last one
                log.exception("looking at the configuration failed")

    async def _look(self) -> None:
        stamps = self._stamps()
        if stamps != self._seen:
            self._seen = stamps
            self._put_in_force(await asyncio.to_thread(self._read))
            self._seen = stamps[:1] + self._stamps()[1:]  # the files that are watched from now on

    def _stamps(self) -> list[Stamp]:
        return [_stamp(file) for file in (self.runtime.home.config, *custom_files(self.runtime.config))]

    def reload(self) -> bool:
        """Read the files again; False when one is invalid and the old configuration stays."""
        return self._put_in_force(self._read())

    def _read(self) -> Config | None:
        try:
            config = load_config(self.runtime.home.config)
            load_needs(config)
        except ConfigError as error:
            log.error("configuration not changed: %s", error.message)
            refused = self.runtime.redactor.text(error.message)
            self.runtime.events.post("config.refused", json_bytes({"because": refused}))
            return None
        return config

    def _put_in_force(self, config: Config | None) -> bool:
        if config is None:
            return False
        before = self.runtime.config.server
        self.runtime.use(config)
        log.info("configuration reloaded from %s", self.runtime.home.config)
        self.runtime.events.tell("config.reloaded", json_bytes({"path": str(self.runtime.home.config)}))
        if (before.host, before.port) != (config.server.host, config.server.port):
            log.warning("a new [server] host or port takes effect at the next restart")
        return True


def _stamp(file: Path) -> Stamp:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
