"""What every page has: the top line, the line of pages, what is wrong now, its keys; in between its own `body()`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, Protocol, runtime_checkable

from rich.text import Text
from textual.app import ComposeResult
from textual.events import Callback
from textual.screen import Screen
from textual.widgets import Static

from router_core.clock import Clock
from router_core.home import Home
from tui import messages
from tui.admin import AdminApi
from tui.asking import Databases
from tui.figures import countdown
from tui.news import News
from tui.sanitize import Sanitizer
from tui.source import Source
from tui.widgets.hot_line import KeyBar
from tui.widgets.page_line import PageLine
from tui.widgets.top_line import TopLine

type Key = tuple[str, str, str]
"""Textual's name of it, what to show for it, what it does."""

COMMON_KEYS: tuple[Key, ...] = (
    ("L", "L", "lock"),
    ("question_mark", "?", "help"),
    ("q", "q", "quit"),
    ("d", "d", "dark"),
    ("colon", ":", "commands"),
)


ROOMY = 110
"""Columns of a terminal that has room for more than the one thing to do."""


class Place(NamedTuple):
    """A page as it stands in the line of pages."""

    key: str
    name: str
    short: str
    """What is left of the name where there is little room."""


@dataclass(frozen=True)
class Context:
    """What pages work with; the same for all."""

    home: Home
    clock: Clock
    api: AdminApi
    source: Source
    program: str
    """How the command is called: `mitmrouter`, or `mitmrouter --home DIR`."""
    sanitizer: Sanitizer
    news: News = field(default_factory=News)
    places: Sequence[Place] = ()
    """Of all pages, in their order."""


@runtime_checkable
class Goes(Protocol):
    """The app, as far as pages need it."""

    def go(self, name: str, at: str = "") -> None: ...


class Page(Screen[None]):
    """Base of the pages. A page is made when it is first gone to, and stays."""

    NAME: ClassVar[str]
    """As in `pages.py`."""
    KEYS: ClassVar[tuple[Key, ...]] = ()
    """Its own keys for the key bar; those that work everywhere come behind them."""
    BREAKERS_IN_BANNER: ClassVar[bool] = True
    """False: it says itself which providers are left alone."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self._banner_text = Text()
        self.is_composed = False
        """Before, there is nothing to show news in; all of it is caught up with then."""

    def body(self) -> ComposeResult:
        """What is between the line of pages and the key bar."""
        raise NotImplementedError

    # For pages to override.

    @property
    def chosen_target(self) -> str:
        """`provider/model` of what is chosen, offered when routing is pinned; "" when there is none."""
        return ""

    def arrive(self, at: str) -> None:
        """Called when another page or the palette sends people here, to what `at` names (see `go`)."""

    def tokens_changed(self, seen: messages.TokensChanged) -> None:
        """Called when the tokens are other ones, and when the page is shown."""

    def requests_committed(self) -> None:
        """Called when something was written to traces.db, ten times a second at most, and when the page is shown."""

    def router_changed(self, seen: messages.RouterSeen) -> None:
        """Called when the router answers, or does no more, and when the page is shown."""

    def second_passed(self) -> None:
        """Called once a second while the page is shown."""

    # For pages to use.

    def ask[T](self, question: Callable[[Databases], T], then: Callable[[T], None], *, about: str = "") -> None:
        """Have the databases read in another thread, and `then` called with the answer while this page is there.

        What cannot be read yet is told by `Page.unanswered`. See `Source.ask`.
        """
        about = f"{self.NAME}: {about}" if about else ""
        self.context.source.ask(question, then, failed=self.unanswered, about=about, through=self._call)

    def unanswered(self, why: str) -> None:
        """A question could not be answered: there is no database yet, or it cannot be read."""

    def go(self, page: str, at: str = "") -> None:
        """Show another page, at a token's name, a request's id, or whatever that page's `arrive` takes."""
        if isinstance(self.app, Goes):
            self.app.go(page, at)

    def say(self, text: str, *, wrong: bool = False) -> None:
        """A note in the corner for some seconds."""
        self.notify(text, severity="error" if wrong else "information", markup=False, timeout=6)

    # The frame.

    def compose(self) -> ComposeResult:
        yield TopLine(self.context.clock, id="top")
        yield PageLine(self.context.places, self.NAME, id="pages")
        yield Static(id="banner")
        yield from self.body()
        yield KeyBar((*self.KEYS, *COMMON_KEYS), id="keys")

    def on_mount(self) -> None:
        self.is_composed = True  # Textual calls this after that of the page itself

    def on_screen_resume(self) -> None:
        self.catch_up()

    def catch_up(self) -> None:
        """Show what is known now, whatever was told while another page was shown."""
        news = self.context.news
        self.frame_changed()
        if news.tokens is not None:
            self.tokens_changed(news.tokens)
        if news.router is not None:
            self.router_changed(news.router)
        self.requests_committed()
        self.second_passed()

    def frame_changed(self) -> None:
        """Top line and banner from the news."""
        news, top = self.context.news, self.query_one(TopLine)
        if news.router is not None:
            top.up, top.address = news.router.up, news.router.address
        top.running = news.running if top.up is not False else 0
        lock = news.lock
        top.locked = "lock unreadable" if lock.problem else f"locked to {lock.target}" if lock.target else ""
        top.today = dict(news.today)
        top.refresh()
        self._show_banner()

    def tick(self) -> None:
        """A second has passed."""
        self.query_one(TopLine).refresh()
        self._show_banner()
        self.second_passed()

    def _call(self, answered: Callable[[], None]) -> None:
        self.post_message(Callback(callback=lambda: answered() if self.app.is_running else None))

    def _show_banner(self) -> None:
        """The one thing to know now, if there is one."""
        news = self.context.news
        down = news.router.detail if news.router is not None and not news.router.up else ""
        text = Text()
        if down:
            text.append(f"{down[0].upper()}{down[1:]}. ", "bold")
            text.append(f"Start it: {self.context.program} start")
            if self.size.width >= ROOMY:
                text.append(f" (without an account: {self.context.program} demo). Below is what it left.")
        now = self.context.clock.now()
        breakers = news.tokens.breakers if news.tokens is not None and self.BREAKERS_IN_BANNER else ()
        for host, failures, until, because in breakers:
            if until > now:
                text.append("\n" if text else "")
                text.append(f"{host} is left alone for {countdown(until - now)}", "bold")
                text.append(f" after {failures} failures: {because}")
        if text == self._banner_text:  # showing it lays the screen out again
            return
        self._banner_text = text
        banner = self.query_one("#banner", Static)
        banner.set_class(bool(text), "shown")
        banner.set_class(bool(down), "down")
        banner.update(text)
