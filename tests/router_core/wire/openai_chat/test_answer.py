"""Answers for clients of this format: whole and streamed, and what comes back of them in the next request."""

from typing import Any

import httpx
import openai
import orjson
import pytest
from msgspec.structs import replace

from router_core.errors import WireError
from router_core.trace.record import Usage
from router_core.wire.events import BlockStart, BlockStop, Delta, KeepAlive, MessageStart, StreamError, fold, unfold
from router_core.wire.model import Opaque, Proof, Response, Text, Thinking, ToolCall, WireFault
from router_core.wire.openai_chat import CODEC
from tests.router_core.wire.golden import FOLDER, StreamCase, golden_streams
from tests.router_core.wire.openai_chat.answers import ANSWERS, CLAUDE, CODEX, GEMINI, USAGE, answer, answering
from tests.router_core.wire.openai_chat.bodies import Json, body
from tests.router_core.wire.openai_chat.sdk_types import check_response, chunks_of

IDS = list(ANSWERS)


def streamed(response: Response, **fields: object) -> bytes:
    encoder = CODEC.stream_encoder(answering(**fields))
    return b"".join(encoder.send(event) for event in unfold(response))


def joined(stream: bytes) -> Json:
    """The message that a client puts together."""
    message: Json = {}
    for line in stream.split(b"\n\n"):
        if not line.startswith(b"data: {"):
            continue
        for choice in orjson.loads(line[6:])["choices"]:
            _join(message, choice["delta"])
    for call in message.get("tool_calls", ()):
        del call["index"]
    return message


def _join(into: Json, delta: Json) -> None:
    for key, value in delta.items():
        before = into.get(key)
        if key == "tool_calls":
            calls = into.setdefault(key, [])
            for fragment in value:
                if fragment["index"] == len(calls):
                    calls.append(fragment)
                else:
                    _join(calls[fragment["index"]], {k: v for k, v in fragment.items() if k != "index"})
        elif (isinstance(before, str) and isinstance(value, str) and key not in ("role", "type", "id")) or isinstance(
            before, list
        ):
            into[key] = before + value
        elif isinstance(before, dict):
            _join(before, value)
        else:
            into[key] = value


@pytest.mark.parametrize("name", IDS)
def test_the_sdk_knows_the_answer(name: str) -> None:
    encoded = check_response(CODEC.encode_response(ANSWERS[name], answering()))
    assert encoded.model == "asked"


@pytest.mark.parametrize("name", [name for name in IDS if name != "custom call"])
def test_the_sdk_knows_every_chunk(name: str) -> None:
    chunks = chunks_of(streamed(ANSWERS[name]))
    assert len({chunk.id for chunk in chunks}) == 1
    assert [chunk.choices[0].delta.role for chunk in chunks if chunk.choices and chunk.choices[0].delta.role] == [
        "assistant"
    ]
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] is not None
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.prompt_tokens == 20


@pytest.mark.parametrize("name", IDS)
def test_a_stream_adds_up_to_the_whole_answer(name: str) -> None:
    whole = CODEC.encode_response(ANSWERS[name], answering())
    stream = streamed(ANSWERS[name])
    message, choice = whole["choices"][0]["message"], whole["choices"][0]
    assert joined(stream) == {**message, "content": message["content"] or ""}
    finish = [orjson.loads(line[6:])["choices"] for line in stream.split(b"\n\n") if b'"finish_reason":"' in line]
    assert finish[0][0]["finish_reason"] == choice["finish_reason"]


@pytest.mark.parametrize("name", IDS)
def test_every_event_can_be_decoded_again(name: str) -> None:
    decoder = CODEC.stream_decoder()
    again = fold([*decoder.feed(streamed(ANSWERS[name])), *decoder.close()])
    whole = CODEC.decode_response(CODEC.encode_response(ANSWERS[name], answering()))
    if name not in ("a thought between calls", "thought, text, thought, call"):  # what comes late is told late
        assert again.blocks == whole.blocks
    assert (again.stop, again.usage, again.id) == (whole.stop, whole.usage, whole.id)


