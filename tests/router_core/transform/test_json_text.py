"""The text of a field is read as it comes, and is the same however it is cut."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router_core.transform.json_text import JsonField


def read(text: str, size: int) -> tuple[str, str]:
    """(what came before the end, all of it)."""
    field = JsonField("response")
    early = "".join(field.feed(text[at : at + size]) for at in range(0, len(text), size))
    return early, early + field.close()


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ('{"response": "Hello."}', "Hello."),
        ('{ "response" :"a\\n\\"b\\" \\u00e9\\ud83d\\ude00\\/" , "x": 1}', 'a\n"b" é😀/'),
        ('{"response": "lone \\ud83d half \\ude00"}', "lone \ufffd half \ufffd"),
        ('{"response": "lone \\ud83dx\\u12"', "lone \ufffdx"),
        ('{"response": "bad \\uZZZZ \\q"}', "bad ZZZZ q"),
        ('{"response": ""}', ""),
        ('{"x": 1, "response": "later"}', "later"),
        ('{"answer": "another name"}', "another name"),
        ('{"response": 5}', "5"),
        ('{"response": null}', ""),
        ('{"n": 1}', ""),
        ('"a text alone"', "a text alone"),
        ("Just words.", "Just words."),
        ('{"response": "cut off', "cut off"),
        ("", ""),
    ],
)
def test_what_is_read(text: str, whole: str) -> None:
    for size in (1, 2, 3, 5, 1000):
        assert read(text, size)[1] == whole


@given(st.text(), st.integers(1, 9), st.booleans())
def test_any_text_comes_back(text: str, size: int, ascii_only: bool) -> None:
    written = json.dumps({"response": text}, ensure_ascii=ascii_only)
    early, whole = read(written, size)
    assert early == whole == text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
