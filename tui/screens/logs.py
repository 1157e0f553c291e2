"""The router's log, followed: by level and by words, the chosen line in full below."""

from pathlib import Path
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from router_core.config.load import load_config
from router_core.errors import ConfigError
from router_core.home import Home
from tui.asking import Databases
from tui.log_tail import LEVELS, LogLine, LogTail
from tui.page import Context, Key, Page
from tui.widgets.breaking import wrapped
from tui.widgets.cells import Piece
from tui.widgets.lines import Lines
from tui.widgets.log_list import LogList

LOOK_EVERY_S = 0.25
SHOWN_FROM = (
    ("debug", "everything"),
    ("warning", "warnings and errors"),
    ("error", "errors"),
    ("info", "info and above"),
)
WHOLE_MOST = 5
"""Lines of the chosen one."""


class LogsPage(Page):
    """Looks for new lines while it is shown."""

    NAME = "Logs"
    KEYS: ClassVar[tuple[Key, ...]] = (
        ("f", "f", "follow"),
        ("l", "l", "level"),
        ("slash", "/", "filter"),
        ("w", "w", "warnings only"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "follow", "follow the newest line"),
        Binding("l", "level", "show another level"),
        Binding("w", "warnings", "warnings and errors only, or everything"),
        Binding("slash", "filter", "filter by words"),
        Binding("escape", "clear_filter", "clear the filter"),
    ]

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._tail = LogTail(log_file(context.home))
        self._from = 0
        self._reading = False

    def body(self) -> ComposeResult:
        yield LogState(id="log-state")
        yield LogList(self.context.sanitizer, id="log")
        yield WholeLine(id="log-line")
        yield Input(placeholder="words that a line must hold", id="log-filter", compact=True)

    def on_mount(self) -> None:
        self._list = self.query_one(LogList)
        self._state = self.query_one(LogState)
        self._whole = self.query_one(WholeLine)
        self._filter = self.query_one("#log-filter", Input)
        self._list.focus()
        self.set_interval(LOOK_EVERY_S, self._look)

    def arrive(self, at: str) -> None:
        """With a filter."""
        self._filter.value = at
        self._filter.set_class(bool(at), "shown")

    # What comes.

    def _look(self) -> None:
        if self._reading or not self.is_current:
            return
        self._reading = True
        self.ask(self._read, self._came)

    def _read(self, databases: Databases) -> tuple[bool, list[LogLine]] | str:
        try:
            return self._tail.look()
        except OSError as error:
            return f"The log cannot be read: {error}"

    def _came(self, found: tuple[bool, list[LogLine]] | str) -> None:
        self._reading = False
        if isinstance(found, str):
            self._state.problem = found
            self._describe()
            return
        afresh, lines = found
        self._state.problem = ""
        if lines or afresh:
            self._list.come(lines, afresh=afresh)
            self._describe()

    def on_log_list_moved(self, event: LogList.Moved) -> None:
        event.stop()
        self._describe()

    # What people do.

    def action_follow(self) -> None:
        self._list.follow(not self._list.following)
        self._describe()

    def action_level(self) -> None:
        self._show_from((self._from + 1) % len(SHOWN_FROM))

    def action_warnings(self) -> None:
        self._show_from(0 if SHOWN_FROM[self._from][0] == "warning" else 1)

    def _show_from(self, place: int) -> None:
        self._from = place
        self._apply()

    def action_filter(self) -> None:
        self._filter.add_class("shown")
        self._filter.focus()

    def action_clear_filter(self) -> None:
        self._filter.value = ""
        self._filter.remove_class("shown")
        self._list.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._apply()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if not event.value.strip():
            self._filter.remove_class("shown")
        self._list.focus()

    def _apply(self) -> None:
        levels = frozenset(LEVELS[LEVELS.index(SHOWN_FROM[self._from][0]) :])
        self._list.filter(levels, self._filter.value)
        self._describe()

    def _describe(self) -> None:
        state = self._state
        state.shown, state.kept = self._list.counts
        state.levels, state.following = SHOWN_FROM[self._from][1], self._list.following
        state.words = self._filter.value.strip()
        state.changed()
        chosen = self._list.selected
        self._whole.text = self.context.sanitizer.line(chosen.text) if chosen else ""
        self._whole.day = chosen.day if chosen else ""
        self._whole.changed()


def log_file(home: Home) -> Path:
    """Where the router writes it."""
    try:
        named = load_config(home.config).server.log_file
    except ConfigError:
        named = None
    return Path(named).expanduser() if named else home.log


class LogState(Lines):
    """What is shown of it."""

    shown = 0
    kept = 0
    levels = SHOWN_FROM[0][1]
    following = True
    words = ""
    problem = ""

    def draw(self, width: int) -> list[list[Piece]]:
        if self.problem:
            return [[Piece(f" {self.problem}", "bad")]]
        pieces = [
            Piece(f" {self.shown:,}", "strong"),
            Piece(f" of the newest {self.kept:,} lines · {self.levels}", "dim"),
        ]
        if self.words:
            pieces += [Piece(" · with ", "dim"), Piece(self.words, "hint")]
        how = (" · following", "good") if self.following else (" · stopped: f follows again", "warn")
        return [[*pieces, Piece(*how)]]


class WholeLine(Lines):
    """The chosen line, as far as it is longer than there is room for in the list."""

    text = ""
    day = ""

    def draw(self, width: int) -> list[list[Piece]]:
        if cell_len(self.text) <= max(1, width - 20):
            return []
        parts = wrapped(self.text, width - 2)
        if len(parts) > WHOLE_MOST:
            parts = [*parts[: WHOLE_MOST - 1], f"{parts[WHOLE_MOST - 1][: max(1, width - 4)]} …"]
        return [[Piece(f" {part}")] for part in parts]