def test_usage_is_one_chunk_and_only_when_asked_for() -> None:
    chunks = chunks_of(streamed(ANSWERS["text"], include_usage=False))
    assert all(chunk.usage is None and chunk.choices for chunk in chunks)


def test_counts_are_openais() -> None:
    usage = CODEC.encode_response(ANSWERS["text"], answering())["usage"]
    assert usage == {
        "prompt_tokens": 20,  # 10 uncached, 5 read, 3 and 2 written
        "completion_tokens": 20,
        "total_tokens": 40,
        "prompt_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 5},
        "completion_tokens_details": {"reasoning_tokens": 7},
    }


PROVEN = ["thinking", "redacted thinking", "two thoughts", "a thought between calls", "thought, text, thought, call"]


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", PROVEN)
def test_proofs_come_back_in_the_next_request(name: str, whole: bool) -> None:
    """Each thought with its own proof, before the very call or text that it led to."""
    response = ANSWERS[name]
    if whole:
        message = CODEC.encode_response(response, answering())["choices"][0]["message"]
    else:
        message = joined(streamed(response))
    back = CODEC.decode_request(body(message)).messages[0].blocks
    said = tuple(replace(block, redacted=False) if isinstance(block, Thinking) else block for block in response.blocks)
    assert said == back


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "streamed"])
def test_a_signature_on_a_call_comes_back_on_the_call(whole: bool) -> None:
    response = ANSWERS["call with a signature"]
    message = (
        CODEC.encode_response(response, answering())["choices"][0]["message"] if whole else joined(streamed(response))
    )
    assert "CiQB" not in orjson.dumps(message).decode()  # sealed: no other provider is ever sent it
    assert CODEC.decode_request(body(message)).messages[0].blocks == response.blocks
    for field in ("reasoning_details", "extra_content"):  # a client may keep only one of the two
        kept = orjson.loads(orjson.dumps(message))
        kept.pop(field, None)
        kept["tool_calls"][0].pop(field, None)
        blocks = CODEC.decode_request(body(kept)).messages[0].blocks
        assert [getattr(block, "proof", None) for block in blocks if getattr(block, "proof", None)] == [GEMINI]


def test_thoughts_that_a_client_edited_keep_their_proofs() -> None:
    message = CODEC.encode_response(ANSWERS["two thoughts"], answering())["choices"][0]["message"]
    blocks = CODEC.decode_request(body({**message, "reasoning_content": "o"})).messages[0].blocks
    assert blocks == (Thinking("o", CLAUDE), Thinking("", CODEX), Text("Hi"))


def test_a_client_of_2023_gets_a_function_call() -> None:
    request = CODEC.decode_request(body(functions=[{"name": "f", "parameters": {"type": "object"}}]))
    asked = replace(answering(), request=replace(request, include_usage=True))
    choice = CODEC.encode_response(ANSWERS["call"], asked)["choices"][0]
    assert choice["message"]["function_call"] == {"name": "f", "arguments": '{"x":"ü"}'}
    assert choice["finish_reason"] == "function_call"
    assert "tool_calls" not in choice["message"]
    encoder = CODEC.stream_encoder(asked)
    stream = b"".join(encoder.send(event) for event in unfold(ANSWERS["call"]))
    assert joined(stream)["function_call"] == choice["message"]["function_call"]


BODIES: dict[str, Json] = {
    "text": {"message": {"role": "assistant", "content": "Hi", "refusal": None}, "finish_reason": "stop"},
    "calls": {
        "message": {
            "role": "assistant",
            "content": None,
            "refusal": None,
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                {"id": "call_2", "type": "custom", "custom": {"name": "g", "input": "x"}},
            ],
        },
        "finish_reason": "tool_calls",
    },
    "refusal that stopped": {
        "message": {"role": "assistant", "content": None, "refusal": "No."},
        "finish_reason": "stop",
    },
    "filtered": {
        "message": {"role": "assistant", "content": "Well", "refusal": None},
        "finish_reason": "content_filter",
    },
    "cited": {
        "message": {
            "role": "assistant",
            "content": "Rome",
            "refusal": None,
            "annotations": [
                {
                    "type": "url_citation",
                    "url_citation": {"url": "https://e.com", "title": "E", "start_index": 0, "end_index": 4},
                }
            ],
        },
        "finish_reason": "stop",
    },
    "audio": {
        "message": {"role": "assistant", "content": None, "refusal": None, "audio": {"id": "a", "data": "x"}},
        "finish_reason": "stop",
    },
}


