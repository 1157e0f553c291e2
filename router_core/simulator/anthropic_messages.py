"""Anthropic's Messages answers: one JSON message, or the event stream that adds up to it."""

from dataclasses import replace
from typing import Any, assert_never

import orjson

from router_core.simulator.answers import Frame, event_frame
from router_core.simulator.anthropic_signatures import mint_found, mint_redacted, mint_signature
from router_core.simulator.call import Json
from router_core.simulator.ids import IdSource
from router_core.simulator.replies import (
    Citation,
    Prompt,
    Reply,
    Said,
    Thought,
    ToolOffer,
    ToolUse,
    WebSearch,
    last_words,
    split_evenly,
)

MIN_CACHED_TOKENS = 1024


def estimate_input_tokens(body: Json) -> int:
    """LLM tokens of a request, at four bytes each of what the model reads: the same for a count as for a reply."""
    return max(1, len(orjson.dumps([body.get("tools"), body.get("system"), body.get("messages")])) // 4)


def read_prompt(body: Json) -> Prompt:
    """Boil a Messages request down. The body has been validated."""
    turns = [message for message in body["messages"] if message["role"] != "system"]
    texts: list[str] = []
    result: str | None = None
    for message in reversed(turns):
        if message["role"] != "user":
            continue
        blocks = _blocks(message["content"])
        if message is turns[-1]:
            results = [_result_text(block) for block in blocks if block.get("type") == "tool_result"]
            result = results[-1] if results else None
        texts = [str(block.get("text", "")) for block in blocks if block.get("type") == "text"]
        if texts:
            break
    tools = [
        _offer(tool) for tool in body.get("tools") or [] if "input_schema" in tool and not tool.get("defer_loading")
    ]
    choice = body.get("tool_choice") or {}
    forced = "*" if choice.get("type") == "any" else choice.get("name")
    form = (body.get("output_config") or {}).get("format") or {}
    thinking = (body.get("thinking") or {}).get("type", "disabled")
    return Prompt(
        model=body["model"],
        last_user_text=last_words(texts),
        tools=() if choice.get("type") == "none" else tuple(tools),
        tool_result=result,
        schema=form.get("schema") if form.get("type") == "json_schema" else None,
        max_output_tokens=body["max_tokens"],
        input_tokens=estimate_input_tokens(body),
        thinks=thinking in ("enabled", "adaptive"),
        forced_tool=forced,
        stop_sequences=tuple(body.get("stop_sequences") or ()),
        parallel=not choice.get("disable_parallel_tool_use"),
        searches=any(str(tool.get("type")).startswith("web_search_") for tool in body.get("tools") or []),
    )


def usage_of(reply: Reply) -> Json:
    """The usage object; the three input numbers add up to the prompt."""
    read, written, for_1h = (
        reply.cache_read_tokens or 0,
        reply.cache_write_tokens or 0,
        reply.cache_write_1h_tokens or 0,
    )
    searched: Json = {"server_tool_use": {"web_search_requests": len(reply.searches), "web_fetch_requests": 0}}
    return {
        "input_tokens": max(0, reply.input_tokens - read - written - for_1h),
        "cache_creation_input_tokens": written + for_1h,
        "cache_read_input_tokens": read,
        "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": for_1h},
        "output_tokens": reply.output_tokens,
        **(searched if reply.searches else {}),
        "service_tier": "standard",
        "inference_geo": "not_available",
    }


def content_of(reply: Reply, ids: IdSource, show_thinking: bool) -> list[Json]:
    """The content blocks of a reply."""
    blocks: list[Json] = []
    for part in reply.parts:
        label = str(len(blocks) or "")
        match part:
            case Thought(text) if reply.thinking_redacted:
                blocks.append({"type": "redacted_thinking", "data": mint_redacted(text)})
            case Thought(text):
                thinking = text if show_thinking else ""
                blocks.append({"type": "thinking", "thinking": thinking, "signature": mint_signature(thinking)})
            case WebSearch():
                blocks += search_blocks(part, ids.make("srvtoolu_", label))
            case Said():
                blocks += text_blocks(reply)
            case ToolUse(offer, arguments):
                use = {"type": "tool_use", "id": ids.make("toolu_", label), "name": offer.name}
                # an unfinished parameter is never streamed, so a call that was cut has none
                blocks.append({**use, "input": {} if part.cut else arguments})
            case _:
                assert_never(part)
    return blocks


def search_blocks(search: WebSearch, use_id: str) -> list[Json]:
    """A search that the provider made itself: the call and what it found."""
    found = [
        {
            "type": "web_search_result",
            "url": result.url,
            "title": result.title,
            "encrypted_content": mint_found(result.url),
            "page_age": None,
        }
        for result in search.results
    ]
    use = {"type": "server_tool_use", "id": use_id, "name": "web_search", "input": {"query": search.query}}
    return [use, {"type": "web_search_tool_result", "tool_use_id": use_id, "content": found}]


