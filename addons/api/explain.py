"""`/api/route/explain`: what would become of a request, and why; nothing is sent."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from addons.api.endpoint import Answer, Change, Endpoint, View
from addons.api.trace_view import Tried
from addons.runtime import Runtime
from router_core.errors import Refused
from router_core.home import Home
from router_core.routing.entrance import entrance_of
from router_core.wire.json_bytes import json_bytes

MOST_HEADERS = 100
MOST_BYTES = 32 * 1024 * 1024
"""As large as a request may be."""


class RequestToExplain(Change):
    """A request as a client would send it."""

    path: Annotated[str, Field(pattern="^/", max_length=2000)] = "/v1/messages"
    """`/v1/…` is routed, `/claude/…` means that provider."""
    request: dict[str, Any] = Field(default_factory=dict)
    """Its body."""
    headers: dict[str, Annotated[str, Field(max_length=2000)]] = Field(default_factory=dict, max_length=MOST_HEADERS)
    """Of the client: it, its session and its project are told by them."""


class ConsideredToken(View):
    """One token of a target."""

    name: str
    place: int | None
    because: str
    taken: bool


class AffinityView(View):
    """What becomes of the session's binding to a token."""

    place: str
    because: str
    kept_tokens: int | None
    lost_tokens: int | None
    lost_nano_usd: int | None


class UsedTransformer(View):
    """What would be changed of the request."""

    name: str
    does: str


class ExplainedTarget(View):
    """One target of the route."""

    provider: str
    model: str
    strategy: str
    chosen: str
    """Name of the token that would pay; "": none can."""
    because: str
    waits_s: float
    host_rests: str
    """Why the provider is left alone."""
    denied: str
    """Why the target may not be used."""
    transformers: list[UsedTransformer]
    expected_nano_usd: int | None
    """With as much output as a budget would reserve; null: the price is not known, or there is no body."""
    billing: str
    bound: str
    affinity: AffinityView | None
    tokens: list[ConsideredToken]


class TagView(View):
    """A target named in the prompt."""

    target: str
    path: str


class Explanation(View):
    """The decision."""

    model: str
    session: str
    thread: str
    because: str
    says: str
    targets: list[ExplainedTarget]
    client: str | None = None
    project: str | None = None
    agent: str | None = None
    tag: TagView | None = None
    scenario: str | None = None
    tier: str | None = None
    decision: list[Tried] | None = None
    """Every rule that was tried; null where the path names the provider."""
    estimated_input_tokens: int | None = None
    measured_input_tokens: int | None = None


class Explain:
    """A dry run on what is stored, as `mitmrouter route explain`."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def endpoints(self) -> Sequence[Endpoint]:
        return [
            Endpoint(
                "POST", "/api/route/explain", self.answer, "What would become of a request, and why", Explanation,
                body=RequestToExplain, tag="routing", most_bytes=MOST_BYTES, errors={503: "The lock cannot be read."},
                description="Nothing is sent, held or bound. What only requests under way know is not in it.",
                example={
                    "path": "/v1/messages",
                    "request": {"model": "claude-sonnet-4-5", "messages": [{"role": "user", "content": "hello"}]},
                },
            ),
        ]  # fmt: skip

    async def answer(self, body: RequestToExplain) -> Answer:
        entrance = entrance_of("POST", body.path)
        provider = None if body.path.startswith(("/v1/", "/v1beta/")) else body.path.split("/")[1]
        if provider == "" or (provider is None and (entrance is None or entrance.operation == "models")):
            raise Refused(400, "bad_request", "path: nothing is routed there")
        model = entrance.model if entrance is not None else ""
        told = await asyncio.to_thread(
            _explained,
            self.runtime.home,
            json_bytes(body.request) if body.request else b"",
            {name.lower(): value for name, value in body.headers.items()},
            model or None,
            provider,
            entrance.format if entrance is not None else None,
            self.runtime.clock.now(),
        )
        return Answer(told)


def _explained(
    home: Home,
    content: bytes,
    headers: dict[str, str],
    model: str | None,
    provider: str | None,
    format: str | None,
    now: float,
) -> dict[str, Any]:
    import click

    from router_core.cli.route_question import explained

    try:
        return explained(home, content, headers, model, provider, None, format, now)
    except click.ClickException as error:
        raise Refused(400, "bad_request", error.message) from error
