"""Content parts ↔ blocks: text with its citations, images, files, audio, refusals.

A part's type depends on who speaks: `output_text` for the assistant, `input_text` for everyone else; the wrong one is
refused. Images are strings here (`image_url: "data:…"`), never objects.
"""

import re
from typing import Any

from router_core.wire.model import Block, Citation, JsonObject, Media, Opaque, Refusal, Text
from router_core.wire.openai_responses.fields import (
    OWN,
    array,
    fields_of,
    maybe_string,
    obj,
    own,
    own_of,
    rest,
    string,
    wrong,
)

_TEXT = frozenset({"type", "text", "annotations"})
_IMAGE = frozenset({"type", "image_url", "file_id", "detail"})
_FILE = frozenset({"type", "file_data", "file_url", "file_id", "filename"})
_AUDIO = frozenset({"type", "input_audio"})
_REFUSAL = frozenset({"type", "refusal"})
_URL_CITATION = frozenset({"type", "url", "title", "start_index", "end_index"})
_DATA_URL = re.compile(r"data:([^;,]*);base64,(.*)", re.DOTALL)
_TYPE_OF_SUFFIX = {"pdf": "application/pdf", "txt": "text/plain", "md": "text/markdown", "csv": "text/csv"}
_AUDIO_FORMAT = {"audio/mpeg": "mp3", "audio/mp3": "mp3", "audio/wav": "wav", "audio/x-wav": "wav"}


def decode_parts(content: list[Any], where: str, status: int, *, assistant: bool) -> list[Block]:
    """The blocks of a list of parts."""
    return [
        decode_part(obj(part, f"{where}[{i}]", status), f"{where}[{i}]", status, assistant=assistant)
        for i, part in enumerate(content)
    ]


def decode_part(part: JsonObject, where: str, status: int, *, assistant: bool) -> Block:
    type = string(part, "type", where, status)
    match type:
        case "input_text" | "output_text" | "text":
            expected = "output_text" if assistant else "input_text"
            return Text(
                string(part, "text", where, status),
                citations=decode_citations(part.get("annotations"), where, status),
                extras=own(
                    type="" if type == expected else type,
                    bare=assistant and "annotations" not in part,
                    fields={k: v for k, v in part.items() if k not in _TEXT},
                ),
            )
        case "refusal":
            return Refusal(string(part, "refusal", where, status), extras=own(fields=rest(part, _REFUSAL)))
        case "input_image":
            return _image(part, where, status)
        case "input_file":
            return _file(part, where, status)
        case "input_audio":
            audio = obj(part.get("input_audio"), f"{where}.input_audio", status)
            format = string(audio, "format", f"{where}.input_audio", status)
            return Media(
                "audio",
                media_type=f"audio/{format}",
                data=string(audio, "data", f"{where}.input_audio", status),
                extras=own(fields=rest(part, _AUDIO), format=format),
            )
        case _:
            return Opaque(OWN, part)


def _image(part: JsonObject, where: str, status: int) -> Media:
    said = part.get("image_url")
    if isinstance(said, dict):  # Chat's form, which some clients send here, too
        said = string(said, "url", f"{where}.image_url", status)
    if said is not None and not isinstance(said, str):
        raise wrong(f"{where}.image_url", "a string", status)
    file_id = maybe_string(part, "file_id", where, status)
    if not said and not file_id:
        raise wrong(f"{where}.image_url", "a URL, or file_id must be given", status)
    media_type, data, url = from_data_url(said or "")
    return Media(
        "image",
        media_type=media_type,
        data=data,
        url=url,
        file_id="" if said else file_id,
        detail=maybe_string(part, "detail", where, status),
        extras=own(fields=rest(part, _IMAGE)),
    )


def _file(part: JsonObject, where: str, status: int) -> Media:
    name = maybe_string(part, "filename", where, status)
    file_data = maybe_string(part, "file_data", where, status)
    url = maybe_string(part, "file_url", where, status)
    file_id = maybe_string(part, "file_id", where, status)
    extras = own(fields=rest(part, _FILE))
    if file_data:
        media_type, data, _ = from_data_url(file_data)
        if not data:  # base64 alone: the name must tell what it is
            media_type, data = _TYPE_OF_SUFFIX.get(name.rpartition(".")[2].lower(), ""), file_data
            extras = own(fields=rest(part, _FILE), raw=True)
        return Media("document", media_type=media_type, data=data, name=name, extras=extras)
    if not url and not file_id:
        raise wrong(f"{where}.file_data", "given, or file_url, or file_id", status)
    return Media("document", url=url, file_id="" if url else file_id, name=name, extras=extras)


