"""An estimate of a request's input tokens, for targets whose provider has no counting endpoint.

Text is counted as counting/text.py says (measured errors there), images by their size, PDFs by their pages, tools as
the JSON of their definitions. Ciphertext (signatures, encrypted reasoning) counts nothing: providers decide for
themselves how much of it they read again. A body that is no JSON object is counted as text. Nothing here is an error.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from router_core.counting.images import image_tokens
from router_core.counting.text import text_tokens, texts_tokens, weights_for
from router_core.models.info import Endpoint, ModelInfo
from router_core.models.known import model_info

PER_MESSAGE = 4  # role and separators, as OpenAI documents for its own format and as Claude's counts show
PER_TOOL = 8
PER_REQUEST = 3
CLAUDE_TOOL_PROMPT = 346  # what Anthropic adds once a request has tools (documented for Claude 4)
BYTES_PER_PDF_PAGE = 50_000  # where pages cannot be found: they are compressed, or the file is only linked
LARGEST_PDF = 4 * 1024 * 1024
AUDIO_BYTES_PER_TOKEN = 500  # 16 kB/s at 32 tokens a second

_CONVERSATION = {
    "anthropic": ("system", "messages"),
    "openai-chat": ("messages", "response_format"),
    "openai-responses": ("instructions", "input", "text"),
    "gemini": ("systemInstruction", "system_instruction", "contents", "generationConfig"),
}
_TOOLS = ("tools", "functions")
_NOT_READ = frozenset(
    (
        "type", "role", "id", "call_id", "tool_call_id", "tool_use_id", "cache_control", "signature", "status",
        "detail", "encrypted_content", "thoughtSignature", "thought_signature", "media_type", "mimeType", "mime_type",
        "format", "strict", "file_id", "filename", "verbosity", "responseMimeType", "thinkingConfig", "phase",
    )
)  # fmt: skip
_SPOKEN_AS_JSON = frozenset(
    ("input", "args", "arguments", "response", "schema", "responseSchema", "responseJsonSchema")
)
_MEDIA = frozenset(
    (
        "media_type", "mimeType", "mime_type", "image_url", "file_data", "input_audio", "source", "file_url", "fileUri",
    )
)  # fmt: skip
"""A block that has none of these is no image, file or sound."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a look at a whole request tells."""

    input_tokens: int
    has_media: bool
    """An image, a file or a sound is in it."""


def estimate_input_tokens(body: bytes | Mapping[str, Any], format: Endpoint, model: str) -> int:
    """Roughly how many input tokens a request is; never fails, and takes about a third of a millisecond for 100 KB.

    Args:
        as `estimate_request`.
    """
    return estimate_request(body, format, model).input_tokens


def estimate_request(body: bytes | Mapping[str, Any], format: Endpoint, model: str) -> Estimate:
    """The same, and whether there is more than text in it.

    Args:
        body: the request as it came, or parsed.
        format: its wire format.
        model: the target's; the tokenizer and the price of images follow from it.
    """
    info = model_info(model)
    if isinstance(body, bytes):
        try:
            parsed = orjson.loads(body)
        except orjson.JSONDecodeError:
            parsed = None
        if not isinstance(parsed, dict):
            return Estimate(_whole(text_tokens(body, weights_for(info))), False)
    else:
        parsed = body
    inner = parsed.get("generateContentRequest")
    if format == "gemini" and isinstance(inner, dict):  # countTokens may wrap a whole request
        parsed = inner
    count = _Count(info)
    for key in _CONVERSATION[format]:
        if key in parsed:
            count.add(parsed[key])
    turns = next((parsed[key] for key in ("messages", "input", "contents") if isinstance(parsed.get(key), list)), [""])
    tools = [tool for key in _TOOLS for tool in _list(parsed.get(key))]
    for tool in tools:
        count.add_json(tool)
    fixed = PER_REQUEST + PER_MESSAGE * len(turns) + PER_TOOL * len(tools)
    if tools and info.vendor == "anthropic":
        fixed += CLAUDE_TOOL_PROMPT
    return Estimate(_whole(fixed + count.total()), count.has_media)


