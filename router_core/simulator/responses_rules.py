"""What both Responses backends check in the conversation itself: calls and outputs, encrypted reasoning."""

from itertools import islice

from router_core.simulator.call import Json
from router_core.simulator.openai_errors import refuse_openai
from router_core.simulator.responses_prompt import CALLS, item_type, unpaired_calls
from router_core.simulator.responses_stream import mint_compaction, mint_encrypted
from router_core.simulator.world import World

FOLLOW_REASONING = frozenset({*CALLS, "web_search_call", "local_shell_call", "image_generation_call"})


def owner_of_encrypted(world: World, token: str) -> str:
    """What encrypted reasoning is bound to in this run."""
    return token if world.script.bind_encrypted_content else ""


def check_items(world: World, items: list[Json], token: str) -> None:
    """Refuse unpaired calls, reasoning without what it led to, and foreign encrypted content.

    Args:
        items: the whole conversation, earlier responses included.
    """
    unanswered, orphans = unpaired_calls(items)
    if orphans:
        text = f"No tool call found for function call output with call_id {orphans[0]}."
        raise refuse_openai(world, 400, text, param="input")
    if unanswered:
        raise refuse_openai(world, 400, f"No tool output found for function call {unanswered[0]}.", param="input")
    owner = owner_of_encrypted(world, token)
    for item in items:
        content = item.get("encrypted_content")
        if content is not None and not _is_genuine(item, content, owner):
            text = (
                f"The encrypted content for item {item.get('id', 'rs_unknown')} could not be verified. "
                "Reason: Encrypted content could not be decrypted or parsed."
            )
            raise refuse_openai(world, 400, text, code="invalid_encrypted_content")
    orphan = _orphan(world, items)
    if orphan:
        raise refuse_openai(world, 400, orphan, param="input")


def _is_genuine(item: Json, content: object, owner: str) -> bool:
    if item.get("type") == "reasoning":
        return content == mint_encrypted(owner, item["summary"])
    if item.get("type") != "compaction" or not isinstance(content, str):
        return item.get("type") != "compaction"
    try:
        text = bytes.fromhex(content.partition(".")[2]).decode()
    except ValueError:
        return False
    return content == mint_compaction(owner, text)


def _led_somewhere(items: list[Json], position: int) -> bool:
    later = (item for item in islice(items, position + 1, None) if item.get("type") != "reasoning")
    led_to = next(later, {})
    return led_to.get("role") == "assistant" or item_type(led_to) in FOLLOW_REASONING


def _orphan(world: World, items: list[Json]) -> str | None:
    """Reasoning that has an id stands right before what it led to; and what it led to, behind it."""
    present = {item.get("id") for item in items}
    for position, item in enumerate(items):
        if item.get("type") == "reasoning" and item.get("id") and not _led_somewhere(items, position):
            return f"Item '{item['id']}' of type 'reasoning' was provided without its required following item."
        needed = world.reasoning_before.get(str(item.get("id")))
        if needed is not None and needed not in present:
            return (
                f"Item '{item['id']}' of type '{item_type(item)}' was provided without its required 'reasoning' item: "
                f"'{needed}'."
            )
    return None