def from_data_url(said: str) -> tuple[str, str, str]:
    """(media type, base64, "") of a data URL, else ("", "", the URL)."""
    found = _DATA_URL.fullmatch(said) if said.startswith("data:") else None
    return (found[1], found[2], "") if found and found[2] else ("", "", said)


def decode_citations(annotations: Any, where: str, status: int) -> tuple[Citation, ...]:
    if not annotations:
        return ()
    path = f"{where}.annotations"
    listed = array(annotations, path, status)
    return tuple(decode_citation(obj(one, path, status), path, status) for one in listed)


def decode_citation(one: JsonObject, where: str, status: int) -> Citation:
    """One annotation; what is no URL citation is known to this format only."""
    if one.get("type") != "url_citation":
        return Citation(extras={OWN: {"whole": one}})
    start, end = one.get("start_index"), one.get("end_index")
    return Citation(
        url=maybe_string(one, "url", where, status),
        title=maybe_string(one, "title", where, status),
        start=start if isinstance(start, int) else None,
        end=end if isinstance(end, int) else None,
        extras=own(fields=rest(one, _URL_CITATION)),
    )


def encode_citation(citation: Citation, text_length: int) -> JsonObject | None:
    """An annotation; None for what has no place in this format (a passage of a document without a URL).

    Args:
        text_length: characters of the text, for citations that do not say which part of it they mean.
    """
    said = own_of(citation.extras)
    if said and isinstance(said.get("whole"), dict):
        return said["whole"]  # type: ignore[no-any-return]  # a dict, as just checked
    if not citation.url:
        return None
    out = {
        "type": "url_citation",
        "url": citation.url,
        "title": citation.title,
        "start_index": 0 if citation.start is None else citation.start,
        "end_index": text_length if citation.end is None else citation.end,
    }
    return out | fields_of(citation.extras)


def encode_text(text: Text, *, assistant: bool) -> JsonObject:
    said = own_of(text.extras)
    type = "output_text" if assistant else "input_text"
    out: JsonObject = {"type": (said and said.get("type")) or type, "text": text.text}
    if assistant and not (said and said.get("bare")):
        out["annotations"] = []
    if text.citations:
        known = (encode_citation(citation, len(text.text)) for citation in text.citations)
        out["annotations"] = [citation for citation in known if citation is not None]
    return out | fields_of(text.extras)


def encode_refusal(refusal: Refusal) -> JsonObject:
    return {"type": "refusal", "refusal": refusal.text} | fields_of(refusal.extras)


def encode_media(media: Media) -> JsonObject | None:
    """A user's image, file or sound; None for what this format has no part for."""
    said = own_of(media.extras)
    out: JsonObject
    if media.kind == "image":
        out = {"type": "input_image"}
        if media.file_id:
            out["file_id"] = media.file_id
        elif media.data or media.url:
            out["image_url"] = media.url or f"data:{media.media_type or 'image/png'};base64,{media.data}"
        else:
            return None
        if media.detail or said is None:
            out["detail"] = media.detail or "auto"
    elif media.kind == "document":
        if media.text:
            return {"type": "input_text", "text": f"{media.name}\n\n{media.text}" if media.name else media.text}
        out = {"type": "input_file"}
        if media.file_id:
            out["file_id"] = media.file_id
        elif media.url:
            out["file_url"] = media.url
        else:
            raw = bool(said and said.get("raw"))
            out["file_data"] = (
                media.data if raw else f"data:{media.media_type or 'application/pdf'};base64,{media.data}"
            )
        if media.name:
            out["filename"] = media.name
        elif said is None and "file_data" in out:
            out["filename"] = "document.pdf" if "pdf" in (media.media_type or "pdf") else "document"
    elif media.kind == "audio" and media.data:
        format = said.get("format") if said else None
        known = format or _AUDIO_FORMAT.get(media.media_type)
        if known is None:
            return None
        out = {"type": "input_audio", "input_audio": {"data": media.data, "format": known}}
    else:
        return None
    return out | fields_of(media.extras)
