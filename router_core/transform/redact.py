"""`redact`: credentials in what the client says travel as placeholders, and stand in the answer again as they were.

A placeholder is made of the credential alone, so a conversation is sent in the same words at each turn, and the
provider's prompt cache stays good. What is hidden is found again in the client's own words when the answer comes:
nothing is kept.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from router_core.config.transformers import RedactOptions
from router_core.transform.transformer import EVERY_OPERATION, Context, Note, Reason, Transformer
from router_core.wire.events import BlockStart, Delta, Event, KeepAlive
from router_core.wire.model import JsonObject, Refusal, Text, Thinking, ToolCall

MARK = "REDACTED_"
HASH_LENGTH = 12
SHAPES: Mapping[str, str] = {
    "-----BEGIN": r"-----BEGIN [A-Z ]*PRIVATE KEY-----.+?-----END [A-Z ]*PRIVATE KEY-----",
    "sk-": r"\bsk-[A-Za-z0-9_-]{20,}",
    "sk_live_": r"\b[rs]k_live_[A-Za-z0-9]{16,}",
    "ghp_": r"\bghp_[A-Za-z0-9]{30,}",
    "gho_": r"\bgho_[A-Za-z0-9]{30,}",
    "ghs_": r"\bghs_[A-Za-z0-9]{30,}",
    "ghu_": r"\bghu_[A-Za-z0-9]{30,}",
    "github_pat_": r"\bgithub_pat_[A-Za-z0-9_]{40,}",
    "glpat-": r"\bglpat-[A-Za-z0-9_-]{20,}",
    "AKIA": r"\bAKIA[A-Z0-9]{16}\b",
    "ASIA": r"\bASIA[A-Z0-9]{16}\b",
    "AIza": r"\bAIza[A-Za-z0-9_-]{35}",
    "xox": r"\bxox[abprs]-[A-Za-z0-9-]{20,}",
    "hf_": r"\bhf_[A-Za-z0-9]{30,}",
    "eyJ": r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
}
"""What a credential begins with → all of it. Only a text with the beginning in it is searched."""
_SHAPES = {begins: re.compile(whole, re.DOTALL) for begins, whole in SHAPES.items()}
SAID_IN = ("system", "messages", "instructions", "input", "contents", "systemInstruction", "system_instruction")
LEFT_ALONE = frozenset({
    "id", "type", "role", "name", "call_id", "tool_use_id", "tool_call_id", "signature", "encrypted_content", "data",
    "thoughtSignature", "thought_signature", "url", "image_url", "file_id", "fileUri", "file_data", "media_type",
    "mimeType", "cache_control",
})  # fmt: skip
"""Fields that are nobody's words: ids, proofs, pictures."""


def request(body: JsonObject, options: RedactOptions, context: Context) -> JsonObject | Reason:
    done = {
        name: _walked(value, lambda text: hidden(text, options)) if name in SAID_IN else value
        for name, value in body.items()
    }
    same = all(value is body[name] for name, value in done.items())
    return "nothing in it looks like a credential" if same else done


def answer(body: JsonObject, options: RedactOptions, context: Context) -> Callable[[Note], "Restored"] | Reason:
    asked = context.neutral()
    texts = _texts((asked.system, asked.messages))
    found = {placeholder(secret, options): secret for text in texts for secret in secrets_in(text, options)}
    return (lambda note: Restored(found, note)) if found else "nothing was hidden"


def secrets_in(text: str, options: RedactOptions) -> Iterator[str]:
    """Credentials in a text, in no order."""
    for begins, shape in _SHAPES.items():
        if begins in text:
            yield from shape.findall(text)
    for pattern in options.patterns:
        yield from (found[0] for found in re.finditer(pattern, text) if found[0])


def hidden(text: str, options: RedactOptions) -> str:
    """The text with placeholders; itself where there is nothing to hide."""
    for secret in sorted(set(secrets_in(text, options)), key=len, reverse=True):  # one may be a part of another
        text = text.replace(secret, placeholder(secret, options))
    return text


def placeholder(secret: str, options: RedactOptions) -> str:
    key = hashlib.blake2b(options.key.encode()).digest()  # of the length that a key may have
    return MARK + hashlib.blake2b(secret.encode(), key=key, digest_size=HASH_LENGTH // 2).hexdigest()


class Restored:
    """One answer's filter: puts back what was hidden, also where a placeholder comes in pieces."""

    def __init__(self, secrets: Mapping[str, str], note: Note) -> None:
        self._secrets, self._note = secrets, note
        self._any = re.compile("|".join(map(re.escape, secrets)))
        self._held = ""
        """The end of what came, which may be the beginning of a placeholder."""
        self._in_json = False
        self._told = False

    def events(self, events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            match event:
                case Delta(text=text):
                    if ready := self._more(text):
                        yield Delta(ready, event.logprobs if ready == text else ())
                case KeepAlive():
                    yield event
                case BlockStart(block=ToolCall(arguments=text) as block):
                    self._in_json = not block.custom
                    yield BlockStart(replace(block, arguments=self._more(text)))
                case BlockStart(block=Text(text=text) | Thinking(text=text) | Refusal(text=text) as block):
                    self._in_json = False
                    yield BlockStart(replace(block, text=self._more(text)))
                case _:
                    if self._held:
                        yield Delta(self._held)
                        self._held = ""
                    yield event

    def _more(self, text: str) -> str:
        """What can be told of the text now."""
        text = self._any.sub(self._put_back, self._held + text)
        self._held = self._open_end(text)
        return text[: len(text) - len(self._held)]

    def _open_end(self, text: str) -> str:
        at = text.rfind(MARK[0], max(0, len(text) - len(MARK) - HASH_LENGTH + 1))
        while at >= 0:
            if any(name.startswith(text[at:]) for name in self._secrets):
                return text[at:]
            at = text.rfind(MARK[0], max(0, len(text) - len(MARK) - HASH_LENGTH + 1), at)
        return ""

    def _put_back(self, found: re.Match[str]) -> str:
        if not self._told:
            self._note("answer", "redact: credentials stand in it again")
            self._told = True
        secret = self._secrets[found[0]]
        return json.dumps(secret, ensure_ascii=False)[1:-1] if self._in_json else secret


def _walked(value: Any, each: Callable[[str], str]) -> Any:
    """The value with its texts changed; itself where none was."""
    if isinstance(value, str):
        return each(value)
    if isinstance(value, list):
        done = [_walked(item, each) for item in value]
        return value if all(one is other for one, other in zip(done, value, strict=True)) else done
    if isinstance(value, dict):
        fields = {name: item if name in LEFT_ALONE else _walked(item, each) for name, item in value.items()}
        return value if all(item is value[name] for name, item in fields.items()) else fields
    return value


def _texts(value: Any) -> Iterator[str]:
    """All that is said in a request's neutral form."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            if name not in LEFT_ALONE:
                yield from _texts(getattr(value, name))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            if name not in LEFT_ALONE:
                yield from _texts(item)
    elif isinstance(value, Iterable):
        for item in value:
            yield from _texts(item)


TRANSFORMER = Transformer("redact", request, answer, operations=EVERY_OPERATION)
