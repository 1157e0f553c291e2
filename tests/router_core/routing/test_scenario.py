"""Which scenario a request is, and which one comes first where it is several."""

from typing import Any

import pytest

from router_core.config.routing import RoutingConfig
from router_core.routing.scenario import applies, scenarios_of
from tests.router_core.routing.bodies import (
    IMAGE,
    PLAN_BEGINS,
    claude_code,
    facts_of,
    reminder,
    title_call,
    user,
    web_search_call,
)

LONG = "one two three four " * 20_000


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (claude_code(), []),
        (web_search_call(), ["web_search"]),
        (claude_code(user(IMAGE, "look")), ["image"]),
        (claude_code(user(LONG)), ["long_context"]),
        (title_call(), ["background"]),
        (claude_code(user("hi"), reminder(PLAN_BEGINS)), ["think"]),
        (claude_code(user(IMAGE, LONG), reminder(PLAN_BEGINS)), ["image", "long_context", "think"]),
        (claude_code(user(LONG), model="claude-haiku-5-5"), ["long_context", "background"]),
        ({**web_search_call(), "model": "claude-haiku-5-5"}, ["web_search", "background"]),
    ],
    ids=[
        "main", "web search", "image", "long", "errand", "plan mode", "an image in a long plan", "a long errand",
        "an errand that searches",
    ],
)  # fmt: skip
def test_what_a_model_must_be_able_to_do_comes_first(body: dict[str, Any], expected: list[str]) -> None:
    assert list(scenarios_of(facts_of(body), RoutingConfig())) == expected


@pytest.mark.parametrize(
    ("words", "measured", "continues", "expected"),
    [
        (1_000, None, False, False),
        (1_000, 900, False, False),
        (1_000, 2_000, False, True),
        (200, 2_000, False, False),
        (3_000, None, False, True),
        (200, 1_400, True, True),
        (200, 900, True, False),
    ],
    ids=[
        "short", "measured shorter", "measured longer", "compacted since", "long", "goes on by an id", "goes on, short",
    ],
)  # fmt: skip
def test_the_threshold_is_held_against_the_estimate_and_the_last_measured_turn(
    words: int, measured: int | None, continues: bool, expected: bool
) -> None:
    body: dict[str, Any] = {"model": "gpt-6", "messages": [user("one " * words)]}
    if continues:
        body["previous_response_id"] = "resp_1"
    facts = facts_of(body, "openai-chat", {}, last_input_tokens=measured)
    assert abs(facts.input_tokens - words) < 0.2 * words + 20
    fits, why = applies("long_context", facts, RoutingConfig(long_context_threshold=1_500))
    assert fits is expected, why
    assert "1500 input tokens" in why
