"""Tool names as Claude Code writes its own: `get_weather` travels as `GetWeather`, and comes back as it was.

The result depends on the names of one request only, and in the order in which they stand there, so that the cached
prefix of a conversation stays the same. Names that Claude Code itself carries stay: PascalCase, and the `mcp__…` of its
plug-ins.
"""

import itertools
import re
from collections.abc import Iterable
from hashlib import blake2b

MAX_LENGTH = 64
"""Short enough for every service that speaks Anthropic's format."""
_DIGEST_CHARS = 8
_WORD = re.compile(r"[A-Za-z0-9]+")
_PASCAL = re.compile(r"[A-Z][A-Za-z0-9]*")


class PascalNames:
    """One request's map.

    Args:
        kept: names that must travel as they are, because the provider gave them (`web_search`, `bash` of type
            `bash_20250124`).
        names: all others, in the order of the request.
    """

    def __init__(self, kept: Iterable[str], names: Iterable[str]) -> None:
        ordered = list(dict.fromkeys(names))
        same = [*kept, *(name for name in ordered if stays(name))]
        self._sent = {name: name for name in same}
        taken = set(same)
        for name in ordered:
            if name not in self._sent:
                sent = self._sent[name] = _free(name, taken)
                taken.add(sent)

    def send(self, name: str) -> str:
        """The name under which a tool travels; one that the request did not hold stays as it is."""
        return self._sent.get(name, name)

    @property
    def renamed(self) -> dict[str, str]:
        """The request's name → the sent one, for those that differ."""
        return {name: sent for name, sent in self._sent.items() if name != sent}


def stays(name: str) -> bool:
    """True for a name that Claude Code could have sent itself."""
    return not name or name.startswith("mcp__") or _PASCAL.fullmatch(name) is not None


def pascal(name: str) -> str:
    """`get_weather` → `GetWeather`, `readFile` → `ReadFile`, `2fa` → `Tool2fa`."""
    joined = "".join(word[0].upper() + word[1:] for word in _WORD.findall(name))
    return joined if joined[:1].isalpha() else f"Tool{joined}"


def _free(name: str, taken: set[str]) -> str:
    wanted = pascal(name)
    if len(wanted) <= MAX_LENGTH and wanted not in taken:
        return wanted
    head = wanted[: MAX_LENGTH - _DIGEST_CHARS]
    candidates = (head + _digest(f"{number}:{name}") for number in itertools.count())
    return next(candidate for candidate in candidates if candidate not in taken)


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=_DIGEST_CHARS // 2).hexdigest()
