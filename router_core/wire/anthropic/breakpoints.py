"""Where the prompt cache of a request breaks: at most four places, long-lived ones first.

Other formats cache by themselves, so a request that comes from one says no places. Ours are the end of the tools, the
end of the system prompt, and the last two turns of the user: the next request of the conversation finds one of them.
"""

from collections.abc import Iterator

from router_core.wire.anthropic.conversation import THOUGHTS
from router_core.wire.codec import Loss
from router_core.wire.model import JsonObject

MOST = 4


def set_breakpoints(body: JsonObject, losses: list[Loss]) -> None:
    """Add them to a body where the client set none; else make the client's fit."""
    given = [block for block in _blocks(body) if "cache_control" in block]
    if given:
        _fit(given, losses)
        return
    for block in _places(body):
        block["cache_control"] = {"type": "ephemeral"}


def _places(body: JsonObject) -> Iterator[JsonObject]:
    """Copies in their places: a block may be the provider's own, held by a proof."""
    for key in ("tools", "system"):
        if body.get(key):
            yield _own_copy(body[key], len(body[key]) - 1)
    users = [message["content"] for message in body["messages"] if message["role"] == "user"]
    for content in users[-2:]:
        for index in range(len(content) - 1, -1, -1):
            if content[index]["type"] not in THOUGHTS:
                yield _own_copy(content, index)
                break


def _own_copy(blocks: list[JsonObject], index: int) -> JsonObject:
    blocks[index] = dict(blocks[index])
    return blocks[index]


def _fit(given: list[JsonObject], losses: list[Loss]) -> None:
    if len(given) > MOST:
        losses.append(
            Loss("cache_control", f"{len(given)} breakpoints, {MOST} are allowed: the first and last two stay")
        )
        for block in given[2:-2]:
            del block["cache_control"]
        given = [*given[:2], *given[-2:]]
    short = False
    for block in given:
        long = block["cache_control"].get("ttl") == "1h"
        if long and short:
            losses.append(Loss("cache_control", "1h after 5m is refused: made 5m"))
            block["cache_control"] = {"type": "ephemeral"}
        short = short or not long


def _blocks(body: JsonObject) -> Iterator[JsonObject]:
    """All blocks that may hold a breakpoint, in the order of the cached prefix."""
    yield from body.get("tools", [])
    yield from body.get("system", [])
    for message in body["messages"]:
        for block in message["content"]:
            if block["type"] == "tool_result":
                yield from block.get("content", [])
            yield block
