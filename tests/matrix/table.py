"""The matrix for users: one Markdown table, a row for each client and provider, and what its marks mean.

480 cells are too many to read. The two ways share a mark (they hardly ever differ), and losses that differ only in
where in the request they happened share a note.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.matrix.cell import Outcome
from tests.matrix.features import FEATURES
from tests.matrix.places import CLIENTS, WAYS, Place
from tests.matrix.targets import TARGETS

BEGIN, END = "<!-- matrix:begin -->", "<!-- matrix:end -->"

_CLIENT_NAMES = {
    "anthropic": "Anthropic",
    "openai-chat": "Chat Completions",
    "openai-responses": "Responses",
    "gemini": "Gemini",
}
_TARGET_NAMES = {
    "claude": "Claude",
    "chat": "Chat Completions",
    "responses": "Responses",
    "codex": "Codex",
    "gemini": "Gemini",
}
_MARKS = {"ok": "✓", "losses": "✓", "unasked": "–", "refused": "✗", "failed": "✗"}
_LEGEND = """\
Asked by the official SDKs, plain and streaming (plain / streaming where they differ): client's format → provider's.
✓ works; a number says what is given up. ✗ is refused with that reason. – the client's format cannot ask for it. Chat
Completions are OpenAI's, thinking DeepSeek's.
"""


def markdown(outcomes: Mapping[Place, Outcome]) -> str:
    """The table with its notes."""
    notes: dict[str, int] = {}
    lines = ["| | " + " | ".join(FEATURES) + " |", "| --- |" + " :-: |" * len(FEATURES)]
    for client in CLIENTS:
        for target in TARGETS:
            cells = [_cell([outcomes[client, target, feature, way] for way in WAYS], notes) for feature in FEATURES]
            lines.append(f"| {_CLIENT_NAMES[client]} → {_TARGET_NAMES[target]} | " + " | ".join(cells) + " |")
    told = [f"{number}. {note}" for note, number in notes.items()]
    return "\n".join([_LEGEND, *lines, "", *told]).rstrip() + "\n"


def write_into(readme: Path, table: str) -> None:
    """Replace what stands between the markers."""
    text = readme.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    readme.write_text(f"{before}{BEGIN}\n{table}{END}{after}", encoding="utf-8")


def written_in(readme: Path) -> str:
    """What stands there now."""
    return readme.read_text(encoding="utf-8").partition(f"{BEGIN}\n")[2].partition(END)[0]


def _cell(ways: Iterable[Outcome], notes: dict[str, int]) -> str:
    marks = [_mark(outcome, notes) for outcome in ways]
    return " / ".join(dict.fromkeys(marks))


def _mark(outcome: Outcome, notes: dict[str, int]) -> str:
    mark = _MARKS[outcome.state]
    if outcome.state == "unasked":
        return mark
    reasons = dict.fromkeys(_anywhere(why) for why in outcome.why)
    numbers = sorted(notes.setdefault(reason, len(notes) + 1) for reason in reasons)
    return f"{mark} {','.join(map(str, numbers))}" if numbers else mark


def _anywhere(why: str) -> str:
    """Without the place in the request: `messages[3].blocks[0]: …` is the same note as `messages[1].blocks[2]: …`."""
    path, separator, reason = why.partition(": ")
    if not separator:
        return why
    found = re.sub(r"^messages\[\d+\]\.blocks\[\d+\](\.content\[\d+\])?$", "history", path)
    return f"`{re.sub(r'\[\d+\]', '[]', found)}`: {reason}"
