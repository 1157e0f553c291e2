"""What a terminal may be shown of text that came from a provider or a client.

Such text can hold escape sequences (that recolour, retitle or type into the terminal) and invisible characters (that
reorder what a person reads). They are taken out here, once, where rows enter the app; no widget has to think of it.
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
_BREAKS = re.compile(r"[\t\n\v\f\r]+")


def plain(text: str) -> str:
    """The text as one harmless line."""
    if text.isascii() and text.isprintable():  # nearly always
        return text
    return _INVISIBLE.sub("", _BREAKS.sub(" ", _SEQUENCES.sub("", text)))


def plain_lines(text: str) -> list[str]:
    """The text as harmless lines, tabs as four spaces."""
    unified = _SEQUENCES.sub("", text).replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    return _INVISIBLE.sub("", unified).split("\n")
