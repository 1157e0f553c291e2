"""The envelope of Google's Code Assist service around Gemini's format, as the Gemini CLI and Antigravity speak it.

A request is `{"model", "project", …, "request": {Gemini's}}`, an answer `{"response": {Gemini's}, "traceId", …}`, and
so is every frame of a stream. It is put on last and taken off first, so that everything between (codec, tap, repairs)
sees plain Gemini. Errors come without it. Source: google-gemini/gemini-cli code_assist/ (2026-08) and, for Antigravity,
the public descriptions of its protocol (2026-06 … 08), read 2026-11.
"""

import json
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Literal

import msgspec
import orjson

from router_core.errors import WireError
from router_core.wire.sse import RecordSplitter, records

Dialect = Literal["code-assist", "antigravity"]
type JsonObject = dict[str, Any]

CLAUDE_BUDGET = 8192
"""Claude behind Antigravity knows no automatic thinking budget: this one stands for it."""

_raw_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is put around one request.

    Args:
        model: the provider's name for it.
        session: the same for all requests of a conversation.
        counts: the request is one to count tokens, whose envelope names neither project nor session.
    """

    dialect: Dialect
    model: str
    session: str = ""
    counts: bool = False

    def wrap(self, body: bytes, project: str) -> bytes:
        """Gemini's request body with the envelope around it.

        Args:
            project: the Google project that pays.

        Raises:
            WireError: it is no JSON object.
        """
        try:
            fields = {camel(name): bytes(raw) for name, raw in _raw_fields.decode(body).items()}
            if self.counts:
                return b'{"request":%s}' % _joined(_counted(fields, self.model))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise WireError(f"The body is not a JSON object: {error}") from error
        for name in ("model", "stream"):  # in the envelope, and in the path
            fields.pop(name, None)
        unique = blake2b(body, digest_size=16, person=b"mitmrouter-turn").hexdigest()
        head: JsonObject = {"model": self.model, "project": project}
        if self.dialect == "code-assist":
            head["user_prompt_id"] = unique
            fields["session_id"] = orjson.dumps(self.session or unique)
        else:
            head |= {"userAgent": "antigravity", "requestType": "agent", "requestId": f"agent-{_as_uuid(unique)}"}
            fields = _for_antigravity(fields, self.model)
            fields["sessionId"] = orjson.dumps(_numbered(self.session or unique))
        return orjson.dumps(head)[:-1] + b',"request":' + _joined(fields) + b"}"


class Unwrapper:
    """Takes the envelope off the frames of an event stream, however its bytes are cut."""

    def __init__(self) -> None:
        self._splitter = RecordSplitter()

    def feed(self, data: bytes) -> bytes:
        """Plain frames for those that are whole now; often none."""
        complete = self._splitter.feed(data)
        return _unwrapped_records(complete) if complete else b""

    def close(self) -> bytes:
        """What came without the end of a record."""
        rest = self._splitter.close()
        return _unwrapped_records(rest) if rest else b""


def unwrap(body: bytes) -> bytes:
    """A JSON answer without its envelope; what has none (an error, a count) stays as it is."""
    try:
        inner = bytes(_raw_fields.decode(body).get("response", b""))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return body
    return inner if inner.startswith(b"{") else body


def anthropic_error(message: str) -> JsonObject | None:
    """Anthropic's own error body, which Google hands on as JSON text inside its message; None when it is none."""
    if not message.lstrip().startswith("{"):
        return None
    try:
        body = orjson.loads(message)
    except orjson.JSONDecodeError:
        return None
    error = body.get("error") if isinstance(body, dict) else None
    return body if isinstance(error, dict) and isinstance(error.get("message"), str) else None


def _unwrapped_records(complete: bytes) -> bytes:
    out = bytearray()
    for record in records(complete):
        if record.event:
            out += b"event: " + record.event + b"\n"
        for line in unwrap(record.data).split(b"\n"):
            out += b"data: " + line.rstrip(b"\r") + b"\r\n"
        out += b"\r\n"
    return bytes(out)


