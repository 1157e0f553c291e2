"""Reading JSON5, as OpenClaw's configuration is written: bare keys, single quotes, comments, last commas."""

import json
import re
from typing import Any

_TOKEN = re.compile(
    r"""(?P<double>"(?:\\.|[^"\\])*")"""
    r"""|(?P<single>'(?:\\.|[^'\\])*')"""
    r"""|(?P<comment>//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)"""
    r"""|(?P<comma>,)(?=(?>\s+|//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)*[}\]])"""
    r"""|(?P<word>[A-Za-z_$][\w$]*)(?P<colon>\s*:)?""",
    re.DOTALL,
)
_WORDS = frozenset({"true", "false", "null"})


def json5_value(text: str) -> Any:
    """The value. Numbers as in JSON.

    Raises:
        ValueError: it is none.
    """
    try:
        return json.loads(text)
    except ValueError:
        return json.loads(_TOKEN.sub(_as_json, text))


def _as_json(match: re.Match[str]) -> str:
    if match["double"]:
        return match["double"].replace("\\\n", "")
    if match["single"]:
        inner = re.sub(
            r"\\(.)|\"", lambda m: '\\"' if m[0] == '"' else m[1] if m[1] == "'" else m[0], match["single"][1:-1]
        )
        return f'"{inner}"'.replace("\\\n", "")
    if match["word"]:
        colon = match["colon"] or ""
        return f'"{match["word"]}"{colon}' if colon or match["word"] not in _WORDS else match["word"]
    return ""  # a comment, or the comma after which nothing comes
