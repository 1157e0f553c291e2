"""`GET /v1/models` and its relatives: every model that the registered tokens reach, in the asking client's form."""

from collections.abc import Awaitable
from typing import Any

import orjson
from mitmproxy import http

from addons.answers import answer_json
from addons.header_map import header_map
from addons.hooks import async_request_hook
from addons.runtime import Runtime
from router_core.models.listing import list_etag, models_answer
from router_core.routing.entrance import entrance_of

Json = dict[str, Any]


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
        models = await runtime.models.models(runtime.model_sources())
        path, _, query = flow.request.path.partition("?")
        headers = header_map(flow.request.headers)
        status, body = models_answer(models, path, query, headers, tuple(runtime.config.providers))
        etag = list_etag(body)
        if status == 200 and headers.get("if-none-match") == etag:
            flow.response = http.Response.make(304, b"", {"etag": etag})
            return
        answer_json(flow, orjson.dumps(body), status)
        if flow.response is not None:
            flow.response.headers["etag"] = etag
