"""Every figure of the price table, against figures copied from the published ones apart from it (2026-11-20)."""

import tomllib
from datetime import UTC, datetime
from decimal import Decimal
from importlib import resources

import pytest

from router_core.spend.prices import price_of

USD = 1_000_000_000
SATURDAY, PEAK = (datetime(2026, 11, day, 2, tzinfo=UTC).timestamp() for day in (28, 27))
NAMES = ("input", "output", "cache_read", "cache_write", "cache_write_1h")

# model: input output cache_read cache_write cache_write_1h, in USD per million tokens; what is missing is not charged
# separately. `>N`: a prompt of more than N tokens. A date: from that day on. `peak`: at the dearer hours.
PUBLISHED = """
claude-fable-5: 10 50 1 12.5 20
claude-fable-5-1: 10 50 0.25 12.5 20
claude-fable-5-2: 8 40 0.2 10 16
claude-haiku-4-5: 1 5 0.1 1.25 2
claude-haiku-5-5: 0.1 0.5 0.01 0.125 0.2 | >100000: 0.5 2.5 0.05 0.625 1
claude-opus-4-5: 5 25 0.5 6.25 10
claude-opus-4-6: 5 25 0.5 6.25 10
claude-opus-4-7: 5 25 0.5 6.25 10
claude-opus-4-8: 5 25 0.5 6.25 10
claude-opus-5: 5 25 0.5 6.25 10
claude-opus-5-5: 4 20 0.2 5 8
claude-sonnet-4-5: 3 15 0.3 3.75 6
claude-sonnet-4-6: 3 15 0.3 3.75 6
claude-sonnet-5: 2 10 0.2 2.5 4
claude-sonnet-5-5: 2 10 0.1 2.5 4
gpt-4.1: 2 8 0.5
gpt-5: 1.25 10 0.125
gpt-5-mini: 0.25 2 0.025
gpt-5.2: 1.75 14 0.175
gpt-5.3-codex: 1.75 14 0.175
gpt-5.4: 2.5 15 0.25 | >272000: 5 22.5 0.5
gpt-5.4-mini: 0.75 4.5 0.075
gpt-5.5: 5 30 0.5 | >272000: 10 45 1
gpt-5.6-luna: 0.2 1.2 0.02 0.25 | >272000: 0.4 1.8 0.04 0.5
gpt-5.6-sol: 4 20 0.4 5 | >272000: 8 30 0.8 10
gpt-5.6-terra: 2 12 0.2 2.5 | >272000: 4 18 0.4 5
gpt-6-astra: 10 50 1 12.5 | >272000: 20 75 2 25
gpt-6-luna: 0.1 0.5 0.01 0.125 | >272000: 0.2 0.75 0.02 0.25
gpt-6-sol: 2 10 0.2 2.5 | >272000: 4 15 0.4 5
gpt-6.1-sol: 2 10 0.1 2.5 | >272000: 4 15 0.2 5
gpt-6.1-terra: 1 5 0.05 1.25 | >272000: 2 7.5 0.1 2.5
gpt-6.2-astra: 8 40 0.4 10 | >272000: 16 60 0.8 20
gpt-6.2-sol: 2 10 0.1 2.5 | >272000: 4 15 0.2 5
gemini-2.5-flash: 0.3 2.5 0.03
gemini-2.5-pro: 1.25 10 0.125 | >200000: 2.5 15 0.25
gemini-3-flash-preview: 0.5 3 0.05
gemini-3.1-flash-lite: 0.25 1.5 0.025
gemini-3.1-pro-preview: 2 12 0.2 | >200000: 4 18 0.4
gemini-3.5-flash: 1.5 9 0.15
gemini-3.5-flash-lite: 0.3 2.5 0.03
gemini-3.6-flash: 0.75 3.75 0.075 | 2027-01-01: 1.5 7.5 0.15
gemini-3.7-flash: 1.5 7.5 0.15
gemini-3.8-flash: 0.75 3.75 0.075 | 2027-01-01: 1.5 7.5 0.15
gemini-4-argon: 2 10 0.1 | 2026-12-01: 4 20 0.2
deepseek-flash: 0.15 0.6 0.003 | peak: 0.3 1.2 0.006
deepseek-v4-pro: 0.66 1.98 0.022 | peak: 1.32 3.96 0.044
qwen3-coder-plus: 1 5
qwen3.7-max: 2.5 7.5 0.5 3.125
qwen3.7-plus: 0.5 3 0.05 0.625 | >256000: 2 6 0.2 2.5
qwen3.8-flash: 0.15 0.47 0.016 0.2
qwen3.8-max: 2 6 0.25 2.5
kimi-k2.6: 0.95 4 0.16
kimi-k2.7-code: 0.95 4 0.19
kimi-k3: 3 15 0.3
kimi-k3.1-pro: 2 10 0.2
glm-5.1: 1.4 4.4 0.26
glm-5.2: 1.4 4.4 0.26
glm-5.3: 1.4 4.4 0.26
grok-4.3: 1.25 2.5 0.2 | >200000: 2.5 5 0.4
grok-4.5: 2 6 0.3 | >200000: 4 12 0.6
grok-4.6: 2 6 0.5 | >200000: 4 12 1
grok-4.7: 2 6 0.5 | >200000: 4 12 1
grok-build-0.1: 1 2 0.2 | >200000: 2 4 0.4
codestral-latest: 0.3 0.9
devstral-2512: 0.4 2
mistral-large-2512: 0.5 1.5
mistral-large-4: 0.68 2.09 0.07
mistral-medium-2604: 1.5 7.5
MiniMax-M3: 0.3 1.2 0.06 | >512000: 0.6 2.4 0.12
MiniMax-M3.1-Flash: 0.143 0.571 0.014
"""


