"""The client's own trace."""

import pytest

from router_core.telemetry.traceparent import Parent, parse_traceparent

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
IDS = (int(TRACE, 16), int(SPAN, 16))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f"00-{TRACE}-{SPAN}-01", Parent(*IDS, True)),
        (f" 00-{TRACE}-{SPAN}-00 ", Parent(*IDS, False)),
        (f"00-{TRACE}-{SPAN}-ff", Parent(*IDS, True)),
        (f"cc-{TRACE}-{SPAN}-01-what-comes-later", Parent(*IDS, True)),
        (f"00-{TRACE}-{SPAN}-01-more", None),
        (f"ff-{TRACE}-{SPAN}-01", None),
        (f"00-{TRACE.upper()}-{SPAN}-01", None),
        (f"00-{'0' * 32}-{SPAN}-01", None),
        (f"00-{TRACE}-{'0' * 16}-01", None),
        (f"00-{TRACE[1:]}-{SPAN}-01", None),
        ("", None),
        ("\x1b[31m", None),
    ],
)
def test_header_is_read_as_the_standard_says(header: str, expected: Parent | None) -> None:
    assert parse_traceparent(header) == expected
