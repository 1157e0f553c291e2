"""Content blocks of Anthropic's Messages API → neutral blocks (ADOC api/messages, read 2026-11-20).

The same blocks occur in requests and answers, so one reader serves both. A block that no other format knows becomes
`Opaque` and keeps its place.
"""

from typing import Any

from router_core.wire.anthropic.reading import (
    FORMAT,
    Place,
    as_list,
    as_object,
    as_text,
    filled,
    flag,
    needed,
    rest,
    text,
    written,
)
from router_core.wire.model import (
    Block,
    Cache,
    Citation,
    Extras,
    JsonObject,
    Media,
    Opaque,
    Proof,
    SearchHit,
    ServerCall,
    ServerResult,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from router_core.wire.proof import unseal

_TEXT = frozenset({"type", "text", "cache_control", "citations"})
_THINKING = frozenset({"type", "thinking", "signature"})
_REDACTED = frozenset({"type", "data"})
_MEDIA = frozenset({"type", "source", "title", "cache_control"})
_TOOL_USE = frozenset({"type", "id", "name", "input", "cache_control"})
_TOOL_RESULT = frozenset({"type", "tool_use_id", "content", "is_error", "cache_control"})
_SERVER_CALL = frozenset({"type", "id", "name", "input"})
_SERVER_RESULT = frozenset({"type", "tool_use_id", "content"})
_HIT = frozenset({"type", "url", "title"})
_TTL = ("5m", "1h")


def decode_blocks(value: Any, place: Place) -> tuple[Block, ...]:
    """An array of content blocks."""
    return tuple(decode_block(block, place.item(index)) for index, block in enumerate(as_list(value, place)))


def decode_block(value: Any, place: Place) -> Block:
    """One content block, whole."""
    block = as_object(value, place)
    match block.get("type"):
        case "text":
            return decode_text(block, place)
        case "thinking":
            return _thinking(block, place)
        case "redacted_thinking":
            return _redacted(block, place)
        case "tool_use":
            return _tool_use(block, place)
        case "tool_result":
            return _tool_result(block, place)
        case "image":
            return _image(block, place)
        case "document":
            return _document(block, place)
        case "search_result":
            return _search_result(block, place)
        case "server_tool_use" if block.get("name") == "web_search":
            return _server_call(block, place)
        case "web_search_tool_result":
            return _server_result(block, place)
        case str():
            return Opaque(FORMAT, block)
        case _:
            raise place.at("type").wrong("expected the kind of the block")


def decode_text(block: JsonObject, place: Place) -> Text:
    """A text block; `system` is made of these, too."""
    found = block.get("citations")
    citations: tuple[Citation, ...] = ()
    if found is not None:
        inner = place.at("citations")
        citations = tuple(decode_citation(item, inner.item(i)) for i, item in enumerate(as_list(found, inner)))
    cache, kept = decode_cache(block, place)
    return Text(needed(block, "text", place), cache, citations, None, text_extras(block, place, kept))


def text_extras(block: JsonObject, place: Place, kept: JsonObject) -> Extras:
    """What else a text block says. A request without citations may say `[]` or null, and goes back as it came; in an
    answer that says nothing, and in a stream it comes before the citations do."""
    if place.status != 400:
        block = {key: value for key, value in block.items() if key != "citations"}
    elif block.get("citations") == []:
        kept = {**kept, "citations": []}
    return rest(block, _TEXT, **kept)


def decode_citation(value: Any, place: Place) -> Citation:
    """Its positions are those in the source, not in the answer's text, so they stay in the raw form."""
    raw = as_object(value, place)
    title = raw.get("title") if isinstance(raw.get("title"), str) else raw.get("document_title")
    url = raw.get("url") or raw.get("source")
    cited = raw.get("cited_text")
    return Citation(
        url=url if isinstance(url, str) else "",
        title=title if isinstance(title, str) else "",
        cited_text=cited if isinstance(cited, str) else "",
        extras={FORMAT: raw},
    )


def decode_cache(block: JsonObject, place: Place) -> tuple[Cache | None, JsonObject]:
    """The breakpoint behind a block, and its raw form where that says more than we understand."""
    raw = block.get("cache_control")
    if raw is None:
        return None, {}
    control = as_object(raw, place.at("cache_control"))
    ttl = control.get("ttl")
    cache = Cache(ttl if ttl in _TTL else None)
    return cache, {} if raw == encode_cache(cache) else {"cache_control": raw}


def encode_cache(cache: Cache) -> JsonObject:
    return {"type": "ephemeral", "ttl": cache.ttl} if cache.ttl else {"type": "ephemeral"}


def _thinking(block: JsonObject, place: Place) -> Thinking:
    thought = text(block, "thinking", place)
    signature = text(block, "signature", place)
    return Thinking(thought, _proof(signature, block, place), False, rest(block, _THINKING))


def _redacted(block: JsonObject, place: Place) -> Thinking:
    data = needed(block, "data", place)
    return Thinking("", _proof(data, block, place), True, rest(block, _REDACTED))


def _proof(value: str, block: JsonObject, place: Place) -> Proof | None:
    """A provider's own block is kept whole: it must come back unchanged, through whatever format it travels."""
    if not value:
        return None
    return unseal(value, "anthropic") if place.status == 400 else Proof("anthropic", value, block)


def _tool_use(block: JsonObject, place: Place) -> ToolCall:
    raw = block.get("input")
    given = {} if raw is None else as_object(raw, place.at("input"))
    cache, kept = decode_cache(block, place)
    return ToolCall(
        needed(block, "id", place),
        filled(block, "name", place),
        written(given, place.at("input")),
        cache=cache,
        extras=rest(block, _TOOL_USE, **kept),
    )


def _tool_result(block: JsonObject, place: Place) -> ToolResult:
    raw, inner = block.get("content"), place.at("content")
    cache, kept = decode_cache(block, place)
    if raw is None:
        content: tuple[Block, ...] = ()
        kept["#content"] = "absent"
    elif isinstance(raw, str):
        content = (Text(raw),)
        kept["#content"] = "string"
    else:
        content = decode_blocks(raw, inner)
        for index, part in enumerate(content):
            if not isinstance(part, Text | Media | Opaque):
                raise inner.item(index).wrong("not allowed in a tool result")
    error = flag(block, "is_error", place)
    if error is False:
        kept["is_error"] = False
    return ToolResult(
        needed(block, "tool_use_id", place),
        content,
        bool(error),
        cache=cache,
        extras=rest(block, _TOOL_RESULT, **kept),
    )


def _image(block: JsonObject, place: Place) -> Block:
    inner = place.at("source")
    source = as_object(block.get("source"), inner)
    cache, kept = decode_cache(block, place)
    known = frozenset({"type", "source", "cache_control"})
    match source.get("type"):
        case "base64":
            media = Media("image", needed(source, "media_type", inner), data=needed(source, "data", inner))
            plain = {"type": "base64", "media_type": media.media_type, "data": media.data}
        case "url":
            media = Media("image", url=needed(source, "url", inner))
            plain = {"type": "url", "url": media.url}
        case "file":
            media = Media("image", file_id=needed(source, "file_id", inner))
            plain = {"type": "file", "file_id": media.file_id}
        case _:
            return Opaque(FORMAT, block)
    return _with(media, cache, block, known, kept if source == plain else {**kept, "source": source})


def _document(block: JsonObject, place: Place) -> Block:
    inner = place.at("source")
    source = as_object(block.get("source"), inner)
    cache, kept = decode_cache(block, place)
    name = text(block, "title", place)
    plain: JsonObject = {}
    match source.get("type"):
        case "base64":
            kind, data = needed(source, "media_type", inner), needed(source, "data", inner)
            media = Media("document", kind, data=data, name=name)
            plain = {"type": "base64", "media_type": kind, "data": data}
        case "text":
            media = Media("document", "text/plain", text=needed(source, "data", inner), name=name)
            plain = {"type": "text", "media_type": "text/plain", "data": media.text}
        case "url":
            media = Media("document", url=needed(source, "url", inner), name=name)
            plain = {"type": "url", "url": media.url}
        case "file":
            media = Media("document", file_id=needed(source, "file_id", inner), name=name)
            plain = {"type": "file", "file_id": media.file_id}
        case "content":
            words = _words(source.get("content"), inner.at("content"))
            if words is None:
                return Opaque(FORMAT, block)
            media = Media("document", "text/plain", text=words, name=name)
        case _:
            return Opaque(FORMAT, block)
    return _with(media, cache, block, _MEDIA, kept if source == plain else {**kept, "source": source})


def _search_result(block: JsonObject, place: Place) -> Block:
    """Found by the client itself. To other formats it is a plain-text document."""
    words = _words(block.get("content"), place.at("content"))
    if words is None:
        return Opaque(FORMAT, block)
    cache, _ = decode_cache(block, place)
    title = text(block, "title", place) or text(block, "source", place)
    return Media("document", "text/plain", text=words, name=title, cache=cache, extras={FORMAT: {"#block": block}})


def _with(media: Media, cache: Cache | None, block: JsonObject, known: frozenset[str], kept: JsonObject) -> Media:
    return Media(
        media.kind,
        media.media_type,
        media.data,
        media.url,
        media.file_id,
        media.text,
        media.name,
        cache=cache,
        extras=rest(block, known, **kept),
    )


def _words(value: Any, place: Place) -> str | None:
    """The text of nested content; None when there is more than text in it."""
    if isinstance(value, str):
        return value
    parts = []
    for index, item in enumerate(as_list(value, place)):
        part = as_object(item, place.item(index))
        if part.get("type") != "text":
            return None
        parts.append(needed(part, "text", place.item(index)))
    return "\n\n".join(parts)


def _server_call(block: JsonObject, place: Place) -> ServerCall:
    raw = block.get("input")
    given = {} if raw is None else as_object(raw, place.at("input"))
    query = given.get("query")
    kept = {} if given == {"query": query} and isinstance(query, str) else {"input": given}
    return ServerCall(
        needed(block, "id", place),
        "web_search",
        query if isinstance(query, str) else "",
        rest(block, _SERVER_CALL, **kept),
    )


def _server_result(block: JsonObject, place: Place) -> Block:
    call_id, raw, inner = needed(block, "tool_use_id", place), block.get("content"), place.at("content")
    if isinstance(raw, dict):
        error = raw.get("error_code")
        if not isinstance(error, str) or not error:
            return Opaque(FORMAT, block)
        return ServerResult(call_id, "web_search", (), error, rest(block, _SERVER_RESULT))
    hits = []
    for index, item in enumerate(as_list(raw, inner)):
        here = inner.item(index)
        hit = as_object(item, here)
        if hit.get("type") != "web_search_result":
            return Opaque(FORMAT, block)
        hits.append(SearchHit(as_text(hit.get("url"), here.at("url")), text(hit, "title", here), "", rest(hit, _HIT)))
    return ServerResult(call_id, "web_search", tuple(hits), "", rest(block, _SERVER_RESULT))
