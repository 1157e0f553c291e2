"""Auto within a decision: whose tier is remembered."""

from typing import Any

import orjson

from router_core.asked_for import AskedFor
from router_core.config.schema import Config
from router_core.routing.auto.sticky import TierMemory
from router_core.routing.auto_place import auto_for
from router_core.routing.decide import decide
from router_core.routing.entrance import Entrance, Operation
from router_core.routing.facts import Facts

HARD = "Prove step by step that the square root of 2 is irrational, and derive the general theorem from it."


def said(role: str, text: str) -> dict[str, str]:
    return {"role": role, "content": text}


def tier(memory: TierMemory, *messages: dict[str, str], session: str = "", operation: Operation = "generate") -> str:
    body: dict[str, Any] = {"model": "auto", "max_tokens": 500, "messages": messages}
    facts = Facts(AskedFor(Entrance("anthropic", operation), orjson.dumps(body), {}, "", session))
    auto = auto_for(facts, Config(), lambda name, model: False, memory, None, 0.0)
    return decide(facts, Config(), has_token="claude".__eq__, serves=lambda name, model: False, auto=auto).tier


def test_a_conversation_of_a_client_that_names_no_session_keeps_its_tier_too() -> None:
    memory = TierMemory()
    begun = (said("user", HARD), said("assistant", "Suppose it were …"))
    assert tier(memory, begun[0]) == "REASONING"
    assert tier(memory, *begun, said("user", "thanks")) == "REASONING"
    assert tier(memory, said("user", "thanks, that will do")) == "SIMPLE"


def test_a_session_s_tier_is_no_other_s() -> None:
    memory = TierMemory()
    assert tier(memory, said("user", HARD), session="one") == "REASONING"
    assert tier(memory, said("user", "thanks"), session="two") == "SIMPLE"
    assert tier(memory, said("user", "thanks"), session="one", operation="count") == "SIMPLE"
    assert tier(memory, said("user", "thanks"), session="one") == "REASONING"


def test_conversations_that_share_a_prompt_cache_key_do_not_share_a_tier() -> None:
    memory = TierMemory()

    def tier_of(*messages: dict[str, str]) -> str:
        body = {"model": "auto", "max_tokens": 500, "messages": messages, "prompt_cache_key": "my-app"}
        facts = Facts(AskedFor(Entrance("openai-chat", "generate"), orjson.dumps(body), {}, "", "my-app"))
        auto = auto_for(facts, Config(), lambda name, model: False, memory, None, 0.0)
        return decide(facts, Config(), has_token="claude".__eq__, serves=lambda name, model: False, auto=auto).tier

    assert tier_of(said("user", HARD)) == "REASONING"
    assert tier_of(said("user", "thanks")) == "SIMPLE"
    assert tier_of(said("user", HARD), said("assistant", "Suppose …"), said("user", "thanks")) == "REASONING"
