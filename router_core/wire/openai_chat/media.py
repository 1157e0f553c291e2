"""Images, files and audio as content parts ↔ Media (platform.openai.com/docs/api-reference/chat, read 2026-11-20)."""

import re
from typing import Any

from router_core.wire.model import JsonObject, Media
from router_core.wire.openai_chat.reading import (
    CLIENT,
    a_text,
    an_object,
    as_extras,
    own,
    rest_of,
    text_or,
)

_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)?[^,]{0,200};base64,", re.ASCII)
_AUDIO_FORMAT = {"audio/wav": "wav", "audio/x-wav": "wav", "audio/wave": "wav", "audio/mpeg": "mp3", "audio/mp3": "mp3"}
_FILE_TYPE = {".pdf": "application/pdf", ".txt": "text/plain", ".md": "text/markdown", ".csv": "text/csv"}


def image_of(part: JsonObject, path: str, status: int = CLIENT) -> Media:
    """`{"type": "image_url", "image_url": {"url", "detail"}}`; a bare string counts, because clients write it."""
    value = part.get("image_url")
    image = {"url": value} if isinstance(value, str) else an_object(value, f"{path}.image_url", status)
    url = a_text(image.get("url"), f"{path}.image_url.url", status)
    media_type, data = data_of(url)
    return Media(
        "image",
        media_type=media_type,
        data=data,
        url="" if data else url,
        detail=text_or(image.get("detail"), f"{path}.image_url.detail", status=status),
        extras=_extras(part, "image_url", image, ("url", "detail")),
    )


def audio_of(part: JsonObject, path: str, status: int = CLIENT) -> Media:
    """`{"type": "input_audio", "input_audio": {"data", "format"}}`."""
    audio = an_object(part.get("input_audio"), f"{path}.input_audio", status)
    return Media(
        "audio",
        media_type="audio/" + a_text(audio.get("format"), f"{path}.input_audio.format", status),
        data=a_text(audio.get("data"), f"{path}.input_audio.data", status),
        extras=_extras(part, "input_audio", audio, ("data", "format")),
    )


def file_of(part: JsonObject, path: str, status: int = CLIENT) -> Media:
    """`{"type": "file", "file": {"filename", "file_data" | "file_id"}}`."""
    file = an_object(part.get("file"), f"{path}.file", status)
    name = text_or(file.get("filename"), f"{path}.file.filename", status=status)
    content = text_or(file.get("file_data"), f"{path}.file.file_data", status=status)
    file_id = text_or(file.get("file_id"), f"{path}.file.file_id", status=status)
    media_type, data = data_of(content)
    url = content if content.startswith(("http://", "https://")) else ""
    if content and not data and not url:  # base64 without the prefix: the name says the type
        suffix = name[name.rfind(".") :].lower() if "." in name else ""
        media_type, data = _FILE_TYPE.get(suffix, "application/pdf"), content
    if not data and not url and not file_id:
        a_text(None, f"{path}.file.file_data", status)
    return Media(
        "document",
        media_type=media_type,
        data=data,
        url=url,
        file_id="" if data or url else file_id,
        name=name,
        extras=_extras(part, "file", file, ("filename", "file_data", "file_id")),
    )


def part_of(media: Media) -> JsonObject | None:
    """The content part; None when this format has none for it."""
    extras = own(media.extras)
    match media.kind:
        case "image" if media.data or media.url:
            image: JsonObject = {"url": data_url(media) if media.data else media.url}
            if media.detail:
                image["detail"] = media.detail
            return _part("image_url", image, extras)
        case "audio" if media.data:
            name = _AUDIO_FORMAT.get(media.media_type, media.media_type.removeprefix("audio/"))
            return _part("input_audio", {"data": media.data, "format": name}, extras)
        case "document" if media.text:
            return {"type": "text", "text": f"{media.name}\n\n{media.text}" if media.name else media.text}
        case "document" if media.data or media.url:
            file: JsonObject = {"filename": media.name or _file_name(media)}
            return _part("file", {**file, "file_data": data_url(media) if media.data else media.url}, extras)
        case "document" if media.file_id:
            named = {"filename": media.name} if media.name else {}
            return _part("file", {"file_id": media.file_id, **named}, extras)
        case _:
            return None


def data_of(url: str) -> tuple[str, str]:
    """(media type, base64) of a data URL; two empty strings for any other."""
    found = _DATA_URL.match(url) if url.startswith("data:") else None
    if found is None:
        return "", ""
    data = url[found.end() :]
    if "\n" in data or "\r" in data:
        data = data.replace("\n", "").replace("\r", "")
    return found.group(1) or "application/octet-stream", data


def data_url(media: Media) -> str:
    return f"data:{media.media_type or 'application/octet-stream'};base64,{media.data}"


def _file_name(media: Media) -> str:
    return "document.pdf" if media.media_type in ("application/pdf", "") else "document"


def _extras(part: JsonObject, key: str, inner: JsonObject, known: tuple[str, ...]) -> Any:
    rest = rest_of(part, ("type", key, "cache_control"))
    if nested := rest_of(inner, known):
        rest[key] = nested
    return as_extras(rest)


def _part(kind: str, inner: JsonObject, extras: JsonObject) -> JsonObject:
    nested = extras.get(kind)
    rest = {key: value for key, value in extras.items() if key != kind}
    return {**rest, "type": kind, kind: {**nested, **inner} if isinstance(nested, dict) else inner}
