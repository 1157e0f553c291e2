"""The table: each figure beside its target, and whether it is met."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Row:
    """One line of the report."""

    what: str
    router: str
    compared: str = ""
    ratio: str = ""
    target: str = ""
    met: bool | None = None
    """None: there is no target, the figure is for orientation."""


def bounded(what: str, value: float, limit: float, unit: str, router: str = "", compared: str = "") -> Row:
    """A row whose value must not exceed a limit."""
    number = f"{value:.2f}" if limit < 10 else f"{value:.1f}" if limit < 100 else f"{value:.0f}"
    if unit == "×":
        return Row(what, router, compared, f"{number} ×", f"≤ {limit:g} ×", value <= limit)
    return Row(what, f"{number} {unit}", compared, "", f"≤ {limit:g} {unit}", value <= limit)


def table(rows: list[Row]) -> str:
    """GitHub Markdown, aligned, so that it reads in a terminal too."""
    head = ["", "router", "compared with", "ratio", "target", "met"]
    met = {True: "yes", False: "**no**", None: ""}
    lines = [head, *([row.what, row.router, row.compared, row.ratio, row.target, met[row.met]] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    text = [f"| {' | '.join(line)} |" for line in padded]
    text.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(text)


def as_json(rows: list[Row]) -> list[dict[str, object]]:
    return [asdict(row) for row in rows]
