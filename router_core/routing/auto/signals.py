"""The dimensions of a prompt, each a number from 0 to 1: what weights.toml weighs.

Of words: how many different entries of a list the user's own words have, in diminishing steps (one is 0.5, two 0.75).
Of the rest: sizes and counts on scales that end where more says nothing more.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import log2

from router_core.routing.auto.lexicon import Found, look
from router_core.routing.auto.own_words import own_words
from router_core.routing.auto.prompt import Prompt

WORD_DIMENSIONS = (
    "greeting", "reasoning", "technical", "scope", "depth_wanted", "simple", "imperative", "creative", "multi_step",
    "constraints", "output_format", "references", "negation", "domain",
)  # fmt: skip
"""Each has a list in every file of words/."""
DIMENSIONS = (
    *WORD_DIMENSIONS, "length", "brevity", "parts", "questions", "formulas", "quantities", "code", "material", "tools",
    "tool_results", "images", "depth", "context",
)  # fmt: skip
READ_HEAD, READ_TAIL = 4000, 2000
"""Characters of the user's own words in which words are looked for, at either end."""
_QUESTION = re.compile(r"[?？]|か[。\n]|か$")
_PART = re.compile(r"[,;，；、]|\band\b|\bи\b|と|和")
_ITEM = re.compile(
    r"^\s*(?:[-*•・]|\d{1,2}[.)、）]|[（(]\d{1,2}[)）])\s*\S|(?:^|[\s:：,，;；。])\(?\d\)\s?\S|[①-⑩]", re.MULTILINE
)
_FORMULA = re.compile(
    r"[=≤≥≠∈∀∃∑∏∫√^±≡→⇒∞×]|\\[a-z]{3,}|\b[a-z]\([a-z0-9]\)|\bmod\b|\d\s?[*/+-]\s?[\da-z(]"
    r"|\b[nkxyz]\s?[-+*/]\s?\w|\b[nkxyz]\s[<>]"
)
_QUANTITY = re.compile(r"\d+(?:[.,:]\d+)*")
_CODE = re.compile(
    r"`[^`\n]+`|\b\w+\.(?:py|js|ts|tsx|jsx|go|rs|java|rb|php|c|cc|cpp|h"
    r"|cs|kt|swift|sql|sh|ya?ml|toml|json|md|css|html|vue|lock)\b"
    r"|\b\w+\(\)|\b[a-z]+_[a-z_]+\b|\b[a-z]+[A-Z]\w+|\b\w+::\w+|\s--?[a-z][\w-]+"
)


@dataclass(frozen=True, slots=True)
class Signals:
    """What was seen of a prompt."""

    values: Mapping[str, float]
    """Dimension → 0…1; those that are 0 are left out."""
    found: Found
    """Word dimension → the entries that were found."""
    language: str


def signals_of(prompt: Prompt) -> Signals:
    """Look at a prompt."""
    taken = own_words(prompt.user_text)
    text = taken.text
    if len(text) > READ_HEAD + READ_TAIL:
        text = f"{text[:READ_HEAD]}\n{text[-READ_TAIL:]}"
    looked = look(text)
    size = looked.size * max(1.0, len(taken.text) / max(1, len(text)))
    tokens = prompt.input_tokens or (len(prompt.user_text) + len(prompt.system_text)) // 4
    values = {dimension: _some(len(entries)) for dimension, entries in looked.found.items()}
    values |= {
        "length": _scale(size, 400),
        "brevity": max(0.0, 1 - size / 14),
        "parts": _scale(len(_PART.findall(text)) + 2 * len(_ITEM.findall(text)), 30),
        "questions": _some(len(_QUESTION.findall(text))),
        "formulas": _some(len(_FORMULA.findall(text)) / 2),
        "quantities": _some(len(_QUANTITY.findall(text)) / 2),
        "code": 1.0 if taken.code_chars > 20 else _some(len(_CODE.findall(text))),
        "material": _scale((taken.code_chars + taken.pasted_chars) / 200, 60),
        "tools": _scale(prompt.tool_count, 12),
        "tool_results": 1.0 if prompt.tool_result_count else 0.0,
        "images": _some(prompt.image_count),
        "depth": _scale(prompt.depth - 1, 60),
        "context": _scale(tokens / 1000, 200),
    }
    if prompt.wants_json:
        values["output_format"] = max(values.get("output_format", 0.0), 0.5)
    return Signals({name: value for name, value in values.items() if value > 0}, looked.found, looked.language)


def _some(count: float) -> float:
    return 1.0 - float(0.5**count)


def _scale(amount: float, full: float) -> float:
    """0 for nothing, 1 for `full` and more, each doubling a like step."""
    return min(1.0, log2(1 + max(0.0, amount)) / log2(1 + full))
