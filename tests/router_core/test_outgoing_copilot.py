"""At which of Copilot's APIs a model is asked, and what of an Anthropic request it would not take."""

from typing import Any

import pytest

from router_core.models.info import Endpoint
from router_core.models.learned import MOST, LearnedEndpoints
from router_core.outgoing_copilot import another_format, copilot_format, headers_of_body, messages_edits
from router_core.wire.format import FormatName

CHAT, RESPONSES, MESSAGES = "openai-chat", "openai-responses", "anthropic"


@pytest.mark.parametrize(
    ("client", "model", "offered", "format"),
    [
        (CHAT, "gpt-5.4", (RESPONSES,), RESPONSES),
        (CHAT, "gpt-5.4-mini", (CHAT, RESPONSES), CHAT),
        (MESSAGES, "gpt-5.4-mini", (CHAT, RESPONSES), RESPONSES),
        (MESSAGES, "claude-sonnet-4.5", (CHAT, MESSAGES), MESSAGES),
        (RESPONSES, "claude-sonnet-4.5", (CHAT, MESSAGES), MESSAGES),
        ("gemini", "gemini-2.5-pro", (CHAT,), CHAT),
        # nothing is known of it
        (CHAT, "gpt-6.2-sol", (), RESPONSES),
        (MESSAGES, "gpt-5.3-codex", (), RESPONSES),
        (MESSAGES, "claude-sonnet-4.5", (), MESSAGES),
        (RESPONSES, "claude-sonnet-4.5", (), CHAT),
        (RESPONSES, "something-new", (), CHAT),
    ],
)
def test_the_list_decides_then_the_name(
    client: FormatName, model: str, offered: tuple[Endpoint, ...], format: FormatName
) -> None:
    assert copilot_format(client, model, offered) == format


@pytest.mark.parametrize(
    ("refused", "model", "next"),
    [
        (CHAT, "gpt-7", RESPONSES),
        (CHAT, "claude-sonnet-9", MESSAGES),
        (RESPONSES, "gpt-7", CHAT),
        (MESSAGES, "claude-sonnet-9", CHAT),
    ],
)
def test_after_a_refusal_the_other_one_is_tried(refused: FormatName, model: str, next: FormatName) -> None:
    assert another_format(refused, model) == next


LINE = {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1"}
RULES = {"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}
HI = {"role": "user", "content": "hi"}


@pytest.mark.parametrize(
    ("body", "edits"),
    [
        ({"messages": [HI]}, {}),
        ({"system": [RULES], "messages": [HI]}, {}),
        ({"system": "Be brief.", "messages": [HI]}, {}),
        ({"system": [LINE, RULES], "messages": [HI]}, {"system": [RULES]}),
        ({"system": LINE["text"], "messages": [HI]}, {"system": []}),
        (
            {"messages": [HI, {"role": "system", "content": "French."}]},
            {
                "messages": [
                    HI,
                    {
                        "role": "user",
                        "content": [{"type": "text", "text": "<system-reminder>\nFrench.\n</system-reminder>"}],
                    },
                ]
            },
        ),
        ({"system": 5, "messages": "x"}, {}),
        ({"messages": [5, {"role": "system", "content": 5}]}, {"messages": [5, {"role": "system", "content": 5}]}),
    ],
)
def test_what_copilot_would_not_take_is_taken_out(body: dict[str, Any], edits: dict[str, Any]) -> None:
    assert messages_edits(body) == edits


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"messages": 5}', b'{"model": "m", "messages": [{"role": 5}]}'])
def test_what_is_not_understood_passes_without_a_word(body: bytes) -> None:
    assert headers_of_body("openai-chat", body) == ()


def test_lessons_do_not_pile_up() -> None:
    learned = LearnedEndpoints()
    for number in range(MOST + 5):
        learned.learn("copilot", f"m-{number}", "openai-chat")
    assert learned.of("copilot", "m-0") == ()
    assert learned.of("copilot", f"m-{MOST + 4}") == ("openai-chat",)
