"""How a body or a stream is damaged: in its bytes, in its JSON values, in the order of its events.

Everything comes from one `random.Random`, so a seed gives the same damage again.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

import orjson

_HUGE = "ü" * 20_000
LARGEST_BYTES = 6 * len(_HUGE.encode())
"""What the changes to one body may add."""
_WORDS = (
    "",
    "x",
    "\x00",
    "\u2028",
    "data:,",
    "data:image/png;base64,AAAA",
    "null",
    "{}",
    "[1]",
    '{"a":',
    "-1",
    "\ufffd",
)
_NUMBERS = (0, -1, 1, 7, 2**31, 2**63 - 1, -(2**63), 1.5, -0.0, 1e300, 5e-324)
_BYTES = (b"", b"\n", b"\n\n", b"\r", b"\r\n\r\n", b'"', b"{", b"}", b"]", b"\xff", b"\xe2\x82", b"\x00", b":",
          b"data:", b"null", b"[DONE]", b"0", b"e9", b"\\", b"\\ud83d")  # fmt: skip


def value(dice: Random) -> Any:
    """Something of a kind that was not expected. Deep ones stay below what orjson reads (1,024 levels)."""
    kind = dice.randrange(12)
    if kind < 2:
        return None
    if kind < 4:
        return dice.choice(_NUMBERS)
    if kind < 7:
        return dice.choice(_WORDS)
    if kind == 7:
        return dice.random() < 0.5
    if kind == 8:
        return dice.choice(
            ([], {}, [[]], [None], [{}], {"": ""}, {"type": 7}, {"type": "text"}, [{"type": None}], [1, "x"])
        )
    if kind == 9 and dice.random() < 0.1:
        return _HUGE
    if kind == 10 and dice.random() < 0.1:
        return _deep(dice.choice((30, 200, 900)), dice.random() < 0.5)
    return [dice.choice(_WORDS), dice.choice(_NUMBERS), None] * dice.choice((1, 1, 1, 50))


def _deep(levels: int, objects: bool) -> Any:
    inner: Any = 1
    for _ in range(levels):
        inner = {"type": "object", "items": inner, "properties": {}} if objects else [inner]
    return inner


def body(text: bytes, dice: Random) -> Any:
    """A JSON body with a few of its values replaced, removed, repeated or put elsewhere."""
    parsed = orjson.loads(text)
    places = list(_places(parsed))
    for _ in range(dice.choice((1, 1, 1, 2, 3, 6))):
        if not places:
            break
        holder, key = dice.choice(places)
        if (key not in holder) if isinstance(holder, dict) else (key >= len(holder)):
            continue  # an earlier change took it away
        way = dice.randrange(10)
        if way == 0:
            del holder[key]
        elif way == 1 and isinstance(holder, list):
            holder.insert(dice.randrange(len(holder) + 1), _copy(holder[key]))
        elif way == 2:
            other, place = dice.choice(places)
            if (place in other) if isinstance(other, dict) else (place < len(other)):
                holder[key] = _copy(other[place])
        elif way == 3 and isinstance(holder[key], str):
            holder[key] = holder[key][: dice.randrange(len(holder[key]) + 1)]
        elif way == 4 and isinstance(holder, list):
            dice.shuffle(holder)
        else:
            holder[key] = value(dice)
    return parsed


def _copy(inner: Any) -> Any:
    """A copy that no later change makes its own ancestor; what has grown too deep to copy is left out."""
    try:
        return orjson.loads(orjson.dumps(inner))
    except (orjson.JSONEncodeError, orjson.JSONDecodeError):
        return None


def _places(root: Any) -> Iterator[tuple[Any, Any]]:
    pending = [root]
    while pending:
        node = pending.pop()
        for key in list(node) if isinstance(node, dict) else range(len(node)):
            yield node, key
            if isinstance(node[key], dict | list):
                pending.append(node[key])


def raw(text: bytes, dice: Random) -> bytes:
    """Bytes flipped, cut out, put in, cut off, repeated."""
    out = bytearray(text)
    for _ in range(dice.choice((1, 1, 2, 4, 12))):
        at = dice.randrange(len(out) + 1)
        way = dice.randrange(5)
        if way == 0 and at < len(out):
            out[at] ^= 1 << dice.randrange(8)
        elif way == 1:
            out[at:at] = dice.choice(_BYTES)
        elif way == 2:
            del out[at : at + dice.choice((1, 1, 3, 40))]
        elif way == 3 and dice.random() < 0.3:
            del out[at:]
        else:
            out[at:at] = out[at : at + dice.randrange(1, 200)]
    return bytes(out)


def stream(text: bytes, dice: Random) -> tuple[bytes, int]:
    """An event stream with some of its events damaged, and how many were."""
    records = [record for record in text.split(b"\n\n") if record]
    changed = dice.choice((1, 1, 2, 3, 5))
    for _ in range(changed):
        at = dice.randrange(len(records))
        way = dice.randrange(10)
        if way < 5:
            records[at] = _event(records[at], dice)
        elif way == 5:
            records[at] = raw(records[at], dice)
        elif way == 6:
            records.insert(dice.randrange(len(records) + 1), records[at])
        elif way == 7:
            other = dice.randrange(len(records))
            records[at], records[other] = records[other], records[at]
        elif way == 8 and len(records) > 1:
            del records[at]
        elif dice.random() < 0.3:
            del records[at + 1 :]
        else:
            records[at] = records[at] + b"\n" + dice.choice(records)
    end = dice.choice((b"\n\n", b"\r\n\r\n", b"\n\n", b"\r\r"))
    if end != b"\n\n":
        records = [record.replace(b"\n", end[: len(end) // 2]) for record in records]
    joined = end.join(records) + dice.choice((end, end, end, b""))
    return joined, changed


def _event(record: bytes, dice: Random) -> bytes:
    head, mark, data = record.partition(b"data:")
    try:
        return head + mark + b" " + orjson.dumps(body(data, dice))
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):  # `[DONE]`, or deeper than it writes
        return raw(record, dice)


def pieces(text: bytes, dice: Random) -> Iterator[bytes]:
    """The bytes in a few random cuts."""
    cuts = sorted(dice.randrange(len(text) + 1) for _ in range(dice.choice((0, 0, 1, 3, 9))))
    start = 0
    for cut in [*cuts, len(text)]:
        yield text[start:cut]
        start = cut
