"""What differs between two JSON values: paths, and the values there before and after.

Parts that both share (the same object) are not looked into, so that comparing a body with a copy of which one field was
changed costs next to nothing.
"""

from collections.abc import Iterator
from typing import Any, Literal

from msgspec import Struct

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
    for number, (one, other) in enumerate(zip(old, new, strict=False), front):
        yield from changes(one, other, f"{path}[{number}]")
    for number, item in enumerate(old[len(new) :], front + len(new)):
        yield Change(f"{path}[{number}]", "removed", item)
    for number, item in enumerate(new[len(old) :], front + len(old)):
        yield Change(f"{path}[{number}]", "added", None, item)


def _field(path: str, name: str) -> str:
    if not name.replace("-", "_").replace("$", "_").isidentifier():
        return f'{path}["{name}"]'
    return f"{path}.{name}" if path else name
