"""A traced request is asked again, of the same target or another one, and both answers are compared.

What is sent is what the client sent, as far as it was kept: not at all when a part of it is missing or was taken out.
It goes in by the router's own door, in a session of its own, so that the first one keeps its token and its cache.
"""

import asyncio
import importlib
import secrets
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import quote, unquote

import orjson

from router_core.errors import Refused
from router_core.routing.entrance import entrance_of
from router_core.trace.answer_text import AnswerText, Part, answer_text
from router_core.trace.asked_headers import asked_headers
from router_core.trace.redact import MASK
from router_core.trace.tickets import HEADER
from router_core.wire.format import FormatName

SESSION_PREFIX = "replay-"
TIMEOUT_S = 600.0
"""Without a byte."""
LOOK_EVERY_S, LOOK_FOR_S = 0.1, 10.0
"""For its row in the trace, which is written a moment after the answer."""
MOST_BYTES = 64 * 1024 * 1024
_ROUTED = {"anthropic": "/v1/messages", "openai-chat": "/v1/chat/completions", "openai-responses": "/v1/responses"}
_COUNTING = {"anthropic": "/v1/messages/count_tokens", "openai-responses": "/v1/responses/input_tokens"}
_OF_THE_CLIENT = ("anthropic-version", "anthropic-beta", "openai-beta", "originator", "x-app", "x-goog-api-client")
"""Headers that belong to what is asked; they are known from the attempt, where they were passed on."""

type Row = Mapping[str, Any]
type Look = Callable[[str], Awaitable["Row | None"]]
"""Session → its finished request in the trace, if it is there yet."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is sent."""

    path: str
    body: bytes
    headers: Mapping[str, str]
    format: FormatName


@dataclass(frozen=True, slots=True)
class Answered:
    """How one of the two went. Money in nano-USD; None: not known."""

    id: str
    status: int | None
    state: str
    provider: str
    model: str
    token: str
    stop_reason: str
    ttft_ms: int | None
    total_ms: int | None
    usage: Mapping[str, int | None]
    cost_nano_usd: int | None
    text: str
    """What it said; calls of tools as `name(arguments)`."""
    unread: str = ""
    """Why some of that is missing."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The new answer against the old one."""

    same_text: bool
    changed: Sequence[tuple[str, str]] = ()
    """Lines in order: (` `, `-` or `+`, the line)."""
    ttft_ms: int | None = None
    """How much more it took, or cost; None: one of the two is not known."""
    total_ms: int | None = None
    output_tokens: int | None = None
    cost_nano_usd: int | None = None
    reasons: Sequence[str] = field(default_factory=tuple)
    """Why the two cannot be compared as they are."""


def ask_again(row: Row, attempts: Sequence[Row], bodies: Sequence[Row], target: str | None) -> Asked:
    """The request as it will be sent.

    Args:
        row, attempts, bodies: of the traced request, bodies decompressed.
        target: `provider/model` to ask instead; None: as the first time.

    Raises:
        Refused: it cannot be asked again, and why.
    """
    body = next((body for body in bodies if body["kind"] == "request"), None)
    if body is None and row["method"] == "GET":
        raise _no("it had no body: only what is asked of a model can be")
    if body is None:
        raise _no("its body was not kept: see bodies and keep under [trace] in config.toml")
    content = bytes(body["content"])
    if body["truncated"]:
        raise _no(
            f"only the first {len(content):,} of {body['size']:,} bytes of its body were kept: "
            "raise body_limit_bytes under [trace] for the next one"
        )
    if MASK.encode() in content:
        raise _no("what looked like a secret was taken out of its body, so it would not be the same request")
    try:
        asked = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise _no("its body is not JSON") from error
    if not isinstance(asked, dict):
        raise _no("its body is no JSON object")
    format: FormatName = row["format"]
    path = str(row["path"])
    if row["method"] == "WS" and asked.pop("type", None) == "response.create":  # a turn over WebSocket
        asked["stream"] = True
        content = orjson.dumps(asked)
    if target is not None:
        path, content = _for_target(path, format, asked, target)
    elif path.endswith(":streamGenerateContent"):
        path += "?alt=sse"
    return Asked(path, content, _headers(row, attempts), format)


