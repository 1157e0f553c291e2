"""The turns of a session, a few lines each: what was said, what was answered, what it cost; subagents below."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from router_core.clock import Clock
from router_core.money import usd_text
from router_core.store.sessions import AgentRow
from tui.figures import count, elapsed, time_of_day
from tui.records import RequestRow
from tui.sanitize import Sanitizer
from tui.session_reading import TurnText, kept_share, prompt_tokens
from tui.widgets.cells import Piece, fitted
from tui.widgets.columns import Column, fit
from tui.widgets.line_list import LineList
from tui.widgets.request_cells import LOOKS, cost_of

COLUMNS = (
    Column("sign", "", 1, 0),
    Column("time", "TIME", 8, 1),
    Column("model", "MODEL", 16, 2, good=22, most=34),
    Column("token", "TOKEN", 9, 3, good=15, most=22),
    Column("total", "TOOK", 6, 8, "right"),
    Column("input", "IN", 5, 5, "right"),
    Column("output", "OUT", 5, 6, "right"),
    Column("cache", "CACHE", 5, 4, "right"),
    Column("lost", "LOST", 5, 7, "right"),
    Column("cost", "COST", 11, 2, "right"),
    Column("because", "CACHE, WHY", 20, 9, most=90, luxury=True),
)
READING = TurnText()


@dataclass(frozen=True, slots=True)
class Turn:
    row: RequestRow


@dataclass(frozen=True, slots=True)
class Heading:
    """Of a subagent's turns."""

    agent: AgentRow


type Item = Turn | Heading


def items_of(turns: Sequence[RequestRow], agents: Sequence[AgentRow]) -> list[Item]:
    """The main line's turns, then those of each subagent below its heading."""
    items: list[Item] = [Turn(row) for row in turns if not row.agent]
    for agent in agents:
        if agent.agent:
            items.append(Heading(agent))
            items += [Turn(row) for row in turns if row.agent == agent.agent]
    known = {agent.agent for agent in agents}
    return items + [Turn(row) for row in turns if row.agent and row.agent not in known]


