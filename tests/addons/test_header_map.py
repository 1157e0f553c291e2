"""Looking up headers without mitmproxy's walk over all of them."""

from mitmproxy import http

from addons.header_map import header, header_map

HEADERS = http.Headers([(b"Content-Type", b"text/plain"), (b"ACCEPT", b"a"), (b"accept", b"b")])


def test_all_and_one_say_the_same() -> None:
    assert header_map(HEADERS) == {"content-type": "text/plain", "accept": "a, b"}
    assert [header(HEADERS, name) for name in (b"content-type", b"accept", b"host")] == ["text/plain", "a, b", ""]
