"""The owner's own routing function as the configuration names it."""

from addons.runtime import Runtime
from router_core.config.schema import Config
from router_core.routing.ask_function import ask_function
from router_core.routing.custom import CustomAnswer, CustomRule
from router_core.routing.facts import Facts


class OwnersFunction:
    """`[routing] custom`."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._rule: tuple[tuple[str, float], CustomRule] | None = None

    async def ask(self, facts: Facts, config: Config) -> CustomAnswer | None:
        """What it answered; None when there is none."""
        if config.routing.custom is None:
            return None
        key = config.routing.custom, config.routing.custom_timeout_s
        if self._rule is None or self._rule[0] != key:
            self._rule = key, CustomRule(key[0], self.runtime.home.path, key[1])
        return await ask_function(self._rule[1], facts, config)
