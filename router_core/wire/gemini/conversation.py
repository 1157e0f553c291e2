"""Neutral messages → Gemini's contents: turns merged, calls and results paired, proofs where Gemini wants them.

Google's rules behind it: every function call is answered in the very next user turn, in equal number; a part is never
empty; from Gemini 3 on the first call of each model step carries its thought signature. A signature that stood on a
call when Gemini sent it may come back in an empty thinking block before it (the client's format had no other place),
so such a proof waits for the next call or text.

A step without a proof gets Google's documented dummy in every turn, not only in the current one that Google checks:
else a step would change when its turn is over, and the cached prefix would be lost.
"""

import mimetypes
from base64 import b64encode
from collections import defaultdict
from typing import assert_never

import orjson

from router_core.errors import WireError
from router_core.wire.codec import Loss
from router_core.wire.gemini.fields import own
from router_core.wire.gemini.generation import DUMMY_SIGNATURE, WITH_SIGNATURES, Generation, is_synthetic
from router_core.wire.gemini.parts import arguments_object, call_part, is_gemini_file, media_part, text_part
from router_core.wire.model import (
    Block,
    JsonObject,
    Media,
    Message,
    Opaque,
    Proof,
    Refusal,
    ServerCall,
    ServerResult,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from router_core.wire.tool_names import ToolNames

INTERRUPTED = "The tool call was interrupted: there is no result."
_TAKEN_IMAGES = frozenset({"image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"})
_ASSUMED = {"image": "image/jpeg", "document": "application/pdf", "audio": "audio/mpeg", "video": "video/mp4"}
_EXACT = 2**53
"""Google keeps numbers as doubles: an object with a larger integer is sent as text instead."""


class Contents:
    """The contents of one request.

    Args:
        names: tool names as they travel.
        claude: the model is Anthropic's, behind Antigravity: its thinking itself is signed, and no dummy is taken.
    """

    def __init__(self, generation: Generation, names: ToolNames, *, claude: bool = False) -> None:
        self._claude = claude
        self._new = generation >= WITH_SIGNATURES
        self._signs_calls = self._new and not claude
        self._names = names
        self.losses: list[Loss] = []
        self._dropped: set[str] = set()

    def encode(self, messages: list[Message]) -> list[JsonObject]:
        """All turns, in order; empty ones are left out."""
        turns = _merged(messages)
        current = max((n for n, turn in enumerate(turns) if _begins_a_turn(turn)), default=-1)
        contents: list[JsonObject] = []
        calls: list[ToolCall] = []
        for number, turn in enumerate(turns):
            if not calls and (text := turn.only_text()):
                parts = [{"text": text}]
            elif turn.role == "assistant":
                parts = self._model(turn, sign_all=number > current)
                calls = [block for block in turn.blocks if isinstance(block, ToolCall)]
            else:
                answers, parts = self._user(turn, calls)
                calls = []
                if answers:
                    contents.append({"role": "user", "parts": answers})
            if parts:
                _append(
                    contents, {**turn.extras, "role": "model" if turn.role == "assistant" else "user", "parts": parts}
                )
        if calls:
            contents.append({"role": "user", "parts": self._results(calls, [], "messages")})
        if contents and contents[0]["role"] == "model" and any("functionCall" in part for part in contents[0]["parts"]):
            # history cut before a call: Google wants somebody to have asked for it
            contents.insert(0, {"role": "user", "parts": [{"text": "(The conversation continues.)"}]})
        return contents

    def _lose(self, path: str, reason: str, *, once: bool = False) -> None:
        if once and reason in self._dropped:
            return
        self._dropped.add(reason)
        self.losses.append(Loss(path, reason))

    def _model(self, turn: "_Turn", *, sign_all: bool) -> list[JsonObject]:
        parts: list[JsonObject] = []
        waiting: Proof | None = None
        first_call = True
        for path, block in zip(turn.paths, turn.blocks, strict=True):
            match block:
                case Thinking():
                    proof = block.proof
                    if proof is not None and proof.issuer != "gemini":
                        self._lose(path, "reasoning of another provider", once=True)
                    elif "thought" in own(block.extras):
                        parts.append(text_part(block.text, proof, own(block.extras)))
                    elif proof is None:
                        self._lose(path, "reasoning without a proof", once=True)
                    elif self._claude:
                        parts.append({"text": block.text, "thought": True, "thoughtSignature": proof.value})
                    else:
                        if waiting is not None:
                            parts.append({"text": "", "thoughtSignature": waiting.value})
                        if block.text:
                            parts.append({"text": block.text, "thought": True})
                        waiting = proof
                case ToolCall():
                    part = self._call(block, path)
                    if waiting is not None and "thoughtSignature" not in part:
                        part["thoughtSignature"], waiting = waiting.value, None
                    unsigned = first_call and "thoughtSignature" not in part
                    if self._signs_calls and unsigned and (sign_all or "functionCall" not in own(block.extras)):
                        part["thoughtSignature"] = DUMMY_SIGNATURE
                    parts.append(part)
                    first_call = False
                case Text(text=text):
                    proof = block.proof if block.proof and block.proof.issuer == "gemini" else None
                    if text and proof is None and waiting is not None:
                        proof, waiting = waiting, None
                    if text or proof:
                        parts.append(text_part(text, proof, own(block.extras)))
                    if block.citations:
                        self._lose(path, "citations in the history have no place in Gemini's requests", once=True)
                case Refusal(text=text):
                    if text:
                        parts.append({"text": text})
                case Media():
                    parts.append(self._media(block, path))
                case _:
                    self._other(block, path, parts)
        if waiting is not None:
            parts.append({"text": "", "thoughtSignature": waiting.value})
        return parts

    def _call(self, call: ToolCall, path: str) -> JsonObject:
        if call.proof is not None and call.proof.issuer != "gemini":
            call = _without_proof(call)
        arguments = arguments_object(call)
        if arguments is None:
            self._lose(f"{path}.arguments", "no JSON object: sent as text in the field `input`")
            arguments = {"input": call.arguments}
        name = self._names.send(call.name, call.namespace, custom=call.custom)
        return call_part(call, name, arguments, own(call.extras), with_id=self._new)

    def _user(self, turn: "_Turn", calls: list[ToolCall]) -> tuple[list[JsonObject], list[JsonObject]]:
        """The answers to the calls with what was said beside them; and what was said after them, as a turn of its own:
        for Google it begins a new one, so that the signatures before it no longer matter."""
        paths = turn.paths
        results = [(path, b) for path, b in zip(paths, turn.blocks, strict=True) if isinstance(b, ToolResult)]
        answers = self._results(calls, results, paths[0] if paths else "messages")
        after: list[JsonObject] = []
        if len(results) == len(turn.blocks):
            return answers, after
        for path, block, asks in zip(paths, turn.blocks, turn.asks, strict=True):
            parts = answers if answers and not asks else after
            match block:
                case ToolResult():
                    pass  # placed above
                case Text(text=text):
                    if text:
                        parts.append(text_part(text, _gemini(block.proof), own(block.extras)))
                case Refusal(text=text):
                    if text:
                        parts.append({"text": text})
                case Media():
                    parts.append(self._media(block, path, alone=len(turn.blocks) == 1))
                case Thinking() | ToolCall():
                    self._lose(path, "only the assistant thinks and calls tools")
                case _:
                    self._other(block, path, parts)
        return answers, after

    def _other(self, block: Block, path: str, parts: list[JsonObject]) -> None:
        match block:
            case Opaque(format="gemini", value=value):
                parts.append(value)
            case Opaque(format=format, value=value):
                self._lose(path, f"only {format} knows a block of type {value.get('type')!r}")
            case ServerCall() | ServerResult():
                self._lose(path, "searches of an earlier answer have no place in Gemini's requests", once=True)
            case Text() | Refusal() | Thinking() | Media() | ToolCall() | ToolResult():
                self._lose(path, "a block where its role may not have one")
            case _:
                assert_never(block)

    def _results(self, calls: list[ToolCall], results: list[tuple[str, ToolResult]], path: str) -> list[JsonObject]:
        """One response per call, in the order of the calls; then what the responses could not hold."""
        found: dict[str, list[tuple[str, ToolResult]]] = defaultdict(list)
        for at, result in results:
            found[result.call_id].append((at, result))
        responses: list[JsonObject] = []
        beside: list[JsonObject] = []
        for call in calls:
            name = self._names.send(call.name, call.namespace, custom=call.custom)
            if given := found.get(call.id):
                at, result = given.pop(0)
                part, more = self._result(result, at)
                beside += more
            else:
                self._lose(path, f"call {call.id} has no result: told as interrupted")
                part = {"functionResponse": {"response": {"error": INTERRUPTED}}}
            body: JsonObject = {**part["functionResponse"], "name": name}
            body.pop("id", None)
            known = own(call.extras).get("functionCall")
            if call.id and not is_synthetic(call.id) and (self._new or (isinstance(known, dict) and known.get("id"))):
                body["id"] = call.id
            responses.append({**part, "functionResponse": body})
        for at, result in (item for left in found.values() for item in left):
            self._lose(at, f"result for {result.call_id}, which no call before it asked for")
        return responses + beside

    def _result(self, result: ToolResult, path: str) -> tuple[JsonObject, list[JsonObject]]:
        more = own(result.extras)
        if "functionResponse" in more:
            return dict(more), []
        texts, inner, beside = [], [], []
        for number, block in enumerate(result.content):
            if isinstance(block, Text):
                texts.append(block.text)
                continue
            at = f"{path}.content[{number}]"
            match block:
                case Media():
                    part = self._media(block, at)
                    if self._new and "inlineData" in part:
                        inner.append({"inlineData": part["inlineData"]})
                    elif "text" in part:
                        texts.append(str(part["text"]))
                    else:
                        beside.append(part)
                case _:
                    self._lose(at, "a tool result holds text and media only")
        text = "\n".join(texts)
        if beside and not text:
            text = "(The result is attached.)"
        body: JsonObject = {"response": {"error": text} if result.is_error else _response(text)}
        if inner:
            body["parts"] = inner
        return {"functionResponse": body}, beside

    def _media(self, media: Media, path: str, *, alone: bool = False) -> JsonObject:
        """A part for it; words in its place where Gemini cannot take it.

        Raises:
            WireError: it cannot be sent and is all that the user says, or another provider keeps it.
        """
        if media.text:
            data = b64encode(media.text.encode("utf-8", "replace")).decode()
            return {"inlineData": {"mimeType": "text/plain", "data": data}}
        if media.file_id and not is_gemini_file(media.file_id):
            raise WireError(
                f"'{path}': the file {media.file_id} is known to another provider only; send its content instead.", path
            )
        mime = media.media_type
        if not mime and (media.url or media.data):
            mime = mimetypes.guess_type(media.url.partition("?")[0])[0] or ""
            if not mime and not own(media.extras):
                mime = _ASSUMED[media.kind]
                self._lose(path, f"its type is not said: taken for {mime}")
        if mime.startswith("image/") and mime not in _TAKEN_IMAGES and "fileData" not in own(media.extras):
            if alone:
                raise WireError(f"'{path}': Gemini does not take {mime}; send PNG, JPEG or WebP.", path)
            self._lose(path, f"Gemini does not take {mime}")
            return {"text": f"[{media.kind}: {mime}, which could not be sent]"}
        if media.name and "displayName" not in (own(media.extras).get("inlineData") or {}):
            self._lose(path, "Gemini's files have no name", once=True)
        return media_part(media, mime, own(media.extras))


class _Turn:
    """Neighbouring messages of one role as one."""

    def __init__(self, role: str) -> None:
        self.role = role
        self.blocks: list[Block] = []
        self.places: list[tuple[int, int]] = []
        """Of each block: the numbers of its message and of it there."""
        self.asks: list[bool] = []
        """For each block: its message is the user's own, not the results of tools."""
        self.extras: JsonObject = {}

    @property
    def paths(self) -> list[str]:
        return [f"messages[{message}].blocks[{block}]" for message, block in self.places]

    def only_text(self) -> str:
        """All that is said, if that is one text and nothing beside it, which most turns of a long history are."""
        if len(self.blocks) != 1 or type(text := self.blocks[0]) is not Text:
            return ""
        return "" if text.proof is not None or text.citations or "gemini" in text.extras else text.text


def _merged(messages: list[Message]) -> list[_Turn]:
    turns: list[_Turn] = []
    for number, message in enumerate(messages):
        role = "assistant" if message.role == "assistant" else "user"
        if not turns or turns[-1].role != role:
            turns.append(_Turn(role))
        turn = turns[-1]
        turn.extras |= own(message.extras)
        asks = message.role == "user"
        for place, block in enumerate(message.blocks):
            if message.role in ("system", "developer") and isinstance(block, Text):
                if not block.text:
                    continue
                block = Text(f"<system-reminder>\n{block.text}\n</system-reminder>")
            if isinstance(block, ToolResult):
                asks = False
            turn.blocks.append(block)
            turn.places.append((number, place))
        turn.asks += [asks] * (len(turn.blocks) - len(turn.asks))
    return turns


def _append(contents: list[JsonObject], content: JsonObject) -> None:
    """Put a turn at the end; into the last one, if a turn between them came to nothing. Results stay by themselves."""
    last = contents[-1] if contents else None
    if last and last["role"] == content["role"] and not any("functionResponse" in part for part in last["parts"]):
        last["parts"] += content["parts"]
    else:
        contents.append(content)


def _begins_a_turn(turn: _Turn) -> bool:
    return turn.role == "user" and any(turn.asks)


def _without_proof(call: ToolCall) -> ToolCall:
    return ToolCall(call.id, call.name, call.arguments, call.custom, call.namespace, extras=call.extras)


def _gemini(proof: Proof | None) -> Proof | None:
    return proof if proof is not None and proof.issuer == "gemini" else None


def _response(text: str) -> JsonObject:
    """A tool's words as the object that Google wants: an object stays one, anything else is `output`."""
    if text[:1] == "{" and text.rstrip()[-1:] == "}":
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            value = None
        if isinstance(value, dict) and value and _is_exact(value):
            return value
    return {"output": text}


def _is_exact(value: object) -> bool:
    """False when a number in it would change on the way."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
        elif (isinstance(item, int) and abs(item) > _EXACT) or (isinstance(item, float) and abs(item) > 1e15):
            return False
    return True
