"""What a broken-off answer had come to."""

import gzip

import orjson
import pytest

from router_core.spend.streamed import streamed_tokens

WORDS = "The quick brown fox jumps over the lazy dog. " * 20
TRUE_TOKENS = 201  # o200k_base


def event(data: dict[str, object]) -> bytes:
    return b"data: " + orjson.dumps(data) + b"\n\n"


STREAMS = {
    "anthropic": event({"type": "content_block_delta", "delta": {"type": "text_delta", "text": WORDS}}),
    "anthropic call": event({"type": "content_block_delta", "delta": {"partial_json": WORDS}}),
    "chat": event({"id": "c", "model": "m", "choices": [{"delta": {"role": "assistant", "content": WORDS}}]}),
    "responses": event({"type": "response.output_text.delta", "delta": WORDS})
    + event({"type": "response.output_text.done", "text": WORDS}),
    "gemini": event({"candidates": [{"content": {"parts": [{"text": WORDS}]}}], "modelVersion": "gemini-x"}),
}


@pytest.mark.parametrize("name", STREAMS)
def test_what_was_said_is_counted(name: str) -> None:
    stream = STREAMS[name] + b"data: [DONE]\n\n" + b'data: {"half'
    assert streamed_tokens(stream, len(stream), "", "gpt-5") == pytest.approx(TRUE_TOKENS, rel=0.15)
    packed = gzip.compress(stream)
    assert streamed_tokens(packed, len(packed), "gzip", "gpt-5") == pytest.approx(TRUE_TOKENS, rel=0.15)


def test_what_was_not_kept_is_taken_to_be_alike() -> None:
    stream = STREAMS["chat"]
    whole = streamed_tokens(stream, len(stream), "", "gpt-5")
    assert streamed_tokens(stream, 3 * len(stream), "", "gpt-5") == pytest.approx(3 * whole, abs=3)
    assert streamed_tokens(b"", 6000, "", "gpt-5") == 100
