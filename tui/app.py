"""The app: its pages, the keys that work everywhere, dark and light."""

import traceback
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.screen import ModalScreen

from router_core.cli.printing import own_command
from router_core.clock import Clock, SystemClock
from router_core.home import Home
from router_core.trace.redact import Redactor
from tui import messages
from tui.admin import AdminApi
from tui.commands import Command, Commands
from tui.harmless import Harmless
from tui.page import Context, Page
from tui.pages import PAGES, PLACES, Entry
from tui.sanitize import Sanitizer
from tui.screens.lock import LockScreen
from tui.source import Source
from tui.themes import palettes
from tui.widgets.cells import STYLES

ASK_ROUTER_EVERY_S = 2.0
SETTLED_S = 0.4
HELP = "Help"


class RouterApp(App[None]):
    """Everything that can be seen and done of one home folder."""

    TITLE = "mitmrouter"
    CSS_PATH = Path(__file__).with_name("theme.tcss")
    COMMANDS: ClassVar = {Commands}
    COMPONENT_CLASSES: ClassVar[set[str]] = set(STYLES)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "quit"),
        Binding("d", "toggle_dark", "dark or light"),
        Binding("L", "lock", "pin all routing"),
        Binding("question_mark", "help", "help"),
        Binding("colon", "command_palette", "commands"),
        Binding("ctrl+p", "command_palette", "commands", show=False, priority=True),
        *(Binding(entry.key, f"go({entry.name!r})", entry.name, show=False) for entry in PAGES if len(entry.key) == 1),
    ]

    def __init__(
        self,
        home: Home,
        *,
        clock: Clock | None = None,
        light: bool = False,
        sanitized: bool = False,
        first: str = PAGES[0].name,
        settled: Callable[[], object] | None = None,
    ) -> None:
        """
        Args:
            first: name of the page to begin with.
            settled: called a moment after a page has been gone to for the first time: it stays.
        """
        super().__init__()
        self._dark, self._light = palettes(self.console.color_system)
        self.register_theme(self._dark)
        self.register_theme(self._light)
        self.theme = (self._light if light else self._dark).name
        clock = clock or SystemClock()
        program = "mitmrouter" if sanitized else own_command(home)
        api = AdminApi(home, program)
        source = Source(home, clock, self.post_message)
        self.context = Context(
            home,
            clock,
            api,
            source,
            program,
            Sanitizer(sanitized),
            places=PLACES,
        )
        self._harmless = Harmless()
        self._line_styles: dict[str, Style] = {"": Style.null()}
        self._pages: dict[str, Page] = {}
        self._first, self._settled = first, settled
        for entry in PAGES:
            self.add_mode(entry.name, partial(self._made, entry))

    def on_mount(self) -> None:
        self.context.source.start()
        self.switch_mode(self._first)
        self._ask_router()
        self.set_interval(ASK_ROUTER_EVERY_S, self._ask_router)
        self.set_interval(1.0, self._tick)

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [self._harmless, *super().get_line_filters()]

    async def on_unmount(self) -> None:
        self.context.source.stop()
        await self.context.api.close()

    def line_style(self, name: str) -> Style:
        """See `StylesApp`."""
        if name not in self._line_styles:
            self._line_styles[name] = self.get_component_styles(f"line--{name}").partial_rich_style
        return self._line_styles[name]

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._line_styles = {"": Style.null()}  # of another theme

    # Pages.

    def _made(self, entry: Entry) -> Page:
        """The page, when it is first gone to."""
        page = entry.page(self.context)
        if self._pages:  # the style sheets are as they were for the pages before: else Textual reads all of them twice
            page._css_update_count = self._css_update_count
        self._pages[entry.name] = page
        if self._settled is not None:
            self.set_timer(SETTLED_S, self._settled)
        return page

    def page(self, name: str) -> Page:
        """One that has been gone to. Raises KeyError."""
        return self._pages[name]

    @property
    def shown_page(self) -> Page | None:
        """The page that is shown, maybe below another screen; None before there is something of it, and at the end."""
        page = self._pages.get(self.current_mode) if self.is_running else None
        return page if page and page.is_composed else None

    def action_go(self, name: str) -> None:
        if not isinstance(self.screen, ModalScreen):
            self.go(name)

    def go(self, name: str, at: str = "") -> None:
        """Show a page, at a place of it (see `Page.arrive`); nothing happens when there is no such page."""
        if name not in self._modes:
            return
        self.switch_mode(name)
        if at:
            self.call_later(self._arrive, name, at)

    def _arrive(self, name: str, at: str) -> None:
        """The page is there after its own first messages, if it was made just now."""
        while self.current_mode == name and len(self.screen_stack) > 1:
            self.pop_screen()
        page = self._pages[name]
        page.call_after_refresh(page.arrive, at)

    # What the source tells.

    def on_tokens_changed(self, event: messages.TokensChanged) -> None:
        self.context.news.tokens = event
        for token in event.tokens:
            self.context.sanitizer.name(token.name)  # so that sentences about it are recognised
        if page := self._told():
            page.tokens_changed(event)

    def on_lock_seen(self, event: messages.LockSeen) -> None:
        self.context.news.lock = event
        self._told()

    def on_today_changed(self, event: messages.TodayChanged) -> None:
        self.context.news.today = event.usage
        self._told()

    def on_running_changed(self, event: messages.RunningChanged) -> None:
        self.context.news.running = event.running
        self._told()

    def on_committed(self, event: messages.Committed) -> None:
        self.context.news.committed += 1
        if page := self.shown_page:
            page.requests_committed()

    def _told(self) -> Page | None:
        """The shown page, its frame up to date; None while there is none yet."""
        if page := self.shown_page:
            page.frame_changed()
        return page

    @work(exclusive=True, group="router")
    async def _ask_router(self) -> None:
        state = await self.context.api.state()
        seen = messages.RouterSeen(state.up, state.address, state.detail)
        before = self.context.news.router
        if before is None or (before.up, before.address, before.detail) != (seen.up, seen.address, seen.detail):
            self.context.news.router = seen
            if page := self._told():
                page.router_changed(seen)

    def _tick(self) -> None:
        if page := self.shown_page:
            page.tick()

    # Keys that work everywhere.

    def action_toggle_dark(self) -> None:
        self.theme = (self._light if self.current_theme.dark else self._dark).name

    def action_lock(self) -> None:
        screen = self.screen
        if isinstance(screen, ModalScreen):
            return
        chosen = str(getattr(screen, "chosen_target", ""))
        context = self.context
        dialogue = LockScreen(context.api, context.clock, lambda: context.news.lock, chosen, context.program)
        self.push_screen(dialogue, lambda said: self.notify(said, markup=False, timeout=6) if said else None)

    def action_help(self) -> None:
        if not isinstance(self.screen, ModalScreen) and self.current_mode != HELP:
            self.go(HELP, self.current_mode)

    # The command palette.

    def pages_commands(self) -> Iterator[Command]:
        for entry in PAGES:
            yield Command(f"Go to {entry.name}", f"key {entry.key}", partial(self.go, entry.name))

    def tokens_commands(self) -> Iterator[Command]:
        seen = self.context.news.tokens
        for token in seen.tokens if seen else ():
            name = self.context.sanitizer.name(token.name)
            yield Command(f"Token {name}", f"of {token.provider}: show it", partial(self.go, "Tokens", token.name))

    def app_commands(self) -> Iterator[Command]:
        yield Command("Pin all routing, or let go", "key L", self.action_lock)
        yield Command("Dark or light", "key d", self.action_toggle_dark)
        yield Command("Help", "key ?", self.action_help)
        yield Command("Quit", "key q", self.exit)

    def _fatal_error(self) -> None:
        """Textual would show local variables when it crashes, and the admin token is in some: plain text will do."""
        home = self.context.home
        known = [_read(file) for file in (home.admin_token_file, home.gateway_token_file)]
        self.bell()
        self.panic(Text(Redactor(known).text(traceback.format_exc())))


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
