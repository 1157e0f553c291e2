"""Responses answers: the response object, and the event stream that builds it up.

Order and fields of the events are those that OpenAI's SDK enumerates; `sequence_number` starts at 0.
"""

from hashlib import blake2b
from typing import assert_never

from router_core.simulator.answers import Frame, FrameKind, event_frame
from router_core.simulator.call import Json
from router_core.simulator.ids import IdSource
from router_core.simulator.openai_chat import span_of
from router_core.simulator.replies import Reply, Said, Thought, ToolUse, WebSearch, split_evenly

ENCRYPTED_PREFIX = "SimEnc"


_KEY = b"router_core.simulator"


def mint_encrypted(owner: str, summary: list[Json]) -> str:
    """Encrypted reasoning; it fits this summary and no other.

    Args:
        owner: the credential that it is bound to, or empty.
    """
    told = "\0".join([owner, *(str(part.get("text")) for part in summary)])
    return ENCRYPTED_PREFIX + blake2b(told.encode(errors="surrogatepass"), key=_KEY, digest_size=32).hexdigest()


def mint_compaction(owner: str, text: str) -> str:
    """The `encrypted_content` of a compacted conversation: what it was, and a proof."""
    return mint_encrypted(owner, [{"text": text}]) + "." + text.encode(errors="replace").hex()


def output_items(body: Json, reply: Reply, ids: IdSource, owner: str) -> list[Json]:
    """The finished output items of a reply.

    Args:
        body: the request, which says whether reasoning is summarized, and handed out encrypted.
        owner: what encrypted reasoning is bound to.
    """
    items: list[Json] = []
    includes = body.get("include") or []
    summarized = (body.get("reasoning") or {}).get("summary") in ("auto", "concise", "detailed")
    for part in reply.parts:
        label = str(len(items) or "")
        match part:
            case Thought(text):
                summary: list[Json] = [{"type": "summary_text", "text": text}] if summarized else []
                reasoning: Json = {"id": ids.make("rs_", label), "type": "reasoning", "summary": summary}
                if "reasoning.encrypted_content" in includes:
                    reasoning["encrypted_content"] = mint_encrypted(owner, summary)
                items.append(reasoning)
            case WebSearch(query, results):
                action: Json = {"type": "search", "query": query}
                if "web_search_call.action.sources" in includes:
                    action["sources"] = [{"type": "url", "url": result.url} for result in results]
                done = {"type": "web_search_call", "status": "completed", "action": action}
                items.append({"id": ids.make("ws_", label), **done})
            case Said():
                items.append(_message_item(reply, ids, label))
            case ToolUse():
                items.append(_call_item(part, ids, label))
            case _:
                assert_never(part)
    if reply.refusal is not None and not reply.text:
        items.append(_message_item(reply, ids, str(len(items) or "")))
    return items


def _message_item(reply: Reply, ids: IdSource, label: str) -> Json:
    content: list[Json] = []
    if reply.text:
        sources = [{"type": "url_citation", **span_of(citation, reply.text)} for citation in reply.citations]
        content.append({"type": "output_text", "annotations": sources, "logprobs": [], "text": reply.text})
    if reply.refusal is not None:
        content.append({"type": "refusal", "refusal": reply.refusal})
    status = "incomplete" if reply.cut_short and not reply.tools else "completed"
    head = {"id": ids.make("msg_", label), "type": "message", "status": status, "role": "assistant"}
    return {**head, "content": content}


def _call_item(tool: ToolUse, ids: IdSource, label: str) -> Json:
    status = "incomplete" if tool.cut else "completed"
    item: Json = {"status": status, "call_id": ids.make("call_", label), "name": tool.offer.name}
    if tool.offer.namespace:
        item["namespace"] = tool.offer.namespace
    if tool.offer.kind == "custom":
        return {"id": ids.make("ctc_", label), "type": "custom_tool_call", **item, "input": tool.payload}
    return {"id": ids.make("fc_", label), "type": "function_call", **item, "arguments": tool.payload}


def usage_of(reply: Reply) -> Json:
    """The usage object; cached tokens are part of the input, reasoning tokens part of the output."""
    return {
        "input_tokens": reply.input_tokens,
        "input_tokens_details": {
            "cached_tokens": reply.cache_read_tokens or 0,
            "cache_write_tokens": (reply.cache_write_tokens or 0) + (reply.cache_write_1h_tokens or 0),
        },
        "output_tokens": reply.output_tokens,
        "output_tokens_details": {"reasoning_tokens": reply.thinking_tokens},
        "total_tokens": reply.input_tokens + reply.output_tokens,
    }


def response_json(body: Json, reply: Reply, ids: IdSource, output: list[Json], created_at: int) -> Json:
    """The finished response object."""
    text = body.get("text") or {}
    reasoning = body.get("reasoning") or {}
    return {
        "id": ids.make("resp_"),
        "object": "response",
        "created_at": created_at,
        "completed_at": None if reply.cut_short else created_at,
        "status": "incomplete" if reply.cut_short else "completed",
        "background": False,
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if reply.cut_short else None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "model": body["model"],
        "output": output,
        "parallel_tool_calls": body.get("parallel_tool_calls", True),
        "previous_response_id": body.get("previous_response_id"),
        "prompt_cache_key": body.get("prompt_cache_key"),
        "reasoning": {"effort": reasoning.get("effort"), "summary": reasoning.get("summary")},
        "service_tier": "default",
        "store": body.get("store", True),
        "temperature": body.get("temperature", 1.0),
        "text": {"format": text.get("format", {"type": "text"}), "verbosity": text.get("verbosity", "medium")},
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": [],
        "top_p": body.get("top_p", 1.0),
        "truncation": body.get("truncation", "disabled"),
        "usage": usage_of(reply),
        "metadata": body.get("metadata") or {},
    }


