"""One string field of a JSON object that arrives in pieces: its text as far as it is certain."""

import orjson

_LONGEST_BEGINNING = 200
"""Characters within which the text begins, if it is the object's first field."""
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class JsonField:
    """Reads `{"field": "text …"}`. How it is cut never changes the joined text.

    What is no such object (plain words, another field) is given at the end: whole, or the text that can be found in it.
    """

    def __init__(self, field: str) -> None:
        self._field = field
        self._unread = ""
        """All that has come; once the text has begun, what of it could not be read yet."""
        self._begun = self._ended = False

    def feed(self, piece: str) -> str:
        if self._ended:
            return ""
        known = len(self._unread)
        self._unread += piece
        if not self._begun:
            at = self._beginning() if known < _LONGEST_BEGINNING else -1
            if at < 0:
                return ""
            self._begun, self._unread = True, self._unread[at:]
        return self._read()

    def close(self) -> str:
        """What could not be told before the end."""
        if self._begun:
            return ""
        try:
            value = orjson.loads(self._unread)
        except orjson.JSONDecodeError:
            return self._unread.strip()
        found = value.get(self._field) if isinstance(value, dict) else value
        if isinstance(found, str):
            return found
        if found is not None:
            return orjson.dumps(found).decode()
        return next((text for text in value.values() if isinstance(text, str)), "") if isinstance(value, dict) else ""

    def _beginning(self) -> int:
        """The place behind the quote that opens the text; -1: the field is not the object's first one, or not there."""
        rest = self._unread.lstrip()
        for expected in ("{", f'"{self._field}"', ":", '"'):
            if not rest.startswith(expected):
                return -1
            inner = rest[len(expected) :]
            rest = inner if expected == '"' else inner.lstrip()
        return len(self._unread) - len(rest)

    def _read(self) -> str:
        out: list[str] = []
        whole, at = self._unread, 0
        while at < len(whole):
            char = whole[at]
            if char == '"':
                self._ended = True
                break
            if char != "\\":
                end = min((p for p in (whole.find('"', at), whole.find("\\", at)) if p >= 0), default=len(whole))
                out.append(whole[at:end])
                at = end
                continue
            taken, text = _escape(whole[at : at + 12])
            if not taken:
                break  # the rest of it is still to come
            out.append(text)
            at += taken
        self._unread = whole[at:]
        return "".join(out)


def _escape(text: str) -> tuple[int, str]:
    """(length, meaning) of the escape that the text begins with; length 0: it is not all there yet."""
    if len(text) < 2:
        return 0, ""
    if text[1] != "u":
        return 2, _ESCAPES.get(text[1], text[1])
    if len(text) < 6:
        return 0, ""
    first = _unit(text[2:6])
    if first is None:
        return 2, ""
    if not 0xD800 <= first < 0xDC00:
        return 6, "\ufffd" if 0xDC00 <= first < 0xE000 else chr(first)
    if len(text) < 12 and text[6:8] in ("", "\\", "\\u"):
        return 0, ""
    second = _unit(text[8:12]) if text[6:8] == "\\u" else None
    if second is None or not 0xDC00 <= second < 0xE000:
        return 6, "\ufffd"
    return 12, chr(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))


def _unit(digits: str) -> int | None:
    try:
        return int(digits, 16)
    except ValueError:
        return None
