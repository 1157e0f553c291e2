"""What both Responses backends check in the conversation itself: calls and outputs, encrypted reasoning."""

from router_core.simulator.call import Json
from router_core.simulator.openai_errors import refuse_openai
from router_core.simulator.responses_prompt import unpaired_calls
from router_core.simulator.responses_stream import mint_encrypted
from router_core.simulator.world import World


def owner_of_encrypted(world: World, token: str) -> str:
    """What encrypted reasoning is bound to in this run."""
    return token if world.script.bind_encrypted_content else ""


def check_items(world: World, items: list[Json], token: str) -> None:
    """Refuse unpaired calls and foreign encrypted reasoning.

    Args:
        items: the whole conversation, earlier responses included.
    """
    unanswered, orphans = unpaired_calls(items)
    if orphans:
        text = f"No tool call found for function call output with call_id {orphans[0]}."
        raise refuse_openai(world, 400, text, param="input")
    if unanswered:
        raise refuse_openai(world, 400, f"No tool output found for function call {unanswered[0]}.", param="input")
    genuine = mint_encrypted(owner_of_encrypted(world, token))
    for item in items:
        content = item.get("encrypted_content")
        if item.get("type") == "reasoning" and content is not None and content != genuine:
            text = (
                f"The encrypted content for item {item.get('id', 'rs_unknown')} could not be verified. "
                "Reason: Encrypted content could not be decrypted or parsed."
            )
            raise refuse_openai(world, 400, text, code="invalid_encrypted_content")
