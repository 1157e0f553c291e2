"""Images and files inside OpenAI requests: data URLs of the right kind, or links."""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

from router_core.simulator.openai_rules import Problem, type_problem, value_problem

IMAGE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")

_DATA = re.compile(r"^data:([a-z0-9.+-]+/[a-z0-9.+-]+);base64,(.*)$", re.DOTALL)


def image_problems(url: Any, where: str) -> Iterator[Problem]:
    """An image URL: `https://…`, or a data URL of an image type."""
    if not isinstance(url, str):
        yield type_problem(where, "an image URL", url)
        return
    if url.startswith(("https://", "http://")):
        return
    found = _DATA.match(url)
    if not found:
        yield Problem(
            f"Invalid '{where}'. Expected a base64-encoded data URL with an image MIME type (e.g. "
            "'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got a value without the 'data:' prefix.",
            "invalid_value",
            where,
        )
    elif found.group(1) not in IMAGE_TYPES:
        text = "You uploaded an unsupported image. Please make sure your image has of one the following formats: "
        yield Problem(f"{text}['png', 'jpeg', 'gif', 'webp'].", "invalid_image_format", where)
    elif not is_base64(found.group(2)):
        yield Problem(f"Invalid '{where}'. The image data is not valid base64.", "invalid_base64", where)


def file_problems(part: dict[str, Any], where: str) -> Iterator[Problem]:
    """A file: an uploaded one by id, a link (Responses), or a name with a data URL."""
    if part.get("file_id") or part.get("file_url"):
        return
    data = part.get("file_data")
    if not data:
        yield Problem(
            f"Missing required parameter: '{where}.file_id'.", "missing_required_parameter", f"{where}.file_id"
        )
    if not part.get("filename"):
        name = f"{where}.filename"
        yield Problem(f"Missing required parameter: '{name}'.", "missing_required_parameter", name)
    found = _DATA.match(data) if isinstance(data, str) else None
    if not found or not is_base64(found.group(2)):
        yield Problem(
            f"Invalid '{where}.file_data'. Expected a base64-encoded data URL with an application/pdf MIME type (e.g. "
            "'data:application/pdf;base64,aW1nIGJ5dGVzIGhlcmU='), but got a value without the 'data:' prefix.",
            "invalid_value",
            f"{where}.file_data",
        )


def audio_problems(audio: Any, where: str) -> Iterator[Problem]:
    """Recorded speech, Chat Completions only."""
    if not isinstance(audio, dict):
        yield type_problem(where, "an object", audio)
        return
    if audio.get("format") not in ("wav", "mp3"):
        yield value_problem(f"{where}.format", audio.get("format"), ["wav", "mp3"])
    if not is_base64(audio.get("data")):
        yield Problem(f"Invalid '{where}.data'. Expected base64-encoded audio.", "invalid_base64", f"{where}.data")


def is_base64(data: object) -> bool:
    """Whether it decodes to at least one byte."""
    try:
        return isinstance(data, str) and bool(base64.b64decode(data, validate=True))
    except binascii.Error:
        return False
