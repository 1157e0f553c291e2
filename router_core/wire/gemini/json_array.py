"""A growing JSON array → its elements, as they become whole: how Gemini streams without `alt=sse`.

Only quotes, backslashes and braces are looked at, so each byte is seen once and nothing is parsed twice.
"""

import re

_MARKS = re.compile(rb'["\\{}]')
_NEXT_QUOTE = re.compile(rb'["\\]')


class ArraySplitter:
    """Cuts the objects out of `[{…},{…}]`, however the bytes are cut.

    Args:
        limit: bytes of one element; a longer one raises ValueError.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._rest = bytearray()
        self._at = 0
        """Up to here `_rest` has been looked at."""
        self._start = -1
        self._depth = 0
        self._in_string = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """The elements that are whole now."""
        self._rest += chunk
        found: list[bytes] = []
        at = self._at
        while (match := (_NEXT_QUOTE if self._in_string else _MARKS).search(self._rest, at)) is not None:
            mark, at = match[0], match.end()
            if mark == b"\\":
                if at >= len(self._rest):  # what it escapes has not come yet
                    at -= 1
                    break
                at += 1
            elif mark == b'"':
                self._in_string = not self._in_string
            elif mark == b"{":
                if self._depth == 0:
                    self._start = match.start()
                self._depth += 1
            elif self._depth > 0:
                self._depth -= 1
                if self._depth == 0:
                    found.append(bytes(self._rest[self._start : at]))
                    self._start = -1
        else:
            at = len(self._rest)
        keep = self._start if self._start >= 0 else at
        del self._rest[:keep]
        self._at = at - keep
        self._start = 0 if self._start >= 0 else -1
        if len(self._rest) > self._limit:
            raise ValueError("an element is too long")
        return found

    @property
    def rest(self) -> bytes:
        """What has come of an element that is not whole."""
        return bytes(self._rest)
