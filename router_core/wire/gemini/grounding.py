"""`groundingMetadata` ↔ citations and web searches.

Gemini tells at the end of an answer what it searched for, what it found (`groundingChunks`) and which stretches of the
text rest on it (`groundingSupports`). Its offsets count UTF-8 bytes, ours characters.
Source: ai.google.dev/gemini-api/docs/google-search, read 2026-11.
"""

from collections.abc import Sequence
from typing import Any

from router_core.wire.gemini.generation import synthetic_id
from router_core.wire.model import Block, Citation, Extras, JsonObject, SearchHit, ServerCall, ServerResult

GEMINI_ONLY: Extras = {"gemini": {"groundingMetadata": True}}
"""Marks the blocks that were made from metadata which is itself kept: a Gemini client gets that instead."""


def citations(metadata: JsonObject, text: str, offset: int) -> list[Citation]:
    """The citations that fall into one block of text.

    Args:
        text: of the block.
        offset: bytes of text before the block in the whole answer.
    """
    chunks = _webs(metadata)
    data = text.encode("utf-8", "replace")
    found = []
    for support in _objects(metadata.get("groundingSupports")):
        segment = support.get("segment")
        if not isinstance(segment, dict):
            continue
        span = _span(segment, text, data, offset)
        indices = support.get("groundingChunkIndices")
        if span is None or not isinstance(indices, list):
            continue
        for index in indices:
            if isinstance(index, int) and 0 <= index < len(chunks):
                url, title = chunks[index]
                found.append(Citation(url, title, start=span[0], end=span[1], extras=GEMINI_ONLY))
    return found


def _span(segment: JsonObject, text: str, data: bytes, offset: int) -> tuple[int, int] | None:
    """Characters of a segment within a block; None when it lies elsewhere."""
    start, end, words = segment.get("startIndex") or 0, segment.get("endIndex"), segment.get("text")
    if not isinstance(start, int) or not isinstance(end, int):
        return None
    first, last = start - offset, end - offset
    if 0 <= first < last <= len(data):
        before = len(data[:first].decode("utf-8", "ignore"))
        inside = data[first:last].decode("utf-8", "ignore")
        if not isinstance(words, str) or not words or words == inside:
            return before, before + len(inside)
    if isinstance(words, str) and words and (at := text.find(words)) >= 0:  # offsets that count from elsewhere
        return at, at + len(words)
    return None


def searches(metadata: JsonObject, answer_id: str) -> list[Block]:
    """The search of an answer as a call and its result; [] when there was none."""
    queries = [query for query in _list(metadata.get("webSearchQueries")) if isinstance(query, str)]
    hits = tuple(SearchHit(url, title) for url, title in _webs(metadata) if url)
    if not queries and not hits:
        return []
    call_id = synthetic_id("search", answer_id, *queries)
    return [
        ServerCall(call_id, "web_search", " | ".join(queries), GEMINI_ONLY),
        ServerResult(call_id, "web_search", hits, extras=GEMINI_ONLY),
    ]


class GroundingWriter:
    """Collects the searches and citations of an answer from elsewhere."""

    def __init__(self) -> None:
        self._queries: list[str] = []
        self._chunks: dict[tuple[str, str], int] = {}
        self._supports: list[JsonObject] = []
        self._offset = 0

    def text(self, text: str, cited: Sequence[Citation]) -> None:
        """One block of text with its citations, in the order of the answer."""
        for citation in cited:
            if "gemini" in citation.extras:
                continue
            index = self._chunk(citation.url, citation.title)
            if citation.start is None or citation.end is None:
                continue
            inside = text[citation.start : citation.end]
            first = self._offset + len(text[: citation.start].encode("utf-8", "replace"))
            last = first + len(inside.encode("utf-8", "replace"))
            self._supports.append(
                {"segment": {"startIndex": first, "endIndex": last, "text": inside}, "groundingChunkIndices": [index]}
            )
        self._offset += len(text.encode("utf-8", "replace"))

    def server(self, block: ServerCall | ServerResult) -> None:
        if "gemini" in block.extras:
            return
        if isinstance(block, ServerCall):
            if block.query:
                self._queries.append(block.query)
            return
        for hit in block.hits:
            self._chunk(hit.url, hit.title)

    def metadata(self) -> JsonObject:
        """{} when the answer had neither."""
        out: JsonObject = {}
        if self._queries:
            out["webSearchQueries"] = self._queries
        if self._chunks:
            out["groundingChunks"] = [{"web": {"uri": url, "title": title}} for url, title in self._chunks]
        if self._supports:
            out["groundingSupports"] = self._supports
        return out

    def _chunk(self, url: str, title: str) -> int:
        return self._chunks.setdefault((url, title), len(self._chunks))


def _webs(metadata: JsonObject) -> list[tuple[str, str]]:
    """(url, title) of each chunk, ("", "") for what is not of the web: the indices must stay."""
    found = []
    for chunk in _list(metadata.get("groundingChunks")):
        web = chunk.get("web") if isinstance(chunk, dict) else None
        if not isinstance(web, dict):
            web = {}
        found.append((_text(web.get("uri")), _text(web.get("title"))))
    return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _objects(value: Any) -> list[JsonObject]:
    return [item for item in _list(value) if isinstance(item, dict)]
