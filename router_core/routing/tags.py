"""The tag by which a subagent's prompt names its model: read, and taken out before anything is sent.

`<CCR-SUBAGENT-MODEL>provider,model</CCR-SUBAGENT-MODEL>` or `<mitmrouter-model>provider/model</mitmrouter-model>`, at
the start of a block of the system prompt or of a text before the model's first word. Anywhere else (in the middle of
a text, in a tool's result, in later turns) it is something that somebody wrote about, and stays. A subagent sends its
prompt with every turn, so the tag holds as long as the subagent lives.

All other values of the body keep their bytes: a provider's prompt cache compares them.
"""

import re
from dataclasses import dataclass

import msgspec
import orjson

from router_core.wire.format import FormatName

_NAMES = (b"CCR-SUBAGENT-MODEL", b"mitmrouter-model")
_SPACE = rb"(?:\\[nrt]|[ ])*"
_TAG = re.compile(
    rb'"' + _SPACE + rb"(?:<|\\u003[cC])(CCR-SUBAGENT-MODEL|mitmrouter-model)(?:>|\\u003[eE])"
    rb'((?:(?!(?:<|\\u003[cC]))[^"])*)'
    rb"(?:<|\\u003[cC])\\?/\1(?:>|\\u003[eE])" + _SPACE
)
"""In a JSON string as it is written: some programs escape `<`, `>` and `/`."""
_SYSTEM = ("system", "instructions", "systemInstruction", "system_instruction")
_CONVERSATION = {
    "anthropic": "messages", "openai-chat": "messages", "openai-responses": "input", "gemini": "contents",
}  # fmt: skip
_MODELS = (b'"assistant"', b'"model"')

_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag that was found."""

    target: str
    """As it is written."""
    path: str
    """Where it stood (`messages[0].content[1].text`)."""
    body: bytes
    """Without it."""


def take_tag(body: bytes, format: FormatName) -> Tag | None:
    """The first tag of a body, and the body without any; None when there is none, or nothing that can be read.

    Args:
        body: JSON, decompressed.
    """
    if not any(name in body for name in _NAMES):
        return None
    taking = _Taking()
    try:
        fields = _object.decode(body)
        changed: dict[str, bytes] = {}
        for name in _SYSTEM:
            if name in fields and (new := taking.texts(bytes(fields[name]), name)) is not None:
                changed[name] = new
        name = _CONVERSATION[format]
        if name in fields and (new := taking.conversation(bytes(fields[name]), name)) is not None:
            changed[name] = new
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not changed:
        return None
    parts = [orjson.dumps(key) + b":" + changed.get(key, bytes(raw)) for key, raw in fields.items()]
    target, path = taking.found[0]
    return Tag(target, path, b"{" + b",".join(parts) + b"}")


class _Taking:
    """Goes through what may hold a tag. Each method gives the new bytes of a value, or None where nothing changes."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []

    def conversation(self, raw: bytes, path: str) -> bytes | None:
        if not raw.startswith(b"["):
            return self.texts(raw, path)
        items = _list.decode(raw)
        changed: dict[int, bytes] = {}
        for n, item in enumerate(items):
            content = bytes(item)
            if not content.startswith(b"{"):
                continue
            fields = _object.decode(content)
            if bytes(fields.get("role", b"")) in _MODELS or ("role" not in fields and "parts" not in fields):
                break
            if (new := self._message(fields, f"{path}[{n}]")) is not None:
                changed[n] = new
        return _with_items(raw, items, changed) if changed else None

    def texts(self, raw: bytes, path: str) -> bytes | None:
        """A text, a list of blocks, or Gemini's `{"parts": […]}`."""
        if raw.startswith(b'"'):
            return self._text(raw, path)
        if raw.startswith(b"{"):
            return self._message(_object.decode(raw), path)
        if not raw.startswith(b"["):
            return None
        return self._blocks(raw, path)

    def _message(self, fields: dict[str, msgspec.Raw], path: str) -> bytes | None:
        for name in ("content", "parts"):
            if name in fields and (new := self.texts(bytes(fields[name]), f"{path}.{name}")) is not None:
                return _with_field(fields, name, new)
        return None

    def _blocks(self, raw: bytes, path: str) -> bytes | None:
        blocks = _list.decode(raw)
        changed: dict[int, bytes] = {}
        for n, block in enumerate(blocks):
            content = bytes(block)
            if content.startswith(b"{") and any(name in content for name in _NAMES):
                fields = _object.decode(content)
                text = bytes(fields.get("text", b""))
                if text.startswith(b'"') and (new := self._text(text, f"{path}[{n}].text")) is not None:
                    # a text that was nothing but its tag goes whole: providers refuse empty ones
                    changed[n] = _with_field(fields, "text", new) if new != b'""' or len(blocks) == 1 else b""
        return _with_items(raw, blocks, changed) if changed else None

    def _text(self, raw: bytes, path: str) -> bytes | None:
        match = _TAG.match(raw)
        if match is None:
            return None
        self.found.append((orjson.loads(b'"' + match[2] + b'"').strip(), path))
        return b'"' + raw[match.end() :]


def _with_field(fields: dict[str, msgspec.Raw], name: str, new: bytes) -> bytes:
    parts = [orjson.dumps(key) + b":" + (new if key == name else bytes(raw)) for key, raw in fields.items()]
    return b"{" + b",".join(parts) + b"}"


def _with_items(raw: bytes, items: list[msgspec.Raw], changed: dict[int, bytes]) -> bytes:
    """The list with some of its items replaced, and those that became nothing left out."""
    return b"[" + b",".join(new for n, item in enumerate(items) if (new := changed.get(n, bytes(item)))) + b"]"
