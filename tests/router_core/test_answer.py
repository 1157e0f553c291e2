"""What the client gets of an answer: streamed, collected, counted; and what is refused before anything was sent."""

import gzip
from typing import Any

import orjson
import pytest

from router_core import answer as answer_module
from router_core.answer import EVENT_STREAM, JSON, Answer
from router_core.errors import RouterError, WireError
from router_core.outgoing import Outgoing, Treatment
from router_core.routing.entrance import Entrance
from router_core.wire.codec import Answering, RandomMinting, Target
from router_core.wire.events import StreamFailed
from router_core.wire.format import FormatName
from router_core.wire.model import Request

CHUNK = b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[%s]}\n\n'
HELLO = CHUNK % b'{"index":0,"delta":{"role":"assistant","content":"Hello."}}'
END = CHUNK % b'{"index":0,"delta":{},"finish_reason":"stop"}' + b"data: [DONE]\n\n"
ERROR = b'data: {"error":{"message":"no capacity","type":"server_error"}}\n\n'
WHOLE = (
    b'{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop",'
    b'"message":{"role":"assistant","content":"Hello."}}]}'
)
COMPLETED = (
    b'data: {"type":"response.output_item.done","output_index":0,"item":{"type":"message","id":"msg_1","role":'
    b'"assistant","content":[{"type":"output_text","text":"Hello.","annotations":[]}]}}\n\n'
    b'data: {"type":"response.completed","response":{"id":"resp_1","object":"response","output":[]}}\n\n'
)


def made(
    *, client: FormatName = "anthropic", provider: FormatName = "openai-chat", treatment: Treatment = "translate",
    streams: bool, is_sse: bool, encoding: str = "", as_array: bool = False,
) -> Answer:  # fmt: skip
    outgoing = Outgoing(Target("p", "openai-chat", "m"), provider, "/", b"{}", treatment, streams)
    place = Entrance(client, "generate", as_array=as_array)
    answering = Answering(Request("m", ()), "m", RandomMinting(1))
    return Answer(outgoing, place, answering, is_sse=is_sse, content_encoding=encoding)


@pytest.mark.parametrize("is_sse", [False, True])
@pytest.mark.parametrize("streams", [False, True])
def test_each_mismatch_of_stream_and_body_is_bridged(streams: bool, is_sse: bool) -> None:
    answer = made(streams=streams, is_sse=is_sse)
    assert answer.holds == (not (streams and is_sse))
    data = answer.feed(HELLO + END if is_sse else WHOLE)
    assert (data == b"") == answer.holds
    data += answer.close()
    assert answer.content_type == (EVENT_STREAM if streams else JSON)
    assert b"Hello." in data
    assert (b"event: message_stop" in data) == streams
    if not streams:
        assert orjson.loads(data)["content"] == [{"type": "text", "text": "Hello."}]


@pytest.mark.parametrize("bad", [b"", b"[]", b"x", b"{}", b'{"choices": 5}', WHOLE[:-5], b"[" * 3000])
@pytest.mark.parametrize("streams", [False, True])
def test_a_body_that_is_no_answer_is_a_502_before_anything_is_sent(streams: bool, bad: bytes) -> None:
    answer = made(streams=streams, is_sse=False)
    assert answer.feed(bad) == b""
    with pytest.raises(RouterError) as error:
        answer.close()
    assert error.value.status == 502


@pytest.mark.parametrize("bad", [ERROR, HELLO + ERROR, HELLO, b"", b"data: x\n\n"])
def test_a_stream_that_fails_while_it_is_collected_is_an_error(bad: bytes) -> None:
    answer = made(streams=False, is_sse=True)
    assert answer.feed(bad) == b""
    with pytest.raises(StreamFailed):
        answer.close()


def test_a_stream_that_fails_is_ended_once_in_the_clients_words() -> None:
    answer = made(streams=True, is_sse=True)
    begun = answer.feed(HELLO)
    assert (answer.ended, answer.fault) == (False, None)
    tail = answer.fail("gone") + answer.fail("gone") + answer.close() + answer.feed(HELLO) + answer.keep_alive()
    assert (begun + tail).count(b"event: error") == 1
    assert b"gone" in tail
    assert answer.ended
    assert answer.fault is not None


@pytest.mark.parametrize("is_sse", [False, True])
def test_what_is_held_is_bounded_though_it_came_compressed(is_sse: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_module, "MAX_WHOLE_BYTES", 100_000)
    answer = made(streams=False, is_sse=is_sse, encoding="gzip")
    with pytest.raises(WireError) as error:
        answer.feed(gzip.compress(b"data: " + b"x" * 100_000))
    assert error.value.status == 502


def test_a_stream_that_passes_is_not_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_module, "MAX_WHOLE_BYTES", 1000)
    answer = made(streams=True, is_sse=True)
    assert b"".join(answer.feed(HELLO) for _ in range(100)).count(b"Hello.") == 100


@pytest.mark.parametrize("encoding", ["gzip", ""])
def test_a_stream_of_the_same_format_is_collected_as_it_is(encoding: str) -> None:
    sent = gzip.compress(COMPLETED) if encoding else COMPLETED
    answer = collecting(is_sse=True, encoding=encoding)
    assert b"".join(answer.feed(sent[at : at + 7]) for at in range(0, len(sent), 7)) == b""
    body = orjson.loads(answer.close())
    assert body["id"] == "resp_1"
    assert body["output"][0]["content"][0]["text"] == "Hello."


def collecting(*, is_sse: bool, encoding: str = "") -> Answer:
    return made(
        client="openai-responses", provider="openai-responses", treatment="collect", streams=False, is_sse=is_sse,
        encoding=encoding,
    )  # fmt: skip


def test_a_body_where_a_stream_was_asked_for_passes_if_it_is_an_answer() -> None:
    body = b'{"id":"resp_1","object":"response","status":"completed","model":"m","output":[]}'
    answer = collecting(is_sse=False)
    answer.feed(body)
    assert answer.close() == body
    other = collecting(is_sse=False)
    other.feed(b'{"hello": 1}')
    with pytest.raises(WireError):
        other.close()


@pytest.mark.parametrize(("body", "count"), [(b'{"totalTokens": 7}', 7), (b"{}", None), (b"[]", None), (b"x", None)])
def test_a_count_is_a_number_or_an_error(body: bytes, count: int | None) -> None:
    answer = made(provider="gemini", treatment="count", streams=False, is_sse=False)
    answer.feed(body)
    if count is None:
        with pytest.raises(WireError):
            answer.close()
    else:
        assert orjson.loads(answer.close()) == {"input_tokens": count}


def test_geminis_array_form_is_one_json_array() -> None:
    answer = made(client="gemini", streams=True, is_sse=True, as_array=True)
    data = answer.feed(HELLO) + answer.feed(END) + answer.close()
    frames: list[dict[str, Any]] = orjson.loads(data)
    assert answer.content_type == JSON
    assert frames[0]["candidates"][0]["content"]["parts"] == [{"text": "Hello."}]
