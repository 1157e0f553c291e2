"""One prompt sent through the router as a client would send it, and what comes back, as it comes.

It is asked in Anthropic's format, which says the most; the router translates for whoever answers. The session is made
up, so that the request is found again in the trace.
"""

import asyncio
import importlib
import secrets
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import orjson

from router_core.errors import RouterError
from router_core.home import Home
from router_core.running import find_running
from router_core.text import plain
from router_core.wire.events import BlockStart, Delta, Event, MessageStop, StreamError
from router_core.wire.model import Refusal, Text, Thinking, ToolCall

SESSION_PREFIX = "playground-"
TIMEOUT_S = 600.0
"""Without a byte."""

type PieceKind = Literal["text", "thinking", "call", "refusal"]
type State = Literal["idle", "waiting", "streaming", "done", "failed", "cancelled"]


@dataclass(frozen=True)
class Prompt:
    """What is asked."""

    target: str
    """`provider/model`, or a model's name for the rules to place."""
    text: str
    system: str = ""
    max_tokens: int = 1024


@dataclass(frozen=True)
class Reply:
    """What has come back by now."""

    state: State = "idle"
    target: str = ""
    session: str = ""
    pieces: tuple[tuple[PieceKind, str], ...] = ()
    error: str = ""
    stop: str = ""
    ttft_ms: float | None = None
    total_ms: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None

    @property
    def text(self) -> str:
        return "".join(text for kind, text in self.pieces if kind in ("text", "refusal"))


@dataclass
class Reader:
    """Events → the reply so far."""

    reply: Reply
    _open: PieceKind | None = None
    _pieces: list[tuple[PieceKind, str]] = field(default_factory=list)

    def take(self, event: Event, elapsed_ms: float) -> None:
        match event:
            case BlockStart(block=block):
                self._open, text = _kind_of(block)
                if self._open is not None:
                    self._pieces.append((self._open, text))
                    self._changed(elapsed_ms if text else None)
            case Delta(text=text) if self._open is not None and text:
                kind, before = self._pieces[-1]
                self._pieces[-1] = kind, before + plain_words(text)
                self._changed(elapsed_ms)
            case MessageStop(stop=stop, usage=usage):
                sent = (usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens)
                known = [count for count in (*sent, usage.cache_write_1h_tokens) if count is not None]
                self.reply = replace(
                    self.reply,
                    stop=str(getattr(stop, "value", stop)),
                    input_tokens=sum(known) if known else None,
                    output_tokens=usage.output_tokens,
                )
            case StreamError(fault=fault):
                self.reply = replace(self.reply, error=plain(fault.message))
            case _:
                pass

    def _changed(self, at_ms: float | None) -> None:
        first = self.reply.ttft_ms if self.reply.ttft_ms is not None else at_ms
        self.reply = replace(self.reply, state="streaming", pieces=tuple(self._pieces), ttft_ms=first)


def _kind_of(block: Any) -> tuple[PieceKind | None, str]:
    match block:
        case Text(text=text):
            return "text", plain_words(text)
        case Thinking(text=text):
            return "thinking", plain_words(text)
        case Refusal(text=text):
            return "refusal", plain_words(text)
        case ToolCall(name=name):
            return "call", f"{plain(name)} "
        case _:
            return None, ""


def plain_words(text: str) -> str:
    """Harmless to a terminal, its lines kept."""
    return "\n".join(plain(line) for line in text.split("\n"))


def body_of(prompt: Prompt) -> dict[str, Any]:
    """The request."""
    body: dict[str, Any] = {
        "model": prompt.target,
        "max_tokens": prompt.max_tokens,
        "stream": True,
        "messages": [{"role": "user", "content": prompt.text}],
    }
    return {**body, "system": prompt.system} if prompt.system else body


class Asker:
    """Asks the running router with the gateway token, as clients do."""

    def __init__(self, home: Home) -> None:
        self._home = home

    async def ask(self, prompt: Prompt, told: Callable[[Reply], None]) -> Reply:
        """Send it, and tell of each change; returns the last. When cancelled, so is the request."""
        reader = Reader(Reply("waiting", prompt.target, SESSION_PREFIX + secrets.token_hex(8)))
        told(reader.reply)
        began = time.monotonic()

        def ended(state: State, error: str = "") -> Reply:
            known = error or reader.reply.error
            total_ms = (time.monotonic() - began) * 1000
            reader.reply = replace(reader.reply, state="failed" if known else state, error=known, total_ms=total_ms)
            told(reader.reply)
            return reader.reply

        running = find_running(self._home)
        if running is None:
            return ended("failed", "The router is not running.")
        httpx = await asyncio.to_thread(importlib.import_module, "httpx")
        try:
            await self._stream(running.url, prompt, reader, began, told)
        except asyncio.CancelledError:
            ended("cancelled")
            raise
        except RouterError as error:  # no gateway token can be read, or what came is no answer in this format
            return ended("failed", plain(error.message))
        except httpx.HTTPError as error:
            return ended(
                "failed", f"The router did not answer to the end ({plain(str(error)) or type(error).__name__})."
            )
        return ended("done")

    async def _stream(
        self, url: str, prompt: Prompt, reader: Reader, began: float, told: Callable[[Reply], None]
    ) -> None:
        from router_core.wire.anthropic.stream_decoder import AnthropicDecoder

        headers = {
            "authorization": f"Bearer {self._home.gateway_token()}",
            "anthropic-version": "2023-06-01",
            "content-type": "application/json",
            "user-agent": "mitmrouter-playground",
            "x-session-id": reader.reply.session,
        }
        content = orjson.dumps(body_of(prompt))
        httpx = importlib.import_module("httpx")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # plain http on loopback: no certificates are loaded
        async with (
            httpx.AsyncClient(trust_env=False, verify=context, timeout=TIMEOUT_S) as client,
            client.stream("POST", f"{url}/v1/messages", content=content, headers=headers) as answer,
        ):
            if answer.status_code != 200:
                reader.reply = replace(reader.reply, error=_refusal(answer.status_code, await answer.aread()))
                return
            decoder = AnthropicDecoder()
            async for chunk in answer.aiter_bytes():
                for event in decoder.feed(chunk):
                    reader.take(event, (time.monotonic() - began) * 1000)
                told(reader.reply)
            for event in decoder.close():
                reader.take(event, (time.monotonic() - began) * 1000)


def _refusal(status: int, content: bytes) -> str:
    """Why it was not answered, in the words that came back."""
    try:
        error = orjson.loads(content).get("error")
    except (orjson.JSONDecodeError, AttributeError):
        error = None
    said = error.get("message") if isinstance(error, dict) else None
    return plain(f"{status}: {said or 'no reason was given'}")
