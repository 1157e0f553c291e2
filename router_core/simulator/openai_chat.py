"""Chat Completions answers: one JSON completion, or the chunks that add up to it."""

from typing import Any

from router_core.simulator.answers import Frame, FrameKind, data_frame
from router_core.simulator.call import Call, Json
from router_core.simulator.chat_dialects import dialect_of, is_resold, thinks
from router_core.simulator.ids import IdSource
from router_core.simulator.replies import Citation, Prompt, Reply, ToolOffer, last_words, split_evenly


def read_prompt(call: Call, body: Json) -> Prompt:
    """Boil a Chat Completions request down. The body has been validated."""
    messages = body["messages"]
    users = [message for message in messages if message["role"] == "user"]
    last = messages[-1]
    choice = body.get("tool_choice", "auto")
    named = (choice.get("function") or choice.get("custom") or {}) if isinstance(choice, dict) else {}
    form, stop = body.get("response_format") or {}, body.get("stop")
    schema = (form.get("json_schema") or {}).get("schema") if form.get("type") == "json_schema" else None
    return Prompt(
        model=body["model"],
        last_user_text=last_words(_texts(users[-1].get("content")) if users else []),
        tools=() if choice == "none" else tuple(_offer(tool) for tool in body.get("tools") or []),
        tool_result="".join(_texts(last.get("content"))) if last["role"] == "tool" else None,
        schema={"type": "object"} if form.get("type") == "json_object" else schema,
        max_output_tokens=body.get("max_completion_tokens") or body.get("max_tokens"),
        input_tokens=max(1, len(call.body) // 4),
        thinks=thinks(body),
        forced_tool=named.get("name") or ("*" if choice in ("required", "any") else None),
        stop_sequences=(stop,) if isinstance(stop, str) else tuple(stop or ()),
        parallel=body.get("parallel_tool_calls", True) is not False,
        searches=body.get("web_search_options") is not None,
    )


def usage_of(reply: Reply, model: str) -> Json:
    """The usage object; cached tokens are part of the prompt. DeepSeek says again which part was cached, OpenRouter
    what it has charged."""
    cached = reply.cache_read_tokens or 0
    missed = {"prompt_cache_hit_tokens": cached, "prompt_cache_miss_tokens": reply.input_tokens - cached}
    return {
        **(missed if dialect_of(model) == "deepseek" else {}),
        **(_charged(reply) if is_resold(model) else {}),
        "prompt_tokens": reply.input_tokens,
        "completion_tokens": reply.output_tokens,
        "total_tokens": reply.input_tokens + reply.output_tokens,
        "prompt_tokens_details": {
            "cached_tokens": cached,
            "cache_write_tokens": (reply.cache_write_tokens or 0) + (reply.cache_write_1h_tokens or 0),
            "audio_tokens": 0,
        },
        "completion_tokens_details": {
            "reasoning_tokens": reply.thinking_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def charge(reply: Reply) -> float:
    """In USD, whatever list prices say: 1.1 USD per million input tokens and 5.55 for output."""
    return round(reply.input_tokens * 1.1e-6 + reply.output_tokens * 5.55e-6, 10)


def _charged(reply: Reply) -> Json:
    """As a JSON number."""
    return {"cost": charge(reply), "is_byok": False, "cost_details": {"upstream_inference_cost": None}}


def completion_json(body: Json, reply: Reply, ids: IdSource, created: int) -> Json:
    """The answer when `stream` is off."""
    said = reply.text or (None if reply.tools or reply.refusal is not None else "")
    message: Json = {"role": "assistant", "content": said, "refusal": reply.refusal, "annotations": annotations(reply)}
    if reply.thinking is not None:
        message["reasoning_content"] = reply.thinking
    if reply.tools:
        message["tool_calls"] = tool_calls(reply, ids, body["model"])
    choice = {"message": message, "logprobs": logprobs(body, reply.pieces), "finish_reason": finish_reason(reply)}
    return {
        "id": ids.make("chatcmpl-"),
        "object": "chat.completion",
        "created": created,
        "model": body["model"],
        "choices": [{"index": index, **choice} for index in range(body.get("n") or 1)],
        "usage": usage_of(reply, body["model"]),
        "service_tier": "default",
        "system_fingerprint": "fp_simulated",
    }


def completion_frames(body: Json, reply: Reply, ids: IdSource, created: int) -> list[Frame]:
    """The chunks of a streamed completion."""
    asked_usage = bool((body.get("stream_options") or {}).get("include_usage"))
    with_usage = asked_usage or is_resold(body["model"])  # OpenRouter tells it whether asked or not
    base: Json = {
        "id": ids.make("chatcmpl-"),
        "object": "chat.completion.chunk",
        "created": created,
        "model": body["model"],
        "service_tier": "default",
        "system_fingerprint": "fp_simulated",
    }

    def chunk(kind: FrameKind, delta: Json, finish: str | None = None, index: int = 0) -> Frame:
        said = logprobs(body, [delta["content"]]) if delta.get("content") else None
        choice = {"index": index, "delta": delta, "logprobs": said, "finish_reason": finish}
        return data_frame({**base, "choices": [choice], **({"usage": None} if asked_usage else {})}, kind)

    frames: list[Frame] = []
    for index in range(body.get("n") or 1):
        opening = {"role": "assistant", "content": None if reply.tools else "", "refusal": None}
        frames.append(chunk("preamble" if index == 0 else "structure", opening, index=index))
        frames += [chunk("content", delta, index=index) for delta in deltas(reply, ids, body["model"])]
        frames.append(chunk("terminal", {}, finish_reason(reply), index=index))
    if with_usage:
        frames.append(data_frame({**base, "choices": [], "usage": usage_of(reply, body["model"])}, "terminal"))
    frames.append(Frame(b"data: [DONE]\n\n", "terminal"))
    return frames


def deltas(reply: Reply, ids: IdSource, model: str) -> list[Json]:
    """What the chunks between the first and the last add to the message."""
    thought = split_evenly(reply.thinking or "", 2)
    found: list[Json] = [{"content": None, "reasoning_content": piece} for piece in thought]
    found += [{"content": piece} for piece in reply.pieces]
    if reply.refusal is not None:
        found += [{"refusal": piece} for piece in split_evenly(reply.refusal, 3)]
    if reply.citations:
        found.append({"annotations": annotations(reply)})
    for number, call in enumerate(tool_calls(reply, ids, model)):
        kind = call["type"]
        key = "input" if kind == "custom" else "arguments"
        begun = {"index": number, **call, kind: {**call[kind], key: ""}}
        found.append({"tool_calls": [begun]})
        for piece in split_evenly(call[kind][key], reply.argument_pieces):
            found.append({"tool_calls": [{"index": number, kind: {key: piece}}]})
    return found


def finish_reason(reply: Reply) -> str:
    return "length" if reply.cut_short else "tool_calls" if reply.tools else "stop"


def annotations(reply: Reply) -> list[Json]:
    """The sources of the text."""
    return [{"type": "url_citation", "url_citation": span_of(citation, reply.text)} for citation in reply.citations]


def span_of(citation: Citation, text: str) -> Json:
    """A source as OpenAI's formats name it."""
    end = len(text) if citation.end is None else citation.end
    return {"url": citation.url, "title": citation.title, "start_index": citation.start, "end_index": end}


def logprobs(body: Json, pieces: list[str]) -> Json | None:
    """How likely each piece of text was, when the request asks: made up, and the same for the same text."""
    if not body.get("logprobs"):
        return None
    others = body.get("top_logprobs") or 0
    content = [
        {
            "token": piece,
            "logprob": -0.25,
            "bytes": list(piece.encode()),
            "top_logprobs": [
                {"token": f"{piece}{'?' * rank}", "logprob": -0.25 - rank, "bytes": None} for rank in range(others)
            ],
        }
        for piece in pieces
    ]
    return {"content": content, "refusal": None}


def tool_calls(reply: Reply, ids: IdSource, model: str) -> list[Json]:
    """The calls of a message."""
    short = dialect_of(model) == "mistral"
    calls: list[Json] = []
    for number, tool in enumerate(reply.tools):
        label, kind = str(number or ""), tool.offer.kind
        call_id = ids.make("", f"call{label}")[:9] if short else ids.make("call_", label)
        key = "input" if kind == "custom" else "arguments"
        calls.append({"id": call_id, "type": kind, kind: {"name": tool.offer.name, key: tool.payload}})
    return calls


def _offer(tool: Json) -> ToolOffer:
    if tool.get("type") == "custom":
        return ToolOffer(str(tool["custom"]["name"]), "custom")
    return ToolOffer(str(tool["function"]["name"]), "function", tool["function"].get("parameters"))


def _texts(content: Any) -> list[str]:
    if isinstance(content, str):
        return [content]
    parts = content if isinstance(content, list) else []
    return [str(part["text"]) for part in parts if isinstance(part, dict) and "text" in part]
