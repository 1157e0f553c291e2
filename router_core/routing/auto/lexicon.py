"""Which words of the lists in words/ a text has.

English and Russian are matched word by word (whole words, beginnings, entries of several words), Chinese and Japanese,
which put no spaces between words, by any occurrence. A text costs one cut into words or pairs of characters and set
operations in C, whatever the number of entries.
"""

import functools
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from operator import add

LANGUAGES = ("en", "ru", "zh", "ja")
_WORD = re.compile(r"[a-zа-яё0-9]+(?:[.'()/+-][a-zа-яё0-9]+)*[+#]*")
_KANA = re.compile(r"[\u3041-\u30fa]")
_HAN = re.compile(r"[\u3400-\u9fff]")

type _Phrase = tuple[str, re.Pattern[str], str]
"""Entry, what to look for, dimension."""

type Found = Mapping[str, tuple[str, ...]]
"""Dimension → the different entries of it that were found."""


@dataclass(slots=True)
class _Spaced:
    """The entries of the languages that put spaces between words."""

    words: dict[str, list[str]] = field(default_factory=dict)
    """Word → dimensions."""
    stems: dict[int, dict[str, list[str]]] = field(default_factory=dict)
    """Length → beginning of a word → dimensions."""
    phrases: dict[str, list[_Phrase]] = field(default_factory=dict)
    """A word that must be there → what to look for then."""
    stem_phrases: dict[str, list[_Phrase]] = field(default_factory=dict)
    """The same, where only a beginning must be there."""

    def put(self, entry: str, dimension: str) -> None:
        words: list[str] = _WORD.findall(entry)
        if len(words) > 1:
            self._put_phrase(entry, dimension)
        elif entry.endswith("*"):
            self.stems.setdefault(len(words[0]), {}).setdefault(words[0], []).append(dimension)
        else:
            self.words.setdefault(words[0], []).append(dimension)

    def _put_phrase(self, entry: str, dimension: str) -> None:
        parts: list[tuple[str, bool]] = []
        for raw in entry.split():
            words = _WORD.findall(raw)
            parts += [(word, raw.endswith("*") and n == len(words) - 1) for n, word in enumerate(words)]
        pattern = re.compile(" " + " ".join(re.escape(word) + (r"\S*" if open_ else "") for word, open_ in parts) + " ")
        whole = [word for word, open_ in parts if not open_]
        if whole:
            self.phrases.setdefault(max(whole, key=len), []).append((entry, pattern, dimension))
        else:
            stem = max((word for word, _ in parts), key=len)
            self.stems.setdefault(len(stem), {}).setdefault(stem, [])
            self.stem_phrases.setdefault(stem, []).append((entry, pattern, dimension))

    def find(self, words: list[str]) -> Iterator[tuple[str, str]]:
        """(dimension, what was found) of a text's words."""
        different = set(words)
        joined = f" {' '.join(words)} "
        for word in different & self.words.keys():
            for dimension in self.words[word]:
                yield dimension, word
        for word in different & self.phrases.keys():
            yield from _matching(self.phrases[word], joined)
        for length, stems in self.stems.items():
            for stem in {word[:length] for word in different} & stems.keys():
                for dimension in stems[stem]:
                    yield dimension, stem + "*"
                yield from _matching(self.stem_phrases.get(stem, ()), joined)


def _matching(phrases: Sequence[_Phrase], joined: str) -> Iterator[tuple[str, str]]:
    for entry, pattern, dimension in phrases:
        if pattern.search(joined):
            yield dimension, entry


@dataclass(slots=True)
class _Unspaced:
    """The entries of one language without spaces, by their first two characters."""

    by_pair: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    single: list[tuple[str, str]] = field(default_factory=list)

    def put(self, entry: str, dimension: str) -> None:
        if len(entry) == 1:
            self.single.append((entry, dimension))
        else:
            self.by_pair.setdefault(entry[:2], []).append((entry, dimension))

    def find(self, text: str) -> Iterator[tuple[str, str]]:
        pairs = set(map(add, text, text[1:]))
        for pair in pairs & self.by_pair.keys():
            for entry, dimension in self.by_pair[pair]:
                if len(entry) == 2 or entry in text:
                    yield dimension, entry
        for entry, dimension in self.single:
            if entry in text:
                yield dimension, entry


@dataclass(frozen=True, slots=True)
class Looked:
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
        han, kana = len(_HAN.findall(lower)), len(_KANA.findall(lower))
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
