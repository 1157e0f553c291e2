"""The dimensions of a prompt, each a number from 0 to 1: what weights.toml weighs.

Of words: how many different entries of a list the user's own words have, in diminishing steps (one is 0.5, two 0.75).
Of the rest: sizes and counts on scales that end where more says nothing more.
"""

import re
from collections.abc import Mapping
from math import log2

from msgspec import Struct

from router_core.routing.auto.lexicon import Found, look
from router_core.routing.auto.own_words import own_words
from router_core.routing.auto.prompt import Prompt

WORD_DIMENSIONS = (
    "greeting", "proof", "reasoning", "technical", "scope", "depth_wanted", "simple", "imperative", "creative",
    "multi_step", "constraints", "output_format", "references", "negation", "domain", "continuation", "lookup",
    "asking",
)  # fmt: skip
"""Each has a list in every file of words/."""
DIMENSIONS = (
    *WORD_DIMENSIONS, "length", "bulk", "brevity", "short_work", "short_scope", "parts", "many_parts", "questions",
    "formulas", "quantities", "code", "material", "tools", "tool_results", "images", "depth", "context",
)  # fmt: skip
READ_HEAD, READ_TAIL = 2000, 1000
"""Characters of the user's own words in which words are looked for, at either end; half as many of other scripts than
Latin, a third in Chinese and Japanese, whose characters say more and cost more."""
LONG = 400.0
"""Words of a prompt beyond which more says nothing more."""
SHORT = 25.0
"""Words of a question that only looks something up."""
_INLINE = re.compile(r"`[^`\n]+`")
_QUOTED = re.compile(
    r"\"[^\"\n]{2,400}\"|“[^”\n]{2,400}”|«[^»\n]{2,400}»|「[^」\n]{2,200}」|『[^』\n]{2,200}』|《[^》\n]{2,100}》"
)
_QUESTIONS = ("?", "？", "か。", "か\n")
_PARTS = (",", ";", "，", "；", "、", "和", "と", " and ", " и ")
_ITEM = re.compile(r"\s*(?:[-*•・]|\d{1,2}[.)、）]|[（(]\d{1,2}[)）])\s*\S")
_INLINE_ITEM = re.compile(r"(?:^|[\s:,;])\(?\d\)\s?\S")
_SIGNS = "=≤≥≠∈∀∃∑∏∫√^±≡→⇒∞×"
_FORMULA = re.compile(  # each alternative begins with what is rare, so that a scan is quick
    r"\((?<=\b[A-Za-z]\()[A-Za-z0-9|, ]{1,12}\)|\\[a-z]{3,}|[0-9]\s?[*/+-]\s?[0-9a-z(]"
    r"|[nkxyz](?<=\b[nkxyz])(?:\s?[-+*/]\s?\w|\s[<>])",
    re.ASCII,
)
_QUANTITY = re.compile(r"[0-9]+(?:[.,:][0-9]+)*")
_CODE_SIGNS = ("()", "::", "_", " --", "`")
_FILE = re.compile(
    r"\.(?:py|js|ts|tsx|jsx|go|rs|java|rb|php|c|cc|cpp|h|cs|kt|swift|sql|sh|ya?ml|toml|json|md|css|html|vue|lock)\b",
    re.ASCII,
)
_CAMEL = re.compile(r"[A-Z](?<=[a-z][A-Z])\w", re.ASCII)


class Signals(Struct, frozen=True):
    """What was seen of a prompt."""

    values: Mapping[str, float]
    """Dimension → 0…1; those that are 0 are left out."""
    found: Found
    """Word dimension → the entries that were found."""
    language: str
    raw: Mapping[str, float]
    """The values before they were taken together."""


