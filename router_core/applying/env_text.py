"""Change single variables in a `.env` file; every other line stays as it is."""

import re
from collections.abc import Mapping
from typing import Any

type Keys = tuple[str, ...]

_PLAIN = re.compile(r"[^\s#'\"`\\$]*")
_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*")


def env_document(text: str) -> dict[str, Any]:
    """Variable → value; the last one counts."""
    from router_core.importing.environment_source import variables

    return dict(variables(text))


def edited_env(text: str, changes: Mapping[Keys, Any]) -> str:
    """The text with these variables changed; None takes one away.

    Raises:
        ValueError: a value that no line can hold.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines()
    before = env_document(text)
    for (name,), value in changes.items():
        if before.get(name) == value:
            continue
        places = [at for at, line in enumerate(lines) if (found := _LINE.fullmatch(line)) and found[1] == name]
        if value is None:
            lines = [line for at, line in enumerate(lines) if at not in places]
        elif places:
            lines[places[-1]] = f"{name}={_quoted(value)}"
        else:
            lines.append(f"{name}={_quoted(value)}")
    if lines == text.splitlines():
        return text
    return "".join(line + newline for line in lines)


def _quoted(value: str) -> str:
    """As it is where that is plain: a `#` begins a comment, and a space ends a value for some readers."""
    if _PLAIN.fullmatch(value):
        return value
    for quote in "'\"":
        if quote not in value:
            return f"{quote}{value}{quote}"
    raise ValueError("a value with both kinds of quotes cannot be written")
