"""Sources: entries of `annotations` ↔ Citation."""

from router_core.wire.model import Citation, JsonObject
from router_core.wire.openai_chat.reading import own, rest_of, with_form


def citation_of(annotation: JsonObject) -> Citation:
    """`{"type": "url_citation", "url_citation": {"url", "title", "start_index", "end_index"}}`."""
    inner = annotation.get("url_citation")
    known = ("url", "title", "content", "start_index", "end_index")
    if annotation.get("type") != "url_citation" or not isinstance(inner, dict):
        return Citation(extras=with_form({"annotation": annotation}, {}))
    url, title, cited = (inner.get(key) for key in known[:3])
    start, end = (value if type(value := inner.get(key)) is int else None for key in known[3:])
    return Citation(
        url if isinstance(url, str) else "",
        title if isinstance(title, str) else "",
        cited if isinstance(cited, str) else "",
        start,
        end,
        with_form(rest_of(inner, known), {}),
    )


def annotation_of(citation: Citation, begin: int, end: int) -> JsonObject:
    """An entry of `annotations`.

    Args:
        begin, end: where the cited text stands in the message; formats that say no position mean all of it.
    """
    extras = own(citation.extras)
    if isinstance(whole := extras.get("annotation"), dict):
        return whole
    start = citation.start if citation.start is not None else 0
    stop = citation.end if citation.end is not None else end - begin
    inner = {"url": citation.url, "title": citation.title, "start_index": begin + start, "end_index": begin + stop}
    if citation.cited_text:
        inner["content"] = citation.cited_text
    return {"type": "url_citation", "url_citation": {**extras, **inner}}
