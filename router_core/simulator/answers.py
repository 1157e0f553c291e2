"""What a simulated provider hands to the server: one body, or the frames of an event stream.

A stream is built whole before its first byte is sent. That makes every fault a matter of cutting a list, and
every run of the same requests byte-identical.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import orjson

from router_core.simulator.call import Headers, Json

type FrameKind = Literal["preamble", "structure", "content", "terminal"]
"""`preamble` says nothing yet (message_start, ping); `content` is what a user would see; `terminal` ends the turn."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One event of a stream, as bytes."""

    data: bytes
    kind: FrameKind


@dataclass(slots=True)
class Answer:
    """One HTTP answer: `body`, or `frames` when it is a stream."""

    status: int
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    frames: Sequence[Frame] | None = None

    @property
    def is_stream(self) -> bool:
        return self.frames is not None


def json_answer(status: int, payload: object, headers: Headers | None = None) -> Answer:
    """An answer with a JSON body."""
    return Answer(status, [("content-type", "application/json"), *(headers or [])], orjson.dumps(payload))


def stream_answer(frames: Sequence[Frame], headers: Headers) -> Answer:
    """A 200 with an event stream."""
    head = [("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache")]
    return Answer(200, [*head, *headers], frames=frames)


def event_frame(payload: Json, kind: FrameKind) -> Frame:
    """`event: TYPE` and `data: {…}`, the form of Anthropic's and of the Responses streams."""
    return Frame(b"event: %s\ndata: %s\n\n" % (str(payload["type"]).encode(), orjson.dumps(payload)), kind)


def data_frame(payload: Json, kind: FrameKind) -> Frame:
    """`data: {…}` alone, the form of Chat Completions streams."""
    return Frame(b"data: %s\n\n" % orjson.dumps(payload), kind)


class Refusal(Exception):
    """A provider says no: carries the finished answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer
