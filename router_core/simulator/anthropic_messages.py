"""Anthropic's Messages answers: one JSON message, or the event stream that adds up to it."""

from hashlib import blake2b
from typing import Any

import orjson

from router_core.simulator.answers import Frame, event_frame
from router_core.simulator.call import Call, Json
from router_core.simulator.ids import IdSource
from router_core.simulator.replies import Prompt, Reply, ToolOffer, last_words

SIGNATURE_PREFIX = "SimSig"

MIN_CACHED_TOKENS = 1024


def mint_signature(thinking: str) -> str:
    """The signature of a thinking block; it fits this text and no other."""
    return SIGNATURE_PREFIX + blake2b(b"simulated thinking:" + thinking.encode(), digest_size=24).hexdigest()


def estimate_input_tokens(call: Call) -> int:
    """LLM tokens of a request, at four bytes each of the whole body."""
    return max(1, len(call.body) // 4)


def read_prompt(call: Call, body: Json) -> Prompt:
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
        input_tokens=estimate_input_tokens(call),
        thinks=thinking in ("enabled", "adaptive"),
        forced_tool=forced,
    )


def usage_of(reply: Reply, cached: int, written: int, *, output_tokens: int) -> Json:
    """The usage object; the three input numbers add up to the prompt."""
    return {
        "input_tokens": max(0, reply.input_tokens - cached - written),
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": cached,
        "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
        "output_tokens": output_tokens,
        "service_tier": "standard",
        "inference_geo": "not_available",
    }


def content_of(reply: Reply, ids: IdSource, show_thinking: bool) -> list[Json]:
    """The content blocks of a reply."""
    blocks: list[Json] = []
    if reply.thinking is not None:
        thinking = reply.thinking if show_thinking else ""
        blocks.append({"type": "thinking", "thinking": thinking, "signature": mint_signature(thinking)})
    blocks.append({"type": "text", "text": reply.text})
    if reply.tool is not None:
        use = {"type": "tool_use", "id": ids.make("toolu_"), "name": reply.tool.offer.name}
        blocks.append({**use, "input": reply.tool.arguments})
    return blocks


def stop_reason(reply: Reply) -> str:
    return "tool_use" if reply.tool else "max_tokens" if reply.cut_short else "end_turn"


def message_json(reply: Reply, ids: IdSource, model: str, content: list[Json], usage: Json) -> Json:
    """The answer when `stream` is off."""
    return {
        "id": ids.make("msg_"),
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": stop_reason(reply),
        "stop_sequence": None,
        "usage": {**usage, "output_tokens_details": {"thinking_tokens": reply.thinking_tokens}},
    }


def message_frames(reply: Reply, message: Json) -> list[Frame]:
    """The event stream that adds up to `message`."""
    start = {**message, "content": [], "stop_reason": None, "usage": {**message["usage"], "output_tokens": 1}}
    frames = [
        event_frame({"type": "message_start", "message": start}, "preamble"),
        event_frame({"type": "ping"}, "preamble"),
    ]
    for index, block in enumerate(message["content"]):
        frames += _block_frames(index, block, reply)
    usage = message["usage"]
    final = {key: usage[key] for key in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")}
    final |= {"output_tokens": usage["output_tokens"], "output_tokens_details": usage["output_tokens_details"]}
    delta = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    frames.append(event_frame({"type": "message_delta", "delta": delta, "usage": final}, "terminal"))
    frames.append(event_frame({"type": "message_stop"}, "terminal"))
    return frames


def _block_frames(index: int, block: Json, reply: Reply) -> list[Frame]:
    deltas: list[Json]
    match block["type"]:
        case "thinking":
            empty: Json = {"type": "thinking", "thinking": "", "signature": ""}
            deltas = [{"type": "thinking_delta", "thinking": part} for part in _halves(block["thinking"])]
            deltas.append({"type": "signature_delta", "signature": block["signature"]})
        case "tool_use":
            empty = {**block, "input": {}}
            arguments = orjson.dumps(block["input"]).decode()
            deltas = [{"type": "input_json_delta", "partial_json": part} for part in ("", *_halves(arguments))]
        case _:
            empty = {"type": "text", "text": ""}
            deltas = [{"type": "text_delta", "text": piece} for piece in reply.pieces]
    frames = [event_frame({"type": "content_block_start", "index": index, "content_block": empty}, "structure")]
    frames += [event_frame({"type": "content_block_delta", "index": index, "delta": d}, "content") for d in deltas]
    frames.append(event_frame({"type": "content_block_stop", "index": index}, "structure"))
    return frames


def _halves(text: str) -> list[str]:
    middle = len(text) // 2
    return [part for part in (text[:middle], text[middle:]) if part]


def _blocks(content: Any) -> list[Json]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [block for block in content if isinstance(block, dict)]


def _result_text(block: Json) -> str:
    return "".join(str(part.get("text", "")) for part in _blocks(block.get("content") or []))


def _offer(tool: Json) -> ToolOffer:
    return ToolOffer(tool["name"], parameters=tool["input_schema"])