def _counted(fields: dict[str, bytes], model: str) -> dict[str, bytes]:
    """The endpoint counts contents alone: instructions and tools, which are paid for as well, are counted as if they
    were said."""
    if "generateContentRequest" in fields:
        whole = _raw_fields.decode(fields["generateContentRequest"])
        fields = {camel(name): bytes(raw) for name, raw in whole.items()}
    contents = json.loads(fields.get("contents", b"[]"))
    said: list[JsonObject] = []
    system = json.loads(fields.get("systemInstruction", b"null"))
    parts = system.get("parts") if isinstance(system, dict) else None
    if isinstance(parts, list) and parts:
        said.append({"role": "user", "parts": parts})
    if (tools := fields.get("tools")) not in (None, b"[]", b"null"):
        said.append({"role": "user", "parts": [{"text": (tools or b"").decode("utf-8", "replace")}]})
    contents = [*said, *contents] if isinstance(contents, list) else contents
    return {"model": orjson.dumps(f"models/{model}"), "contents": _dump(contents)}


def _for_antigravity(fields: dict[str, bytes], model: str) -> dict[str, bytes]:
    """Gemini's request as Antigravity takes it."""
    fields.pop("safetySettings", None)
    claude = is_claude(model)
    if (raw := fields.get("systemInstruction")) is not None and raw[:1] == b'"':
        fields["systemInstruction"] = _dump({"role": "user", "parts": [{"text": orjson.loads(raw)}]})
    if "generationConfig" in fields:
        config = camel_keys(json.loads(fields["generationConfig"]))
        if isinstance(config, dict) and (changed := _generation(config, claude=claude)) != config:
            fields["generationConfig"] = _dump(changed)
    if "tools" in fields and (claude or b"arameters" in fields["tools"]):
        from router_core.wire.antigravity_tools import antigravity_tools  # with the Gemini codec: not at the start

        fields["tools"] = _dump(antigravity_tools(json.loads(fields["tools"]), claude=claude))
    if claude and "tools" in fields:
        settings = camel_keys(json.loads(fields.get("toolConfig", b"{}"))) or {}
        calling = camel_keys(settings.get("functionCallingConfig")) or {}
        if calling.get("mode", "AUTO") == "AUTO":
            fields["toolConfig"] = _dump({**settings, "functionCallingConfig": {**calling, "mode": "VALIDATED"}})
    return fields


def _generation(config: JsonObject, *, claude: bool) -> JsonObject:
    if not claude:
        return {name: value for name, value in config.items() if name != "maxOutputTokens"}
    thinking = camel_keys(config.get("thinkingConfig"))
    if not isinstance(thinking, dict):
        return config
    thinking = {name: value for name, value in thinking.items() if name != "thinkingLevel"}
    if thinking.get("thinkingBudget", -1) == -1:
        thinking["thinkingBudget"] = CLAUDE_BUDGET
    budget = thinking["thinkingBudget"]
    limit = config.get("maxOutputTokens")
    if isinstance(limit, int) and isinstance(budget, int) and limit <= budget:  # Claude wants room for the answer, too
        config = {**config, "maxOutputTokens": limit + budget}
    return {**config, "thinkingConfig": thinking}


def camel(name: str) -> str:
    """Google takes `max_output_tokens` for `maxOutputTokens`, and its SDKs send both spellings."""
    if "_" not in name.strip("_"):
        return name
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


def camel_keys(value: Any) -> Any:
    """An object with the names of its own fields so spelled; anything else as it is."""
    return {camel(name): inner for name, inner in value.items()} if isinstance(value, dict) else value


def is_claude(model: str) -> bool:
    """One of Anthropic's models, behind a service of Google's."""
    return model.rpartition("/")[2].startswith("claude")


def _joined(fields: dict[str, bytes]) -> bytes:
    return b"{" + b",".join(orjson.dumps(name) + b":" + raw for name, raw in fields.items()) + b"}"


def _dump(value: Any) -> bytes:
    """Numbers beyond 64 bits come out as they came in."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


def _as_uuid(digest: str) -> str:
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"


def _numbered(session: str) -> str:
    """Antigravity's sessions are negative 64-bit numbers."""
    number = int.from_bytes(
        blake2b(session.encode("utf-8", "replace"), digest_size=8, person=b"mitmrouter-sess").digest()
    )
    return f"-{number >> 1}"
