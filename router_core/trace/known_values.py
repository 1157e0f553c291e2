"""Finds known secrets in bytes, in every form they may have taken on the way, however many there are.

A provider or a library may write a secret as it is, escaped in JSON (also JSON within JSON), percent-encoded, or in
base64 with something around it. All forms of all secrets are looked for at once: pydantic's regular expressions are
Rust's, which search 100 KB for thousands of beginnings in a fraction of a millisecond and tell whether one is there.
Only then, and that is rare, is it looked for where.
"""

import base64
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote, quote_plus

from pydantic_core import SchemaValidator, core_schema

LEAST_CHARACTERS = 8
"""Shorter ones are left out: to mask them would garble everything."""
LEAST_BASE64 = 12
BEGINNING = 16
"""So many bytes of each form are looked for first."""
FRESH_LIMIT = 512
"""Beginnings that came later are searched apart, so that a new secret does not cost a search for all of them anew."""
LEAST_PART = 24
"""Half a secret counts as the secret, if it is so long: less than that others may begin with, too."""
SMALL_BYTES = 512
KEPT = 20_000
"""Secrets; beyond that the oldest are forgotten."""


class KnownValues:
    """The secrets that this process has met. Replaced ones stay known: a provider may still name them."""

    def __init__(self) -> None:
        self._secrets: dict[str, None] = {}
        self._forms: dict[bytes, tuple[bytes, ...]] = {}
        """Beginning → the forms that begin so."""
        self._lengths: tuple[int, ...] = ()
        self._searches: list[tuple[frozenset[bytes], Callable[[str], bool]]] = []
        self._fresh: set[bytes] = set()
        self._stale = False
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """Know these, too."""
        new = [s for s in secrets if s not in self._secrets and len(s) >= LEAST_CHARACTERS]
        if not new:
            return
        with self._lock:
            for secret in new:
                self._secrets[secret] = None
                for form in forms(secret):
                    self._take(form)
            self._lengths = tuple(sorted({len(beginning) for beginning in self._forms}))
            if len(self._secrets) > KEPT:
                self._forget_oldest()
            self._stale = True

    def _take(self, form: bytes) -> None:
        beginning = form[:BEGINNING]
        others = self._forms.get(beginning, ())
        if form not in others:
            self._forms[beginning] = (*others, form)
            if not others:
                self._fresh.add(beginning)

    def _forget_oldest(self) -> None:
        self._secrets = dict.fromkeys(list(self._secrets)[-KEPT // 2 :])
        self._forms, self._searches, self._fresh = {}, [], set()
        for secret in self._secrets:
            for form in forms(secret):
                self._take(form)

    def mask(self, data: bytes, mask: bytes) -> bytes:
        """`data` with each known secret replaced."""
        if self._stale:
            self._prepare()
        if not self._searches:
            return data
        text = data.decode("latin-1")  # takes any bytes
        if not self._suspicious(text):
            return data
        parts: list[bytes] = []
        done = 0
        for start, end in _joined(sorted(self._found(data, text))):
            parts += (data[done:start], mask)
            done = end
        return b"".join((*parts, data[done:])) if parts else data

    def _suspicious(self, text: str) -> bool:
        return any(search(text) for _, search in self._searches)

    def _prepare(self) -> None:
        with self._lock:
            self._stale = False
            if not self._fresh:
                return
            kept = [one for one in self._searches if len(one[0]) > FRESH_LIMIT]
            small = self._fresh.union(*(names for names, _ in self._searches if len(names) <= FRESH_LIMIT))
            if len(small) > FRESH_LIMIT and len(kept) > 2:
                small, kept = small.union(*(names for names, _ in kept)), []
            self._searches = [*kept, (frozenset(small), _search(small))]
            self._fresh = set()

    def _found(self, data: bytes, text: str) -> Iterator[tuple[int, int]]:
        """Where: halves, and halves of halves, as long as they are suspicious."""
        parts = [(0, len(data))]
        while parts:
            start, end = parts.pop()
            if end - start <= SMALL_BYTES:
                yield from self._found_here(data, start, end)
                continue
            middle = (start + end) // 2
            for first, last in ((start, min(end, middle + BEGINNING)), (middle, end)):  # none is cut in two
                if self._suspicious(text[first:last]):
                    parts.append((first, last))

    def _found_here(self, data: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
        for at in range(start, end):
            for begins in self._lengths:
                for form in self._forms.get(data[at : at + begins], ()):
                    if length := _matching(data, at, form):
                        yield at, at + length


def _matching(data: bytes, at: int, form: bytes) -> int:
    """So many bytes of `form` stand at `at`: all of them, or the greater part, as where somebody has cut it; else 0."""
    if data.startswith(form, at):
        return len(form)
    length = max(LEAST_PART, len(form) // 2)
    if length >= len(form) or not data.startswith(form[:length], at):
        return 0
    too_many = len(form)
    while too_many - length > 1:  # halved each time: a secret of a single letter would cost its length at each place
        middle = (length + too_many) // 2
        if data.startswith(form[:middle], at):
            length = middle
        else:
            too_many = middle
    return length


def _search(beginnings: Iterable[bytes]) -> Callable[[str], bool]:
    """Tells whether a text holds one of them."""
    pattern = "|".join(sorted(re.escape(beginning.decode("latin-1")) for beginning in beginnings))
    return SchemaValidator(core_schema.str_schema(pattern=pattern, strict=True)).isinstance_python


def _joined(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Spans that overlap are one: a secret that holds another is masked whole."""
    current: tuple[int, int] | None = None
    for start, end in spans:
        if current is None or start >= current[1]:
            if current is not None:
                yield current
            current = start, end
        else:
            current = current[0], max(current[1], end)
    if current is not None:
        yield current


def forms(secret: str) -> set[bytes]:
    """Every way in which a secret may be written."""
    raw = secret.encode("utf-8", "surrogatepass")
    if _UNRESERVED.fullmatch(secret):  # nearly always: then nothing escapes anything
        return {raw, *_in_base64(raw)}
    escaped = json.dumps(secret)[1:-1]
    unicode = json.dumps(secret, ensure_ascii=False)[1:-1]
    percent = quote(secret, safe="", errors="replace")
    plus, path = quote_plus(secret, errors="replace"), quote(secret, errors="replace")
    lower = re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), percent)
    twice, php = json.dumps(escaped)[1:-1], escaped.replace("/", "\\/")
    texts = {secret, escaped, unicode, twice, php, percent, plus, path, lower}
    return {text.encode("utf-8", "surrogatepass") for text in texts} | set(_in_base64(raw))


_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]+")


def _in_base64(raw: bytes) -> Iterator[bytes]:
    """The part of its base64 that does not depend on what stands before and after, for each place it may begin at."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + raw).rstrip(b"=")
        whole = encoded[(before * 8 + 5) // 6 : (before + len(raw)) * 8 // 6]
        if len(whole) >= LEAST_BASE64:
            yield whole
            yield whole.translate(bytes.maketrans(b"+/", b"-_"))


def secrets_in(text: str) -> Iterator[str]:
    """What there is to know in one stored secret: itself; where it is JSON (a service account, an answer of an
    authorization server) the secrets in it; the words of it (a PEM key's lines are written with all kinds of ends)."""
    if text.startswith(("{", "[")):
        try:
            yield from _in_json(json.loads(text), secret=False)
        except ValueError:
            pass
        else:
            return
    yield text
    words = text.split()
    if len(words) > 1:
        yield from (word for word in words if len(word) >= BEGINNING and not word.startswith("-----"))


_SECRET_NAME = re.compile("token|secret|private_key$|api_?key|password|assertion", re.IGNORECASE)
_NO_SECRET_NAME = re.compile("(?:type|uri|url|_id|expires\\w*|endpoint)$", re.IGNORECASE)


def _in_json(value: object, *, secret: bool) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            named = bool(_SECRET_NAME.search(name)) and not _NO_SECRET_NAME.search(name)
            if name == "body" and isinstance(inner, str):  # an answer as it is journalled
                yield from _in_body(inner)
            else:
                yield from _in_json(inner, secret=named)
    elif isinstance(value, list):
        for inner in value:
            yield from _in_json(inner, secret=secret)
    elif isinstance(value, str) and (secret or value.startswith("{")):
        yield from secrets_in(value)


def _in_body(encoded: str) -> Iterator[str]:
    try:
        yield from _in_json(json.loads(base64.b64decode(encoded, validate=True)), secret=False)
    except ValueError:
        return
