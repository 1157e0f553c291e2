"""Event streams: the same laws for every codec, and for every pair of them."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from router_core.wire.codec import Encoded
from router_core.wire.events import Event, Folding, MessageStop, StreamError, fold, unfold
from router_core.wire.format import FormatName
from router_core.wire.model import Block, Opaque, Response, Text, Thinking, ToolCall
from router_core.wire.transcode import StreamTranscoder
from tests.laws.formats import FORMATS, PAIRS, answering, check_stream, decoded, encoded, own
from tests.laws.meaning import answer_facts
from tests.laws.strategies import answers, profile, proper_answers
from tests.router_core.wire.golden import StreamCase, golden_streams

each_format = pytest.mark.parametrize("format", FORMATS)
each_pair = pytest.mark.parametrize(("client", "provider"), PAIRS, ids=lambda name: name)
cuts = st.lists(st.floats(0, 1), max_size=12)
SENT = Encoded({})


def pieces(stream: bytes, where: list[float]) -> Iterator[bytes]:
    """The stream cut at these parts of its length: anywhere, inside characters and line ends too."""
    at = sorted(int(share * len(stream)) for share in where)
    for start, end in zip([0, *at], [*at, len(stream)], strict=True):
        yield stream[start:end]


def nests(events: list[Event]) -> None:
    """`MessageStart (BlockStart Delta* BlockStop)* MessageStop | StreamError`, one terminal event, at the end."""
    assert [event for event in events if isinstance(event, MessageStop | StreamError)] == events[-1:]
    folding = Folding()
    for event in events:
        if not isinstance(event, StreamError):
            folding.add(event)


@each_format
@profile()
@given(proper_answers())
def test_a_stream_folds_to_the_answer_that_came_whole(format: FormatName, answer: Response) -> None:
    """fold(stream) == decode_response(the answer as one body). The answer is one of the format's: Chat has no order
    of words, thoughts and calls, so as a body it loses what a stream would keep."""
    of, _ = own(format)
    said = of.decode_response(of.encode_response(answer, answering()))
    stream = encoded(of, unfold(said))
    check_stream(format, stream)
    events = decoded(of, [stream])
    nests(events)
    assert spoken(fold(events)) == spoken(of.decode_response(of.encode_response(said, answering())))


@each_format
@profile()
@given(answers)
def test_any_answer_streams_and_says_the_same(format: FormatName, answer: Response) -> None:
    """Empty blocks, broken arguments, searches, refusals, stop reasons that do not fit."""
    of, _ = own(format)
    said = of.decode_response(of.encode_response(answer, answering()))
    stream = encoded(of, unfold(said))
    events = decoded(of, [stream])
    nests(events)
    if not any(isinstance(block, ToolCall) and block.custom for block in said.blocks):
        check_stream(format, stream)  # OpenAI's SDK has no type for a custom tool's call in a Chat stream
    if not isinstance(events[-1], StreamError):
        assert answer_facts(fold(events)) == answer_facts(said)


def spoken(answer: Response) -> object:
    """An answer without what each encoder mints: ids, and items that hold them."""
    return [_bare(block) for block in answer.blocks], answer.stop, answer.usage


def _bare(block: Block) -> Block:
    if isinstance(block, Text | Thinking) and block.proof is not None:
        block = replace(block, proof=replace(block.proof, whole=None))
    return block if isinstance(block, Opaque) else replace(block, extras={})


@each_format
@profile()
@given(proper_answers(), cuts)
def test_cuts_change_nothing(format: FormatName, answer: Response, where: list[float]) -> None:
    of, _ = own(format)
    for line_end in (b"\n", b"\r\n"):
        stream = encoded(of, unfold(answer)).replace(b"\r\n", b"\n").replace(b"\n", line_end)
        assert decoded(of, pieces(stream, where)) == decoded(of, [stream])


@pytest.mark.parametrize("case", golden_streams(), ids=str)
def test_cuts_change_nothing_of_a_recorded_stream_for_any_client(case: StreamCase) -> None:
    """In single bytes, and in pieces that no line end or character respects."""
    provider, _ = own(case.format)
    for client in FORMATS:
        outputs = []
        for size in (None, 1, 7):
            transcoder = StreamTranscoder(provider, own(client)[0], SENT, answering())
            outputs.append(b"".join([*map(transcoder.feed, case.pieces(size)), transcoder.close()]))
        assert outputs[0] == outputs[1] == outputs[2]


@each_format
@profile()
@given(proper_answers(), st.floats(0, 1))
def test_a_cut_off_stream_ends_once_and_in_an_error(format: FormatName, answer: Response, share: float) -> None:
    """Unless the format's own end had come: then it is whole."""
    of, _ = own(format)
    stream = encoded(of, unfold(answer))
    whole = decoded(of, [stream])
    events = decoded(of, [stream[: int(share * (len(stream) - 1))]])
    nests(events)
    if not isinstance(events[-1], StreamError):
        assert answer_facts(fold(events)) | {"tokens": ()} == answer_facts(fold(whole)) | {"tokens": ()}


@each_pair
@profile(0.5)
@given(proper_answers(), cuts, st.floats(0, 1))
def test_a_cut_off_provider_ends_the_clients_stream_in_its_own_error(
    client: FormatName, provider: FormatName, answer: Response, where: list[float], share: float
) -> None:
    source, of = own(provider)[0], own(client)[0]
    stream = encoded(source, unfold(answer))
    transcoder = StreamTranscoder(source, of, SENT, answering())
    out = b"".join(transcoder.feed(piece) for piece in pieces(stream[: int(share * len(stream))], where))
    out += transcoder.close()
    events = decoded(of, [out])
    nests(events)
    assert isinstance(events[-1], StreamError) == (transcoder.fault is not None)
    assert transcoder.ended
    assert transcoder.close() == transcoder.keep_alive() == b""


@each_pair
@profile(0.5)
@given(proper_answers(), cuts)
def test_every_client_reads_the_meaning_of_every_providers_stream(
    client: FormatName, provider: FormatName, answer: Response, where: list[float]
) -> None:
    source, of = own(provider)[0], own(client)[0]
    stream = encoded(source, unfold(answer))
    transcoder = StreamTranscoder(source, of, SENT, answering())
    out = b"".join([*map(transcoder.feed, pieces(stream, where)), transcoder.close()])
    check_stream(client, out)
    read = decoded(of, [out])
    nests(read)
    assert answer_facts(fold(read)) == answer_facts(fold(decoded(source, [stream])))