def signals_of(prompt: Prompt) -> Signals:
    """Look at a prompt."""
    taken = own_words(prompt.user_text)
    text = taken.text
    part = 1 if text.isascii() else 2 if max(text[:200], default="") < "\u2e80" else 3
    head, tail = READ_HEAD // part, READ_TAIL // part
    if len(text) > head + tail:
        text = f"{text[:head]}\n{text[-tail:]}"
    wished = _without_quotes(text)
    looked = look(wished)
    size = looked.size * max(1.0, len(taken.text) / max(1, len(text))) + (len(text) - len(wished)) / 6
    parts = sum(map(text.count, _PARTS)) + 2 * _items(text)
    ascii_text = text if text.isascii() else text.encode("ascii", "ignore").decode()  # formulas and code are ASCII
    said = _INLINE.sub(" ", ascii_text) if "`" in ascii_text else ascii_text
    formulas = len(_FORMULA.findall(said)) + sum(map(text.count, _SIGNS)) + said.count(" mod ")
    tokens = prompt.input_tokens or (len(prompt.user_text) + len(prompt.system_text)) // 4
    values = {dimension: share(dimension, len(entries)) for dimension, entries in looked.found.items()}
    values |= {
        "length": _scale(size, LONG),
        "bulk": min(1.0, size / 150),
        "brevity": max(0.0, 1 - size / 14),
        "parts": _scale(parts, 30),
        "many_parts": min(1.0, max(0, parts - 3) / 8),
        "questions": some(sum(map(text.count, _QUESTIONS)) + text.endswith("か")),
        "formulas": some(formulas / 2),
        "quantities": some(len(_QUANTITY.findall(said)) / 2),
        "code": 1.0 if taken.code_chars > 20 else some(_code(ascii_text)),
        "material": _scale((taken.code_chars + taken.pasted_chars) / 200, 60),
        "tools": _scale(prompt.tool_count, 12),
        "tool_results": 1.0 if prompt.tool_result_count else 0.0,
        "images": some(prompt.image_count),
        "depth": _scale(prompt.depth - 1, 60),
        "context": _scale(tokens / 1000, 200),
    }
    if prompt.wants_json:
        values["output_format"] = max(values.get("output_format", 0.0), 0.5)
    raw = {name: value for name, value in values.items() if value > 0}
    return Signals(together(raw), looked.found, looked.language, raw)


def together(raw: Mapping[str, float]) -> dict[str, float]:
    """The values, where one changes what another means."""
    values = dict(raw)
    asked = raw.get("lookup", 0.0) if raw.get("length", 0.0) < _scale(SHORT, LONG) else 0.0
    for dimension in ("reasoning", "proof"):
        if asked and dimension in raw:  # "Who wrote the proof of …": it is the subject, not the task
            values[dimension] = raw[dimension] * (1 - asked)
    if "brevity" in raw:
        if "continuation" in raw:  # what goes on is not in these words
            values["brevity"] = 0.0
        else:  # "Prove that …" is short, and a whole task
            values["brevity"] = raw["brevity"] * (1 - values.get("proof", 0.0))
        light = max(raw.get(name, 0.0) for name in ("simple", "lookup", "greeting"))
        work = max(raw.get(name, 0.0) for name in ("imperative", "creative"))
        values["short_work"] = values["brevity"] * min(1.0, 2 * work) * (1 - light)  # "Fix the failing test"
        values["short_scope"] = values["brevity"] * min(1.0, 2 * raw.get("scope", 0.0))  # "Design a payment system"
    return values


def _without_quotes(text: str) -> str:
    """Words that are only spoken of (`what does "prove" mean`) are no wish. Three quotations and more are a dialogue,
    part of the question ("A says …, B says …")."""
    quoted = _QUOTED.findall(text)
    return _QUOTED.sub(" ", text) if 0 < len(quoted) < 3 else text


def _code(text: str) -> int:
    """Names and files of programs."""
    return sum(map(text.count, _CODE_SIGNS)) + len(_FILE.findall(text)) + len(_CAMEL.findall(text))


def _items(text: str) -> int:
    """Items of lists, also of those within a line: `1) … 2) …`."""
    inline = len(_INLINE_ITEM.findall(text)) if ")" in text else 0
    return max(inline, sum(_ITEM.match(line) is not None for line in text.split("\n"))) + sum(map(text.count, "①②③④⑤"))


def share(dimension: str, count: int) -> float:
    """The value of a word dimension with so many entries found; one word of proof says as much as three others."""
    return some(3 * count if dimension == "proof" else count)


def some(count: float) -> float:
    """0 for none, 0.5 for one, 0.75 for two: the next one of a kind says less."""
    return 1.0 - float(0.5**count)


def _scale(amount: float, full: float) -> float:
    """0 for nothing, 1 for `full` and more, each doubling a like step."""
    return min(1.0, log2(1 + max(0.0, amount)) / log2(1 + full))
