"""What goes back to a client holds no secret of the owner's."""

import gzip

import pytest
from mitmproxy import http

from addons.secret_mask import StreamMask, mask_headers, mask_response
from router_core.trace.redact import MASK, Redactor

SECRET = "sk-ant-oat01-CANARY-0123456789abcdef"
REDACTOR = Redactor([SECRET])
ERROR = f'event: error\ndata: {{"type":"error","error":{{"message":"bad key {SECRET}"}}}}\n\n'.encode()
MASKED = ERROR.replace(SECRET.encode(), MASK.encode())


def test_an_error_that_repeats_the_credential_is_masked_and_stays_whole() -> None:
    response = http.Response.make(400, f'{{"error":"bad key {SECRET}"}}', {"x-echo": SECRET, "x-other": "1"})
    mask_response(response, REDACTOR)
    assert response.text == f'{{"error":"bad key {MASK}"}}'
    assert response.headers["content-length"] == str(len(response.content or b""))
    assert (response.headers["x-echo"], response.headers["x-other"]) == (MASK, "1")


def test_a_compressed_error_is_opened_for_that() -> None:
    response = http.Response.make(400, gzip.compress(f"bad key {SECRET}".encode()), {"content-encoding": "gzip"})
    response.data.content = gzip.compress(f"bad key {SECRET}".encode())
    mask_response(response, REDACTOR)
    assert response.text == f"bad key {MASK}"
    assert "content-encoding" not in response.headers


@pytest.mark.parametrize(
    "content", [b"", b"fine", gzip.compress(b"fine"), b"\xff\x00"], ids=["none", "text", "gzip", "bytes"]
)
def test_what_holds_none_is_the_same_object(content: bytes) -> None:
    response = http.Response.make(400, content, {"content-encoding": "gzip"} if content[:2] == b"\x1f\x8b" else {})
    response.data.content = content
    before = response.headers.fields
    mask_response(response, REDACTOR)
    assert response.data.content is content
    assert response.headers.fields is before


def test_an_address_that_a_redirect_names_is_masked() -> None:
    response = http.Response.make(302, b"", {"location": f"https://elsewhere.example/?key={SECRET}"})
    mask_headers(response, REDACTOR)
    assert response.headers["location"] == f"https://elsewhere.example/?key={MASK}"


def streamed(chunks: list[bytes], *, fails_at: int | None = None) -> bytes:
    mask = StreamMask(REDACTOR, SECRET)
    out = [mask.feed(chunk, failed=fails_at is not None and i >= fails_at) for i, chunk in enumerate(chunks)]
    return b"".join([*out, mask.close()])


def test_an_error_event_in_a_stream_is_masked() -> None:
    assert streamed([b"data: {}\n\n", ERROR], fails_at=1) == b"data: {}\n\n" + MASKED
    assert streamed([ERROR[:-2], ERROR[-2:]]) == MASKED, "also before the event is complete"


@pytest.mark.parametrize("at", range(len(ERROR) - len(SECRET) - 8, len(ERROR) - 8))
def test_a_credential_cut_by_a_chunk_is_masked_all_the_same(at: int) -> None:
    assert SECRET.encode() not in streamed([ERROR[:at], ERROR[at:]])


def test_content_passes_byte_for_byte_even_if_it_is_about_the_clients_own_key() -> None:
    chunks = [f'data: {{"text":"export KEY={SECRET}"}}\n\n'.encode(), b'data: {"text":"sk-ant"}\n\n', b"sk-", b"ant"]
    mask = StreamMask(REDACTOR, SECRET)
    assert [mask.feed(chunk, failed=False) for chunk in chunks] == chunks
    assert mask.close() == b""
