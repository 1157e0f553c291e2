"""The estimate against true counts of real tokenizers (samples.json says which), on texts that it was not fitted on."""

import json
import random
import re
import statistics
from pathlib import Path

import pytest

from router_core.counting.text import CLAUDE, CLAUDE_FINE, O200K, Weights, text_tokens, weights_for
from router_core.models.known import model_info

SAMPLES = json.loads(Path(__file__).with_name("samples.json").read_text(encoding="utf-8"))["samples"]

# Wide where the docstring says so: prose that tokenizers have learned better than what the weights were fitted on.
WORST = {"Russian prose": 0.40, "Chinese prose": 0.32, "German prose": 0.24, "Arabic prose": 0.24}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["kind"])
@pytest.mark.parametrize(("tokenizer", "weights"), [("o200k_base", O200K), ("claude", CLAUDE)], ids=["o200k", "claude"])
def test_each_text_is_estimated_within_its_bound(sample: dict[str, object], tokenizer: str, weights: Weights) -> None:
    true = sample[tokenizer]
    assert isinstance(true, int)
    error = text_tokens(str(sample["text"]).encode(), weights) / true - 1
    assert abs(error) <= WORST.get(str(sample["kind"]), 0.20)


@pytest.mark.parametrize(("tokenizer", "weights"), [("o200k_base", O200K), ("claude", CLAUDE)], ids=["o200k", "claude"])
def test_the_median_error_is_what_the_docstring_says(tokenizer: str, weights: Weights) -> None:
    errors = [abs(text_tokens(sample["text"].encode(), weights) / sample[tokenizer] - 1) for sample in SAMPLES]
    assert statistics.median(errors) <= 0.055


def test_a_long_text_is_sampled_without_losing_its_mix() -> None:
    whole = "\n".join(sample["text"] for sample in SAMPLES) * 8
    pieces = sum(text_tokens(whole[at : at + 4000].encode()) for at in range(0, len(whole), 4000))
    assert len(whole) > 300_000
    assert text_tokens(whole.encode()) == pytest.approx(pieces, rel=0.05)


def test_newer_claude_counts_latin_letters_denser_and_nothing_else() -> None:
    english, chinese = b"Nobody likes to lose an hour of work. " * 20, "没有人愿意失去一个小时的工作。".encode() * 20
    assert 1.25 < text_tokens(english, CLAUDE_FINE) / text_tokens(english, CLAUDE) <= 1.36
    assert text_tokens(chinese, CLAUDE_FINE) == text_tokens(chinese, CLAUDE)


@pytest.mark.parametrize(
    ("model", "weights"),
    [
        ("claude-opus-4-6", CLAUDE),
        ("claude-haiku-4-5", CLAUDE),
        ("claude-opus-4-7", CLAUDE_FINE),
        ("openrouter/anthropic/claude-sonnet-5.5", CLAUDE_FINE),
        ("gpt-6-sol", O200K),
        ("gemini-4-argon", O200K),
        ("nobody-knows", O200K),
    ],
)
def test_each_model_counts_as_the_tokenizer_nearest_to_its_own(model: str, weights: Weights) -> None:
    assert weights_for(model_info(model)) is weights


KINDS = {"a": "[a-z]", "A": "[A-Z]", "0": "[0-9]", "n": r"[\n\r]", "s": r"[ \t]", "p": "[.,{}]", "y": "[а-я]"}


@pytest.mark.parametrize("key", [key for key in O200K if set(key) <= KINDS.keys()])
def test_a_key_counts_as_many_places_as_a_plain_search_finds(key: str) -> None:
    dice = random.Random(key)
    plain = re.compile("".join(KINDS[kind] for kind in key))
    for length in (1, 2, 3, 50, 1000):
        text = "".join(dice.choices("abAB01\n\r \t.,{}жя", k=length))
        assert text_tokens(text.encode(), {key: 1.0}) == len(plain.findall(text)), text


def test_bytes_that_are_no_character_count_nothing() -> None:
    assert text_tokens(b"\x80\xbf") == 0


def test_no_text_is_no_token() -> None:
    assert text_tokens(b"") == 0
