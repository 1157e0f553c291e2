"""What scripts/fuzz has found."""

from typing import Any

import pytest

from router_core.wire.events import BlockStart, MessageStop, StreamError
from router_core.wire.model import Opaque
from tests.router_core.wire.anthropic.streams import decoded, sse

START: dict[str, Any] = {
    "type": "message_start",
    "message": {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": {}},
}
SIGNATURE = {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "Eq"}}
END: list[dict[str, Any]] = [
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}},
    {"type": "message_stop"},
]


@pytest.mark.parametrize("odd", [{}, {"signature": None}, {"signature": 7}])
def test_a_signature_for_a_block_of_another_kind_changes_nothing_of_it(odd: dict[str, Any]) -> None:
    block = {"type": "unheard_of", **odd}
    start = {"type": "content_block_start", "index": 0, "content_block": block}
    events = decoded(sse(START, start, SIGNATURE, *END))
    assert BlockStart(Opaque("anthropic", block)) in events
    assert isinstance(events[-1], MessageStop)


def test_a_call_without_a_name_is_the_provider_s_mistake() -> None:
    block = {"type": "tool_use", "id": "toolu_1", "name": "", "input": {}}
    ended = decoded(sse(START, {"type": "content_block_start", "index": 0, "content_block": block}, *END))[-1]
    assert isinstance(ended, StreamError)
    assert "name" in ended.fault.message