def text_blocks(reply: Reply) -> list[Json]:
    """The text, as one block for each stretch that rests on the same sources."""
    blocks: list[Json] = []
    at, length = 0, len(reply.text)
    spans = sorted({(c.start, length if c.end is None else c.end) for c in reply.citations})
    for start, end in spans:
        if start > at:
            blocks.append({"type": "text", "text": reply.text[at:start]})
        cited = [c for c in reply.citations if (c.start, length if c.end is None else c.end) == (start, end)]
        text = reply.text[max(at, start) : end]
        if text:
            blocks.append({"type": "text", "text": text, "citations": [_citation(c) for c in cited]})
            at = end
    if at < length:
        blocks.append({"type": "text", "text": reply.text[at:]})
    return blocks


def _citation(citation: Citation) -> Json:
    return {
        "type": "web_search_result_location",
        "url": citation.url,
        "title": citation.title,
        "encrypted_index": mint_found(citation.url),
        "cited_text": citation.cited_text,
    }


def stop_reason(reply: Reply) -> str:
    if reply.refusal is not None:
        return "refusal"
    if reply.cut_short:
        return "max_tokens"
    if reply.stop_sequence is not None:
        return "stop_sequence"
    return "tool_use" if reply.tools else "end_turn"


def message_json(reply: Reply, ids: IdSource, model: str, content: list[Json], usage: Json) -> Json:
    """The answer when `stream` is off."""
    message: Json = {
        "id": ids.make("msg_"),
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": stop_reason(reply),
        "stop_sequence": reply.stop_sequence if stop_reason(reply) == "stop_sequence" else None,
        "usage": {**usage, "output_tokens_details": {"thinking_tokens": reply.thinking_tokens}},
    }
    if reply.refusal is not None:
        message["stop_details"] = {"type": "refusal", "category": "general_harms", "explanation": reply.refusal}
    return message


def message_frames(reply: Reply, message: Json) -> list[Frame]:
    """The event stream that adds up to `message`."""
    usage = {key: value for key, value in message["usage"].items() if key != "server_tool_use"}
    start = {**message, "content": [], "stop_reason": None, "stop_sequence": None}
    start["usage"] = {**usage, "output_tokens": 1}
    start.pop("stop_details", None)
    frames = [
        event_frame({"type": "message_start", "message": start}, "preamble"),
        event_frame({"type": "ping"}, "preamble"),
    ]
    for index, block in enumerate(message["content"]):
        frames += _block_frames(index, block, reply)
    usage = message["usage"]
    final = {key: usage[key] for key in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")}
    final |= {"output_tokens": usage["output_tokens"], "output_tokens_details": usage["output_tokens_details"]}
    if "server_tool_use" in usage:
        final["server_tool_use"] = usage["server_tool_use"]
    delta = {name: message[name] for name in ("stop_reason", "stop_sequence", "stop_details") if name in message}
    frames.append(event_frame({"type": "message_delta", "delta": delta, "usage": final}, "terminal"))
    frames.append(event_frame({"type": "message_stop"}, "terminal"))
    return frames


def _block_frames(index: int, block: Json, reply: Reply) -> list[Frame]:
    deltas: list[Json]
    match block["type"]:
        case "thinking":
            empty: Json = {"type": "thinking", "thinking": "", "signature": ""}
            deltas = [{"type": "thinking_delta", "thinking": part} for part in split_evenly(block["thinking"], 2)]
            deltas.append({"type": "signature_delta", "signature": block["signature"]})
        case "tool_use" | "server_tool_use":
            empty = {**block, "input": {}}
            arguments = orjson.dumps(block["input"]).decode() if block["input"] else ""
            parts = ["", *split_evenly(arguments, reply.argument_pieces)]
            deltas = [{"type": "input_json_delta", "partial_json": part} for part in parts]
        case "text":
            empty = {"type": "text", "text": ""} | ({"citations": []} if "citations" in block else {})
            deltas = [{"type": "citations_delta", "citation": citation} for citation in block.get("citations", ())]
            # the pieces are those of the whole text, cut again where a block of citations ends
            deltas += [{"type": "text_delta", "text": piece} for piece in replace(reply, text=block["text"]).pieces]
        case _:
            empty, deltas = block, []
    frames = [event_frame({"type": "content_block_start", "index": index, "content_block": empty}, "structure")]
    frames += [event_frame({"type": "content_block_delta", "index": index, "delta": d}, "content") for d in deltas]
    frames.append(event_frame({"type": "content_block_stop", "index": index}, "structure"))
    return frames


def _blocks(content: Any) -> list[Json]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [block for block in content if isinstance(block, dict)]


def _result_text(block: Json) -> str:
    return "".join(str(part.get("text", "")) for part in _blocks(block.get("content") or []))


def _offer(tool: Json) -> ToolOffer:
    return ToolOffer(tool["name"], parameters=tool["input_schema"])