class _Events:
    """Collects frames and numbers them."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []

    def add(self, kind: FrameKind, event_type: str, **fields: object) -> None:
        payload: Json = {"type": event_type, "sequence_number": len(self.frames), **fields}
        self.frames.append(event_frame(payload, kind))


def response_frames(response: Json, reply: Reply, *, final_output: bool) -> list[Frame]:
    """The event stream that builds up `response`.

    Args:
        final_output: whether the closing event repeats the items; the Codex backend leaves them out.
    """
    events = _Events()
    begun = {**response, "status": "in_progress", "output": [], "usage": None, "completed_at": None}
    begun["incomplete_details"] = None
    events.add("preamble", "response.created", response=begun)
    events.add("preamble", "response.in_progress", response=begun)
    for index, item in enumerate(response["output"]):
        match item["type"]:
            case "reasoning":
                _reasoning(events, index, item)
            case "message":
                _message(events, index, item, reply)
            case "web_search_call":
                _web_search(events, index, item)
            case _:
                _tool_call(events, index, item, reply)
    done = response if final_output else {**response, "output": []}
    name = "response.incomplete" if response["status"] == "incomplete" else "response.completed"
    events.add("terminal", name, response=done)
    return events.frames


def _reasoning(events: _Events, index: int, item: Json) -> None:
    prefix = "response.reasoning_summary"
    begun = {name: value for name, value in item.items() if name != "encrypted_content"} | {"summary": []}
    events.add("structure", "response.output_item.added", output_index=index, item=begun)
    for number, part in enumerate(item["summary"]):
        at = {"item_id": item["id"], "output_index": index, "summary_index": number}
        events.add("structure", f"{prefix}_part.added", **at, part={"type": "summary_text", "text": ""})
        for piece in split_evenly(part["text"], 2):
            events.add("content", f"{prefix}_text.delta", **at, delta=piece)
        events.add("structure", f"{prefix}_text.done", **at, text=part["text"])
        events.add("structure", f"{prefix}_part.done", **at, part=part)
    events.add("structure", "response.output_item.done", output_index=index, item=item)


def _message(events: _Events, index: int, item: Json, reply: Reply) -> None:
    begun = {**item, "status": "in_progress", "content": []}
    events.add("structure", "response.output_item.added", output_index=index, item=begun)
    for position, part in enumerate(item["content"]):
        at = {"item_id": item["id"], "output_index": index, "content_index": position}
        if part["type"] == "refusal":
            events.add("structure", "response.content_part.added", **at, part={**part, "refusal": ""})
            for piece in split_evenly(part["refusal"], 3):
                events.add("content", "response.refusal.delta", **at, delta=piece)
            events.add("structure", "response.refusal.done", **at, refusal=part["refusal"])
        else:
            empty = {**part, "text": "", "annotations": []}
            events.add("structure", "response.content_part.added", **at, part=empty)
            for piece in reply.pieces:
                events.add("content", "response.output_text.delta", **at, delta=piece, logprobs=[])
            for number, source in enumerate(part["annotations"]):
                where = {**at, "annotation_index": number}
                events.add("structure", "response.output_text.annotation.added", **where, annotation=source)
            events.add("structure", "response.output_text.done", **at, text=part["text"], logprobs=[])
        events.add("structure", "response.content_part.done", **at, part=part)
    events.add("structure", "response.output_item.done", output_index=index, item=item)


def _web_search(events: _Events, index: int, item: Json) -> None:
    at = {"item_id": item["id"], "output_index": index}
    begun = {"id": item["id"], "type": item["type"], "status": "in_progress"}
    events.add("structure", "response.output_item.added", output_index=index, item=begun)
    for step in ("in_progress", "searching", "completed"):
        events.add("structure", f"response.web_search_call.{step}", **at)
    events.add("structure", "response.output_item.done", output_index=index, item=item)


def _tool_call(events: _Events, index: int, item: Json, reply: Reply) -> None:
    custom = item["type"] == "custom_tool_call"
    key, name = ("input", "custom_tool_call_input") if custom else ("arguments", "function_call_arguments")
    at = {"item_id": item["id"], "output_index": index}
    begun = {**item, "status": "in_progress", key: ""}
    events.add("structure", "response.output_item.added", output_index=index, item=begun)
    text = item[key]
    for piece in split_evenly(text, reply.argument_pieces):
        events.add("content", f"response.{name}.delta", **at, delta=piece)
    done = {key: text} if custom else {key: text, "name": item["name"]}
    events.add("structure", f"response.{name}.done", **at, **done)
    events.add("structure", "response.output_item.done", output_index=index, item=item)
