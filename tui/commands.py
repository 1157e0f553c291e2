"""The command palette (ctrl+p or `:`): pages, what the keys of this page do, tokens, themes; found by typing."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol, runtime_checkable

from rich.text import Text
from textual.binding import Binding
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.screen import Screen

from tui.page import Page

SIGNS = {
    "slash": "/", "plus": "+", "minus": "-", "question_mark": "?", "escape": "Esc", "enter": "Enter", "colon": ":",
    "equals_sign": "=", "left_square_bracket": "[", "right_square_bracket": "]", "left": "←", "right": "→", "up": "↑",
    "down": "↓", "pageup": "PgUp", "pagedown": "PgDn", "home": "Home", "end": "End", "delete": "Del", "space": "space",
    "comma": ",", "full_stop": ".", "less_than_sign": "<", "greater_than_sign": ">", "exclamation_mark": "!",
}  # fmt: skip


class Command(NamedTuple):
    """One line of the palette."""

    name: str
    help: str
    run: Callable[[], object]


@runtime_checkable
class Frame(Protocol):
    """The app, as far as commands need it."""

    def pages_commands(self) -> Iterator[Command]: ...
    def tokens_commands(self) -> Iterator[Command]: ...
    def app_commands(self) -> Iterator[Command]: ...


class Commands(Provider):
    """Asked by Textual's palette."""

    async def discover(self) -> Hits:
        for command in self._commands():
            yield DiscoveryHit(Text(command.name), command.run, command.name, command.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command in self._commands():
            if (score := matcher.match(command.name)) > 0:
                yield Hit(score, matcher.highlight(command.name), command.run, command.name, command.help)

    def _commands(self) -> Iterator[Command]:
        frame = self.app
        if not isinstance(frame, Frame):
            return
        yield from frame.pages_commands()
        yield from keys_of(self.screen)
        yield from frame.tokens_commands()
        yield from frame.app_commands()


def keys_of(screen: Screen[object]) -> Iterator[Command]:
    """What can be done on this screen with a key."""
    title = f"{screen.NAME}: " if isinstance(screen, Page) else ""
    for binding in screen.BINDINGS:
        if isinstance(binding, Binding) and binding.show and binding.description:
            action = binding.action
            key = binding.key.split(",")[0]
            yield Command(f"{title}{binding.description}", f"key {shown(key)}", lambda a=action: screen.run_action(a))  # type: ignore[misc]


def shown(key: str) -> str:
    """A key as people read it."""
    return SIGNS.get(key, key)
