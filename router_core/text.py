"""Text from outside, made safe to show.

What comes from a provider or a client can hold escape sequences (that recolour, retitle or type into the terminal) and
invisible characters (that reorder what a person reads). They are taken out where such text enters a message, a log line
or a screen.
"""

import re

_SEQUENCES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b[\]PX^_][^\x07\x1b\n]{0,4096}(?:\x07|\x1b\\)"  # OSC and other strings: titles, links, clipboard
)
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 and C1 but for tab and newline
    "\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # zero width, direction overrides
    "\ud800-\udfff\U000e0000-\U000e0fff]"  # halves of characters; tags
)
_TAGS = re.compile("[\U000e0000-\U000e0fff]")
"""Of the invisible ones, those that Python may take for printable."""
_BREAKS = re.compile(r"[\t\n\v\f\r]+")
_ERRNO = re.compile(r"\[Errno -?\d+\] ")


def printable(text: str, limit: int = 300) -> str:
    """The text as one harmless line of at most `limit` characters."""
    one_line = plain(text)
    return one_line if len(one_line) <= limit else one_line[: limit - 1] + "…"


def cause(error: Exception) -> str:
    """What went wrong, in the system's words without its numbers: `Name or service not known`."""
    return printable(_ERRNO.sub("", str(error)) or type(error).__name__)


def plain(text: str) -> str:
    """The text as one harmless line."""
    if text.isprintable() and (text.isascii() or not _TAGS.search(text)):  # nearly always
        return text
    return _INVISIBLE.sub("", _BREAKS.sub(" ", _SEQUENCES.sub("", text)))


def plain_lines(text: str) -> list[str]:
    """The text as harmless lines, tabs as four spaces."""
    unified = _SEQUENCES.sub("", text).replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    return _INVISIBLE.sub("", unified).split("\n")


def duration(seconds: float) -> str:
    """`42s`, `3m`, `2h10m`, `5d3h`: as people write it."""
    whole = round(seconds)
    if whole < 60:
        return f"{max(whole, 0)}s"
    if whole < 3600:
        return f"{whole // 60}m"
    if whole < 48 * 3600:
        return f"{whole // 3600}h{whole // 60 % 60:02}m"
    return f"{whole // 86400}d{whole // 3600 % 24}h"
