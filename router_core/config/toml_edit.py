"""Change values in the text of a TOML file and keep all that people wrote around them: comments, order, blank lines.

What comes out is read again and compared with what was wanted, so that an unusual layout is refused and never damaged.
"""

import copy
import re
from collections.abc import Mapping
from typing import Any, Literal

import tomli

from router_core.errors import ConfigError

type Keys = tuple[str, ...]
"""Where a value stands: `("providers", "claude", "api_key")`."""
type Changes = Mapping[Keys, Any]
"""Key → new value; None takes the key away. A dict becomes an inline table, a list of dicts `[[…]]` tables; whoever
wants a `[table]` gives its values one by one."""

type Way = Literal["near", "at the end", "inline"]
WAYS: tuple[Way, ...] = ("near", "at the end", "inline")
"""Where new tables go: beside their relatives; else behind all others; else into the value itself."""


def edited(text: str, changes: Changes) -> str:
    """The text with these values changed.

    Args:
        text: TOML that can be read.

    Raises:
        ConfigError: a key lies below something that is no table, or the layout does not allow the change.
    """
    wanted = tomli.loads(text)
    for keys, value in changes.items():
        _put_plain(wanted, keys, value)
    if wanted == tomli.loads(text):
        return text
    newline = "\r\n" if "\r\n" in text else "\n"
    before = text.replace("\r\n", "\n")
    for way in WAYS:
        new = _edited(before, changes, way)
        for candidate in (_spaced(before, new), new):
            if _reads_as(candidate, wanted):
                return candidate.replace("\n", newline)
    names = ", ".join(".".join(keys) for keys in changes)
    raise ConfigError(f"{names} cannot be changed in this layout of the file. Change it there by hand.")


def _put_plain(table: dict[str, Any], keys: Keys, value: Any) -> None:
    for depth, key in enumerate(keys[:-1], start=1):
        if value is None and key not in table:
            return
        table = table.setdefault(key, {})
        if not isinstance(table, dict):
            raise ConfigError(f"{'.'.join(keys[:depth])} is no table: {'.'.join(keys)} cannot stand below it.")
    if value is None:
        table.pop(keys[-1], None)
    else:
        table[keys[-1]] = copy.deepcopy(value)


def _reads_as(text: str, wanted: dict[str, Any]) -> bool:
    try:
        return _filled(tomli.loads(text)) == _filled(wanted)
    except tomli.TOMLDecodeError:
        return False


def _filled(table: dict[str, Any]) -> dict[str, Any]:
    """Without tables that hold nothing: they mean nothing."""
    inner = {key: _filled(value) if isinstance(value, dict) else value for key, value in table.items()}
    return {key: value for key, value in inner.items() if value != {}}


def _edited(text: str, changes: Changes, way: Way) -> str:
    """One way to do it; "" when tomlkit cannot."""
    import tomlkit  # here: only a command that edits needs it
    from tomlkit.exceptions import TOMLKitError

    if text and not text.endswith("\n"):
        text += "\n"
    document, behind = tomlkit.parse(text), tomlkit.document()
    try:
        for keys, value in changes.items():
            if value is None:
                _remove(document, keys)
            elif way == "at the end" and (_are_tables(value) or not _has_table(document, keys[:-1])):
                _remove(document, keys)
                _put(behind, keys, value, inline=False)
            else:
                _put(document, keys, value, inline=way == "inline")
        return tomlkit.dumps(document) + tomlkit.dumps(behind)
    except (TOMLKitError, TypeError, ValueError, AttributeError, KeyError):  # how tomlkit says that a layout is not its
        return ""


_HEADER = re.compile(r"\s*\[.*\]\s*(#.*)?")


def _spaced(before: str, text: str) -> str:
    """One empty line around each new table."""
    known = set(before.split("\n"))  # not splitlines: in a comment there may be U+2028 and its like
    lines: list[str] = []
    in_new = False
    for line in text.rstrip("\n").split("\n"):
        if _HEADER.fullmatch(line):
            is_new = line not in known
            if is_new:
                while lines and not lines[-1]:
                    lines.pop()
            if lines and lines[-1] and (is_new or (in_new and not lines[-1].startswith("#"))):
                lines.append("")
            in_new = is_new
        lines.append(line)
    spaced = "\n".join(lines).rstrip("\n")
    return spaced + "\n" if spaced else ""


def _has_table(document: Any, keys: Keys) -> bool:
    for key in keys:
        if key not in document:
            return False
        document = document[key]
    return True


def _remove(document: Any, keys: Keys) -> None:
    for key in keys[:-1]:
        if key not in document:
            return
        document = document[key]
    document.pop(keys[-1], None)


def _put(document: Any, keys: Keys, value: Any, *, inline: bool) -> None:
    import tomlkit
    from tomlkit.items import AoT, InlineTable, Table

    at, within = document, False
    for depth, key in enumerate(keys[:-1], start=1):
        within = within or isinstance(at, InlineTable)
        if key not in at:
            if within:
                at[key] = tomlkit.inline_table()
            else:  # `[a.b.c]` without `[a]` and `[a.b]` above it
                at.append(key, tomlkit.table(is_super_table=depth < len(keys) - 1))
        at = at[key]
    item = _item(value, inline or within or isinstance(at, InlineTable))
    old = at.get(keys[-1])
    if isinstance(old, (Table, AoT)) or (isinstance(item, AoT) and old is not None):
        at.pop(keys[-1])
    if isinstance(item, AoT):
        at.append(keys[-1], item)
    else:
        at[keys[-1]] = item


def _are_tables(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _item(value: Any, inline: bool) -> Any:
    import tomlkit

    if isinstance(value, Mapping):
        table = tomlkit.inline_table()
        for key, one in value.items():
            table.append(key, _item(one, True))
        return table
    if isinstance(value, list | tuple):
        if _are_tables(value) and not inline:
            tables = tomlkit.aot()
            for one in value:
                entry = tomlkit.table()
                for key, inner in one.items():
                    entry.append(key, _item(inner, True))
                tables.append(entry)
            return tables
        array = tomlkit.array()
        for one in value:
            array.append(_item(one, True))
        return array
    return tomlkit.item(value)