def _for_target(path: str, format: str, asked: dict[str, Any], target: str) -> tuple[str, bytes]:
    """The path where the rules place what is asked for by its name, and a body that names the target."""
    if "/" not in target.strip("/"):
        raise Refused(400, "bad_target", f"Write the target as provider/model, not {target!r}.")
    last = unquote(path).rpartition("/")[2]
    verb = last.rpartition(":")[2] if ":" in last else ""
    if format == "gemini" and verb and "/v1internal" not in path:
        stream = "?alt=sse" if verb == "streamGenerateContent" else ""
        return f"/v1beta/models/{quote(target, safe='')}:{verb}{stream}", orjson.dumps(asked)
    counts = last in ("count_tokens", "input_tokens")
    found = (_COUNTING if counts else _ROUTED).get(format)
    own = entrance_of("POST", path)
    if found is None or last == "compact" or (own is not None and own.operation == "compact"):
        raise _no("what it asks for can be asked of its own provider only; leave the target out")
    return found, orjson.dumps({**asked, "model": target})


def _headers(row: Row, attempts: Sequence[Row]) -> dict[str, str]:
    """As the client said them, where the provider was told the same."""
    known = {
        name: value
        for name, value in asked_headers(row, attempts).items()
        if (name in _OF_THE_CLIENT or name.startswith("x-stainless-")) and MASK not in value
    }
    if row["user_agent"]:
        known["user-agent"] = row["user_agent"]
    return {name: value for name, value in known.items() if value}


async def replay(base_url: str, gateway_token: str, asked: Asked, look: Look, *, ticket: str = "") -> Answered:
    """Send it, and wait until it is over and stands in the trace.

    Args:
        look: finds its row.
        ticket: for one token only (tickets.py).

    Raises:
        Refused: the router cannot be reached, or has not written it down.
    """
    session = SESSION_PREFIX + secrets.token_hex(8)
    headers = {
        **asked.headers, "authorization": f"Bearer {gateway_token}", "content-type": "application/json",
        "x-session-id": session, "x-claude-code-session-id": session, "accept-encoding": "identity",
    }  # fmt: skip
    if ticket:
        headers[HEADER] = ticket
    httpx = await asyncio.to_thread(importlib.import_module, "httpx")
    began, ttft_ms, content, status = time.monotonic(), None, bytearray(), 0
    url = base_url.rstrip("/") + asked.path
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # plain http on loopback: no certificates are loaded
    try:
        async with (
            httpx.AsyncClient(trust_env=False, verify=context, timeout=TIMEOUT_S) as client,
            client.stream("POST", url, content=asked.body, headers=headers) as answer,
        ):
            status = answer.status_code
            async for chunk in answer.aiter_bytes():
                if ttft_ms is None:
                    ttft_ms = round((time.monotonic() - began) * 1000)
                if len(content) < MOST_BYTES:
                    content += chunk
    except httpx.HTTPError as error:
        if not content:
            why = str(error) or type(error).__name__
            raise Refused(502, "replay_failed", f"The router did not answer its own request ({why}).") from error
    total_ms = round((time.monotonic() - began) * 1000)
    row = await _found(look, session)
    if row is None:
        if status >= 400:  # refused at the door, so that there is no row of it
            said = _read(bytes(content), asked.format, status=status)
            why = " ".join(part.text for part in said.parts if part.text) or f"status {status}"
            raise Refused(400, "replay_refused", f"The router refused it: {why}")
        raise Refused(502, "replay_lost", "It was answered, but does not stand in the trace.")
    said = _read(bytes(content), asked.format, status=row["status"] or 200)
    return answered(row, said, ttft_ms=ttft_ms, total_ms=total_ms)


