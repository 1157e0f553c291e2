"""Chat Completions answers: one JSON completion, or the chunks that add up to it."""

from typing import Any

import orjson

from router_core.simulator.answers import Frame, FrameKind, data_frame
from router_core.simulator.call import Call, Json
from router_core.simulator.ids import IdSource
from router_core.simulator.replies import Prompt, Reply, ToolOffer, last_words


def read_prompt(call: Call, body: Json) -> Prompt:
    """Boil a Chat Completions request down. The body has been validated."""
    messages = body["messages"]
    users = [message for message in messages if message["role"] == "user"]
    last = messages[-1]
    choice = body.get("tool_choice", "auto")
    named = (choice.get("function") or choice.get("custom") or {}) if isinstance(choice, dict) else {}
    form = body.get("response_format") or {}
    schema = (form.get("json_schema") or {}).get("schema") if form.get("type") == "json_schema" else None
    return Prompt(
        model=body["model"],
        last_user_text=last_words(_texts(users[-1].get("content")) if users else []),
        tools=() if choice == "none" else tuple(_offer(tool) for tool in body.get("tools") or []),
        tool_result="".join(_texts(last.get("content"))) if last["role"] == "tool" else None,
        schema={"type": "object"} if form.get("type") == "json_object" else schema,
        max_output_tokens=body.get("max_completion_tokens") or body.get("max_tokens"),
        input_tokens=max(1, len(call.body) // 4),
        forced_tool=named.get("name") or ("*" if choice == "required" else None),
    )


def usage_of(reply: Reply, cached: int) -> Json:
    """The usage object; cached tokens are part of the prompt."""
    return {
        "prompt_tokens": reply.input_tokens,
        "completion_tokens": reply.output_tokens,
        "total_tokens": reply.input_tokens + reply.output_tokens,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": reply.thinking_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def completion_json(body: Json, reply: Reply, ids: IdSource, created: int, cached: int) -> Json:
    """The answer when `stream` is off."""
    message: Json = {"role": "assistant", "content": reply.text, "refusal": None, "annotations": []}
    if reply.tool is not None:
        message |= {"content": None, "tool_calls": [_tool_call(reply, ids)]}
    return {
        "id": ids.make("chatcmpl-"),
        "object": "chat.completion",
        "created": created,
        "model": body["model"],
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason(reply)}],
        "usage": usage_of(reply, cached),
        "service_tier": "default",
        "system_fingerprint": "fp_simulated",
    }


def completion_frames(body: Json, reply: Reply, ids: IdSource, created: int, cached: int) -> list[Frame]:
    """The chunks of a streamed completion."""
    with_usage = bool((body.get("stream_options") or {}).get("include_usage"))
    base: Json = {
        "id": ids.make("chatcmpl-"),
        "object": "chat.completion.chunk",
        "created": created,
        "model": body["model"],
        "service_tier": "default",
        "system_fingerprint": "fp_simulated",
    }

    def chunk(kind: FrameKind, delta: Json, finish: str | None = None) -> Frame:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return data_frame({**base, "choices": [choice], **({"usage": None} if with_usage else {})}, kind)

    first = {"role": "assistant", "content": None if reply.tool else "", "refusal": None}
    frames = [chunk("preamble", first)]
    if reply.tool is not None:
        call = _tool_call(reply, ids)
        key = "input" if call["type"] == "custom" else "arguments"
        inner = call[call["type"]]
        text, middle = inner[key], len(inner[key]) // 2
        opening = {"index": 0, **call, call["type"]: {**inner, key: ""}}
        frames.append(chunk("content", {"tool_calls": [opening]}))
        for piece in (text[:middle], text[middle:]):
            frames.append(chunk("content", {"tool_calls": [{"index": 0, call["type"]: {key: piece}}]}))
    else:
        frames += [chunk("content", {"content": piece}) for piece in reply.pieces]
    frames.append(chunk("terminal", {}, finish_reason(reply)))
    if with_usage:
        frames.append(data_frame({**base, "choices": [], "usage": usage_of(reply, cached)}, "terminal"))
    frames.append(Frame(b"data: [DONE]\n\n", "terminal"))
    return frames


def finish_reason(reply: Reply) -> str:
    return "tool_calls" if reply.tool else "length" if reply.cut_short else "stop"


def _tool_call(reply: Reply, ids: IdSource) -> Json:
    tool = reply.tool
    if tool is None:  # callers check; this keeps the type narrow
        raise ValueError("no tool call in this reply")
    if tool.offer.kind == "custom":
        return {"id": ids.make("call_"), "type": "custom", "custom": {"name": tool.offer.name, "input": tool.text}}
    function = {"name": tool.offer.name, "arguments": orjson.dumps(tool.arguments).decode()}
    return {"id": ids.make("call_"), "type": "function", "function": function}


def _offer(tool: Json) -> ToolOffer:
    if tool.get("type") == "custom":
        return ToolOffer(str(tool["custom"]["name"]), "custom")
    return ToolOffer(str(tool["function"]["name"]), "function", tool["function"].get("parameters"))


def _texts(content: Any) -> list[str]:
    if isinstance(content, str):
        return [content]
    parts = content if isinstance(content, list) else []
    return [str(part["text"]) for part in parts if isinstance(part, dict) and "text" in part]
