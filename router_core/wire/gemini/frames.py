"""Gemini's answer objects → events. A stream's frames and a whole answer are the same object, so they are read here
alike, and `fold` of a stream equals the whole answer by construction.

- Text comes in fragments: neighbouring ones of a kind are one block. Calls come whole.
- A signature after the text it belongs to comes on an empty text part: it goes to the open block.
- The end is not believed before the input ends: some models said `finishReason: STOP` in every frame.
"""

from typing import Any

from router_core.errors import WireError
from router_core.trace.record import Usage
from router_core.wire.events import (
    BlockStart,
    BlockStop,
    CitationDelta,
    Delta,
    Event,
    MessageStart,
    MessageStop,
    ProofDelta,
    StreamError,
)
from router_core.wire.gemini.errors import decode_error
from router_core.wire.gemini.fields import as_list
from router_core.wire.gemini.finish import stop_of
from router_core.wire.gemini.generation import synthetic_id
from router_core.wire.gemini.grounding import citations, searches
from router_core.wire.gemini.logprobs import read_logprobs
from router_core.wire.gemini.parts import decode_part
from router_core.wire.model import Block, JsonObject, Refusal, Text, Thinking, ToolCall, WireFault
from router_core.wire.usage import read_usage

MAX_KEPT_CHARS = 64 * 1024 * 1024
"""Text of one block that is kept for its citations."""

_TOP = frozenset({"candidates", "usageMetadata", "modelVersion", "responseId", "promptFeedback"})
_CANDIDATE = frozenset({"content", "finishReason", "index", "logprobsResult"})
_STOPPED_EARLY = WireFault(502, "server", "Gemini ended its answer without a finish reason.")


