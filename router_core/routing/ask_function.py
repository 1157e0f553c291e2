"""What the owner's own function is given, and what it answered."""

from router_core.config.schema import Config
from router_core.errors import WireError
from router_core.routing.custom import CustomAnswer, CustomContext, CustomRule
from router_core.routing.facts import Facts
from router_core.routing.scenario import scenarios_of


async def ask_function(rule: CustomRule, facts: Facts, config: Config) -> CustomAnswer:
    """Never raises: a request that cannot be read is none that the function could place."""
    try:
        request = facts.asked.neutral
    except WireError as error:
        return CustomAnswer(None, f"not asked, since the body cannot be read: {error.message}")
    context = CustomContext(
        model=facts.model,
        input_tokens=facts.input_tokens,
        scenario=next(scenarios_of(facts, config.routing), ""),
        session=facts.session,
        agent=facts.agent,
        project=facts.project,
        client=facts.client,
        user_agent=facts.user_agent,
        config=config,
    )
    return await rule.ask(request, context)
