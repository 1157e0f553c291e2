"""The app: its screens, the keys that work everywhere, dark and light."""

import traceback
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import App
from textual.binding import Binding, BindingType

from router_core.cli.printing import own_command
from router_core.clock import Clock, SystemClock
from router_core.home import Home
from router_core.trace.redact import Redactor
from tui.admin import AdminApi
from tui.screens.detail import DetailScreen
from tui.screens.help import HelpScreen
from tui.screens.lock import LockScreen
from tui.screens.main import MainScreen
from tui.source import Source
from tui.themes import DARK, LIGHT


class RouterApp(App[None]):
    """Tokens and live requests of one home folder."""

    TITLE = "mitmrouter"
    CSS_PATH = Path(__file__).with_name("theme.tcss")
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "quit"),
        Binding("d", "toggle_dark", "dark or light"),
        Binding("L", "lock", "pin all routing"),
        Binding("question_mark", "help", "help"),
    ]

    def __init__(self, home: Home, *, clock: Clock | None = None, light: bool = False) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = (LIGHT if light else DARK).name
        clock = clock or SystemClock()
        self._home = home
        self._clock = clock
        self._api = AdminApi(home)
        self.source = Source(home, clock, lambda message: self.main.post_message(message))
        self.main = MainScreen(self.source, self._api, clock, own_command(home))

    def on_mount(self) -> None:
        self.push_screen(self.main)

    async def on_unmount(self) -> None:
        self.source.stop()
        await self._api.close()

    def action_toggle_dark(self) -> None:
        self.theme = (LIGHT if self.current_theme.dark else DARK).name

    def action_lock(self) -> None:
        if isinstance(screen := self.screen, MainScreen | DetailScreen):
            dialogue = LockScreen(
                self._api, self._clock, lambda: self.main.routing_lock, screen.chosen_target, own_command(self._home)
            )
            self.push_screen(dialogue, lambda said: self.notify(said, markup=False, timeout=6) if said else None)

    def _fatal_error(self) -> None:
        """Textual would show local variables when it crashes, and the admin token is in some: plain text will do."""
        said = traceback.format_exc()
        super()._fatal_error()
        known = [_read(file) for file in (self._home.admin_token_file, self._home.gateway_token_file)]
        self._exit_renderables = [Text(Redactor(known).text(said))]

    def action_help(self) -> None:
        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen())


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
