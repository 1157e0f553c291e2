"""`GET /v1/models` and its relatives: every model that the registered tokens reach, in the asking client's form."""

from collections.abc import Awaitable, Sequence

from mitmproxy import http

from addons.answers import answer_json
from addons.guard import CLIENT_KEY
from addons.header_map import header_map
from addons.hooks import async_request_hook
from addons.runtime import Runtime
from addons.target_lists import has_lists, why_not_allowed
from router_core.models.info import ModelInfo
from router_core.models.known import model_info
from router_core.models.listing import list_etag, models_answer
from router_core.routing.decide import NoRoute, decide
from router_core.routing.entrance import entrance_of
from router_core.routing.facts import facts_of_name
from router_core.routing.target import RouteTarget

SENT_ELSEWHERE = frozenset({"lock", "rules", "scenario", "model pattern", "default"})
"""The rules that let another model answer than the one that is asked for."""


class ModelsApi:
    """Answers listings; the guard has checked the client's token."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def request(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """Nothing to wait for unless a listing is asked for: most requests are not."""
        if flow.request.method not in ("GET", "HEAD"):
            return None
        entrance = entrance_of(flow.request.method, flow.request.path)
        return self._answer(flow) if entrance is not None and entrance.operation == "models" else None

    @async_request_hook
    async def _answer(self, flow: http.HTTPFlow) -> None:
        runtime = self.runtime
        runtime.pool.refresh()
        client_key = str(flow.metadata.get(CLIENT_KEY, ""))
        models = self._usable(await runtime.models.models(runtime.model_sources()), client_key)
        path, _, query = flow.request.path.partition("?")
        headers = header_map(flow.request.headers)

        def placed(name: str) -> ModelInfo | None:
            return self._placed(name, headers, models, client_key)

        status, body = models_answer(models, path, query, headers, tuple(runtime.config.providers), placed)
        etag = list_etag(body)
        if status == 200 and headers.get("if-none-match") == etag:
            flow.response = http.Response.make(304, b"", {"etag": etag})
            return
        answer_json(flow, body, status)
        if flow.response is not None:
            flow.response.headers["etag"] = etag

    def _usable(self, models: Sequence[ModelInfo], client_key: str) -> Sequence[ModelInfo]:
        """Those that the lists let this client use."""
        runtime, config = self.runtime, self.runtime.config
        if not has_lists(runtime, config, client_key):
            return models
        targets = [(info, RouteTarget(info.provider, info.id)) for info in models]
        return [info for info, target in targets if not why_not_allowed(runtime, config, client_key, target)]

    def _placed(
        self, name: str, headers: dict[str, str], models: Sequence[ModelInfo], client_key: str
    ) -> ModelInfo | None:
        """What answers for a model's name where a rule sends it elsewhere: its window is the one that counts. What the
        owner's own function would say is not asked."""
        runtime = self.runtime
        try:
            route = decide(
                facts_of_name(name, headers),
                runtime.config,
                has_token=lambda provider: bool(runtime.pool.of(provider)),
                serves=lambda provider, model: runtime.models.offers(provider, model) is True,
                lock=runtime.lock.read(),
            )
        except NoRoute:
            return None
        if route.tried[-1][0] not in SENT_ELSEWHERE:
            return None
        allowed = [
            target for target in route.targets if not why_not_allowed(runtime, runtime.config, client_key, target)
        ]
        if not allowed:
            return None
        target = allowed[0]
        known = (info for info in models if (info.provider, info.id) == (target.provider, target.model))
        return next(known, None) or model_info(target.model, target.provider)