class _Count:
    """Goes through a conversation and collects what is read."""

    def __init__(self, info: ModelInfo) -> None:
        self._info = info
        self._texts: list[str] = []
        self._other = 0
        self.has_media = False

    def add(self, value: object) -> None:
        waiting: list[Any] = [value]  # a stack of our own: the depth of a body is the client's choice
        texts, has_no_media = self._texts, _MEDIA.isdisjoint
        while waiting:
            item = waiting.pop()
            kind = type(item)  # JSON has no subclasses, and this runs for every block of a long conversation
            if kind is dict:
                if not has_no_media(item) and self._add_media(item):
                    self.has_media = True
                    continue
                for key in item:
                    if key in _NOT_READ:
                        continue
                    inner = item[key]
                    kind = type(inner)
                    if kind is str:
                        texts.append(inner)
                    elif kind is list:
                        waiting += inner[::-1]
                    elif kind is dict and key in _SPOKEN_AS_JSON:
                        self.add_json(inner)
                    else:
                        waiting.append(inner)
            elif kind is str:
                texts.append(item)
            elif kind is list:
                waiting += item[::-1]

    def add_json(self, value: object) -> None:
        """What a provider shows the model as JSON: tool definitions, arguments, schemas."""
        try:
            self._texts.append(orjson.dumps(value).decode())
        except orjson.JSONEncodeError:  # halves of characters, a number beyond 64 bits, nesting beyond reason
            self._add_strings(value)

    def _add_strings(self, value: object) -> None:
        waiting = [value]
        while waiting:
            item = waiting.pop()
            if isinstance(item, dict):
                waiting += [*item.keys(), *item.values()]
            elif isinstance(item, list):
                waiting += item
            elif isinstance(item, str):
                self._texts.append(item)

    def total(self) -> float:
        return texts_tokens(self._texts, weights_for(self._info)) + self._other

    def _add_media(self, item: dict[str, Any]) -> bool:
        """Count an image, a file or a sound; False when this is none."""
        mime = next(
            (item[key] for key in ("media_type", "mimeType", "mime_type") if isinstance(item.get(key), str)), None
        )
        data = item.get("data")
        if mime is not None and isinstance(data, str) and not mime.startswith("text/"):
            self._add_file(mime, data)
            return True
        if "image_url" in item:
            url = item["image_url"].get("url") if isinstance(item["image_url"], dict) else item["image_url"]
            self._other += image_tokens(url if isinstance(url, str) and url.startswith("data:") else "", self._info)
            return True
        if isinstance(item.get("file_data"), str):
            self._add_file(item["file_data"].partition(";")[0].removeprefix("data:"), item["file_data"])
            return True
        if isinstance(item.get("input_audio"), dict):
            self._add_file("audio/wav", str(item["input_audio"].get("data", "")))
            return True
        return self._add_linked(item)

    def _add_linked(self, item: dict[str, Any]) -> bool:
        source = item.get("source")
        linked = isinstance(source, dict) and source.get("type") in ("url", "file")
        if linked and item.get("type") == "image":
            self._other += image_tokens("", self._info)
        elif linked or "file_url" in item or "fileUri" in item:
            self._other += self._per_page() * 3
        else:
            return False
        return True

    def _add_file(self, mime: str, data: str) -> None:
        size = len(data) * 3 // 4
        if mime.startswith("image/"):
            self._other += image_tokens(data, self._info)
        elif mime.startswith(("audio/", "video/")):
            self._other += size // AUDIO_BYTES_PER_TOKEN
        else:
            self._other += self._per_page() * _pdf_pages(data, size)

    def _per_page(self) -> int:
        """A page is read as its text and, but for Gemini, as an image of it."""
        match self._info.vendor:
            case "google":
                return 560 if self._info.reasoning.mode == "level" else 258
            case "anthropic":
                return 2_000  # documented: 1,500 to 3,000
            case _:
                return 1_100


def _pdf_pages(data: str, size: int) -> int:
    if size <= LARGEST_PDF:
        encoded = data.partition(";base64,")[2] or data
        try:
            found = base64.b64decode(encoded)
        except (binascii.Error, ValueError):
            found = b""
        # "/Type /Pages" is the tree above them
        for spelling in (b"/Type /Page", b"/Type/Page"):
            if pages := found.count(spelling) - found.count(spelling + b"s"):
                return pages
    return max(1, size // BYTES_PER_PDF_PAGE)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _whole(tokens: float) -> int:
    return max(1, round(tokens))
