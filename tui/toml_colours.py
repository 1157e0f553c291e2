"""What each part of a TOML text is, line by line, for its colours; of a text that is no TOML (yet) as far as known."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

type Spans = Mapping[int, Sequence[tuple[int, int, str]]]
"""Line → (first column, column after the last, name of a style of `theme.tcss`)."""

_PART = r"""(?:"(?:\\.|[^"\\\n])*"|'[^'\n]*'|[\w-]+)"""
_DOTTED = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
_TOKEN = re.compile(
    rf"""(?P<dim>\#[^\n]*)
    |^[ \t]*(?P<strong>\[\[?[ \t]*{_DOTTED}[ \t]*\]\]?)
    |(?P<key>{_DOTTED})(?=[ \t]*=)
    |(?P<string>\"\"\"(?:\\.|(?!\"\"\").)*\"\"\"|'''.*?'''|"(?:\\.|[^"\\\n])*"|'[^'\n]*')
    |(?P<number>\b(?:true|false|[+-]?\d[\w.:+-]*)\b)""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_MARK = re.compile(r"\[hidden:[0-9a-f]*:\d+\]")


def spans(text: str) -> Spans:
    """A token over several lines is told of on each of them."""
    found: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
    starts = [0, *(match.end() for match in re.finditer("\n", text)), len(text) + 1]
    line = 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        start, end = match.span(kind)
        while starts[line + 1] <= start:
            line += 1
        at = line
        while start < end:
            until = min(end, starts[at + 1] - 1)
            if until > start:
                found[at].append((start - starts[at], until - starts[at], kind))
            at += 1
            start = starts[at] if at < len(starts) else end
        for mark in _MARK.finditer(text, *match.span(kind)):
            found[line].append((mark.start() - starts[line], mark.end() - starts[line], "warn"))
    return found
