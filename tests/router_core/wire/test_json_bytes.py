from typing import Any

import orjson
import pytest

from router_core.errors import WireError
from router_core.wire.codec import codec
from router_core.wire.format import FormatName
from router_core.wire.json_bytes import json_bytes


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def test_what_orjson_refuses_is_written_all_the_same() -> None:
    assert (
        json_bytes({"n": 2**70, "s": "\ud83d", "t": "ü"}) == b'{"n":1180591620717411303424,"s":"\\ud83d","t":"\\u00fc"}'
    )
    assert orjson.loads(json_bytes(deep(300))) == deep(300)


def test_the_fast_writer_is_used_where_it_can_be() -> None:
    assert json_bytes({"t": "ü"}) == '{"t":"ü"}'.encode()


@pytest.mark.parametrize("text", ["ü", "\ud83d"])
def test_both_writers_indent_alike(text: str) -> None:
    assert json_bytes({"t": [text]}, indented=True).startswith(b'{\n  "t": [\n    "')


@pytest.mark.parametrize("status", [400, 502])
def test_too_deep_is_a_defined_error(status: int) -> None:
    with pytest.raises(WireError) as refused:
        json_bytes(deep(100_000), status)
    assert refused.value.status == status


@pytest.mark.parametrize(
    ("format", "body", "param"),
    [
        ("anthropic", {"model": "m", "messages": [], "max_tokens": 1e300}, "max_tokens"),
        ("openai-chat", {"model": "m", "messages": [], "max_tokens": 1e300}, "max_tokens"),
        ("openai-responses", {"model": "m", "input": "x", "max_output_tokens": 1e300}, "max_output_tokens"),
        (
            "gemini",
            {"model": "m", "contents": [], "generationConfig": {"maxOutputTokens": 1e300}},
            "generationConfig.maxOutputTokens",
        ),
    ],
)
def test_a_count_beyond_every_writer_is_refused_where_it_is_read(format: FormatName, body: Any, param: str) -> None:
    with pytest.raises(WireError) as refused:
        codec(format).decode_request(body)
    assert (refused.value.status, refused.value.param) == (400, param)
