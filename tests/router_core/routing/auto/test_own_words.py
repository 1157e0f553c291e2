"""What the user wrote is told apart from what the client added and what was pasted."""

import pytest

from router_core.routing.auto.own_words import HEAD, TAIL, own_words

CODE = "def f(x):\n    return prove(x)\n"
LOG = "2026-11-20 10:00:01 ERROR prove failed\n2026-11-20 10:00:02 WARN think step by step\n"


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("Prove it.", "Prove it."),
        ("<system-reminder>\nthink\n</system-reminder>\nhi", "hi"),
        ("hi <system-reminder>one line, think</system-reminder>", "hi"),
        ("<environment_context>\n<cwd>/x</cwd>\n</environment_context>\n\nhi", "hi"),
        ("# AGENTS.md instructions for /x\n\n<INSTRUCTIONS>\nprove\n</INSTRUCTIONS>\nhi", "hi"),
        ("<command-name>/prove</command-name>\n<command-args>it</command-args>", "<command-args>it</command-args>"),
        ("<file path='a.py'>\nprove\n</file>\nwhat is this?", "what is this?"),
        ("what does <b>bold</b> do?", "what does <b>bold</b> do?"),
        ("a < b and b > c, prove a > c?", "a < b and b > c, prove a > c?"),
        (f"fix this\n```python\n{CODE}```\nplease", "fix this\n\nplease"),
        (f"fix this\n~~~\n{CODE}", "fix this"),
        (f"fix this\n{CODE}\nplease", "fix this\nplease"),
        (f"why?\n{LOG}", "why?"),
        ("> prove this\n> and that\nno.", "no."),
        ('Translate """prove that\nit holds""" please', "Translate \n please"),
        ("Summarize:\n\n" + "They prove a theorem. " * 40, "Summarize:"),
        ("Summarize:\n\n" + "They prove a theorem. " * 40 + "\n\nIn two lines.", "Summarize:\nIn two lines."),
        ("Build it:\n- " + "a service that scales, " * 40 + "all.", None),
        ("Traceback (most recent call last):\n  File \"a.py\", line 3, in f\nValueError: prove\nwhy?", "why?"),
        ("diff --git a/x b/x\n@@ -1 +1 @@\n-old();\n+new();\nreview", "review"),
        ("return the book to me", "return the book to me"),
        ("first line\nclass of 1999\nlast line", "first line\nclass of 1999\nlast line"),
        ("", ""),
    ],
)  # fmt: skip
def test_only_the_users_own_words_are_left(text: str, own: str | None) -> None:
    assert own_words(text).text == (text if own is None else own)


def test_code_and_pasted_text_are_counted_apart() -> None:
    taken = own_words(f"why?\n{LOG}\n```\n{CODE}```")
    assert taken.code_chars == len(CODE) + 1
    assert taken.pasted_chars == len(LOG)


def test_a_clients_block_counts_for_nothing() -> None:
    taken = own_words("<system-reminder>\n" + "x" * 1000 + "\n</system-reminder>hi")
    assert (taken.text, taken.code_chars, taken.pasted_chars) == ("hi", 0, 0)


def test_of_a_huge_text_only_both_ends_are_looked_at() -> None:
    text = "summarize this please\n" + "word " * 200_000 + "\nin one line"
    taken = own_words(text)
    assert len(taken.text) <= HEAD + TAIL + 1
    assert taken.text.startswith("summarize")
    assert taken.text.endswith("in one line")
    assert taken.pasted_chars == len(text) - HEAD - TAIL
