"""Which words of the lists in words/ a text has.

English and Russian are matched word by word (whole words, beginnings, entries of several words), Chinese and Japanese,
which put no spaces between words, by any occurrence. A text costs one cut into words or pairs of characters and set
operations in C, whatever the number of entries.
"""

import functools
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from itertools import pairwise

from msgspec import Struct

LANGUAGES = ("en", "ru", "zh", "ja")
_WORD = re.compile(r"[a-zа-яё0-9]+(?:[.'()/+-][a-zа-яё0-9]+)*[+#]*")
_KANA = re.compile(r"[\u3041-\u30fa]+")
_HAN = re.compile(r"[\u3400-\u9fff]+")
_FIRST = 3
"""Characters by which beginnings of words are looked up; none is shorter."""
_MOST_PLACES = 12
_MANY = 6
"""So many entries say everything that a dimension can."""

type _Part = tuple[str, bool]
"""A word, and whether any ending may follow."""
type _Open = tuple[str, tuple[_Part, ...], int, str]
"""Entry, its words, which of them must be found first, dimension."""

type Found = Mapping[str, tuple[str, ...]]
"""Dimension → the different entries of it that were found."""


@dataclass(slots=True)
class _Spaced:
    """The entries of the languages that put spaces between words."""

    words: dict[str, list[str]] = field(default_factory=dict)
    """Word → dimensions."""
    stems: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """The first characters of a word → beginnings of words, each with its dimension."""
    pairs: dict[tuple[str, str], list[tuple[str, str]]] = field(default_factory=dict)
    """Two words → entries of these two, each with its dimension."""
    longer: dict[tuple[str, str, str], list[tuple[str, str, str]]] = field(default_factory=dict)
    """Three words → longer entries that begin with them: the whole in words, entry, dimension."""
    open: dict[str, list[_Open]] = field(default_factory=dict)
    """The first characters of a word → entries of several words with any endings, or any words between."""

    def put(self, entry: str, dimension: str) -> None:
        words: list[str] = _WORD.findall(entry)
        if "*" in entry[:-1] or (len(words) > 1 and entry.endswith("*")):
            self._put_open(entry, dimension)
        elif entry.endswith("*"):
            self.stems.setdefault(words[0][:_FIRST], []).append((words[0], dimension))
        elif len(words) == 1:
            self.words.setdefault(words[0], []).append(dimension)
        elif len(words) == 2:
            self.pairs.setdefault((words[0], words[1]), []).append((entry, dimension))
        else:
            whole = f" {' '.join(words)} "
            self.longer.setdefault((words[0], words[1], words[2]), []).append((whole, entry, dimension))

    def _put_open(self, entry: str, dimension: str) -> None:
        parts: list[_Part] = []
        for raw in entry.split():
            words = _WORD.findall(raw) or [""]  # a star alone: any word
            parts += [(word, raw.endswith("*") and n == len(words) - 1) for n, word in enumerate(words)]
        longest = max(range(len(parts)), key=lambda n: len(parts[n][0]))
        self.open.setdefault(parts[longest][0][:_FIRST], []).append((entry, tuple(parts), longest, dimension))

    def find(self, words: list[str]) -> Iterator[tuple[str, str]]:
        """(dimension, what was found) of a text's words."""
        whole = set(words)
        for word in {*whole, *(word[:-1] for word in whole if word.endswith("s"))} & self.words.keys():  # plurals
            for dimension in self.words[word]:
                yield dimension, word
        for pair in set(pairwise(words)) & self.pairs.keys():
            for entry, dimension in self.pairs[pair]:
                yield dimension, entry
        for three in set(zip(words, words[1:], words[2:], strict=False)) & self.longer.keys():
            joined = f" {' '.join(words)} "
            for text, entry, dimension in self.longer[three]:
                if text in joined:
                    yield dimension, entry
        for word in whole:
            first = word[:_FIRST]
            for stem, dimension in self.stems.get(first, ()):
                if word.startswith(stem):
                    yield dimension, stem + "*"
            for phrase in self.open.get(first, ()):
                if word.startswith(phrase[1][phrase[2]][0]) and _stands(phrase, words, word):
                    yield phrase[3], phrase[0]


