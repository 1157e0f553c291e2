"""Neutral blocks → content blocks for a provider that speaks Anthropic's format.

Foreign proofs and foreign searches are left out, with a loss each: Anthropic checks signatures and the encrypted index
of a search hit, and refuses the whole request for one that is not its own.
"""

import base64
import binascii
import re
from hashlib import blake2b
from typing import Literal, assert_never

from msgspec import Struct

from router_core.errors import WireError
from router_core.wire.anthropic.decode_blocks import encode_cache
from router_core.wire.anthropic.reading import FORMAT, fields, own, parsed_arguments
from router_core.wire.codec import Loss
from router_core.wire.model import (
    Block,
    Citation,
    JsonObject,
    Media,
    Opaque,
    Refusal,
    SearchHit,
    ServerCall,
    ServerResult,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from router_core.wire.tool_names import ToolNames

UNPARSED = "unparsed_arguments"
"""Holds the text of arguments that are no JSON object: cut by the token limit, or written wrong. They are never
repaired, because a repaired call would run."""
FOREIGN_SEARCH = "srvtoolu_via_"
"""Begins the ids of searches that another provider ran: Anthropic itself must never see them again."""
IMAGES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_BEGINNINGS = {"iVBORw0KGgo": "image/png", "/9j/": "image/jpeg", "R0lGOD": "image/gif", "UklGR": "image/webp"}
"""The first bytes of images, in base64."""
_ID = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_TEXT_TYPES = ("text/", "application/json", "application/xml", "application/x-yaml", "application/javascript")
_UNSIGNED = "reasoning without a signature"


class BlockEncoder(Struct):
    """What the blocks of one request share.

    Args:
        ours: the client spoke this format: its blocks go back as they came.
        genuine: the model is Claude, which checks signatures; compatible models mostly have none.
    """

    names: ToolNames
    losses: list[Loss]
    ours: bool
    genuine: bool

    def lose(self, path: str, reason: str) -> None:
        self.losses.append(Loss(path, reason))

    def encode(self, block: Block, path: str) -> JsonObject | None:
        """One block; None when it is left out, which has been recorded then."""
        match block:
            case Text():
                return self.text(block, path)
            case Refusal(text=text):
                return {"type": "text", "text": text} if text.strip() else None
            case Thinking():
                return self._thinking(block, path)
            case Media():
                return self.media(block, path)
            case ToolCall():
                return self._call(block, path)
            case ToolResult():
                return self._result(block, path)
            case ServerCall():
                return self._server_call(block, path)
            case ServerResult():
                return self._server_result(block, path)
            case Opaque(format=format, value=value):
                if format == FORMAT:
                    return value
                self.lose(path, f"a block of type {value.get('type')!r} is known to {format} only")
                return None
            case _:
                assert_never(block)

    def text(self, block: Text, path: str) -> JsonObject | None:
        if not self.ours and not block.text.strip():
            return None  # Anthropic refuses blank text, and nothing is lost with it
        out: JsonObject = {"type": "text", "text": block.text}
        citations = [citation.extras[FORMAT] for citation in block.citations if _is_genuine(citation)]
        if len(citations) < len(block.citations):
            self.lose(f"{path}.citations", "citations of another provider")
        if citations:
            out["citations"] = citations
        return _finished(out, block)

    def _thinking(self, block: Thinking, path: str) -> JsonObject | None:
        proof = block.proof
        if proof is not None and proof.issuer != FORMAT:
            self.lose(path, "reasoning of another provider")
            return None
        if proof is not None and proof.whole is not None:
            return proof.whole
        if block.redacted:
            return {"type": "redacted_thinking", "data": proof.value, **fields(block.extras)} if proof else None
        if proof is None and (self.genuine or not block.text):
            if block.text:
                self.lose(path, _UNSIGNED)
            return None
        out = {"type": "thinking", "thinking": block.text, "signature": proof.value if proof else ""}
        return {**out, **fields(block.extras)}

    def media(self, block: Media, path: str) -> JsonObject | None:
        if (raw := own(block.extras).get("#block")) is not None and isinstance(raw, dict):
            return raw
        source = own(block.extras).get("source") or self._source(block, path)
        if source is None:
            return None
        is_image = block.kind == "image" or (not self.ours and block.media_type.startswith("image/"))
        kind = "image" if is_image else "document"
        out: JsonObject = {"type": kind, "source": source}
        if kind == "document" and block.name:
            out["title"] = block.name[:500]
        return _finished(out, block)

    def _source(self, block: Media, path: str) -> JsonObject | None:
        if block.file_id:
            if not self.ours:
                raise WireError(
                    f"{path}: file {block.file_id!r} is known to another provider only; send its data", path
                )
            return {"type": "file", "file_id": block.file_id}
        if block.url:
            if not self.ours and not block.url.startswith(("https://", "http://")):
                raise WireError(f"{path}: only http and https addresses can be read by this provider", path)
            if block.kind in ("image", "document"):
                return {"type": "url", "url": block.url}
        elif block.kind == "image" or block.media_type.startswith("image/"):
            media_type = block.media_type if self.ours else image_type(block)
            if self.ours or media_type in IMAGES:
                return {"type": "base64", "media_type": media_type, "data": block.data}
        elif block.text:
            return {"type": "text", "media_type": "text/plain", "data": block.text}
        elif block.kind == "document" and (self.ours or block.media_type in ("", "application/pdf")):
            return {"type": "base64", "media_type": block.media_type or "application/pdf", "data": block.data}
        elif block.media_type.startswith(_TEXT_TYPES) and (words := _decoded(block.data)) is not None:
            return {"type": "text", "media_type": "text/plain", "data": words}
        self.lose(path, f"{block.media_type or block.kind} cannot be read by this provider")
        return None

    def _call(self, block: ToolCall, path: str) -> JsonObject:
        arguments: JsonObject | None
        if block.custom:
            arguments = {"input": block.arguments}
        else:
            arguments = parsed_arguments(block.arguments)
            if arguments is None:
                self.lose(f"{path}.arguments", f"no JSON object; sent as the text of {UNPARSED!r}")
                arguments = {UNPARSED: block.arguments}
        name = self.names.send(block.name, block.namespace, custom=block.custom)
        return _finished({"type": "tool_use", "id": call_id(block.id), "name": name, "input": arguments}, block)

    def _result(self, block: ToolResult, path: str) -> JsonObject:
        out: JsonObject = {"type": "tool_result", "tool_use_id": call_id(block.call_id)}
        form = own(block.extras).get("#content")
        content = [
            plain_text(part) or self._content(part, f"{path}.content[{i}]") for i, part in enumerate(block.content)
        ]
        parts = [part for part in content if part is not None]
        is_error = block.is_error
        if form == "string" and len(parts) == 1 and set(parts[0]) == {"type", "text"}:
            out["content"] = parts[0]["text"]
        elif parts or (self.ours and form != "absent"):
            if is_error and not self.ours and any(part["type"] != "text" for part in parts):
                is_error = False  # an error may hold text only
                parts.insert(0, {"type": "text", "text": "Error:"})
                self.lose(f"{path}.is_error", "an error with an image cannot be marked as one; its text says it")
            out["content"] = parts
        if is_error:
            out["is_error"] = True
        return _finished(out, block)

    def _content(self, block: Block, path: str) -> JsonObject | None:
        """A part of a result. What is left out leaves a note: the model shall not take the tool for silent."""
        found = self.encode(block, path)
        if found is None and isinstance(block, Media):
            return left_out(block)
        return found

    def _server_call(self, block: ServerCall, path: str) -> JsonObject | None:
        if not _is_own_search(block.id):
            self.lose(path, "a web search that another provider ran")
            return None
        return {
            "type": "server_tool_use",
            "id": block.id,
            "name": "web_search",
            "input": {"query": block.query},
            **fields(block.extras),
        }

    def _server_result(self, block: ServerResult, path: str) -> JsonObject | None:
        if not _is_own_search(block.call_id) or not all(own(hit.extras).get("encrypted_content") for hit in block.hits):
            self.lose(path, "what a web search of another provider found")
            return None
        return encode_server_result(block, block.call_id)


def plain_text(block: Block) -> JsonObject | None:
    """A text with nothing beside it, which most of a long history is; None for any other block."""
    if type(block) is not Text or block.cache is not None or block.citations or FORMAT in block.extras:
        return None
    return {"type": "text", "text": block.text} if block.text.strip() else None


def encode_server_result(block: ServerResult, id: str) -> JsonObject:
    """A `web_search_tool_result`, for providers and clients alike."""
    content: JsonObject | list[JsonObject]
    if block.error:
        content = {"type": "web_search_tool_result_error", "error_code": block.error}
    else:
        content = [_hit(hit) for hit in block.hits]
    return {"type": "web_search_tool_result", "tool_use_id": id, "content": content, **fields(block.extras)}


def _hit(hit: SearchHit) -> JsonObject:
    out = {"type": "web_search_result", "url": hit.url, "title": hit.title, "encrypted_content": ""}
    return {**out, **fields(hit.extras)}


def image_type(block: Media) -> str:
    """What the data begins with, else what it is said to be: Anthropic compares, and refuses what differs."""
    found = next((kind for begin, kind in _BEGINNINGS.items() if block.data.startswith(begin)), block.media_type)
    return "image/jpeg" if found == "image/jpg" else found


def _is_own_search(id: str) -> bool:
    return id.startswith("srvtoolu_") and not id.startswith(FOREIGN_SEARCH)


def call_id(id: str) -> str:
    """The client's id of a call where Anthropic accepts it, else the same other one each time."""
    return id if _ID.fullmatch(id) else hashed_id("toolu_", id)


def hashed_id(prefix: str, id: str) -> str:
    return prefix + blake2b(id.encode("utf-8", "replace"), digest_size=12).hexdigest()


def left_out(block: Media) -> JsonObject:
    """What stands where a medium was that cannot be sent."""
    what: Literal["image", "document", "audio", "video"] = block.kind
    name = f" {block.name!r}" if block.name else ""
    return {"type": "text", "text": f"[{what}{name} left out: it cannot be read here]"}


def _is_genuine(citation: Citation) -> bool:
    raw = citation.extras.get(FORMAT)
    return raw is not None and (raw.get("type") != "web_search_result_location" or bool(raw.get("encrypted_index")))


def _finished(out: JsonObject, block: Text | Media | ToolCall | ToolResult) -> JsonObject:
    """With the breakpoint and what only this format knows of the block."""
    if block.cache is not None:
        out["cache_control"] = encode_cache(block.cache)
    if FORMAT in block.extras:
        out.update(fields(block.extras))
    return out


def _decoded(data: str) -> str | None:
    try:
        return base64.b64decode(data, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
