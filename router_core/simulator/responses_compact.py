"""`POST …/responses/compact`: a conversation in, the few items that stand for it out; the same on both backends."""

from router_core.simulator.accounts import AccountState
from router_core.simulator.answers import Answer, json_answer
from router_core.simulator.call import Call, Json
from router_core.simulator.replies import count_tokens, shorten
from router_core.simulator.responses_prompt import estimate_input_tokens, item_type
from router_core.simulator.responses_rules import check_items, owner_of_encrypted
from router_core.simulator.responses_stream import mint_compaction
from router_core.simulator.world import World

SUMMARY_CHARS = 200


def compact_answer(world: World, call: Call, account: AccountState, body: Json, items: list[Json]) -> Answer:
    """The user's own messages as they are, and one opaque item for all else.

    Args:
        items: the whole conversation, earlier responses included.
    """
    check_items(world, items, account.token)
    kept = [item for item in items if item_type(item) == "message" and item.get("role") in ("user", "developer")]
    told = shorten(str([item for item in items if item not in kept]), SUMMARY_CHARS)
    ids = world.ids.take(call)
    content = mint_compaction(owner_of_encrypted(world, account.token), told)
    compaction: Json = {"id": ids.make("cmp_"), "type": "compaction", "encrypted_content": content}
    given, made = estimate_input_tokens(body, items), count_tokens(told)
    account.charge(body["model"], given, made)
    payload = {
        "id": ids.make("resp_"),
        "object": "response.compaction",
        "created_at": int(world.clock.now()),
        "output": [*kept, compaction],
        "usage": {
            "input_tokens": given,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": made,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": given + made,
        },
    }
    return json_answer(200, payload, [("x-request-id", ids.make("req_"))])
