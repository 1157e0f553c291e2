"""`/api/openapi.json` and `/api/docs`: what the API takes and tells, for programs and for people."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from addons.api.docs_page import content_policy, page, style
from addons.api.endpoint import Answer, Endpoint, View
from addons.api.openapi import document
from addons.runtime import Runtime


class OpenApi(View):
    """An OpenAPI 3.1 document."""

    openapi: str


class Document:
    """Describes all endpoints, its own two as well."""

    def __init__(self, runtime: Runtime, described: Callable[[], Sequence[Endpoint]]) -> None:
        self.runtime = runtime
        self._described = described
        self._document: dict[str, Any] = {}
        self._html = ""

    def endpoints(self) -> Sequence[Endpoint]:
        return [
            Endpoint("GET", "/api/openapi.json", self.openapi, "This document, for programs", OpenApi, tag="router"),
            Endpoint("GET", "/api/docs", self.docs, "This document, for people", None, tag="router", media="text/html"),
        ]

    async def openapi(self) -> Answer:
        return Answer(await asyncio.to_thread(self._made))

    async def docs(self) -> Answer:
        css = style()
        html = await asyncio.to_thread(self._page, css)
        headers = {"content-security-policy": content_policy(css), "referrer-policy": "no-referrer"}
        return Answer(html, media="text/html; charset=utf-8", headers=headers)

    def _made(self) -> dict[str, Any]:
        """Once: it takes as long as many requests, and does not change."""
        if not self._document:
            self._document = document(self._described(), self.runtime.url)
        return self._document

    def _page(self, css: str) -> str:
        if not self._html:
            home = self.runtime.home
            files = {"admin": str(home.admin_token_file), "client": str(home.gateway_token_file)}
            self._html = page(self._made(), css, files)
        return self._html
