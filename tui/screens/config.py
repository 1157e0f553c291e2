"""config.toml: coloured, checked while one types, saved through the router over the version that was read."""

from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import TextArea

from router_core.config.check import Problem, problems_of
from router_core.config.hidden import hide
from router_core.config.text import read_text
from router_core.errors import ConfigError
from router_core.text import plain, plain_lines
from tui import messages
from tui.admin import AdminError
from tui.config_api import ConfigFile, read_config, write_config
from tui.page import Context, Key, Page
from tui.widgets.cells import Piece, fitted
from tui.widgets.lines import Lines
from tui.widgets.toml_area import TomlArea

CHECK_AFTER_S = 0.25
MOST_PROBLEMS = 6
CONFLICT = 409


class ConfigPage(Page):
    """Shows the file until `e` begins to edit it."""

    NAME = "Config"
    KEYS: ClassVar[tuple[Key, ...]] = (
        ("e", "e", "edit"),
        ("ctrl+s", "^s", "save"),
        ("escape", "Esc", "leave off"),
        ("r", "r", "secrets"),
        ("n", "n", "problem"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e,i", "edit", "edit"),
        Binding("ctrl+s", "save", "save", priority=True),
        Binding("escape", "leave", "leave editing; once more drops the changes", priority=True),
        Binding("r", "reveal", "show or hide the secrets"),
        Binding("ctrl+r", "read_again", "read it again; your text goes to the clipboard", priority=True),
        Binding("n", "next_problem", "to the next problem"),
        Binding("f8", "next_problem", "to the next problem", show=False),
    ]

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._read = ConfigFile("", "", 0)
        self._stamp: tuple[int, int] | None = None
        self._revealed = False
        self._problems: list[Problem] = []
        self._refused = ""
        self._loaded = False

    def body(self) -> ComposeResult:
        yield ConfigState(id="config-state")
        yield TomlArea(id="config-text")
        yield ConfigProblems(id="config-problems")

    def on_mount(self) -> None:
        self._state = self.query_one(ConfigState)
        self._area = self.query_one(TomlArea)
        self._list = self.query_one(ConfigProblems)
        self._area.focus()
        self._read_it()

    # The file.

    @property
    def _draft(self) -> bool:
        """The text is another one than that which was read."""
        return self._loaded and self._area.text != self._shown(self._read.text)

    def arrive(self, at: str) -> None:
        """At a line."""
        if at.isdecimal():
            self._area.show_line(int(at))

    def router_changed(self, seen: messages.RouterSeen) -> None:
        if not self._draft:
            self._read_it()
        self._describe()

    def second_passed(self) -> None:
        """The file may be another one."""
        try:
            stat = self.context.home.config.stat()
            stamp = stat.st_mtime_ns, stat.st_size
        except OSError:
            stamp = None
        if stamp != self._stamp and not self._draft:
            self._stamp = stamp
            self._read_it()

    @work(exclusive=True, group="config")
    async def _read_it(self, *, secrets: bool = False) -> None:
        try:
            read = await read_config(self.context.api)
        except AdminError:
            read, secrets = self._from_disk(), False
        if self._draft:
            return  # somebody has begun to write meanwhile
        if secrets:
            read = self._revealed_of(read)
        self._show(read, revealed=secrets)

    def _revealed_of(self, read: ConfigFile) -> ConfigFile:
        """With its secrets, from the file itself: the router gives none out."""
        try:
            own = read_text(self.context.home.config, hidden=False)
        except ConfigError as error:
            self.say(error.message, wrong=True)
            return read
        return ConfigFile(own.text, own.version, 0)

    def _from_disk(self) -> ConfigFile:
        """To look at only, while no router runs."""
        try:
            text = self.context.home.config.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError):
            return ConfigFile("", "", 0)
        shown, secrets = hide(text, "")
        return ConfigFile(shown, "", len(secrets))

    def _show(self, read: ConfigFile, *, revealed: bool) -> None:
        place = self._area.cursor_location
        self._read, self._revealed, self._loaded, self._refused = read, revealed, True, ""
        text = self._shown(read.text)
        if text != self._area.text:
            self._area.load_text(text)
            self._area.move_cursor(place)
        self._check()
        self._describe()

    def _shown(self, text: str) -> str:
        """Fit for a terminal: what would act on it stands there as nothing. (A file that holds such is only looked at:
        an edit would lose it.)"""
        harmless = "\n".join(plain_lines(text)) if not text.replace("\n", "").isprintable() else text
        return self.context.sanitizer.text(harmless)

    # Editing.

    def action_edit(self) -> None:
        if self.context.sanitizer.on:
            self.say("Nothing is edited while names are hidden.", wrong=True)
        elif not self._read.version:
            self.say(f"The router is down: it is what saves. Start it: {self.context.program} start", wrong=True)
        elif self._shown(self._read.text) != self._read.text:
            self.say("The file holds characters that a terminal cannot show: use an editor of your own.", wrong=True)
        else:
            self._area.read_only = False
            self._area.focus()
            self._describe()

    def action_leave(self) -> None:
        if self._area.read_only and self._draft:
            self._area.load_text(self._shown(self._read.text))
            self._refused = ""
            self.say("The changes are dropped.")
        elif self._draft:
            self.say("Not saved yet: ctrl+s saves, Esc once more drops the changes, e goes on.")
        self._area.read_only = True
        if not self._draft and self._revealed:
            self._read_it()
        self._describe()

    def action_reveal(self) -> None:
        if self._draft or not self._area.read_only:
            self.say("Save or drop the changes first.", wrong=True)
        elif self.context.sanitizer.on:
            self.say("Nothing is revealed while names are hidden.", wrong=True)
        elif not self._read.version:
            self.say("The router is down: secrets stay hidden.", wrong=True)
        else:
            self._read_it(secrets=not self._revealed)

    def action_read_again(self) -> None:
        if self._draft:
            self.app.copy_to_clipboard(self._area.text)
            self.say("Read again; what you had is in the clipboard.")
        self._area.read_only = True
        self._loaded = False
        self._read_it()

    def action_save(self) -> None:
        if not self._draft:
            self.say("Nothing to save.")
        else:
            self._save(self._area.text)

    @work(exclusive=True, group="config")
    async def _save(self, text: str) -> None:
        try:
            read = await write_config(self.context.api, text, self._read.version)
        except AdminError as error:
            hint = " ctrl+r does that, with your text in the clipboard." if error.status == CONFLICT else ""
            self._refused = plain(str(error)) + hint
            self._describe()
            return
        self._area.read_only = True
        self._show(read, revealed=False)
        self.say("Saved. The router takes it within a second; what was there before is in config.toml.bak.")

    # What is wrong with it.

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        event.stop()
        text = event.text_area.text
        self._describe()
        self.set_timer(CHECK_AFTER_S, lambda: self._check() if text == self._area.text else None)

    @work(exclusive=True, group="check", thread=True)
    def _check(self) -> None:
        """Not while the text is hidden behind dots."""
        text = self._read.text if self.context.sanitizer.on else self._area.text
        problems = problems_of(text, self.context.home.config)
        self.app.call_from_thread(self._show_problems, problems)

    def _show_problems(self, problems: list[Problem]) -> None:
        self._problems = problems
        self._area.mark([problem.line for problem in problems if problem.line is not None])
        self._list.problems = [(problem.line, plain(problem.said)) for problem in problems]
        self._list.changed()
        self._describe()

    def action_next_problem(self) -> None:
        """From the cursor on, then from the top."""
        here = self._area.cursor_location[0] + 1
        lines = sorted(problem.line for problem in self._problems if problem.line is not None)
        if lines:
            self._area.show_line(next((line for line in lines if line > here), lines[0]))

    def _describe(self) -> None:
        state = self._state
        state.path = "" if self.context.sanitizer.on else _short(self.context.home.config)
        state.exists = self._stamp is not None or bool(self._read.text) or not self._loaded
        state.editing, state.draft = not self._area.read_only, self._draft
        state.hidden, state.revealed, state.refused = self._read.hidden, self._revealed, self._refused
        state.wrong = len(self._problems)
        state.changed()


