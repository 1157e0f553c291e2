"""A request to compact a conversation: passed on where the target can, else put as a request for a summary."""

from collections.abc import Sequence
from dataclasses import replace

import orjson

from router_core.asked_for import AskedFor
from router_core.config.schema import ProviderConfig
from router_core.models.info import Endpoint
from router_core.outgoing import Outgoing, passed, put, wire_target
from router_core.routing.target import RouteTarget
from router_core.state.compact import compact_request, wants_compaction
from router_core.transform.apply import transformed
from router_core.transform.registry import transformers_of
from router_core.wire.changes import ROOT
from router_core.wire.edit import Edit

_COMPACTS = frozenset({"openai", "codex"})
"""Kinds of provider with a compaction of their own."""


def put_compact(
    asked: AskedFor,
    route: RouteTarget,
    provider: ProviderConfig,
    *,
    compat: bool = False,
    offered: Sequence[Endpoint] = (),
) -> Outgoing:
    """Prepare `POST /v1/responses/compact` for one target.

    Args:
        compat: a summary is asked for in Claude Code's form (see `put`).
        offered: see `put`.

    Raises:
        WireError: 400; the body is not what its format says.
    """
    if provider.kind in _COMPACTS:
        target = wire_target(route, provider)
        outgoing = passed(asked, target, "openai-responses", "/responses/compact")
        return transformed(outgoing, asked, transformers_of(provider, route.model, route.provider), "compact")
    return _as_summary(asked, route, provider, streams=False, compat=compat, offered=offered)


def put_compaction_turn(
    asked: AskedFor,
    route: RouteTarget,
    provider: ProviderConfig,
    *,
    compat: bool = False,
    offered: Sequence[Endpoint] = (),
) -> Outgoing | None:
    """Prepare a turn that asks for a compaction by its last item; None for others, and where the target knows of it."""
    if provider.kind in _COMPACTS or asked.entrance.format != "openai-responses" or not wants_compaction(asked.json):
        return None
    return _as_summary(asked, route, provider, streams=asked.stream, compat=compat, offered=offered)


def _as_summary(
    asked: AskedFor,
    route: RouteTarget,
    provider: ProviderConfig,
    *,
    streams: bool,
    compat: bool,
    offered: Sequence[Endpoint],
) -> Outgoing:
    body = {**compact_request(asked.json), "stream": False}
    summary = AskedFor(asked.entrance, orjson.dumps(body), asked.headers, "", asked.session)
    outgoing = put(summary, route, provider, compat=compat, offered=offered)
    return replace(
        outgoing, treatment="compact", client_streams=streams, edits=(*outgoing.edits, Edit(ROOT, "compact"))
    )
