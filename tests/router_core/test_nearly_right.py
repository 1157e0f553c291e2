"""Base URLs that are nearly right."""

import pytest

from router_core.nearly_right import base_url_hint


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/chat/completions", "ends with /v1"),
        ("/models/gpt-5.5", "ends with /v1"),
        ("/v1/v1/messages", "must end before /v1"),
        ("/v1/v1beta/models/gemini-2.5-pro:generateContent", "must end before /v1"),
        ("/v1/messages", ""),
        ("/modelsmith/v1/messages", ""),
        ("/claude/v1/messages", ""),
    ],
)
def test_what_to_change_is_said(path: str, says: str) -> None:
    assert says in base_url_hint(path)
    assert bool(base_url_hint(path)) == bool(says)