class TurnList(LineList):
    """Items of several lines; what was said is filled in when it is known."""

    def __init__(self, clock: Clock, sanitizer: Sanitizer, *, id: str) -> None:
        super().__init__(id=id)
        self._clock, self._sanitizer = clock, sanitizer
        self._items: list[Item] = []
        self._starts: list[int] = []
        self._lines: list[tuple[int, int]] = []
        self._columns: list[tuple[Column, int]] = []
        self._texts: dict[str, TurnText] = {}
        self._loaded = False

    @property
    def items(self) -> list[Item]:
        return self._items

    @property
    def selected(self) -> RequestRow | None:
        item = self._items[self.cursor] if self._items else None
        return item.row if isinstance(item, Turn) else None

    def show(self, items: list[Item]) -> None:
        """Replace the items; at first the cursor is on the main line's last turn."""
        chosen = self.selected.id if self.selected else ""
        main = [place for place, item in enumerate(items) if isinstance(item, Turn) and not item.row.agent]
        at_end = not self._items or (bool(main) and self.cursor >= len([i for i in self._items if _is_main(i)]) - 1)
        self._items, self._loaded = items, True
        self._lay_out()
        places = [place for place, item in enumerate(items) if isinstance(item, Turn) and item.row.id == chosen]
        self.set_reactive(LineList.cursor, main[-1] if at_end and main else places[0] if places else 0)
        self.show_cursor()
        self.refresh()

    def tell(self, texts: dict[str, TurnText]) -> None:
        """What was said in some of them."""
        self._texts.update(texts)
        self._lay_out()
        self.show_cursor()
        self.refresh()

    def forget(self, request_id: str) -> None:
        """It has changed: what was said is asked for again."""
        self._texts.pop(request_id, None)

    def unread_in_sight(self, most: int) -> list[RequestRow]:
        """Turns in sight, and some beside them, of which nothing is known yet."""
        sight = self.items_in_sight
        if not sight:
            return []
        near = range(max(0, sight.start - most // 2), min(len(self._items), sight.stop + most // 2))
        ordered = sorted(near, key=lambda place: place not in sight)
        rows = [item.row for place in ordered if isinstance(item := self._items[place], Turn)]
        return [row for row in rows if row.id not in self._texts][:most]

    # LineList

    def _lay_out(self) -> None:
        lines = [(place, n) for place, item in enumerate(self._items) for n in range(self._height(item))]
        self._lines = lines
        self._starts = [line for line, (_, n) in enumerate(lines) if n == 0]
        self.resize_lines()

    def _height(self, item: Item) -> int:
        return 1 if isinstance(item, Heading) else 1 + len(self._said(item.row, 80)) + 1

    def resize_lines(self) -> None:
        self._columns = fit(COLUMNS, self.size.width - 1)
        super().resize_lines()

    def item_count(self) -> int:
        return len(self._items)

    def first_line(self, item: int) -> int:
        return self._starts[item]

    def height_of(self, item: int) -> int:
        return self._height(self._items[item])

    def item_at(self, line: int) -> int:
        return self._lines[line][0]

    def line_total(self) -> int:
        return len(self._lines)

    def draw_header(self, width: int) -> list[Piece]:
        return [Piece(" ".join(fitted(column.title, room, column.align) for column, room in self._columns))]

    def draw(self, item: int, line: int, width: int) -> list[Piece]:
        found = self._items[item]
        if isinstance(found, Heading):
            return self._heading(found.agent)
        if line == 0:
            return self._facts(found.row)
        said = self._said(found.row, width)
        return said[line - 1] if line <= len(said) else []

    def _heading(self, agent: AgentRow) -> list[Piece]:
        kept = kept_share(agent)
        cost = usd_text(agent.cost_nano_usd) if agent.cost_nano_usd else "no cost"
        turns = f"{agent.requests} turn{'s' if agent.requests != 1 else ''}"
        told = f"  {turns}, {count(prompt_tokens(agent))} in, {count(agent.output_tokens)} out"
        told += f", cache {kept:.0%}" if kept is not None else ""
        return [
            Piece("╰ subagent ", "hint"),
            Piece(self._sanitizer.id(agent.agent)[:24], "strong"),
            Piece(f"{told}, {cost}", "dim"),
        ]

    def _facts(self, row: RequestRow) -> list[Piece]:
        sign, style, _ = LOOKS.get(row.state, ("·", "", row.state))
        told, kept = self._texts.get(row.id, READING), kept_share(row)
        took = self._clock.now() * 1000 - row.started_at if row.running else row.total_ms
        texts = {
            "sign": Piece(sign, style),
            "time": Piece(time_of_day(row.started_at, self._clock.now()), "dim"),
            "model": Piece(row.model or row.path, "strong"),
            "token": Piece(self._sanitizer.name(row.token) or "–", ""),
            "total": Piece(elapsed(took).replace(" ", ""), "busy" if row.running else "dim"),
            "input": Piece(count(row.prompt_tokens)),
            "output": Piece(count(row.output_tokens)),
            "cache": Piece("" if kept is None else f"{kept:.0%}", "good" if kept else "dim"),
            "lost": Piece(count(told.lost_tokens) if told.lost_tokens else "", "warn"),
            "cost": cost_of(row),
            "because": Piece(self._sanitizer.sentence(told.because), "dim"),
        }
        return [
            Piece(fitted(texts[column.name].text, room, column.align) + " ", texts[column.name].style)
            for column, room in self._columns
        ]

    def _said(self, row: RequestRow, width: int) -> list[list[Piece]]:
        told, hidden = self._texts.get(row.id, READING), self._sanitizer.text
        lines: list[list[Piece]] = []
        if told is READING:
            lines.append([Piece("  …", "dim")])
        elif told.asked:
            own = not told.asked.endswith((" tool result", " tool results"))
            lines.append(
                [
                    Piece("  › ", "hint" if own else "dim"),
                    Piece(cut(hidden(told.asked), width - 5), "" if own else "dim"),
                ]
            )
        elif told.unread:
            lines.append([Piece("  › ", "dim"), Piece(cut(told.unread, width - 5), "dim")])
        if row.error:
            lines.append([Piece("  ✗ ", "bad"), Piece(cut(self._sanitizer.sentence(row.error), width - 5), "bad")])
        elif told.answered:
            lines.append([Piece("  ‹ ", "good"), Piece(cut(hidden(told.answered), width - 5))])
        if told.lost_tokens:
            price = f", {usd_text(told.lost_nano_usd)} to write them again" if told.lost_nano_usd else ""
            why = f": {self._sanitizer.sentence(told.because)}" if told.because else ""
            lines.append(
                [
                    Piece("  ! ", "warn"),
                    Piece(cut(f"{told.lost_tokens:,} cached tokens lost{price}{why}", width - 5), "warn"),
                ]
            )
        return lines

    def draw_empty(self, width: int) -> list[list[Piece]]:
        if not self._loaded:
            return [[Piece("  Reading …", "dim")]]
        return [[Piece("  Its requests are not kept any more; what it used is told above.", "dim")]]


def _is_main(item: Item) -> bool:
    return isinstance(item, Turn) and not item.row.agent


def cut(text: str, width: int) -> str:
    return fitted(text, width) if cell_len(text) > width else text
