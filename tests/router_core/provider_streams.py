"""Short streams as the providers send them: a text, or one call of a tool named `Bash` in pieces."""

from typing import Any

import orjson

JsonObject = dict[str, Any]


def sse(*payloads: JsonObject, named: bool = False) -> bytes:
    heads = [f"event: {payload['type']}\n" if named else "" for payload in payloads]
    pairs = zip(heads, payloads, strict=True)
    return b"".join(head.encode() + b"data: " + orjson.dumps(payload) + b"\n\n" for head, payload in pairs)


def chunk(delta: JsonObject, finish: str | None = None, **more: Any) -> JsonObject:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice], **more}


def call_delta(arguments: str, name: str = "") -> JsonObject:
    head = {"id": "call_1", "type": "function"} if name else {}
    function = {"name": name, "arguments": arguments} if name else {"arguments": arguments}
    return {"tool_calls": [{"index": 0, **head, "function": function}]}


def chat_call(*arguments: str, finish: str = "tool_calls", **more: Any) -> bytes:
    pieces = [chunk(call_delta(piece), **more) for piece in arguments]
    return sse(chunk(call_delta("", "Bash"), **more), *pieces, chunk({}, finish, **more)) + b"data: [DONE]\n\n"


def claude_start(**usage: Any) -> JsonObject:
    counted = {"input_tokens": 10, "output_tokens": 1, **usage}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "content": [], "model": "m", "usage": counted}
    return {"type": "message_start", "message": message}


def claude_text(*, usage: JsonObject, start: JsonObject | None = None) -> bytes:
    block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    words = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hi"}}
    stop = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage}
    end = {"type": "content_block_stop", "index": 0}
    return sse(start or claude_start(), block, words, end, stop, {"type": "message_stop"}, named=True)


def claude_call(*arguments: str, stop: str = "tool_use", name: str = "Bash") -> bytes:
    tool = {"type": "tool_use", "id": "toolu_1", "name": name, "input": {}}
    block = {"type": "content_block_start", "index": 0, "content_block": tool}
    pieces = [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": piece}}
        for piece in arguments
    ]
    end: list[JsonObject] = [
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": stop}, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    ]
    return sse(claude_start(), block, *pieces, *end, named=True)


def response_event(kind: str, **fields: Any) -> JsonObject:
    return {"type": kind, "sequence_number": 0, **fields}


def responses_call(*arguments: str) -> bytes:
    item = {"id": "fc_1", "type": "function_call", "call_id": "call_1", "name": "Bash", "arguments": ""}
    whole = {**item, "arguments": "".join(arguments), "status": "completed"}
    made = {"id": "resp_1", "object": "response", "status": "completed", "output": [whole], "model": "m"}
    usage = {"input_tokens": 5, "output_tokens": 7, "total_tokens": 12}
    where = {"item_id": "fc_1", "output_index": 0}
    return sse(
        response_event("response.created", response={**made, "status": "in_progress", "output": []}),
        response_event("response.output_item.added", output_index=0, item=item),
        *[response_event("response.function_call_arguments.delta", delta=piece, **where) for piece in arguments],
        response_event("response.function_call_arguments.done", arguments=whole["arguments"], **where),
        response_event("response.output_item.done", output_index=0, item=whole),
        response_event("response.completed", response={**made, "usage": usage}),
        named=True,
    )


def gemini_call(arguments: JsonObject) -> bytes:
    part = {"functionCall": {"name": "Bash", "args": arguments}}
    usage = {"promptTokenCount": 5, "candidatesTokenCount": 7, "totalTokenCount": 12}
    candidate = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}
    return sse({"candidates": [candidate], "usageMetadata": usage, "modelVersion": "m"})
