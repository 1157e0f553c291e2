"""The playground: write a prompt, choose a target, or two to compare; the answers stream side by side."""

import sqlite3
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import TextArea

from router_core.store import traces
from router_core.text import plain
from tui.asking import Databases
from tui.lock_choices import chosen_of
from tui.page import Context, Page
from tui.screens.playground.answer import AnswerPane
from tui.screens.playground.asking import Asker, Prompt, Reply
from tui.screens.target import TargetScreen

DRAW_EVERY_S = 0.05
MOST_TOKENS = (256, 1024, 4096, 16384)
WRITTEN_AFTER_S = 0.5
LOOKED_FOR = 10
"""Times, half a second apart: a finished request is written within moments."""


class PlaygroundPage(Page):
    """A is always asked, B when it has a target."""

    NAME = "Playground"
    KEYS = (
        ("i", "i", "write"),
        ("ctrl+s", "^S", "send"),
        ("t", "t", "/"),
        ("T", "T", "target A / B"),
        ("n", "n", "length"),
        ("c", "c", "cancel"),
        ("o", "o", "/"),
        ("O", "O", "trace"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "write", "write the prompt"),
        Binding("ctrl+s,f5", "send", "send", priority=True),
        Binding("t", "choose('a')", "target A"),
        Binding("T", "choose('b')", "target B, to compare"),
        Binding("X", "without", "no target B"),
        Binding("n", "length", "longest answer"),
        Binding("c", "cancel", "cancel"),
        Binding("o", "open('a')", "trace of answer A"),
        Binding("O", "open('b')", "trace of answer B"),
        Binding("escape", "leave", "leave the prompt", show=False),
    ]

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._asker = Asker(context.home)
        self._most = 1
        self._news: dict[str, Reply] = {}
        """Not drawn yet."""
        self._asked_as: dict[str, int] = {}
        """How often each has been asked."""

    def body(self) -> ComposeResult:
        sanitizer = self.context.sanitizer
        yield TextArea(id="prompt", soft_wrap=True, compact=True, placeholder="i: write a prompt here")
        with Horizontal(id="answers"):
            yield AnswerPane("A", sanitizer, id="a")
            yield AnswerPane("B", sanitizer, id="b")

    def on_mount(self) -> None:
        self._prompt = self.query_one("#prompt", TextArea)
        self._panes = {name: self.query_one(f"#{name}", AnswerPane) for name in ("a", "b")}
        for pane in self._panes.values():
            pane.show(Reply())
        self._panes["a"].query_one("#said").focus()
        self._lay_out()
        self.set_interval(DRAW_EVERY_S, self._draw)
        self.ask(_last_target, self._begin_with)

    def _begin_with(self, target: str) -> None:
        if target and not self._panes["a"].target:
            self._set_target("a", target)

    def _set_target(self, name: str, target: str) -> None:
        pane = self._panes[name]
        pane.target, pane.traced = target, {}
        pane.show(Reply())
        self._lay_out()

    def _lay_out(self) -> None:
        self._panes["b"].set_class(bool(self._panes["b"].target), "shown")
        at_most = f"at most {MOST_TOKENS[self._most]:,} tokens of answer"
        self._prompt.border_title = "Prompt"
        self._prompt.border_subtitle = at_most

    # What people do.

    @property
    def chosen_target(self) -> str:
        return self._panes["a"].target

    def action_write(self) -> None:
        self._prompt.focus()

    def action_leave(self) -> None:
        self._panes["a"].query_one("#said").focus()

    def action_length(self) -> None:
        self._most = (self._most + 1) % len(MOST_TOKENS)
        self._lay_out()

    def action_choose(self, name: str) -> None:
        def chosen(target: str | None) -> None:
            if target:
                self._set_target(name, target)

        letter = self._panes[name].letter
        self.app.push_screen(TargetScreen(self.context.api, f"Who answers as {letter}?"), chosen)

    def action_without(self) -> None:
        self._cancel("b")
        self._set_target("b", "")

    def action_send(self) -> None:
        text = self._prompt.text.strip()
        if not text:
            self.say("Write a prompt first: i", wrong=True)
        elif not self._panes["a"].target:
            self.say("Choose who answers first: t", wrong=True)
        else:
            self.action_leave()
            for name, pane in self._panes.items():
                if pane.target:
                    pane.traced = {}
                    self._ask(name, Prompt(pane.target, text, max_tokens=MOST_TOKENS[self._most]))

    def action_cancel(self) -> None:
        for name in self._panes:
            self._cancel(name)

    def _cancel(self, name: str) -> None:
        self.workers.cancel_group(self, f"ask {name}")

    def action_open(self, name: str) -> None:
        row = self._panes[name].traced
        if row:
            self.go("Requests", str(row["id"]))
        else:
            self.say("There is no trace of it yet.", wrong=True)

    # Asking.

    def _ask(self, name: str, prompt: Prompt) -> None:
        self._cancel(name)
        self.run_worker(self._asked(name, prompt), group=f"ask {name}", exclusive=True, exit_on_error=False)

    async def _asked(self, name: str, prompt: Prompt) -> None:
        self._asked_as[name] = number = self._asked_as.get(name, 0) + 1

        def told(reply: Reply) -> None:
            if number == self._asked_as[name]:  # one that was cancelled ends a moment after the next has begun
                self._news[name] = reply

        reply = await self._asker.ask(prompt, told)
        self._find(name, reply.session, LOOKED_FOR)

    def _find(self, name: str, session: str, times: int) -> None:
        """What the trace says of it: who answered, who paid, what it cost."""

        def found(row: dict[str, Any]) -> None:
            pane = self._panes[name]
            if pane.reply.session != session:
                return  # something else has been asked meanwhile
            if row:
                pane.traced = row
                pane.show(pane.reply)
            elif times:
                self.set_timer(WRITTEN_AFTER_S, lambda: self._find(name, session, times - 1))

        self.ask(lambda databases: _traced(databases, session), found)

    def _draw(self) -> None:
        """What has come since the last time: a fast stream is drawn twenty times a second."""
        news, self._news = self._news, {}
        for name, reply in news.items():
            self._panes[name].show(reply, from_top=reply.state == "waiting")


def _last_target(databases: Databases) -> str:
    rows = traces.recent(databases.traces, limit=1, where={"state": "ok"})
    return plain(chosen_of(rows[0]["provider"], rows[0]["model"])) if rows else ""


def _traced(databases: Databases, session: str) -> dict[str, Any]:
    try:
        rows = traces.recent(databases.traces, limit=1, where={"session": session})
    except sqlite3.Error:
        return {}
    if not rows or rows[0]["finished_at"] is None:
        return {}
    return {name: plain(value) if isinstance(value, str) else value for name, value in rows[0].items()}