@pytest.mark.parametrize("name", BODIES)
def test_an_answer_comes_out_as_it_came_in(name: str) -> None:
    written = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "asked",
        "system_fingerprint": "fp",
        "service_tier": "default",
        "choices": [{"index": 0, "logprobs": None, **BODIES[name]}],
        "usage": {
            "prompt_tokens": 9,
            "completion_tokens": 3,
            "total_tokens": 12,
            "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 1},
            "cost": 0.1,
        },
    }
    assert CODEC.encode_response(CODEC.decode_response(written), answering()) == written


@pytest.mark.parametrize(
    "case", [case for case in golden_streams() if case.format == "openai-chat"], ids=lambda case: case.folder.name
)
def test_recorded_streams_are_written_as_the_sdk_knows_them(case: StreamCase) -> None:
    decoder, encoder = CODEC.stream_decoder(), CODEC.stream_encoder(answering())
    events = [*decoder.feed(case.stream), *decoder.close()]
    out = b"".join(encoder.send(event) for event in events)
    if isinstance(events[-1], StreamError):
        assert out.endswith(b"\n\n")
        assert b"[DONE]" not in out
        assert "message" in orjson.loads(out.split(b"\n\n")[-2].removeprefix(b"data: "))["error"]
    else:
        chunks_of(out)


def test_an_error_ends_the_stream() -> None:
    encoder = CODEC.stream_encoder(answering())
    encoder.send(MessageStart("x", "m"))
    out = encoder.send(StreamError(WireFault(529, "overloaded", "Overloaded")))
    assert out.startswith(b'data: {"error":{"message":"Overloaded"')
    assert encoder.send(KeepAlive()) == b""


def test_keep_alive_is_a_comment() -> None:
    assert CODEC.stream_encoder(answering()).send(KeepAlive()) == b": keep-alive\n\n"


def test_a_foreign_proof_of_a_call_is_told_before_it() -> None:
    encoder = CODEC.stream_encoder(answering())
    events: list[Any] = [
        MessageStart("x", "m"),
        BlockStart(ToolCall("call_1", "f", "{}", proof=Proof("openai", "x"))),
        BlockStop(),
        BlockStart(Text("")),
        Delta("Hi"),
        BlockStop(),
    ]
    out = b"".join(encoder.send(event) for event in events)
    details = joined(out)["reasoning_details"]
    assert details[0]["id"] == "think-0-0-0-0"


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"choices": 7},
        {"choices": []},
        {"choices": [7]},
        {"choices": [{"message": 7}]},
        {"choices": [{"message": {"content": 7}}]},
        {"choices": [{"message": {"tool_calls": [{}]}}]},
        {"choices": [{"message": {"reasoning_details": 7}}]},
        {"choices": [{"message": {}, "finish_reason": "error"}]},
        {"choices": [{"index": 1, "message": {"content": "x"}}]},
    ],
    ids=str,
)
def test_what_is_no_answer_is_a_502(bad: Json) -> None:
    with pytest.raises(WireError) as caught:
        CODEC.decode_response(bad)
    assert caught.value.status == 502


def test_an_error_with_status_200_keeps_its_own() -> None:
    with pytest.raises(WireError) as caught:
        CODEC.decode_response({"error": {"code": 429, "message": "Slow down"}})
    assert (caught.value.status, caught.value.message) == (429, "Slow down")


def test_copilots_two_choices_are_one_answer() -> None:
    choices = [
        {"index": 0, "message": {"role": "assistant", "content": "Looking."}, "finish_reason": "stop"},
        {
            "index": 0,
            "message": {"content": None, "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{}"}}]},
            "finish_reason": "tool_calls",
        },
    ]
    response = CODEC.decode_response({"choices": choices})
    assert [type(block) for block in response.blocks] == [Text, ToolCall]
    assert response.stop == "tool_use"