def _stands(phrase: _Open, words: list[str], word: str) -> bool:
    """The phrase stands around a place of this word."""
    _, parts, longest, _ = phrase
    at = -1
    for _ in range(min(_MOST_PLACES, words.count(word))):
        at = words.index(word, at + 1)
        begin = at - longest
        if begin < 0 or begin + len(parts) > len(words):
            continue
        around = zip(parts, words[begin : begin + len(parts)], strict=True)
        if all(found.startswith(part) if open_ else found == part for (part, open_), found in around):
            return True
    return False


@dataclass(slots=True)
class _Unspaced:
    """The entries of one language without spaces, by their first two characters."""

    by_pair: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    single: list[tuple[str, str]] = field(default_factory=list)

    def put(self, entry: str, dimension: str) -> None:
        if len(entry) == 1:
            self.single.append((entry, dimension))
        else:
            self.by_pair.setdefault(next(iter(_pairs(entry[:2]))), []).append((entry, dimension))

    def find(self, text: str) -> Iterator[tuple[str, str]]:
        for pair in _pairs(text) & self.by_pair.keys():
            for entry, dimension in self.by_pair[pair]:
                if len(entry) == 2 or entry in text:
                    yield dimension, entry
        for entry, dimension in self.single:
            if entry in text:
                yield dimension, entry


def _pairs(text: str) -> set[int]:
    """Every two neighbouring characters as one number: read from memory, no strings are made."""
    memory = text.encode("utf-16-le", "replace")
    odd = len(memory) % 4
    even = memoryview(memory)[: len(memory) - odd].cast("I")
    shifted = memoryview(memory)[2 : len(memory) - (2 - odd) if len(memory) > 2 else 2].cast("I")
    return {*even, *shifted}


class Looked(Struct, frozen=True):
    """A text as the classifier sees it."""

    found: Found
    size: float
    """In words; a Chinese or Japanese character counts for part of one."""
    language: str


def look(text: str) -> Looked:
    """Everything of the word lists that a text has.

    Args:
        text: the user's own words, of bounded length.
    """
    spaced, unspaced = _lexicon()
    lower = text.lower().replace("’", "'")
    words = _WORD.findall(lower)
    hits = list(spaced.find(words))
    language, size = "en", float(len(words))
    if not lower.isascii():
        han, kana = (sum(map(len, runs.findall(lower))) for runs in (_HAN, _KANA))
        if kana or han:
            language = "ja" if kana * 12 > han else "zh"
            hits += unspaced[language].find(lower)
            size += kana / 2.4 + han / 1.7
        elif any("а" <= word[0] <= "ё" for word in words):
            language = "ru"
    found: dict[str, set[str]] = {}
    for dimension, entry in hits:
        found.setdefault(dimension, set()).add(entry)
    return Looked({dimension: _separate(entries) for dimension, entries in found.items()}, size, language)


def _separate(entries: set[str]) -> tuple[str, ...]:
    """Without entries that are part of another one found: `how many` in `in how many` is one sign, not two."""
    if len(entries) > _MANY:
        return tuple(sorted(entries)[:_MANY])
    kept: list[str] = []
    for entry in sorted(entries, key=lambda text: (-len(text), text)):
        bare = entry.rstrip("*")
        if not any(bare in other for other in kept):
            kept.append(entry)
    return tuple(sorted(kept))


@functools.cache
def _lexicon() -> tuple[_Spaced, dict[str, _Unspaced]]:
    """Read once (a few ms), when somebody asks for `auto`."""
    spaced, unspaced = _Spaced(), {"zh": _Unspaced(), "ja": _Unspaced()}
    for language in LANGUAGES:
        text = resources.files("router_core.routing.auto").joinpath(f"words/{language}.toml").read_text("utf-8")
        table = unspaced.get(language, spaced)
        for dimension, entries in tomllib.loads(text).items():
            for entry in entries:
                table.put(entry.lower(), dimension)
    return spaced, unspaced
