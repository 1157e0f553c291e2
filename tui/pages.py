"""THE list of pages, in the order of their keys. A new page is one file in `screens/` and one line here."""

from typing import NamedTuple

from tui.page import Page, Place
from tui.screens.config import ConfigPage
from tui.screens.help import HelpPage
from tui.screens.logs import LogsPage
from tui.screens.overview import OverviewPage
from tui.screens.playground.page import PlaygroundPage
from tui.screens.requests import RequestsPage
from tui.screens.routing.page import RoutingPage
from tui.screens.sessions import SessionsPage
from tui.screens.statistics import StatisticsPage
from tui.screens.tokens.page import TokensPage


class Entry(NamedTuple):
    """One page."""

    key: str
    name: str
    short: str
    """Its name where there is little room."""
    page: type[Page]


PAGES: tuple[Entry, ...] = (
    Entry("1", "Overview", "Over", OverviewPage),
    Entry("2", "Tokens", "Toks", TokensPage),
    Entry("3", "Requests", "Reqs", RequestsPage),
    Entry("4", "Sessions", "Sess", SessionsPage),
    Entry("5", "Statistics", "Stat", StatisticsPage),
    Entry("6", "Routing", "Rout", RoutingPage),
    Entry("7", "Playground", "Play", PlaygroundPage),
    Entry("8", "Logs", "Logs", LogsPage),
    Entry("9", "Config", "Conf", ConfigPage),
    Entry("?", "Help", "", HelpPage),
)
PLACES: tuple[Place, ...] = tuple(Place(entry.key, entry.name, entry.short) for entry in PAGES)
