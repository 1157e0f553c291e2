"""What must never be written down: secrets, found by their value and by their shape, at the sink."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pydantic_core import SchemaValidator, core_schema

from router_core.trace.known_values import KnownValues, secrets_in

MASK = "[redacted]"
SECRET_HEADERS = frozenset(
    {
        "authorization", "x-api-key", "x-goog-api-key", "api-key", "proxy-authorization", "cookie", "set-cookie",
        "chatgpt-account-id", "x-codex-turn-state",
    }
)  # fmt: skip

_LONG_KEY = "[A-Za-z0-9]{20,}"
_SHAPES = {
    "sk-": "(?:(?:ant|proj|or|svcacct)-[A-Za-z0-9_-]{12,}|[A-Za-z0-9]{32,})",
    "eyJ": r"[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
    "AIza": "[A-Za-z0-9_-]{30,}",
    "gsk_": _LONG_KEY,
    "xai-": _LONG_KEY,
    "ghp_": _LONG_KEY,
    "gho_": _LONG_KEY,
    "ghu_": _LONG_KEY,
    "github_pat_": "[A-Za-z0-9_]{20,}",
    "mitm-": "[A-Za-z0-9_-]{40,}",
    "mr-": "[A-Za-z0-9_-]{40,}",
    "rt_": "(?=[a-z0-9_.-]*[A-Z])(?=[A-Za-z_.-]*[0-9])[A-Za-z0-9_.-]{20,}",  # not: rt_mutex_adjust_prio_chain
}
"""What credentials look like: how they begin → how they go on."""
_BEARER = "[A-Za-z0-9._~+/-]{16,}=*"


def _pattern(start: str, rest: str) -> re.Pattern[bytes]:
    """One shape where no word goes on; the `n` of an escaped line end in JSON text is no part of a word. What stands
    before is looked at last, so that `re` can search for the fixed start."""
    before = rf"(?:(?<![A-Za-z0-9_-]{start})|(?<=\\[nrtbf]{start})|(?<=\\u[0-9a-fA-F]{{4}}{start}))"
    return re.compile(f"{start}{before}{rest}".encode())


_LOOKAHEAD = re.compile(r"\(\?=[^)]*\)")


def _suspect(*patterns: str) -> Callable[[str], bool]:
    """Tells the texts that may hold a secret from the many that do not: pydantic searches with Rust's regex engine,
    15 µs for 100 KB, fifty times as fast as `re`. What `re` alone understands is left out: it only narrows."""
    schema = core_schema.str_schema(pattern="|".join(_LOOKAHEAD.sub("", pattern) for pattern in patterns), strict=True)
    return SchemaValidator(schema).isinstance_python


@dataclass(frozen=True, slots=True)
class _Shape:
    """One kind of credential."""

    start: bytes
    pattern: re.Pattern[bytes]
    mask: bytes
    suspect: Callable[[str], bool]


_BEARER_PATTERN = f"Bearer {_BEARER}"
_KINDS = [
    *(_Shape(s.encode(), _pattern(s, rest), MASK.encode(), _suspect(s + rest)) for s, rest in _SHAPES.items()),
    _Shape(b"Bearer ", re.compile(_BEARER_PATTERN.encode()), b"Bearer " + MASK.encode(), _suspect(_BEARER_PATTERN)),
]
_any_suspect = _suspect(*(start + rest for start, rest in _SHAPES.items()), _BEARER_PATTERN)


_WORD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~+/=%\\-"
_LONG_WORD = 12


def _without_cut_words(text: str) -> str:
    """From each `…` backwards: to search for such words takes minutes where a provider sends a very long one."""
    *cut, last = text.split("…")
    bare = ((part, part.rstrip(_WORD)) for part in cut)
    return "…".join([*(short if len(part) - len(short) >= _LONG_WORD else part for part, short in bare), last])


def _masked(data: bytes, start: bytes, pattern: re.Pattern[bytes], mask: bytes) -> bytes:
    """`pattern.sub`, but going from one `start` to the next as only `bytes.find` can: twenty times as fast."""
    parts: list[bytes] = []
    done = 0
    at = data.find(start)
    while at >= 0:
        if found := pattern.match(data, at):
            parts += (data[done:at], mask)
            done = found.end()
        at = data.find(start, max(done, at + 1))
    return b"".join((*parts, data[done:])) if parts else data


class Redactor:
    """Masks known secrets, and on request everything shaped like one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._known = KnownValues()
        self.know(secrets)

    def know(self, secrets: Iterable[str]) -> None:
        """Know these, too. What is known stays known: a provider may name a secret long after it was replaced."""
        self._known.learn(secrets)

    def learn(self, stored: str) -> None:
        """Know one stored secret and, where it is JSON or a PEM key, what is secret in it."""
        self._known.learn(secrets_in(stored))

    def values(self, data: bytes) -> bytes:
        """Mask the known secrets only."""
        return self._known.mask(data, MASK.encode())

    def shapes(self, data: bytes) -> bytes:
        """Mask the known secrets and whatever looks like a credential."""
        data = self.values(data)
        text = data.decode("latin-1")  # takes any bytes; the patterns are ASCII
        if _any_suspect(text):
            for kind in _KINDS:
                if kind.suspect(text):
                    data = _masked(data, kind.start, kind.pattern, kind.mask)
        return data

    def text(self, text: str) -> str:
        """The same for text: log lines, error messages. Where a text was cut, half a secret would not be recognised any
        more: a long word that ends in `…` goes."""
        if "…" in text:
            text = _without_cut_words(text)
        return self.shapes(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

    def text_values(self, text: str) -> str:
        """The known secrets only, for text."""
        return self.values(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

    def headers(self, fields: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
        """Header pairs to keep: credentials masked by name, the rest by value and shape."""
        out = []
        for raw_name, raw_value in fields:
            name = raw_name.decode("latin-1")
            out.append((name, MASK if name.lower() in SECRET_HEADERS else raw_value.decode("latin-1")))
        together = "\n".join(value for _, value in out).encode("latin-1")
        if self.shapes(together) == together:  # nearly always: then there is nothing to look for in each of them
            return out
        return [(name, self.shapes(value.encode("latin-1")).decode("latin-1")) for name, value in out]
