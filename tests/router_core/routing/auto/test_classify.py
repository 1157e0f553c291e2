"""The tier of a prompt: what counts, what does not, and that the reasons are told."""

from importlib import resources
from tomllib import loads

import pytest

from router_core.routing.auto.classify import classify, weighing
from router_core.routing.auto.lexicon import LANGUAGES, look
from router_core.routing.auto.prompt import Prompt
from router_core.routing.auto.signals import DIMENSIONS, WORD_DIMENSIONS, signals_of
from router_core.routing.auto.tier import TIERS, Tier

REMINDER = (
    "<system-reminder>\nProve it step by step, derive the theorem, design the whole architecture.\n</system-reminder>\n"
)


@pytest.mark.parametrize(
    ("text", "tier"),
    [
        ("hi", "SIMPLE"),
        ("你好", "SIMPLE"),
        ("こんにちは", "SIMPLE"),
        ("привет", "SIMPLE"),
        ("", "SIMPLE"),
        ("What's the capital of Mongolia?", "SIMPLE"),
        ("Write a Python function that removes duplicates from a list and keeps the order.", "MEDIUM"),
        ("Prove that sqrt(2) is irrational", "REASONING"),
        ("证明根号2是无理数", "REASONING"),
        ("√2が無理数であることを証明して", "REASONING"),
        ("Докажи, что корень из двух иррационален", "REASONING"),
        (
            "Design a multi-tenant billing platform: metering, invoices, tax, dunning, retries, an audit log, "
            "migration of 4,000 existing customers without downtime, and a rollout plan.",
            "COMPLEX",
        ),
    ],
)
def test_a_prompt_gets_the_tier_that_anybody_would_give_it(text: str, tier: Tier) -> None:
    assert classify(text).tier == tier


GREETINGS = (
    "hi", "hello there!", "good morning", "hey, how are you?", "thanks a lot", "你好", "早上好！", "谢谢你",
    "こんにちは", "おはようございます", "ありがとう", "привет!", "добрый день", "спасибо большое",
)  # fmt: skip


@pytest.mark.parametrize("greeting", GREETINGS)
def test_a_greeting_is_never_reasoning_whatever_surrounds_it(greeting: str) -> None:
    system = "Think step by step. Prove every theorem rigorously, derive all formulas by induction."
    for prompt in (
        Prompt(greeting),
        Prompt(greeting, system),
        Prompt(REMINDER + greeting, system, tool_count=14, depth=1, input_tokens=30_000),
    ):
        classified = classify(prompt)
        assert classified.tier == "SIMPLE", classified.because
        assert classified.chances["REASONING"] < 0.05


@pytest.mark.parametrize(
    "around",
    ["{}", REMINDER + "{}", "{}\n```\nprove(theorem)  # by induction\n```", "> prove it by induction\n> derive it\n{}"],
    ids=["alone", "reminder", "code", "quoted"],
)
def test_reasoning_words_count_only_where_the_user_wrote_them(around: str) -> None:
    found = signals_of(Prompt(around.format("what time is it"), "prove, derive, deduce")).found
    assert "proof" not in found
    assert "reasoning" not in found


def test_a_word_that_is_only_spoken_of_is_no_wish() -> None:
    assert "proof" not in signals_of(Prompt('how do you spell "prove"')).found
    assert classify("Who wrote the proof of Fermat's Last Theorem?").tier == "SIMPLE"


def test_an_ambiguous_prompt_gets_the_tier_that_was_asked_for() -> None:
    text = "Make a plan"
    sure = classify(text).confidence
    doubted = classify(text, ambiguous="COMPLEX", confidence=sure + 0.01)
    assert (doubted.tier, doubted.ambiguous) == ("COMPLEX", True)
    assert "ambiguous" in doubted.because
    assert not classify(text, ambiguous="COMPLEX", confidence=sure - 0.01).ambiguous


def test_the_reasons_name_the_dimensions_and_the_words() -> None:
    classified = classify("Prove that sqrt(2) is irrational")
    assert "proof" in {signal.name for signal in classified.signals}
    assert "prove that" in classified.because
    assert sum(classified.chances.values()) == pytest.approx(1)
    assert classified.above("MEDIUM") == pytest.approx(classified.chances["COMPLEX"] + classified.chances["REASONING"])


def test_every_dimension_has_its_weights_and_every_language_its_lists() -> None:
    assert len(DIMENSIONS) >= 14
    assert set(weighing().work) == set(weighing().reasoning) == set(DIMENSIONS)
    for language in LANGUAGES:
        text = resources.files("router_core.routing.auto").joinpath(f"words/{language}.toml").read_text("utf-8")
        lists = loads(text)
        assert set(lists) == set(WORD_DIMENSIONS), language
        for name, entries in lists.items():
            assert len(entries) == len(set(entries)) >= 8, (language, name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_entry_of_the_lists_is_found(language: str) -> None:
    text = resources.files("router_core.routing.auto").joinpath(f"words/{language}.toml").read_text("utf-8")
    kana = "です " if language == "ja" else ""
    for name, entries in loads(text).items():
        for entry in entries:
            found = look(f"{kana}{entry.replace(' * ', ' it ').replace('*', '')}").found
            assert name in found, (name, entry)


@pytest.mark.parametrize(
    ("text", "language"),
    [("hello world", "en"), ("привет, hello", "ru"), ("你好 world", "zh"), ("設計をお願いします", "ja"), ("", "en")],
)
def test_the_language_is_told_by_the_script(text: str, language: str) -> None:
    assert look(text).language == language


def test_agentic_signals_are_seen() -> None:
    values = signals_of(Prompt("go", "", 14, 2, 1, 30, 60_000)).values
    assert {"tools", "tool_results", "images", "depth", "context"} <= set(values)
    assert all(0 <= value <= 1 for value in values.values())
    assert set(values) <= set(DIMENSIONS)


@pytest.mark.parametrize(
    "text", ["\0" * 500, "😀" * 300, "<" * 5000, "```" * 900, '"""' * 700, "a" * 100_000, "証" * 9000]
)
def test_odd_text_is_no_error(text: str) -> None:
    assert classify(text).tier in TIERS
