"""The state of one run, which all simulated providers share: accounts, ids, remembered responses, the clock."""

from collections import OrderedDict
from itertools import pairwise
from typing import Any

from router_core.clock import Clock
from router_core.simulator.accounts import AccountBook, AccountState
from router_core.simulator.call import Call
from router_core.simulator.faults import FaultBook
from router_core.simulator.ids import IdCounter, IdSource
from router_core.simulator.oauth_book import OAuthBook
from router_core.simulator.planned import PlanQueue, carry_out
from router_core.simulator.replies import Prompt, Reply, plan_reply
from router_core.simulator.script import Script

MAX_STORED_RESPONSES = 1000


class World:
    """Everything that a run remembers."""

    def __init__(self, script: Script, clock: Clock) -> None:
        self.script = script
        self.clock = clock
        self.accounts = AccountBook(script, clock.now())
        self.oauth = OAuthBook(script, self.accounts, clock)
        self.ids = IdCounter()
        self.faults = FaultBook(script.faults)
        self.plans = PlanQueue()
        self.stored_responses: OrderedDict[str, list[dict[str, Any]]] = OrderedDict()
        """Response id → the whole conversation up to and with it, for `previous_response_id`."""
        self.thinking_of: OrderedDict[str, list[str]] = OrderedDict()
        """Anthropic: tool call id → signatures of the thinking in the message that made the call."""
        self.reasoning_before: OrderedDict[str, str] = OrderedDict()
        """OpenAI: id of a stored item → id of the reasoning item that it came of."""
        self.onboarding: dict[str, str] = {}
        """Google: operation → credential of the account that it sets up."""
        self.onboarded: set[str] = set()
        """Credentials of the accounts that were set up in this run."""
        self.refused = 0
        """Counts refusals, for their request ids."""

    def reply(self, call: Call, account: AccountState, prompt: Prompt) -> tuple[Reply, IdSource]:
        """Plan the reply to an accepted request and charge the account for it.

        Raises:
            PlanMismatch: a test planned what the request does not allow.
        """
        call.planned = self.plans.take()
        if call.planned is not None:
            reply = carry_out(call.planned, prompt)
        else:
            reply = plan_reply(prompt, words=self.script.reply_words, always_tool=self.script.tool_turn)
        account.charge(prompt.model, reply.input_tokens, reply.output_tokens)
        return reply, self.ids.take(call)

    def give_back(self, call: Call) -> None:
        """A reply never reached its end: asking again gives it again."""
        self.ids.give_back(call)
        if call.planned is not None:
            self.plans.give_back(call.planned)
            call.planned = None

    def refusal_id(self) -> str:
        """A request id for an answer that is not a reply."""
        self.refused += 1
        return f"req_sim{self.refused:020d}"

    def remember_thinking(self, content: list[dict[str, Any]]) -> None:
        """Note which thinking belongs to the calls of an answered Anthropic message."""
        for block in content:
            if block["type"] == "tool_use":
                self.thinking_of[block["id"]] = thinking_proofs(content)
                if len(self.thinking_of) > MAX_STORED_RESPONSES:
                    self.thinking_of.popitem(last=False)

    def store_response(self, response_id: str, items: list[dict[str, Any]]) -> None:
        self.stored_responses[response_id] = items
        for before, item in pairwise(items):
            if before.get("type") == "reasoning" and before.get("id") and item.get("id"):
                self.reasoning_before[item["id"]] = before["id"]
                if len(self.reasoning_before) > MAX_STORED_RESPONSES:
                    self.reasoning_before.popitem(last=False)
        if len(self.stored_responses) > MAX_STORED_RESPONSES:
            self.stored_responses.popitem(last=False)


def thinking_proofs(content: list[dict[str, Any]]) -> list[str]:
    """What proves the thinking blocks of an Anthropic message, in order."""
    blocks = [block for block in content if block.get("type") in ("thinking", "redacted_thinking")]
    return [str(block.get("signature") or block.get("data")) for block in blocks]
