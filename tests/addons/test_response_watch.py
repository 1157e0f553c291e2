"""What is read along with an answer."""

import orjson
from mitmproxy import http

from addons.response_watch import ResponseWatch
from router_core.tokens.quota import windows_from_headers
from router_core.wire.format import Call


def test_rate_limit_events_in_the_midst_of_an_answer_are_read_for_every_family() -> None:
    answer = http.Response.make(200, b"", {"content-type": "text/event-stream"})
    watch = ResponseWatch(answer, Call("openai-responses", True), 0)
    window = {"used_percent": 40, "window_minutes": 10080, "reset_at": 1_800_000_000}
    events = [
        {"type": "response.created", "response": {"id": "resp_1"}},
        {"type": "response.output_text.delta", "delta": "Hi"},
        {"type": "codex.rate_limits", "rate_limits": {"primary": window}},
        {"type": "codex.rate_limits", "metered_limit_name": "bengalfox", "rate_limits": {"primary": window}},
    ]
    for event in events:
        watch.feed(b"data: " + orjson.dumps(event) + b"\n\n")
    found = windows_from_headers(watch.limits, 1_700_000_000)
    assert {(w.name, w.used) for w in found} == {("7d", 0.4), ("7d_bengalfox", 0.4)}


def enveloped(text: str, **more: object) -> bytes:
    candidate = {"content": {"role": "model", "parts": [{"text": text, "thoughtSignature": "c2ln"}]}, **more}
    usage = {"promptTokenCount": 9, "candidatesTokenCount": 4}
    return b"data: " + orjson.dumps({"response": {"candidates": [candidate], "usageMetadata": usage}, "traceId": "t"})


def test_frames_in_googles_envelope_are_read_also_the_last_one_without_its_end() -> None:
    answer = http.Response.make(200, b"", {"content-type": "text/event-stream"})
    watch = ResponseWatch(answer, Call("gemini", True, wrapped=True), 0)
    watch.feed(enveloped("hello") + b"\r\n\r\n" + enveloped("end", finishReason="STOP"))
    assert watch.holding(ended=False) == "release"
    assert not watch.complete
    watch.close()
    assert watch.complete
    usage, stop = watch.settle(None)
    assert (usage.input_tokens, usage.output_tokens, stop) == (9, 4, "STOP")
    assert {value for value, _ in watch.proofs} == {"c2ln"}


def test_a_whole_answer_in_googles_envelope_is_read() -> None:
    answer = http.Response.make(200, b"", {"content-type": "application/json"})
    watch = ResponseWatch(answer, Call("gemini", True, wrapped=True), 0)
    body = enveloped("hello", finishReason="STOP").removeprefix(b"data: ")
    usage, stop = watch.settle(body)
    assert (usage.input_tokens, stop) == (9, "STOP")
    assert [value for value, _ in watch.proofs] == ["c2ln"]
