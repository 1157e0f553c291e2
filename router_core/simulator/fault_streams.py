"""Faults inside a reply that began well: where its stream is cut, and what stands at the cut."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import orjson

from router_core.simulator.answers import Answer, Frame, data_frame, event_frame, json_answer
from router_core.simulator.anthropic_errors import STATUS_OF_TYPE, error_payload
from router_core.simulator.broken_arguments import with_broken_arguments
from router_core.simulator.call import Json
from router_core.simulator.fault_answers import Provider, error_body_answer
from router_core.simulator.gemini_faults import gemini_error_frame, gemini_stream_error
from router_core.simulator.script import Fault
from router_core.simulator.world import World

type Ending = Literal["complete", "close", "reset", "stall"]
"""How the connection ends after what is sent."""

# where a fault strikes when the script does not say: an error event before any content, a cut after some
_DEFAULT_AT = {"error_in_stream": 0}

_MESSAGES = {
    "overloaded_error": "Overloaded",
    "rate_limit_error": "This request would exceed your account's rate limit. Please try again later.",
    "api_error": "Internal server error",
    "server_is_overloaded": "Our servers are currently overloaded. Please try again later.",
    "slow_down": "Slow down.",
    "usage_limit_reached": "The usage limit has been reached",
    "insufficient_quota": "You exceeded your current quota, please check your plan and billing details.",
    "server_error": "The server had an error while processing your request.",
    "context_length_exceeded": "Your input exceeds the context window of this model.",
}

_STATUS_OF_CODE = {"server_is_overloaded": 503, "slow_down": 503, "server_error": 500, "context_length_exceeded": 400}


@dataclass(slots=True)
class Delivery:
    """An answer, and how to send it."""

    answer: Answer
    ending: Ending = "complete"
    stall_s: float | None = None
    """How long a stall lasts at most; None is until the client goes away."""
    rest: Sequence[Frame] = field(default_factory=list)
    """Sent after a stall that ended."""
    delay_s: float | None = None
    """Overrides the script's pace."""


def deliver_with_fault(world: World, provider: Provider, path: str, answer: Answer, fault: Fault) -> Delivery:
    """Apply an in-stream fault to a reply. For an answer that is not a stream it strikes inside the body."""
    if fault.fault == "slow_stream":
        return Delivery(answer, delay_s=0.05 if fault.delay_s is None else fault.delay_s)
    if fault.fault == "broken_arguments":
        return Delivery(with_broken_arguments(answer))
    if answer.frames is None:
        return _plain(world, provider, answer, fault)
    at = fault.at_event if fault.at_event is not None else _DEFAULT_AT.get(fault.fault, 1)
    sent = frames_until(answer.frames, at)
    match fault.fault:
        case "error_in_stream":
            event = _error_frame(world, provider, path, sent, answer.frames, fault)
            return Delivery(_with_frames(answer, [*sent, event]))
        case "end_without_terminal":
            if fault.at_event is None:
                sent = [frame for frame in answer.frames if frame.kind != "terminal"]
            return Delivery(_with_frames(answer, sent))
        case "stall_mid_stream":
            rest = answer.frames[len(sent) :]
            return Delivery(_with_frames(answer, sent), "stall", stall_s=fault.delay_s, rest=rest)
        case "reset":
            return Delivery(_with_frames(answer, sent), "reset")
        case _:
            return Delivery(_with_frames(answer, sent), "close")


def frames_until(frames: Sequence[Frame], at_event: int) -> list[Frame]:
    """The frames up to and with the `at_event`-th content event; 0 stops where content would begin."""
    sent: list[Frame] = []
    seen = 0
    for frame in frames:
        if (at_event == 0 and frame.kind != "preamble") or (at_event and seen == at_event):
            break
        sent.append(frame)
        seen += frame.kind == "content"
    return sent


def _with_frames(answer: Answer, frames: Sequence[Frame]) -> Answer:
    return Answer(answer.status, answer.headers, frames=frames)


def _plain(world: World, provider: Provider, answer: Answer, fault: Fault) -> Delivery:
    match fault.fault:
        case "error_in_stream" if provider == "gemini":
            payload = gemini_stream_error(fault)
            return Delivery(json_answer(payload["error"]["code"], payload))
        case "error_in_stream":
            code = fault.code or ("overloaded_error" if provider == "anthropic" else "server_is_overloaded")
            status = STATUS_OF_TYPE.get(code) or _STATUS_OF_CODE.get(code, 429)
            return Delivery(error_body_answer(world, provider, status, _message(code, fault), code))
        case "end_without_terminal":
            return Delivery(answer)  # a body with a length has no terminal event to lose
        case "stall_mid_stream":
            return Delivery(answer, "stall", stall_s=fault.delay_s)
        case "reset":
            return Delivery(answer, "reset")
        case _:
            return Delivery(answer, "close")


def _message(code: str, fault: Fault) -> str:
    if fault.body:
        return fault.body
    if code == "rate_limit_exceeded":
        wait_s = 1.5 if fault.retry_after_s is None else fault.retry_after_s
        return f"Rate limit reached for requests. Please try again in {wait_s:g}s."
    return _MESSAGES.get(code, code)


def _error_frame(
    world: World, provider: Provider, path: str, sent: list[Frame], all_frames: Sequence[Frame], fault: Fault
) -> Frame:
    if provider == "gemini":
        return gemini_error_frame(gemini_stream_error(fault), all_frames)
    if provider == "anthropic" or path.endswith("/v1/messages"):
        code = fault.code or "overloaded_error"
        return event_frame(error_payload(code, _message(code, fault), world.refusal_id()), "terminal")
    code = fault.code or "server_is_overloaded"
    message = _message(code, fault)
    if path.endswith("/chat/completions"):
        error = {"message": message, "type": "server_error", "param": None, "code": code}
        return data_frame({"error": error}, "terminal")
    number = len(sent)
    if fault.flat_error_event:
        flat: Json = {"type": "error", "code": code, "message": message, "param": None, "sequence_number": number}
        return event_frame(flat, "terminal")
    response = orjson.loads(all_frames[0].data.split(b"data: ", 1)[1])["response"]
    failed = {**response, "status": "failed", "error": {"code": code, "message": message}}
    return event_frame({"type": "response.failed", "sequence_number": number, "response": failed}, "terminal")
