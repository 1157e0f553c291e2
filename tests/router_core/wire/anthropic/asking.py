"""Requests of other formats, and what is sent for them: accepted by what knows Anthropic's rules."""

from typing import Any

from router_core.simulator.anthropic_rules import problem_in_message_request
from router_core.wire.codec import Encoded
from router_core.wire.model import (
    FunctionTool,
    Message,
    Request,
    Text,
    ThinkingSetting,
)
from tests.router_core.wire.anthropic.samples import CODEC, target

HELLO = Message("user", (Text("Hello"),))
TOOL = FunctionTool("look", "looks", {"type": "object", "properties": {"at": {"type": "string"}}})
BUDGET, ADAPTIVE, ALWAYS, OLD, FOREIGN = (
    "claude-sonnet-4-5",
    "claude-opus-4-8",
    "claude-opus-5-5",
    "claude-3-5-haiku-20241022",
    "who-knows",
)
ON_MEDIUM = ThinkingSetting("on", "medium")


def asked(*messages: Message, **fields: Any) -> Request:
    return Request("m", messages or (HELLO,), **fields)


def sent(request: Request, model: str = ADAPTIVE) -> Encoded:
    """Encoded, and accepted by what knows Anthropic's rules."""
    encoded = CODEC.encode_request(request, target(model))
    assert problem_in_message_request(encoded.body, []) is None
    return encoded


def lost(encoded: Encoded) -> list[str]:
    return [loss.path for loss in encoded.losses]
