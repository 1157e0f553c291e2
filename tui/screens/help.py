"""Help: first steps, every key of every page (from the pages themselves), what the signs mean, the words in use."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from tui.commands import shown
from tui.page import Context, Key, Page
from tui.widgets.breaking import wrapped
from tui.widgets.cells import Piece, fitted
from tui.widgets.text_pane import Line, TextPane

STEPS = (
    ("demo", "a router with simulated providers: looks around without an account"),
    ("token import", "takes over the logins of Claude Code, Codex and others of this machine"),
    ("auth login codex", "logs in to an account; `auth list` says to which"),
    ("token add NAME --provider claude", "adds a key; it is asked for without showing it"),
    ("start", "starts the router; `status` says how it is, `doctor` what is wrong"),
    ("code", "Claude Code through it; `codex` is Codex, `activate` for anything else"),
)
SIGNS = (
    ("●", "good", "healthy: pays"),
    ("◐", "warn", "rests until a time that is told"),
    ("✗", "bad", "unhealthy, failed or broken off"),
    ("○", "dim", "disabled"),
    ("⠿", "busy", "runs"),
    ("✓", "good", "answered"),
    ("⊘", "bad", "refused by the router itself"),
    ("↩", "warn", "the client went away"),
    ("?", "warn", "the router ended while it ran"),
)
COLUMNS = (
    ("TRY", "attempts it took"),
    ("TTFT", "time to the first content"),
    ("IN, OUT", "tokens sent, cached ones included, and received"),
    ("COST", "~ is list price that a subscription has paid for; ? means that the price is not known"),
)
EVERYWHERE = (
    ("1 to 9, ?", "to another page; a click on its name does it, too"),
    ("ctrl+p, :", "everything that can be done, found by typing"),
    ("L", "pin all routing to one target, or let it go"),
    ("d", "dark or light"),
    ("tab", "to the next part of a page"),
    ("↑ ↓ PgUp PgDn Home End", "move; j and k, too; Enter opens"),
    ("q", "quit; the router goes on"),
)
WORDS = (
    ("client", "the program that asks: Claude Code, Codex, a script"),
    ("provider", "one upstream service, by its name in the configuration"),
    ("token", "one stored credential of a provider: a key or a login"),
    ("target", "provider/model: where a request goes"),
    ("route", "the targets for a request in their order, with the reason"),
    ("attempt", "one try of one target with one token"),
    ("window", "a quota of a token that fills and is reset: 5h, 7d, of one model"),
    ("rest", "a token is left alone until a time, and why"),
    ("affinity", "a session stays with one token, which keeps the provider's prompt cache warm"),
    ("budget", "what may be spent; at its limit a request is refused, waits or goes to a cheaper target"),
    ("breaker", "a provider's host that keeps failing is left alone for a while"),
)
BESIDE = 24


class HelpPage(Page):
    """Opened at the page that one comes from; Esc goes back to it."""

    NAME = "Help"
    KEYS: ClassVar[tuple[Key, ...]] = (("escape", "Esc", "back"),)
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter", "back", "back to the page before")]

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._from = ""

    def body(self) -> ComposeResult:
        yield TextPane(id="help")

    def on_mount(self) -> None:
        self._pane = self.query_one(TextPane)
        self._pane.focus()
        self._pane.show(self._lines, from_top=False)

    def arrive(self, at: str) -> None:
        """From a page: its keys are shown."""
        self._from = at
        self._pane.begin_at(_title(at))

    def action_back(self) -> None:
        self.go(self._from or "Overview")

    def _lines(self, width: int) -> Sequence[Line]:
        return list(_all(self.context.program, width))


def _title(page: str) -> str:
    return f"Keys of {page}"


def _all(program: str, width: int) -> Iterator[Line]:
    yield from _section("First steps", width, [(f"{program} {step}", said) for step, said in STEPS], above=True)
    yield from _section("Keys everywhere", width, EVERYWHERE)
    for name, keys in _keys():
        yield from _section(_title(name), width, keys)
    yield from _heading("Signs")
    for sign, style, said in SIGNS:
        yield [Piece(f"  {sign}  ", style), Piece(said)]
    yield ""
    yield from _section("Columns", width, COLUMNS)
    yield from _section("Words", width, WORDS)


def _keys() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Of every page, and of a request in detail."""
    from tui.pages import PAGES  # this page is in that list
    from tui.screens.detail import DetailScreen

    screens: list[tuple[str, type[Screen[None]]]] = [(entry.name, entry.page) for entry in PAGES]
    screens.append(("a request in detail", DetailScreen))
    for name, screen in screens:
        keys = [
            (", ".join(shown(key) for key in binding.key.split(",")), binding.description)
            for binding in screen.BINDINGS
            if isinstance(binding, Binding) and binding.show and binding.description
        ]
        if not keys and issubclass(screen, Page):
            keys = [(shown(key), word) for key, _, word in screen.KEYS]
        if keys and name != "Help":
            yield name, keys


def _heading(title: str) -> Iterator[Line]:
    yield [Piece(title, "strong")]


def _section(title: str, width: int, pairs: Sequence[tuple[str, str]], *, above: bool = False) -> Iterator[Line]:
    """`above`: what is long stands above its explanation, where both do not fit beside each other."""
    yield from _heading(title)
    longest = max(len(name) for name, _ in pairs)
    beside = max(BESIDE, longest + 2) if longest + 40 < width else BESIDE
    for name, said in pairs:
        if above and len(name) >= beside:
            yield from ([Piece(f"  {part}", "hint")] for part in wrapped(name, width - 4))
            name = ""
        first, *rest = wrapped(said, width - beside - 4)
        yield [Piece("  "), Piece(fitted(name, beside), "hint"), Piece(first)]
        for part in rest:
            yield [Piece(" " * (beside + 2)), Piece(part)]
    yield ""
