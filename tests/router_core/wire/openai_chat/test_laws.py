"""Laws for generated conversations and damaged bytes: nothing but defined errors, and the same meaning again."""

import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router_core.errors import WireError
from router_core.wire.events import MessageStop, StreamError, fold, unfold
from router_core.wire.model import Opaque
from router_core.wire.openai_chat import CODEC
from tests.router_core.wire.golden import golden_streams
from tests.router_core.wire.openai_chat.answers import ANSWERS, answering
from tests.router_core.wire.openai_chat.bodies import AS_WRITTEN, OPENAI, UNKNOWN, WEATHER, Json, body, call, tool
from tests.router_core.wire.openai_chat.sdk_types import check_request

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
filled = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=30)
parts = st.lists(
    st.one_of(
        st.builds(lambda text: {"type": "text", "text": text}, texts),
        st.just({"type": "image_url", "image_url": {"url": "https://e.com/a.png"}}),
    ),
    min_size=1,
    max_size=3,
)
users = st.builds(lambda content: [{"role": "user", "content": content}], st.one_of(texts, parts))
systems = st.builds(
    lambda role, text: [{"role": role, "content": text}], st.sampled_from(["system", "developer"]), filled
)
arguments = st.dictionaries(texts, st.one_of(texts, st.integers(-9, 9), st.none()), max_size=3).map(
    lambda value: orjson.dumps(value).decode()
)


@st.composite
def turns(draw: st.DrawFn) -> list[Json]:
    """An answer, and the results of its calls in any order."""
    calls = draw(st.lists(arguments, max_size=3))
    content = draw(filled if not calls else st.one_of(st.none(), filled))
    message: Json = {"role": "assistant", "content": content}
    if not calls:
        return [message, {"role": "user", "content": "Go on"}]
    number = draw(st.integers(0, 10**9))
    ids = [f"call_{number}_{at}" for at in range(len(calls))]
    message["tool_calls"] = [call(id, text) for id, text in zip(ids, calls, strict=True)]
    return [message, *(tool(id, draw(texts)) for id in draw(st.permutations(ids)))]


conversations = st.lists(st.one_of(users, systems, turns()), min_size=1, max_size=6).map(
    lambda groups: [message for group in groups for message in group]
)


@QUICK
@given(conversations)
def test_a_conversation_comes_out_as_it_went_in(messages: list[Json]) -> None:
    written = body(*messages, tools=[WEATHER])
    encoded = CODEC.encode_request(CODEC.decode_request(written), OPENAI)
    assert encoded.body == written
    assert encoded.losses == ()
    check_request(encoded.body)


@QUICK
@given(conversations)
def test_an_unknown_service_gets_every_call_with_its_result(messages: list[Json]) -> None:
    sent = CODEC.encode_request(CODEC.decode_request(body(*messages, tools=[WEATHER])), UNKNOWN).body["messages"]
    roles = [message["role"] for message in sent]
    assert "system" not in roles[1:]
    assert roles.count("tool") == sum(len(message.get("tool_calls", ())) for message in sent)


def damaged(value: Any, dice: random.Random) -> Any:
    """A copy with one value in it replaced by another kind of value, or gone."""
    copy = orjson.loads(orjson.dumps(value))
    places: list[tuple[Any, Any]] = []
    pending = [copy]
    while pending:
        node = pending.pop()
        for key in list(node) if isinstance(node, dict) else range(len(node)):
            places.append((node, key))
            if isinstance(node[key], dict | list):
                pending.append(node[key])
    for _ in range(dice.randint(1, 3) if places else 0):
        node, key = dice.choice(places)
        try:
            if dice.random() < 0.2:
                del node[key]
            else:
                node[key] = dice.choice([None, True, 7, -1.5, "", "x", [], {}, [7], [[]], {"type": 7}, "x" * 300])
        except (IndexError, KeyError):
            pass  # its parent has been replaced
    return copy


@contextmanager
def defined_errors(status: int) -> Iterator[None]:
    """Lets a WireError of this status pass, and nothing else."""
    try:
        yield
    except WireError as error:
        if error.status != status:
            raise


def test_damaged_requests_raise_defined_errors_only() -> None:
    dice = random.Random(3)
    for _ in range(60):
        for target, written in AS_WRITTEN.values():
            bad = damaged(written, dice)
            with defined_errors(400):
                CODEC.encode_request(CODEC.decode_request(bad), dice.choice([target, UNKNOWN]))


def test_damaged_answers_raise_defined_errors_only() -> None:
    dice = random.Random(3)
    for _ in range(150):
        for response in ANSWERS.values():
            bad = damaged(CODEC.encode_response(response, answering()), dice)
            with defined_errors(502):
                CODEC.decode_response(bad)


def test_damaged_streams_end_once_and_can_be_written() -> None:
    dice = random.Random(3)
    streams = [case.stream for case in golden_streams() if case.format == "openai-chat"]
    for _ in range(20):
        for stream in streams:
            records = stream.replace(b"\r\n", b"\n").split(b"\n\n")
            at = dice.randrange(len(records))
            if records[at].startswith(b"data: {"):
                with suppress(orjson.JSONDecodeError):  # one of them is damaged already
                    records[at] = b"data: " + orjson.dumps(damaged(orjson.loads(records[at][6:]), dice))
            decoder, encoder = CODEC.stream_decoder(), CODEC.stream_encoder(answering())
            events = [*decoder.feed(b"\n\n".join(records)), *decoder.close()]
            assert [event for event in events if isinstance(event, MessageStop | StreamError)] == events[-1:]
            for event in events:
                encoder.send(event)


def test_an_answer_can_be_unfolded_and_folded() -> None:
    for name, response in ANSWERS.items():
        decoded = CODEC.decode_response(CODEC.encode_response(response, answering()))
        assert fold(unfold(decoded)) == decoded, name
        assert not any(isinstance(block, Opaque) for block in decoded.blocks)
