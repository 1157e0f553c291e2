"""One answer of the playground: who was asked, what it said, what it took and cost."""

from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from router_core.money import usd_text
from tui.figures import count, elapsed
from tui.sanitize import Sanitizer
from tui.screens.playground.asking import Reply
from tui.widgets.breaking import broken
from tui.widgets.cells import Piece
from tui.widgets.fact_line import FactLine
from tui.widgets.text_pane import Line, TextPane

MARKS = {"idle": ("·", "dim"), "waiting": ("…", "busy"), "streaming": ("▸", "busy"), "done": ("✓", "good"),
         "failed": ("✗", "bad"), "cancelled": ("■", "warn")}  # fmt: skip


class AnswerPane(Vertical):
    """Title, figures, text."""

    def __init__(self, letter: str, sanitizer: Sanitizer, *, id: str) -> None:
        super().__init__(id=id)
        self.letter = letter
        self._sanitizer = sanitizer
        self.target = ""
        self.reply = Reply()
        self.traced: dict[str, Any] = {}
        """The request's row, once it is written."""

    def compose(self) -> ComposeResult:
        yield FactLine(id="facts")
        yield TextPane(id="said")

    def show(self, reply: Reply, *, from_top: bool = False) -> None:
        self.reply = reply
        mark, _ = MARKS[reply.state]
        self.border_title = Content(f"{self.letter}  {self.target or 'no target yet'}  {mark}")  # not read as markup
        self.set_class(reply.state == "failed", "failed")
        self.query_one("#facts", FactLine).show(self._facts())
        pane = self.query_one("#said", TextPane)
        follows = pane.scroll_offset.y >= pane.max_scroll_y
        pane.show(self._lines, from_top=from_top)
        if follows and reply.state == "streaming":
            pane.scroll_end(animate=False)

    def _facts(self) -> list[tuple[str, str]]:
        reply, row = self.reply, self.traced
        facts = []
        if row.get("cost_nano_usd") is not None:
            facts.append(("cost", usd_text(row["cost_nano_usd"])))
        if reply.ttft_ms is not None:
            facts.append(("first", elapsed(reply.ttft_ms)))
        if reply.total_ms is not None:
            facts.append(("all", elapsed(reply.total_ms)))
        if reply.input_tokens is not None:
            facts.append(("in", count(reply.input_tokens)))
        if reply.output_tokens is not None:
            facts.append(("out", count(reply.output_tokens)))
        if reply.stop and reply.stop != "end_turn":
            facts.append(("stopped", reply.stop))
        if row.get("token"):
            facts.append(("token", self._sanitizer.name(str(row["token"]))))
        if row.get("provider") and (answered := f"{row['provider']}/{row['model']}") != self.target:
            facts.append(("by", answered))
        return facts

    def _lines(self, width: int) -> list[Line]:
        reply = self.reply
        if reply.state == "idle":
            return [[Piece("Nothing has been asked yet.", "dim")]]
        lines: list[Line] = []
        for kind, text in reply.pieces:
            shown = self._sanitizer.text(text)
            style = {"thinking": "dim", "call": "hint", "refusal": "warn"}.get(kind, "")
            lines += [[Piece(line, style)] for line in lines_of(shown, width)]
            lines.append([Piece("")])
        if reply.state == "waiting":
            lines.append([Piece("Waiting for the first word …", "busy")])
        if reply.error:
            lines += [[Piece(line, "bad")] for line in lines_of(reply.error, width)]
        if reply.state == "cancelled":
            lines.append([Piece("Cancelled.", "warn")])
        return lines


def lines_of(text: str, width: int) -> list[str]:
    """Broken at words; empty lines and indents stay."""
    found = []
    for line in text.split("\n"):
        first, *rest = broken(line, width)
        found.append(first)
        if rest:
            indent = " " * min(len(line) - len(line.lstrip(" ")), width // 2)
            found += [indent + part for part in broken(line[len(first) :].lstrip(" "), width - len(indent))]
    return found
