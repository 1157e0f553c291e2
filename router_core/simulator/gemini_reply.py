"""A reply as Gemini writes it: one `GenerateContentResponse`, or the frames of a stream that add up to it.

Function calls come whole, parallel ones in one frame, and only the first has a signature. There is no terminal
event: the last frame has the `finishReason`, which is `STOP` for calls, too. A planned refusal that is the name of
a finish reason (`RECITATION`, `MALFORMED_FUNCTION_CALL` …) becomes that reason, `prompt:SAFETY` a prompt that was
blocked before the model saw it; any other text is the `finishMessage` of a `SAFETY` stop.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import orjson

from router_core.simulator.answers import Frame, FrameKind
from router_core.simulator.call import Json
from router_core.simulator.gemini_models import generation
from router_core.simulator.ids import IdSource
from router_core.simulator.replies import Reply, Said, Thought, ToolUse, WebSearch

_REASONS_TEXT = (
    "STOP MAX_TOKENS SAFETY RECITATION LANGUAGE BLOCKLIST PROHIBITED_CONTENT SPII MALFORMED_FUNCTION_CALL "
    "UNEXPECTED_TOOL_CALL TOO_MANY_TOOL_CALLS MISSING_THOUGHT_SIGNATURE IMAGE_SAFETY OTHER"
)
REASONS = frozenset(_REASONS_TEXT.split())
_BLOCKED = "prompt:"
_HARMS = ("HATE_SPEECH", "DANGEROUS_CONTENT", "HARASSMENT", "SEXUALLY_EXPLICIT")


@dataclass(frozen=True, slots=True)
class Outline:
    """What a reply's form depends on besides the reply."""

    model: str
    ids: IdSource
    signature: str
    """Minted for this reply."""
    shows_thoughts: bool = False
    candidates: int = 1

    @property
    def claude(self) -> bool:
        """Behind Antigravity: its thinking is signed, and nothing else."""
        return self.model.startswith("claude")

    @property
    def signs_answers(self) -> bool:
        return generation(self.model) >= (3, 0) and not self.claude


def response_json(reply: Reply, outline: Outline) -> Json:
    """The answer of `generateContent`."""
    if blocked := _blocked_prompt(reply, outline):
        return blocked
    parts = [part for step in _steps(reply, outline, streamed=False) for part in step]
    if parts and outline.signs_answers and not any("functionCall" in part for part in parts):
        parts[-1]["thoughtSignature"] = outline.signature
    candidate: Json = {"content": {"parts": parts, "role": "model"} if parts else {}, **_ending(reply)}
    return _response(outline, candidate, _usage(reply, outline))


def response_frames(reply: Reply, outline: Outline, *, sse: bool) -> list[Frame]:
    """The answer of `streamGenerateContent`.

    Args:
        sse: an event stream; else one JSON array, an element a frame.
    """
    payloads = [*_payloads(reply, outline)]
    if sse:
        return [Frame(b"data: %s\r\n\r\n" % orjson.dumps(payload), kind) for payload, kind in payloads]
    separators = [*[b",\r\n"] * (len(payloads) - 1), b""]
    elements = [
        Frame(orjson.dumps(payload) + after, kind) for (payload, kind), after in zip(payloads, separators, strict=True)
    ]
    return [Frame(b"[", "preamble"), *elements, Frame(b"\n]\n", "terminal")]


