"""At which of a provider's APIs a model answers, as its refusals have taught. Kept for as long as the process runs."""

from collections import OrderedDict

from router_core.models.info import Endpoint

MOST = 1000


class LearnedEndpoints:
    """(provider, model) → the one API that is left."""

    def __init__(self) -> None:
        self._learned: OrderedDict[tuple[str, str], tuple[Endpoint, ...]] = OrderedDict()

    def learn(self, provider: str, model: str, endpoint: Endpoint) -> None:
        self._learned[provider, model] = (endpoint,)
        self._learned.move_to_end((provider, model))
        if len(self._learned) > MOST:  # model names come from clients
            self._learned.popitem(last=False)

    def of(self, provider: str, model: str) -> tuple[Endpoint, ...]:
        """() when nothing was learned."""
        return self._learned.get((provider, model), ())