def test_deepseeks_cache_hits_count() -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 2, "prompt_cache_hit_tokens": 6, "prompt_cache_miss_tokens": 4}
    response = CODEC.decode_response({"choices": [{"message": {"content": "x"}}], "usage": usage})
    assert response.usage == Usage(4, 2, 6)


def test_ids_are_kept_or_minted() -> None:
    assert CODEC.encode_response(answer(Text("x")), answering())["id"] == "msg_1"
    unnamed = Response("", "m", (Text("x"),), "end", USAGE)
    assert CODEC.encode_response(unnamed, answering())["id"].startswith("chatcmpl-")


def test_what_only_this_format_knows_is_in_the_message() -> None:
    response = answer(Text("x"), Opaque("openai-chat", {"type": "audio", "audio": {"id": "a"}}))
    assert CODEC.encode_response(response, answering())["choices"][0]["message"]["audio"] == {"id": "a"}
    assert joined(streamed(response))["audio"] == {"id": "a"}


def test_the_recorded_text_is_told_in_the_same_pieces() -> None:
    case = StreamCase("openai-chat", FOLDER / "openai-chat" / "text")
    decoder, encoder = CODEC.stream_decoder(), CODEC.stream_encoder(answering())
    out = b"".join(encoder.send(event) for event in [*decoder.feed(case.stream), *decoder.close()])
    assert joined(out)["content"] == joined(case.stream)["content"]
    assert out.count(b'"content":') == case.stream.count(b'"content":')


@pytest.mark.parametrize("name", [name for name in IDS if name not in ("custom call", "image")])
def test_the_sdks_own_stream_helper_puts_the_answer_together(name: str) -> None:
    stream = streamed(ANSWERS[name])

    def serve(request: httpx.Request) -> httpx.Response:
        headers = {"content-type": "text/event-stream"}
        return httpx.Response(200, headers=headers, content=b": keep-alive\n\n" + stream, request=request)

    whole = CODEC.encode_response(ANSWERS[name], answering())["choices"][0]
    with httpx.Client(transport=httpx.MockTransport(serve)) as http:
        client = openai.OpenAI(api_key="x", base_url="http://127.0.0.1/v1", http_client=http, max_retries=0)
        with client.chat.completions.stream(model="m", messages=[{"role": "user", "content": "Hi"}]) as helper:
            for _ in helper:
                pass
            try:
                final = helper.get_final_completion().choices[0]
            except openai.LengthFinishReasonError:
                assert whole["finish_reason"] == "length"
                return
    assert final.finish_reason == whole["finish_reason"]
    assert (final.message.content or "") == (whole["message"]["content"] or "")
    assert final.message.refusal == whole["message"]["refusal"]
    calls = [(call.id, call.function.name, call.function.arguments) for call in final.message.tool_calls or []]
    expected = [
        (c["id"], c["function"]["name"], c["function"]["arguments"]) for c in whole["message"].get("tool_calls", [])
    ]
    assert calls == expected


def test_a_broken_stream_raises_in_the_sdk() -> None:
    encoder = CODEC.stream_encoder(answering())
    events: list[Any] = [MessageStart("x", "m"), StreamError(WireFault(502, "server", "The provider went away"))]
    stream = b"".join(encoder.send(event) for event in events)

    def serve(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=stream, request=request)

    with httpx.Client(transport=httpx.MockTransport(serve)) as http:
        client = openai.OpenAI(api_key="x", base_url="http://127.0.0.1/v1", http_client=http, max_retries=0)
        chunks = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}], stream=True)
        with pytest.raises(openai.APIError, match="The provider went away"):
            list(chunks)


@pytest.mark.parametrize(("tier", "told"), [("standard", "default"), ("flex", "flex"), ("batch", None), (None, None)])
def test_a_service_tier_is_told_in_openais_words(tier: str | None, told: str | None) -> None:
    body = CODEC.encode_response(answer(Text("x"), service_tier=tier), answering())
    assert body.get("service_tier") == told
