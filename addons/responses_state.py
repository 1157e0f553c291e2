"""What the Responses API keeps on the provider's side, for clients that rely on it with any provider and any token.

Requests: `previous_response_id`, references to items and compactions of ours become the items themselves, where the
target does not know them. Answers: a response that may be continued by its id is remembered.
"""

import asyncio
import os
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
from mitmproxy import http

from addons.flowstate import FlowState, find_state
from addons.hooks import async_request_hook, observing_hook, request_hook
from addons.runtime import Runtime
from router_core.routing.beginnings import Beginning
from router_core.session import key_of_beginning
from router_core.state.compact import open_own_compaction
from router_core.state.items import input_items
from router_core.state.previous import Resolved, resolve_previous, session_ids
from router_core.state.rollouts import conversation_of
from router_core.wire.edit import edits_between
from router_core.wire.openai_responses.collect import OutputItems

_STORES = frozenset({"openai", "openai-responses"})
"""Kinds of provider that keep responses themselves."""


class ResponsesState:
    """Before a request is put to its target, and after its answer."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def request(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """There is something to wait for only when Codex's own files must be read."""
        state = find_state(flow)
        if state is None or state.asked is None or state.call.format != "openai-responses":
            return None
        self._prepare(flow)
        return self._resolve_from_files(flow) if state.must_resolve and flow.response is None else None

    @request_hook
    def _prepare(self, flow: http.HTTPFlow) -> None:
        state = find_state(flow)
        if state is None or state.asked is None:
            return
        asked, conversations = state.asked, self.runtime.conversations
        body = asked.json
        items = body.get("input")
        if isinstance(items, list) and (opened := open_own_compaction(items)) is not items:
            changed = {**body, "input": opened}
            asked.edits += edits_between(body, changed, "compaction of ours, opened")
            asked.use(changed)
            body = changed
        if state.call.inference and (body.get("store") is not False or state.turn is not None):
            state.continues = str(body.get("previous_response_id") or "")
            state.input_items = [] if body.get("input") is None else input_items(body["input"])
            state.collector = OutputItems()
        previous = body.get("previous_response_id")
        if previous is None and not _has_references(items):
            return
        if isinstance(previous, str) and self._provider_knows(state, previous):
            return
        if previous is not None and not (isinstance(previous, str) and conversations.in_memory(previous)):
            state.must_resolve = True
            return
        self._use(state, resolve_previous(body, conversations))

    @async_request_hook
    async def _resolve_from_files(self, flow: http.HTTPFlow) -> None:
        state = find_state(flow)
        if state is None or state.asked is None:
            return
        body = state.asked.json
        sessions = session_ids(state.asked.headers, body)
        codex_home = Path(os.environ.get("CODEX_HOME") or Path.home() / ".codex")
        resolved = await asyncio.to_thread(
            resolve_previous,
            body,
            self.runtime.conversations,
            sessions,
            lambda session: conversation_of(codex_home, session),
        )
        self._use(state, resolved)

    def _use(self, state: FlowState, resolved: Resolved) -> None:
        if state.asked is not None and resolved.source != "none":
            state.asked.edits += edits_between(state.asked.json, resolved.body, f"in full: {resolved.because}")
            state.asked.use(resolved.body)
            state.body_replaced = True
            if not state.asker.session:  # the conversation's beginning is in the body only now
                state.asker = replace(state.asker, session=key_of_beginning(state.asked.body))
            state.record.because += f"; {resolved.because}"

    def _provider_knows(self, state: FlowState, previous: str) -> bool:
        """The target keeps its responses, and as far as is known this one is its own."""
        if state.turn is not None and state.turn.link.provider_knows(state.provider_name, previous):
            return True
        if state.provider.kind not in _STORES:
            return False
        origin = self.runtime.conversations.origin(previous)
        return origin is None or origin.provider == state.provider_name

    # ---- answers ----------------------------------------------------------------------------------------------------

    @observing_hook
    def response(self, flow: http.HTTPFlow) -> None:
        state = find_state(flow)
        if state is None or state.collector is None or state.gave_up or state.token is None or flow.response is None:
            return
        if not flow.response.stream and "event-stream" in flow.response.headers.get("content-type", ""):
            state.collector.feed(flow.response.data.content or b"")
        answer = _answer(state.collector, flow.response)
        if not isinstance(answer, dict) or not isinstance(answer.get("output"), list):
            return
        id_ = str(answer.get("id") or "")
        self.runtime.beginnings.note(id_, Beginning(state.tag, state.record.project))
        self.runtime.conversations.remember(
            id_,
            state.input_items,
            answer["output"],
            provider=state.provider_name,
            token_id=state.token.id,
            session=state.record.session,
            previous_id=state.continues,
        )


def _answer(collector: OutputItems, response: http.Response) -> Any:
    """The whole answer as the client got it; None when it is an error or broke off."""
    if response.status_code != 200:
        return None
    if "text/event-stream" in response.headers.get("content-type", ""):
        collected = collector.close()
        return collected.body if collected.status == 200 else None
    try:
        return orjson.loads(response.data.content or b"")
    except orjson.JSONDecodeError:
        return None


def _has_references(items: Any) -> bool:
    return isinstance(items, list) and any(
        isinstance(item, dict) and (item.get("type") == "item_reference" or set(item) == {"id"}) for item in items
    )
