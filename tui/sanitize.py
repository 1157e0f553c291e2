"""For pictures that anyone may see (`--sanitized`): names become words, ids become other ids, texts become dots.

The same name is the same word all over the app and while it runs, so that one can still follow a token or a session
through the screens. Nothing can be turned back: words are given out in the order in which names are met, and ids are
hashed with a key that is forgotten at the end.
"""

import hashlib
import re
import secrets

WORDS = (
    *("otter", "heron", "maple", "cedar", "robin", "comet", "delta", "ember", "fjord", "grove", "hazel", "indigo"),
    *("juniper", "kestrel", "lotus", "meadow", "nutmeg", "orchid", "pebble", "quartz", "raven", "sorrel", "thistle"),
    *("umber", "violet", "willow", "yarrow", "zephyr", "acorn", "birch", "cobalt", "dune"),
)
DOT = "•"
ID_DIGITS = 8
SHORTEST_KNOWN = 3
"""Shorter names are not looked for within sentences: they would be found in the middle of other words."""


_TELLING = re.compile(
    r"\b(?=[0-9a-z-]*\d)[0-9a-f]{8,}(?:-[0-9a-f]+)*\b|\b0[0-9a-z]{15,}\b|[\w.+-]+@[\w.-]+|(?:~|/(?:home|Users|root|tmp|var|private))/[^\s'\",;:]*"
)


class Sanitizer:
    """Asked for everything of the owner's that is shown; gives it back unchanged when it is off."""

    def __init__(self, on: bool = False) -> None:
        self.on = on
        self._names: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        self._key = secrets.token_bytes(16)
        self._known: re.Pattern[str] | None = None

    def name(self, value: str) -> str:
        """A name that a person gave: of a token, a project, a client's key."""
        if not self.on or not value:
            return value
        if value not in self._names:
            place = len(self._names)
            turn = place // len(WORDS)
            self._names[value] = WORDS[place % len(WORDS)] + (f"-{turn + 1}" if turn else "")
            self._known = None
        return self._names[value]

    def id(self, value: str) -> str:
        """An id: of a request, a session, an account."""
        if not self.on or not value:
            return value
        if value not in self._ids:
            digest = hashlib.blake2b(value.encode("utf-8", "surrogatepass"), key=self._key, digest_size=8)
            self._ids[value] = digest.hexdigest()[:ID_DIGITS]
            self._known = None
        return self._ids[value]

    def text(self, value: str) -> str:
        """What somebody wrote, as bodies hold it: its layout stays, no letter and no digit does."""
        return re.sub(r"[^\W_]", DOT, value) if self.on else value

    def line(self, value: str) -> str:
        """A line of a log, which may hold names that nobody has told of: also without what looks like an id, a path in
        somebody's folder, an address of mail."""
        return _TELLING.sub(lambda found: self.text(found.group()), self.sentence(value)) if self.on else value

    def sentence(self, value: str) -> str:
        """A sentence of ours or of a provider, a reason or an error: the names and ids in it that are known by now."""
        if not self.on or not value:
            return value
        if self._known is None:
            known = [each for each in (*self._names, *self._ids) if len(each) >= SHORTEST_KNOWN]
            longest_first = sorted(known, key=len, reverse=True)
            self._known = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
        return self._known.sub(lambda found: self._names.get(found.group()) or self._ids[found.group()], value)
