"""What a target of this format takes of images, documents and audio; and what the model is told of the rest."""

import base64
import binascii

from msgspec.structs import replace

from router_core.models.info import ModelInfo
from router_core.wire.model import JsonObject, Media
from router_core.wire.openai_chat.dialect import Dialect
from router_core.wire.openai_chat.media import part_of

_AUDIO = ("wav", "mp3")


def media_part(media: Media, dialect: Dialect, info: ModelInfo) -> JsonObject | None:
    """The content part; None when this target has none for it."""
    media = _readable(media)
    if not _takes(media, dialect, info):
        return None
    part = part_of(media)
    if part is not None and part["type"] == "input_audio" and part["input_audio"]["format"] not in _AUDIO:
        return None
    return part


def stand_in(media: Media) -> str:
    """What the model reads in its place."""
    return f"[{media.kind}: {media.name}]" if media.name else f"[{media.kind}]"


def _takes(media: Media, dialect: Dialect, info: ModelInfo) -> bool:
    match media.kind:
        case "image":
            return not info.known or "image" in info.input_modalities
        case "audio":
            return dialect.audio
        case "document" if media.text:
            return True
        case "document" if media.file_id:  # an id of Anthropic's or Google's is not one of OpenAI's
            return dialect.files and dialect.metadata and media.file_id.startswith("file-")
        case "document" if media.url:
            return dialect.search == "plugin"
        case "document":
            return dialect.files
        case _:
            return False


def _readable(media: Media) -> Media:
    """A text file as text: every model reads that."""
    if media.kind != "document" or not media.data or not media.media_type.startswith("text/"):
        return media
    try:
        text = base64.b64decode(media.data).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return media
    return replace(media, data="", text=text)
