"""A provider's error in the client's envelope: status, words and the headers that SDKs heed."""

from typing import Any

import orjson
import pytest

from router_core.wire.format import FormatName
from router_core.wire.upstream_error import has_envelope, translated_error

ERRORS: dict[FormatName, bytes] = {
    "anthropic": b'{"type":"error","error":{"type":"rate_limit_error","message":"WORDS"}}',
    "openai-chat": b'{"error":{"message":"WORDS","type":"requests","param":null,"code":"rate_limit_exceeded"}}',
    "openai-responses": b'{"error":{"message":"WORDS","type":"requests","param":null,"code":"rate_limit_exceeded"}}',
    "gemini": b'[{"error":{"code":429,"message":"WORDS","status":"RESOURCE_EXHAUSTED"}}]',
}


@pytest.mark.parametrize("client", ERRORS)
@pytest.mark.parametrize("provider", ERRORS)
def test_words_status_and_wait_reach_each_client(provider: FormatName, client: FormatName) -> None:
    headers = {"retry-after": "7", "x-should-retry": "true", "set-cookie": "secret", "request-id": "theirs"}
    answer = translated_error(provider, client, 429, ERRORS[provider], headers)
    assert answer.status == 429
    error: dict[str, Any] = orjson.loads(answer.body)["error"]
    assert "WORDS" in error["message"]
    assert {"anthropic": "type", "gemini": "status"}.get(client, "param") in error
    assert ("retry-after", "7") in answer.headers
    assert not {"set-cookie", "request-id"} & {name for name, _ in answer.headers}


@pytest.mark.parametrize(
    "body",
    [b"", b"x", b"\xff\xfe", b"[]", b"5", b"null", b"[5]", b'{"error":5}', b'{"error":{"message":5,"code":[]}}',
     b'{"error":null}', b'{"detail":{"a":1}}', b"[" * 3000, b"<html>\x1b[31m"],
)  # fmt: skip
@pytest.mark.parametrize("provider", ERRORS)
def test_whatever_a_provider_sends_is_an_error_of_its_status(provider: FormatName, body: bytes) -> None:
    for client in ERRORS:
        answer = translated_error(provider, client, 503, body, {})
        assert answer.status >= 500
        assert isinstance(orjson.loads(answer.body)["error"]["message"], str)
        assert b"\x1b" not in answer.body


@pytest.mark.parametrize(
    ("body", "has"), [(ERRORS["gemini"], True), (b'{"detail":"x"}', False), (b'{"error":"x"}', False), (b"", False)]
)
def test_an_envelope_is_an_object_under_error(body: bytes, has: bool) -> None:
    assert has_envelope(body) is has
