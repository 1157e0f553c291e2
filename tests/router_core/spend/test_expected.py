"""The output that is reserved."""

from typing import Any

import orjson
import pytest

from router_core.spend.expected import expected_output, most_output


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        ({"max_tokens": 128_000}, 128_000),
        ({"max_completion_tokens": 9}, 9),
        ({"max_output_tokens": 9}, 9),
        ({"generationConfig": {"maxOutputTokens": 9}}, 9),
        ({"generation_config": {"max_output_tokens": 9}}, 9),
        ({"request": {"generationConfig": {"maxOutputTokens": 9}}}, 9),
        ({"max_tokens": 1, "max_completion_tokens": 900, "max_output_tokens": 2}, 900),
        ({"max_tokens": 900.0}, 900),
        ({"max_tokens": 10, "n": 5}, 50),
        ({"generationConfig": {"maxOutputTokens": 10, "candidateCount": 3}}, 30),
        ({"max_tokens": 1e300}, None),
        ({"max_tokens": None, "messages": []}, None),
        ({"max_tokens": True}, None),
        ({"max_tokens": -5}, None),
        ({"max_tokens": "many"}, None),
        ([], None),
    ],
)
def test_each_format_says_how_much_it_asks_for(body: Any, asked: int | None) -> None:
    assert most_output(orjson.dumps(body)) == asked


def test_a_body_that_is_no_json_asks_for_nothing() -> None:
    assert most_output(b"\xff{") is None


@pytest.mark.parametrize(
    ("asked", "model", "at_most", "expected"),
    [
        (128_000, "claude-opus-5-5", 4096, 4096),
        (100, "claude-opus-5-5", 4096, 100),
        (None, "claude-opus-5-5", 4096, 4096),
        (128_000, "claude-opus-5-5", 1_000_000, 128_000),
        (None, "gpt-4.1", 1_000_000, 32_768),
    ],
)
def test_no_more_is_reserved_than_is_asked_for_or_can_come(
    asked: int | None, model: str, at_most: int, expected: int
) -> None:
    assert expected_output(asked, model, at_most) == expected