def _short(file: Path) -> str:
    """With `~` for the owner's folder."""
    home = Path.home()
    return f"~/{file.relative_to(home)}" if file.is_relative_to(home) else str(file)


class ConfigState(Lines):
    """What file it is, whether it is edited, saved, right."""

    path = ""
    exists = True
    editing = False
    draft = False
    hidden = 0
    revealed = False
    refused = ""
    wrong = 0

    def draw(self, width: int) -> list[list[Piece]]:
        mode = Piece(" editing ", "current") if self.editing else Piece(" viewing ", "dim")
        pieces = [Piece(" "), mode, Piece("  config.toml", "strong")]
        if self.draft:
            pieces.append(Piece("  not saved", "warn"))
        if not self.exists and not self.draft:
            pieces.append(Piece("  not there yet: the defaults hold; e writes one", "dim"))
        if self.revealed:
            pieces.append(Piece("  secrets are shown", "bad"))
        elif self.hidden:
            noun = "secret" if self.hidden == 1 else "secrets"
            pieces.append(Piece(f"  {self.hidden} {noun} hidden", "dim"))
        if not self.wrong and (self.exists or self.draft):
            pieces.append(Piece("  ✓ valid", "good"))
        if self.path:
            pieces.append(Piece(f"  {self.path}", "dim"))
        lines = [pieces]
        if self.refused:
            lines.append([Piece(" ✗ ", "bad"), Piece(fitted(self.refused, max(0, width - 4)).rstrip(), "bad")])
        return lines


class ConfigProblems(Lines):
    """Each problem with its line."""

    problems: list[tuple[int | None, str]] = []  # noqa: RUF012 - replaced, never changed

    def draw(self, width: int) -> list[list[Piece]]:
        lines = []
        for line, said in self.problems[:MOST_PROBLEMS]:
            where = "" if line is None else f"line {line}"
            lines.append([Piece(f" ✗ {where:<10}", "bad"), Piece(fitted(said, max(0, width - 14)).rstrip())])
        if len(self.problems) > MOST_PROBLEMS:
            lines.append([Piece(f"   and {len(self.problems) - MOST_PROBLEMS} more", "dim")])
        return lines
