"""One damaged input through a codec, and what must hold of it.

A body is read or refused with a WireError of the right side (400 the client's, 502 the provider's); a stream gives
events that nest, with exactly one terminal, and every client's encoder can write them; what is written is not out of
proportion to what was read. Everything else is a finding.
"""

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

import orjson

from fuzz_parts import mutate, seeds
from router_core.errors import WireError
from router_core.wire.codec import Codec, Encoded, Target, codec
from router_core.wire.events import Event, Folding, MessageStop, StreamError
from router_core.wire.format import FormatName
from router_core.wire.json_bytes import json_bytes
from router_core.wire.model import Request
from router_core.wire.transcode import StreamTranscoder, answer_of, decode_answer

TARGETS: dict[FormatName, tuple[Target, ...]] = {
    "anthropic": tuple(
        Target("claude", "anthropic", model, "api.anthropic.com")
        for model in ("claude-sonnet-4-5", "claude-opus-4-8", "claude-opus-5-5")
    ),
    "openai-chat": (
        Target("openai", "openai", "gpt-4o", "api.openai.com"),
        Target("openai", "openai", "gpt-5.5", "api.openai.com"),
        Target("openrouter", "openai-chat", "anthropic/claude-opus-4.8", "openrouter.ai"),
        Target("mistral", "openai-chat", "mistral-large-latest", "api.mistral.ai"),
        Target("mine", "openai-chat", "some-model", "127.0.0.1"),
    ),
    "openai-responses": (
        Target("openai", "openai", "gpt-5.5", "api.openai.com"),
        Target("codex", "codex", "gpt-5.5", "chatgpt.com"),
        Target("mine", "openai-responses", "some-model", "127.0.0.1"),
    ),
    "gemini": tuple(
        Target("gemini", "gemini", model, "generativelanguage.googleapis.com")
        for model in ("gemini-2.5-flash", "gemini-3.5-flash", "gemini-4-argon")
    ),
}
SENT = Encoded({})
MOST_TIMES = 60
"""How much longer an output may be than its input: Responses says a text five times, an id can be long in each."""
OF_ITS_OWN_BYTES = 200_000


class Finding(AssertionError):
    """A law was broken."""


def trial(format: FormatName, dice: Random) -> int:
    """Damage one seed of the format and look at what comes of it; how many mutated events and bodies that were."""
    kind = dice.randrange(10)
    if kind < 4:
        return _stream(format, dice)
    if kind < 7:
        _request(format, dice)
    elif kind < 9:
        _answer(format, dice)
    else:
        _error(format, dice)
    return 1


def _refusable(status: int | None, call: Callable[[], Any]) -> Any:
    """What it gives; None when it refuses. `status` None: an answer that says it failed has a status of its own."""
    try:
        return call()
    except WireError as error:
        if status is not None and error.status != status:
            raise Finding(f"a WireError of {error.status} instead of {status}: {error.message}") from error
        return None


def _request(format: FormatName, dice: Random) -> None:
    text = dice.choice(seeds.requests(format))
    if dice.random() < 0.15:
        try:
            body = orjson.loads(mutate.raw(text, dice))
        except orjson.JSONDecodeError:
            return
        if not isinstance(body, dict):
            return
    else:
        body = mutate.body(text, dice)
    request = _refusable(400, lambda: codec(format).decode_request(body))
    if request is None:
        return
    for name in {format, dice.choice(seeds.FORMATS)}:
        target = dice.choice(TARGETS[name])
        sent = _refusable(400, partial(_sent, request, target, name))
        if sent is not None:
            _proportional(len(text) + mutate.LARGEST_BYTES, len(sent))


def _sent(request: Request, target: Target, format: FormatName) -> bytes:
    return json_bytes(codec(format).encode_request(request, target).body)


def _answer(format: FormatName, dice: Random) -> None:
    text = dice.choice(seeds.answers(format))
    if dice.random() < 0.15:
        damaged = mutate.raw(text, dice)
    else:
        try:
            damaged = orjson.dumps(mutate.body(text, dice))
        except orjson.JSONEncodeError:  # deeper than it writes
            return
    response = _refusable(None, lambda: decode_answer(codec(format), damaged, SENT))
    if response is not None:
        client = codec(dice.choice(seeds.FORMATS))
        answer = _refusable(502, lambda: answer_of(response, client, seeds.answering()))
        _proportional(len(damaged), len(answer or b""))


def _error(format: FormatName, dice: Random) -> None:
    text = dice.choice(seeds.errors(format))
    parsed: Any = None
    if dice.random() < 0.9:
        parsed = mutate.body(text, dice)
    fault = codec(format).decode_error(
        dice.choice((400, 401, 403, 404, 413, 429, 500, 503, 529, 599)), parsed, text.decode()
    )
    status, body = codec(dice.choice(seeds.FORMATS)).encode_error(fault)
    orjson.dumps(body)
    if not 400 <= status < 600:
        raise Finding(f"an error of status {status}")


def _stream(format: FormatName, dice: Random) -> int:
    source = dice.choice(seeds.streams(format))
    if dice.random() < 0.2:
        damaged, changed = mutate.raw(source, dice), 1
    else:
        damaged, changed = mutate.stream(source, dice)
    client = codec(dice.choice(seeds.FORMATS))
    seen: list[Event] = []
    transcoder = StreamTranscoder(codec(format), client, SENT, seeds.answering(), seen.append)
    parts = [transcoder.feed(piece) for piece in mutate.pieces(damaged, dice)]
    out = b"".join([*parts, transcoder.close()])
    if more := transcoder.close():
        raise Finding(f"a second close gives {more!r}")
    _nests(seen)
    _proportional(len(damaged), len(out))
    _ends_alike(client, out, seen[-1])
    return changed


def _nests(events: list[Event]) -> None:
    terminals = [event for event in events if isinstance(event, MessageStop | StreamError)]
    if terminals != events[-1:]:
        raise Finding(f"{len(terminals)} terminal events among {len(events)}")
    folding = Folding()
    for event in events:
        if not isinstance(event, StreamError):
            folding.add(event)


def _ends_alike(client: Codec, out: bytes, last: Event) -> None:
    """The client, reading what we wrote, sees the same kind of end."""
    decoder = client.stream_decoder()
    events = [*decoder.feed(out), *decoder.close()]
    _nests(events)
    if isinstance(last, MessageStop) and last.stop == "malformed_call" and client.name == "openai-responses":
        return  # a client that reads "completed" would take the turn for done, so it is told of a failure
    if type(events[-1]) is not type(last):
        raise Finding(f"{client.name} reads {events[-1]} where {last} was meant")


def _proportional(read: int, written: int) -> None:
    if written > read * MOST_TIMES + OF_ITS_OWN_BYTES:
        raise Finding(f"{written} bytes written for {read} read")