async def _found(look: Look, session: str) -> Row | None:
    for _ in range(round(LOOK_FOR_S / LOOK_EVERY_S)):
        if (row := await look(session)) is not None:
            return row
        await asyncio.sleep(LOOK_EVERY_S)
    return None


def answered(row: Row, said: AnswerText, *, ttft_ms: int | None = None, total_ms: int | None = None) -> Answered:
    """How a request of the trace went.

    Args:
        said: its answer, read.
        ttft_ms, total_ms: as they were measured here, where the trace does not tell.
    """
    from router_core.store.trace_rows import USAGE

    parts = [
        part.text if part.kind in ("text", "refusal") else f"{part.title}({part.text})" if part.kind == "tool_call"
        else f"{part.title}: {part.text}"
        for part in said.parts if part.kind in ("text", "refusal", "tool_call", "error")
    ]  # fmt: skip
    return Answered(
        row["id"], row["status"], row["state"], row["provider"], row["model"], row["token"],
        row["stop_reason"] or said.stop, row["ttft_ms"] if row["ttft_ms"] is not None else ttft_ms,
        row["total_ms"] if row["total_ms"] is not None else total_ms, {name: row[name] for name in USAGE},
        row["cost_nano_usd"], "\n\n".join(filter(None, parts)), said.unread,
    )  # fmt: skip


def as_it_was(row: Row, bodies: Sequence[Row]) -> Answered:
    """How the first one went, as far as it was kept."""
    body = next((body for body in bodies if body["kind"] == "response"), None)
    if body is None:
        return answered(row, AnswerText(unread="its answer was not kept"))
    said = _read(
        bytes(body["content"]), row["format"], content_type=body["content_type"], truncated=bool(body["truncated"]),
        status=row["status"] or 200,
    )  # fmt: skip
    return answered(row, said)


def _read(content: bytes, format: FormatName, **more: Any) -> AnswerText:
    """What it said; of an answer that is none of a model's (counted tokens, embeddings), its JSON."""
    said = answer_text(content, format, **more)
    if not said.unread or said.parts:
        return said
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        return said
    text = orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode()
    return AnswerText((Part("text", text),))


def compare(old: Answered, new: Answered) -> Compared:
    """The new one against the old one."""
    reasons = [
        f"{name}: {each.unread}" for name, each in (("the first answer", old), ("the new one", new)) if each.unread
    ]
    return Compared(
        old.text == new.text, _changed(old.text.splitlines(), new.text.splitlines()),
        _more(old.ttft_ms, new.ttft_ms), _more(old.total_ms, new.total_ms),
        _more(old.usage["output_tokens"], new.usage["output_tokens"]), _more(old.cost_nano_usd, new.cost_nano_usd),
        tuple(reasons),
    )  # fmt: skip


def _changed(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, str]]:
    """(`difflib.ndiff` compares every line that changed with every other, which takes minutes for long answers.)"""
    from difflib import SequenceMatcher

    changed: list[tuple[str, str]] = []
    for kind, begin, end, new_begin, new_end in SequenceMatcher(None, old, new).get_opcodes():
        if kind == "equal":
            changed += [(" ", line) for line in old[begin:end]]
        else:
            changed += [*(("-", line) for line in old[begin:end]), *(("+", line) for line in new[new_begin:new_end])]
    return changed


def told(old: Answered, new: Answered) -> dict[str, Any]:
    """Both and their comparison as JSON values."""
    return {"before": asdict(old), "after": asdict(new), "compared": asdict(compare(old, new))}


def _more(old: int | None, new: int | None) -> int | None:
    return None if old is None or new is None else new - old


def _no(why: str) -> Refused:
    return Refused(409, "cannot_be_replayed", f"This request cannot be asked again: {why}.")
