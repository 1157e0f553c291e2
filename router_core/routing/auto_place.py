"""How `auto` is asked from within a decision: with one request's facts, and what is remembered of its session; where
the client names none, the conversation's beginning does."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from router_core.config.schema import Config
from router_core.routing.decide import Auto
from router_core.routing.facts import Facts
from router_core.routing.measured import Measured
from router_core.routing.names import HasToken, Serves
from router_core.routing.target import RouteTarget
from router_core.session import key_of_beginning

if TYPE_CHECKING:
    from router_core.routing.auto.names import AutoRequest
    from router_core.routing.auto.place import Placed
    from router_core.routing.auto.sticky import TierMemory


def auto_for(
    facts: Facts,
    config: Config,
    serves: Serves,
    memory: "TierMemory | None",
    measured: Measured | None,
    now: float,
    allowed: Callable[[RouteTarget], bool] | None = None,
) -> Auto:
    """The function that places this request if it asks for `auto`; until then it costs nothing.

    Args:
        memory: None for a dry run: nothing is remembered.
        measured: the last turn of this line of work.
        now: epoch seconds.
        allowed: whether the lists of `[spend]` and of the client's key let a target be used; None: there are none.
    """

    def place_it(asked: "AutoRequest", has_token: HasToken) -> "Placed":
        from router_core.routing.auto.candidates import candidates_of
        from router_core.routing.auto.from_facts import prompt_of_facts
        from router_core.routing.auto.place import place

        line = facts.session
        if line in ("", facts.asked.said.get("prompt_cache_key")):  # programs share one key among their conversations
            line += key_of_beginning(facts.asked.body)
        tokens, generates = facts.input_tokens, facts.asked.entrance.operation == "generate"
        candidates = candidates_of(config, has_token=has_token, serves=serves, input_tokens=tokens, at=now)
        if allowed is not None:  # where nothing is, the refusal says why
            candidates = [each for each in candidates if allowed(each.target)] or candidates
        return place(
            asked,
            prompt_of_facts(facts),
            config.routing.auto,
            candidates=candidates,
            memory=memory if generates and not facts.aside else None,
            session=f"{line} {facts.agent}" if line else "",
            now=now,
            cached_tokens=measured.cached_tokens if measured is not None else 0,
        )

    return place_it