def _payloads(reply: Reply, outline: Outline) -> Iterator[tuple[Json, FrameKind]]:
    if blocked := _blocked_prompt(reply, outline):
        yield blocked, "terminal"
        return
    said = 0
    calls = False
    for step in _steps(reply, outline, streamed=True):
        calls = calls or "functionCall" in step[0]
        said += sum(len(part.get("text", "")) for part in step if not part.get("thought"))
        candidate: Json = {"content": {"parts": step, "role": "model"}}
        yield _response(outline, candidate, _usage(reply, outline, so_far=-(-said // 4))), "content"
    last: Json = {"content": {"role": "model"}}
    if outline.signs_answers and not reply.refusal:
        empty = {"text": ""} if calls else {"text": "", "thoughtSignature": outline.signature}
        last = {"content": {"parts": [empty], "role": "model"}}
    yield _response(outline, {**last, **_ending(reply)}, _usage(reply, outline)), "terminal"


def _steps(reply: Reply, outline: Outline, *, streamed: bool) -> Iterator[list[Json]]:
    """The parts, in groups that share a frame."""
    calls: list[Json] = []
    number = 0
    for part in reply.parts:
        if calls and not isinstance(part, ToolUse):
            yield calls
            calls = []
        match part:
            case Thought():
                if outline.shows_thoughts:
                    signed = {"thoughtSignature": outline.signature} if outline.claude else {}
                    yield [{"text": part.text, "thought": True, **signed}]
            case Said():
                for piece in reply.pieces if streamed else [part.text]:
                    yield [{"text": piece}]
            case ToolUse():
                if not part.cut:  # a call that the limit cut is never given out
                    calls.append(_function_call(part, reply, outline, number))
                    number += 1
            case WebSearch():
                pass  # shows as groundingMetadata
    if calls:
        yield calls


def _function_call(tool: ToolUse, reply: Reply, outline: Outline, number: int) -> Json:
    modern = generation(outline.model) >= (3, 0)
    call: Json = {"name": tool.offer.name, "args": tool.arguments}
    if modern:
        call["id"] = outline.ids.make("", f"call {number}")[:8]
    signed = number == 0 and not outline.claude and (modern or bool(reply.thinkings))
    return {"functionCall": call, **({"thoughtSignature": outline.signature} if signed else {})}


def _ending(reply: Reply) -> Json:
    ending: Json = {"finishReason": "MAX_TOKENS" if reply.cut_short else "STOP"}
    if reply.refusal in REASONS:
        ending["finishReason"] = reply.refusal
        if reply.refusal == "MALFORMED_FUNCTION_CALL":
            ending["finishMessage"] = "Malformed function call: call:default_api:tool{"
    elif reply.refusal is not None:
        ratings: list[Json] = [{"category": f"HARM_CATEGORY_{harm}", "probability": "NEGLIGIBLE"} for harm in _HARMS]
        ratings[1] |= {"probability": "HIGH", "blocked": True}
        ending |= {"finishReason": "SAFETY", "finishMessage": reply.refusal, "safetyRatings": ratings}
    if reply.searches:
        ending["groundingMetadata"] = _grounding(reply)
    return ending


def _blocked_prompt(reply: Reply, outline: Outline) -> Json | None:
    if reply.refusal is None or not reply.refusal.startswith(_BLOCKED):
        return None
    feedback = {"blockReason": reply.refusal.removeprefix(_BLOCKED)}
    usage = {"promptTokenCount": reply.input_tokens, "totalTokenCount": reply.input_tokens}
    return {"promptFeedback": feedback, "usageMetadata": usage, **_tail(outline)}


def _response(outline: Outline, candidate: Json, usage: Json) -> Json:
    candidates = [{**candidate, "index": index} for index in range(outline.candidates)]
    return {"candidates": candidates, "usageMetadata": usage, **_tail(outline)}


def _tail(outline: Outline) -> Json:
    return {"modelVersion": outline.model, "responseId": outline.ids.make("", "response")}


def _usage(reply: Reply, outline: Outline, so_far: int | None = None) -> Json:
    """The counters; `so_far` limits the answer's in a frame before the last. Zeros are left out, as proto3 does."""
    answer = max(0, reply.output_tokens - reply.thinking_tokens)
    shown = (answer if so_far is None else min(so_far, answer)) * outline.candidates
    cached = reply.cache_read_tokens or 0
    usage: Json = {"promptTokenCount": reply.input_tokens}
    if shown:
        usage["candidatesTokenCount"] = shown
    usage["totalTokenCount"] = reply.input_tokens + shown + reply.thinking_tokens
    if cached:
        usage["cachedContentTokenCount"] = cached
        usage["cacheTokensDetails"] = [{"modality": "TEXT", "tokenCount": cached}]
    usage["promptTokensDetails"] = [{"modality": "TEXT", "tokenCount": reply.input_tokens}]
    if reply.thinking_tokens:
        usage["thoughtsTokenCount"] = reply.thinking_tokens
    return usage


def _grounding(reply: Reply) -> Json:
    found = {result.url: result.title for search in reply.searches for result in search.results}
    found |= {citation.url: citation.title for citation in reply.citations if citation.url not in found}
    urls = list(found)
    supports = []
    for citation in reply.citations:
        end = len(reply.text) if citation.end is None else citation.end
        start_bytes, end_bytes = (len(reply.text[:at].encode()) for at in (citation.start, end))
        segment: Json = {"endIndex": end_bytes, "text": reply.text[citation.start : end]}
        if start_bytes:
            segment["startIndex"] = start_bytes
        supports.append({"segment": segment, "groundingChunkIndices": [urls.index(citation.url)]})
    queries = [search.query for search in reply.searches]
    rendered = "".join(f'<a class="chip">{escape(query)}</a>' for query in queries)
    return {
        "searchEntryPoint": {"renderedContent": rendered},
        "groundingChunks": [{"web": {"uri": url, "title": title}} for url, title in found.items()],
        "groundingSupports": supports,
        "webSearchQueries": queries,
    }
