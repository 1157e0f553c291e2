"""What differs between two JSON values: paths, and the values there before and after.

Parts that both share (the same object) are not looked into, so that comparing a body with a copy of which one field was
changed costs next to nothing.
"""

from collections.abc import Iterator
from typing import Any, Literal

from msgspec import Struct

_MOST_COMPARED = 60
ROOT = "$"
"""The path of the whole body."""


class Change(Struct, frozen=True):
    """One difference.

    Args:
        path: `messages[3].content[0].cache_control`; `$` for the whole value.
        before: None for what was added; `after` None for what was removed.
    """

    path: str
    kind: Literal["added", "removed", "changed"]
    before: Any = None
    after: Any = None


def changes(before: Any, after: Any, path: str = "") -> Iterator[Change]:
    """The differences, in the order of the first value, what was added at the end of its object."""
    if before is after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name, value in before.items():
            if name in after:
                yield from changes(value, after[name], _field(path, name))
            else:
                yield Change(_field(path, name), "removed", value)
        for name, value in after.items():
            if name not in before:
                yield Change(_field(path, name), "added", None, value)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _lists(before, after, path)
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield Change(path or ROOT, "changed", before, after)


def _lists(before: list[Any], after: list[Any], path: str) -> Iterator[Change]:
    """Items at the same place from the front; where one list is longer, items are missing or new in the middle."""
    if len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from changes(one, other, f"{path}[{number}]")
        return
    shorter = min(len(before), len(after))
    front = next((at for at in range(shorter) if before[at] != after[at]), shorter)
    back = next((at for at in range(shorter - front) if before[-1 - at] != after[-1 - at]), shorter - front)
    old, new = before[front : len(before) - back], after[front : len(after) - back]
    more = abs(len(old) - len(new))
    at = _gap(old, new) if len(old) < len(new) else _gap(new, old)
    for number in range(max(len(old), len(new))):
        where = f"{path}[{front + number}]"
        if at <= number < at + more:
            gone = len(old) > len(new)
            yield Change(where, "removed", old[number]) if gone else Change(where, "added", None, new[number])
        else:
            shift = more if number >= at + more else 0
            one = old[number - (shift if len(old) < len(new) else 0)]
            other = new[number - (shift if len(old) > len(new) else 0)]
            yield from changes(one, other, where)


def _gap(shorter: list[Any], longer: list[Any]) -> int:
    """Where in the longer list the items are that the shorter one lacks, so that the others are as alike as can be."""
    more = len(longer) - len(shorter)
    if len(shorter) > _MOST_COMPARED:
        return len(shorter)
    unlike = [sum(map(_unlikeness, shorter, (*longer[:at], *longer[at + more :]))) for at in range(len(shorter) + 1)]
    return len(shorter) - min(range(len(unlike)), key=lambda back: unlike[len(shorter) - back])


def _unlikeness(one: Any, other: Any) -> int:
    if one is other or one == other:
        return 0
    if isinstance(one, dict) and isinstance(other, dict):
        kinds = [name for name in ("role", "type", "name") if one.get(name) != other.get(name)]
        return 1 + len(kinds)
    return 2


def _field(path: str, name: str) -> str:
    if not name.replace("-", "_").replace("$", "_").isidentifier():
        return f'{path}["{name}"]'
    return f"{path}.{name}" if path else name
