"""What the owner's own function is given, and what it answered."""

from typing import Any, cast

from router_core.asked_for import AskedFor
from router_core.config.schema import Config
from router_core.errors import WireError
from router_core.routing.custom import CustomAnswer, CustomContext, CustomRule
from router_core.routing.facts import Facts
from router_core.routing.scenario import scenarios_of
from router_core.wire.model import Request


class LateRequest:
    """A neutral request that is decoded when the function looks at it, in the function's own thread: most functions
    decide by the context alone, and a megabyte takes milliseconds."""

    def __init__(self, asked: AskedFor) -> None:
        self._asked = asked

    def __getattribute__(self, name: str) -> Any:
        if name == "__class__":  # so that isinstance says what it stands for
            return Request
        return getattr(object.__getattribute__(self, "_asked").neutral, name)

    def __repr__(self) -> str:
        return repr(object.__getattribute__(self, "_asked").neutral)


async def ask_function(rule: CustomRule, facts: Facts, config: Config) -> CustomAnswer:
    """Never raises: a request that cannot be read is none that the function could place."""
    try:
        input_tokens = facts.input_tokens
    except WireError as error:
        return CustomAnswer(None, f"not asked, since the body cannot be read: {error.message}")
    context = CustomContext(
        model=facts.model,
        input_tokens=input_tokens,
        scenario=next(scenarios_of(facts, config.routing), ""),
        session=facts.session,
        agent=facts.agent,
        project=facts.project,
        client=facts.client,
        user_agent=facts.user_agent,
        config=config,
    )
    return await rule.ask(cast(Request, LateRequest(facts.asked)), context)
