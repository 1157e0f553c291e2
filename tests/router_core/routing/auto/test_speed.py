"""The classifier costs less than a millisecond, also at the 99th percentile, with 8 KB of text of any language."""

import gc
import json
import time
from pathlib import Path

import pytest

from router_core.routing.auto.classify import classify
from router_core.routing.auto.prompt import Prompt

PROMPTS = Path(__file__).with_name("prompts")
ALLOWED_S = 1e-3
SIZE = 8 * 1024
ROUNDS = 10
"""So many at most until one is not disturbed by others on the same core."""


def text_of(language: str) -> str:
    """8 KB of what people write, all of it words of their own."""
    found = [json.loads(line)["user"] for path in sorted(PROMPTS.glob(f"{language}*.jsonl")) for line in lines(path)]
    text = " ".join(each for each in sorted(found, key=len, reverse=True) if "\n" not in each and "<" not in each)
    assert len(text.encode()) > SIZE
    return text.encode()[:SIZE].decode("utf-8", "ignore")


def lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


CODE = "Why does this fail?\n" + "    for item in items:\n        total += item.price(currency)  # prove it\n" * 120
LOG = "What happened?\n" + "2026-11-03T02:14:07.113Z ERROR orders could not acquire connection within 500ms\n" * 110
CASES = {name: text_of(name) for name in ("en", "ru", "zh", "ja")} | {
    "code": CODE[:SIZE],
    "log": LOG[:SIZE],
    "reminder": f"<system-reminder>\n{text_of('en')[:6000]}\n</system-reminder>\n{text_of('en')[:2000]}",
    "a megabyte": text_of("en") * 128,
}


@pytest.mark.parametrize("case", CASES)
def test_a_prompt_of_8_kb_is_classified_within_a_millisecond(case: str) -> None:
    prompt = Prompt(CASES[case], "system prompt " * 1000, tool_count=14, depth=9, input_tokens=20_000)
    classify(prompt)  # the lists are read at the first one
    best, allowed_s = float("inf"), ALLOWED_S * (2 if case == "a megabyte" else 1)
    gc.disable()  # one collection of the test program's own heap is longer than everything measured here
    try:
        for _ in range(ROUNDS):
            taken = []
            for _ in range(200):
                began = time.thread_time()
                classify(prompt)
                taken.append(time.thread_time() - began)
            best = min(best, sorted(taken)[-2])  # the 99th percentile of 200
            if best < ALLOWED_S:
                break
    finally:
        gc.enable()
    print(f"{case}: p99 {best * 1e6:.0f} us, median {sorted(taken)[100] * 1e6:.0f} us")
    assert best < allowed_s, f"{best * 1e6:.0f} us"
