"""`/api/config/text`: config.toml itself, to read and to write; a mark stands for each secret."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from addons.api.endpoint import Change, Endpoint, View
from addons.runtime import Runtime
from router_core.config.schema import Config
from router_core.config.text import ConfigText, read_text, write_text
from router_core.config_needs import load_needs
from router_core.routing.custom import check_function

MOST_CHARACTERS = 1_000_000


class TextView(View):
    """config.toml as it is on disk, a mark instead of each secret; a text that is written may hold those marks."""

    path: str
    text: str
    version: str
    """To be given when a change of it is written."""
    hidden: int
    """So many secrets are marks in the text."""


class TextChange(Change):
    """A whole new text."""

    text: str = Field(max_length=MOST_CHARACTERS)
    """Marks of hidden secrets stay what they stand for."""
    version: str = Field(max_length=100)
    """That was read: over another one nothing is written."""


class ConfigTextPage:
    """Reads and writes the file of this router; the running configuration follows by itself."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def endpoints(self) -> Sequence[Endpoint]:
        return [
            Endpoint(
                "GET", "/api/config/text", self.show, "config.toml itself, secrets hidden", TextView,
                tag="router",
            ),
            Endpoint(
                "PUT", "/api/config/text", self.change, "Write config.toml: valid, over the version that was read",
                TextView, body=TextChange, tag="router",
                errors={409: "The file is not the version that was read.", 422: "The text would not be taken."},
                example={"text": "[server]\nport = 8100\n", "version": "of the text that was read"},
            ),
        ]  # fmt: skip

    async def show(self) -> TextView:
        return self._view(await asyncio.to_thread(read_text, self._file, hidden=True))

    async def change(self, body: TextChange) -> TextView:
        await asyncio.to_thread(write_text, self._file, body.text, body.version, check=self._check)
        return self._view(await asyncio.to_thread(read_text, self._file, hidden=True))

    @property
    def _file(self) -> Path:
        return self.runtime.home.config

    def _check(self, config: Config) -> None:
        """What it needs, and the owner's function, too."""
        load_needs(config)
        check_function(config, self._file.parent)

    def _view(self, read: ConfigText) -> TextView:
        return TextView(path=str(self._file), text=read.text, version=read.version, hidden=read.hidden)
