"""`.env` files: single variables change, every other line stays, and what is written reads back as it was meant."""

import pytest

from router_core.applying.env_text import edited_env, env_document

TEXT = "# mine\nexport KEY='old # one'\nOTHER=1\n"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({("KEY",): "new"}, "# mine\nKEY=new\nOTHER=1\n"),
        ({("KEY",): None}, "# mine\nOTHER=1\n"),
        ({("MORE",): "2"}, TEXT + "MORE=2\n"),
        ({("OTHER",): "1"}, TEXT),
    ],
)
def test_other_lines_stay(changes: dict[tuple[str, ...], str | None], text: str) -> None:
    assert edited_env(TEXT, changes) == text


@pytest.mark.parametrize("value", ["plain-1:/.", "", "two words", "a # b", "it's", 'say "so"', "$HOME", "a\\b"])
def test_a_value_reads_back_as_it_was_meant(value: str) -> None:
    assert env_document(edited_env(TEXT, {("KEY",): value}))["KEY"] == value


def test_a_value_that_no_line_can_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="both kinds of quotes"):
        edited_env(TEXT, {("KEY",): "'\""})
