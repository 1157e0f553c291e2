"""The decision that a request would get, on what is stored: for `route explain`. The owner's function is asked, too."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from router_core.asked_for import AskedFor
from router_core.clock import SystemClock
from router_core.config.schema import Config
from router_core.home import Home
from router_core.models.discovery import kept_models
from router_core.routing.ask_function import ask_function
from router_core.routing.auto_place import auto_for
from router_core.routing.custom import CustomRule
from router_core.routing.decide import Route, decide
from router_core.routing.facts import Facts
from router_core.routing.lock import LockFile
from router_core.routing.measured import Measured, measured_of
from router_core.routing.tags import may_have_tag, take_tag
from router_core.routing.target import RouteTarget
from router_core.spend.allowed import why_denied
from router_core.state.conversations import Conversations
from router_core.store.database import Write, open_read_only
from router_core.store.state import StateStore
from router_core.store.traces import last_usage


class Nowhere:
    """Takes what is to be written, and does not write it."""

    def submit(self, write: Write) -> None:
        """Nothing becomes of it."""


class DryRun:
    """One request, placed as the router would place it.

    Args:
        asked: its tag, if it has one, is taken out here.
        now: epoch seconds.
    """

    def __init__(
        self, home: Home, config: Config, asked: AskedFor, has_token: Callable[[str], bool], now: float
    ) -> None:
        self._home, self._config, self._has_token, self._now = home, config, has_token, now
        self.tag = take_tag(asked) if may_have_tag(asked.body) else None
        facts = Facts(asked)
        self._measured = self._last_measured(facts)
        last_input_tokens = self._measured.input_tokens if self._measured else None
        self.facts = Facts(asked, last_input_tokens=last_input_tokens, remembered=self._remembered)

    def route(self) -> Route:
        """The route.

        Raises:
            RouterError: nothing fits, the body cannot be read, the lock cannot be read.
        """
        routing = self._config.routing
        custom = None
        if routing.custom is not None:
            rule = CustomRule(routing.custom, self._home.path, routing.custom_timeout_s)
            custom = asyncio.run(ask_function(rule, self.facts, self._config))

        models = kept_models(self._home, SystemClock())

        def serves(name: str, wanted: str) -> bool:
            return models.offers(name, wanted) is True

        spend = self._config.spend

        def allowed(target: RouteTarget) -> bool:
            return not why_denied(target, spend.allow, spend.deny)

        return decide(
            self.facts,
            self._config,
            has_token=self._has_token,
            serves=serves,
            lock=LockFile(self._home.model_lock).read(),
            tag=self.tag.target if self.tag is not None else "",
            custom=custom,
            auto=auto_for(self.facts, self._config, serves, None, self._measured, self._now, allowed),
        )

    def told(self, route: Route, *, has_prompt: bool) -> dict[str, Any]:
        """What is said of the decision, as JSON values.

        Args:
            has_prompt: False when only the model is asked about.
        """
        facts = self.facts
        return {
            "client": facts.client,
            "project": facts.project,
            "agent": facts.agent,
            "tag": None if self.tag is None else {"target": self.tag.target, "path": self.tag.path},
            "scenario": route.scenario,
            "tier": route.tier,
            "decision": [{"rule": rule, "said": said} for rule, said in route.tried],
            "estimated_input_tokens": facts.input_tokens if has_prompt else None,
            "measured_input_tokens": facts.last_input_tokens,
        }

    def _remembered(self, response_id: str) -> Sequence[Any]:
        """The conversation up to a response, as state.db has it."""
        if not self._home.state_db.exists():
            return ()
        with contextlib.closing(open_read_only(self._home.state_db)) as database:
            found = Conversations(StateStore(database), Nowhere(), SystemClock()).expand(response_id)
        return found or ()

    def _last_measured(self, facts: Facts) -> Measured | None:
        """Of the session's last turn, as the traces have it."""
        if not facts.session or not self._home.traces_db.exists():
            return None
        with contextlib.closing(open_read_only(self._home.traces_db)) as database:
            usage = last_usage(database, facts.session, facts.agent)
        return measured_of(usage) if usage is not None else None