def cases() -> list[tuple[str, str, list[str]]]:
    found = []
    for line in PUBLISHED.strip().splitlines():
        model, _, rest = line.partition(": ")
        base, *others = rest.split(" | ")
        found.append((model, "", base.split()))
        found += [(model, when, figures.split()) for when, _, figures in (other.partition(": ") for other in others)]
    return found


@pytest.mark.parametrize(("model", "when", "figures"), cases(), ids=lambda value: str(value) if value else "base")
def test_the_table_says_what_is_published(model: str, when: str, figures: list[str]) -> None:
    tokens, at = 0, SATURDAY
    if when.startswith(">"):
        assert price_of(model, int(when[1:]), at=at) == price_of(model, at=at)  # exactly so many is still short
        tokens = int(when[1:]) + 1
    elif when == "peak":
        at = PEAK
    elif when:
        at = datetime.fromisoformat(when).replace(tzinfo=UTC).timestamp()
        assert price_of(model, at=at - 1) == price_of(model)
    price = price_of(model, tokens, at=at)
    assert price is not None
    said = {name: None if text == "-" else int(Decimal(text) * USD) for name, text in zip(NAMES, figures, strict=False)}
    assert (price.input, price.output) == (said["input"], said["output"])
    assert price.cache_read == (said.get("cache_read") or price.input)
    assert price.cache_write == (said.get("cache_write") or price.input)
    assert price.cache_write_1h == (said.get("cache_write_1h") or price.cache_write)
    assert price.reasoning is None


def test_no_row_is_left_out() -> None:
    rows = tomllib.loads(resources.files("router_core.spend").joinpath("prices.toml").read_text(encoding="utf-8"))
    assert {model for model, _, _ in cases()} == set(rows)
    variants = {(model, when.lstrip(">")) for model, when, _ in cases() if when}
    told = {(name, str(tier["above_input_tokens"])) for name, row in rows.items() for tier in row.get("tiers", ())}
    told |= {(name, day) for name, row in rows.items() for day in row.get("price_from", {})}
    assert variants == told | {(name, "peak") for name, row in rows.items() if "peak" in row}