class FrameReader:
    """Reads the frames of one answer."""

    def __init__(self) -> None:
        self.ended = False
        """A terminal event was given."""
        self._started = False
        self._id = ""
        self._seed = ""
        self._usage: JsonObject = {}
        self._open: Block | None = None
        self._signed = False
        self._text: list[str] = []
        self._text_chars = 0
        self._offset = 0
        self._blocks = 0
        self._said = False
        self._calls = 0
        self._ids: set[str] = set()
        self._finish = ""
        self._grounding: JsonObject = {}
        self._candidate: JsonObject = {}
        self._top: JsonObject = {}
        self._feedback: JsonObject = {}

    def frame(self, frame: Any, out: list[Event]) -> None:
        """Take in one frame; its events go to `out`."""
        if self.ended:
            return
        try:
            self._frame(frame, out)
        except WireError as error:
            self.fail(WireFault(502, "server", error.message, param=error.param), out)

    def fail(self, fault: WireFault, out: list[Event]) -> None:
        """End the answer in an error."""
        if not self.ended:
            self.ended = True
            out.append(StreamError(fault))

    def close(self, out: list[Event], *, whole: bool = False) -> None:
        """The input has ended.

        Args:
            whole: it was one JSON body, which cannot have been cut: a missing finish reason is forgiven.
        """
        if self.ended:
            return
        blocked = self._feedback.get("blockReason")
        if not blocked and not self._finish and not (whole and self._candidate_seen):
            self.fail(_STOPPED_EARLY, out)
            return
        self._stop_block(out)
        if self._grounding:
            for block in searches(self._grounding, self._id):
                self._whole(block, out)
        stop = "refusal" if blocked else stop_of(self._finish, calls=self._calls > 0)
        if stop == "refusal" and not self._said:
            reason = self._feedback.get("blockReasonMessage") or self._candidate.get("finishMessage")
            words = reason if isinstance(reason, str) else ""
            what = f"Gemini blocked the prompt: {blocked}" if blocked else f"Gemini ended the answer: {self._finish}"
            self._whole(Refusal(words or what, extras={"gemini": {"finishReason": self._finish}}), out)
        usage = Usage()
        read_usage("gemini", self._usage, usage)
        self.ended = True
        out.append(MessageStop(stop, usage, extras=self._extras()))

    @property
    def _candidate_seen(self) -> bool:
        return self._blocks > 0 or bool(self._candidate)

    def _extras(self) -> dict[Any, JsonObject]:
        """What the neutral answer has no field for, as it stood."""
        more: JsonObject = dict(self._top)
        if self._finish:
            more["finishReason"] = self._finish
        if self._candidate:
            more["candidate"] = self._candidate
        if self._feedback:
            more["promptFeedback"] = self._feedback
        if self._usage:
            more["usageMetadata"] = self._usage
        return {"gemini": more} if more else {}

    def _frame(self, frame: Any, out: list[Event]) -> None:
        if not isinstance(frame, dict):
            raise WireError("a frame of Gemini's answer is no object", "", 502)
        if frame.get("error"):
            self.fail(decode_error(200, frame, ""), out)
            return
        usage = frame.get("usageMetadata")
        if isinstance(usage, dict):
            self._usage.update(usage)
        if not self._started:
            self._start(frame, out)
        for name, value in frame.items():
            if name not in _TOP:
                self._top[name] = value
        feedback = frame.get("promptFeedback")
        if isinstance(feedback, dict):
            self._feedback = feedback
        candidates = frame.get("candidates")
        if candidates is None:
            return
        for candidate in as_list(candidates, "candidates", 502):
            if not isinstance(candidate, dict):
                raise WireError("'candidates' holds something that is no object.", "candidates", 502)
            if not candidate.get("index"):  # one answer is read; another candidate is another answer
                self._read_candidate(candidate, out)

    def _start(self, frame: JsonObject, out: list[Event]) -> None:
        self._started = True
        self._id = str(frame.get("responseId") or "")
        self._seed = self._id or str(self._usage.get("promptTokenCount"))
        usage = None
        if self._usage:
            usage = Usage()
            read_usage("gemini", self._usage, usage)
        out.append(MessageStart(self._id, str(frame.get("modelVersion") or ""), usage=usage))

    def _read_candidate(self, candidate: JsonObject, out: list[Event]) -> None:
        for name, value in candidate.items():
            if name not in _CANDIDATE:
                self._candidate[name] = value
        grounding = candidate.get("groundingMetadata")
        if isinstance(grounding, dict):
            self._grounding = grounding
        content = candidate.get("content")
        logprobs = candidate.get("logprobsResult")
        if isinstance(content, dict) and content.get("parts") is not None:
            for part in as_list(content["parts"], "candidates[0].content.parts", 502):
                self._part(part, out)
        if logprobs is not None and isinstance(self._open, Text):
            out.append(Delta("", read_logprobs(logprobs)))
        finish = candidate.get("finishReason")
        if isinstance(finish, str) and finish != "FINISH_REASON_UNSPECIFIED":
            self._finish = finish

    def _part(self, part: Any, out: list[Event]) -> None:
        if isinstance(part, dict) and len(part) == 1 and self._open_text_goes_on(part.get("text"), out):
            return
        block = decode_part(part, "candidates[0].content.parts", self._call_id, 502)
        match block:
            case Text() | Thinking():
                self._piece(block, out)
            case None:
                pass
            case ToolCall():
                self._calls += 1
                self._whole(block, out)
            case _:
                self._whole(block, out)

    def _open_text_goes_on(self, text: Any, out: list[Event]) -> bool:
        """The ordinary frame, in a fifth of the time: some more of the open text."""
        if not isinstance(text, str) or not text or self._signed or not isinstance(self._open, Text):
            return False
        out.append(Delta(text))
        self._keep(text)
        return True

    def _keep(self, text: str) -> None:
        """Text is kept until its block ends: citations come last and count from its beginning."""
        self._said = True
        self._text.append(text)
        self._text_chars += len(text)
        if self._text_chars > MAX_KEPT_CHARS:
            raise WireError("a text of Gemini's answer is longer than this router keeps", "", 502)

    def _piece(self, block: Text | Thinking, out: list[Event]) -> None:
        text, proof = block.text, block.proof
        continues = type(self._open) is type(block) and not (self._signed and (text or proof))
        if not text and proof is None:
            return
        if not continues:
            self._stop_block(out)
            self._open = block
            self._signed = False
            self._blocks += 1
            empty = Text("", extras=block.extras) if isinstance(block, Text) else Thinking("", extras=block.extras)
            out.append(BlockStart(empty))
        if text:
            out.append(Delta(text))
            if isinstance(block, Text):
                self._keep(text)
        if proof is not None:
            self._signed = True
            out.append(ProofDelta(proof))

    def _whole(self, block: Block, out: list[Event]) -> None:
        self._stop_block(out)
        self._blocks += 1
        out.append(BlockStart(block))
        out.append(BlockStop())

    def _stop_block(self, out: list[Event]) -> None:
        if self._open is None:
            return
        if isinstance(self._open, Text):
            text = "".join(self._text)
            if self._grounding:
                out.extend(CitationDelta(citation) for citation in citations(self._grounding, text, self._offset))
            self._offset += len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
            self._text = []
        self._open = None
        out.append(BlockStop())

    def _call_id(self, given: str, name: str, arguments: str) -> str:
        """The provider's id; one of ours where it gives none, or gives one twice."""
        call_id = given
        if not call_id or call_id in self._ids:
            call_id = synthetic_id("answer", self._seed, str(self._calls), name, arguments)
        self._ids.add(call_id)
        return call_id
