"""Commands to type next, shown where a list is empty; what each is for stands beside it where there is room."""

from collections.abc import Sequence

from tui.widgets.cells import Piece, fitted

INDENT = "    "


def first_steps(program: str, steps: Sequence[tuple[str, str]], width: int) -> list[list[Piece]]:
    """A line for each `(arguments, what for)` of the program (`mitmrouter`, or `mitmrouter --home DIR`)."""
    longest = max(len(arguments) for arguments, _ in steps)
    after: list[list[Piece]] = []
    if len(INDENT) + len(program) + 1 + longest > width:
        program, _, home = program.partition(" --home ")
        after = [[Piece(f"{INDENT}each with --home {home}", "dim")]]
    explained = len(INDENT) + len(program) + 1 + longest + 2 + max(len(what) for _, what in steps) <= width
    lines = []
    for arguments, what in steps:
        command = Piece(f"{program} {fitted(arguments, longest)}", "hint")
        lines.append([Piece(INDENT), command, Piece(f"  {what}" if explained else "", "dim")])
    return lines + after
