"""Requests and whole answers: the same laws for every codec."""

import json
from typing import Any

import pytest
from hypothesis import given
from msgspec.structs import replace

from router_core.errors import WireError
from router_core.wire.codec import Encoded, Loss
from router_core.wire.events import fold, unfold
from router_core.wire.format import FormatName
from router_core.wire.model import JsonObject, Request, Response, Text, Thinking, ToolCall
from tests.laws.formats import FORMATS, PAIRS, answering, check_request, check_response, own
from tests.laws.meaning import answer_facts, lost_unsaid
from tests.laws.strategies import answers, profile, proper_answers, proper_requests, requests

each_format = pytest.mark.parametrize("format", FORMATS)
each_pair = pytest.mark.parametrize(("client", "provider"), PAIRS, ids=lambda name: name)


@each_format
@profile()
@given(requests)
def test_any_request_becomes_one_that_the_sdk_could_have_sent(format: FormatName, request_: Request) -> None:
    """Or a refusal that names the field."""
    sent = said_in(format, request_)
    if sent is None:
        return
    check_request(format, sent.body)
    assert all(loss.path and loss.reason for loss in sent.losses)


@each_format
@profile()
@given(requests)
def test_what_a_format_can_say_it_says_again(format: FormatName, request_: Request) -> None:
    """decode∘encode is the identity. A conversation that no client has (an answer to nothing, two in a row) may first
    be put in order; from then on neither the neutral value nor the wire changes."""
    first = said_in(format, request_)
    if first is None:
        return
    of, target = own(format)
    ordered = of.encode_request(read_in(format, first.body), target).body
    assert said_again(format, ordered) == ordered


@each_format
@profile()
@given(proper_requests())
def test_what_a_well_behaved_client_says_it_says_again_at_once(format: FormatName, request_: Request) -> None:
    first = said_in(format, request_)
    if first is not None:
        assert said_again(format, first.body) == first.body


def said_again(format: FormatName, body: JsonObject) -> JsonObject:
    """A body of the format's, read and written; the second reading is equal to the first."""
    of, target = own(format)
    before = json.dumps(body)
    read = read_in(format, body)
    again = of.encode_request(read, target)
    assert again.losses == ()
    assert json.dumps(body) == before, "the codec changed what it was given"
    assert read_in(format, again.body) == read
    return again.body


def said_in(format: FormatName, request_: Request) -> Encoded | None:
    """None where the format cannot say it, which is an error that names the field."""
    of, target = own(format)
    try:
        return of.encode_request(request_, target)
    except WireError as error:
        if (error.status, bool(error.param)) != (400, True):
            raise AssertionError(f"{error.status} {error.param!r}") from error
        return None


def read_in(format: FormatName, body: JsonObject) -> Request:
    """Gemini's model stands in the path, so it is put in, as the router does."""
    return own(format)[0].decode_request(body | {"model": "m"})


@each_format
@profile()
@given(answers)
def test_any_answer_becomes_one_that_the_sdk_reads(format: FormatName, answer: Response) -> None:
    of, _ = own(format)
    body = of.encode_response(answer, answering())
    check_response(format, body)
    assert fold(unfold(of.decode_response(body))) == of.decode_response(body)


@each_format
@profile()
@given(answers)
def test_an_answer_of_a_format_comes_back_as_it_was(format: FormatName, answer: Response) -> None:
    """Foreign proofs travel in envelopes of ours, which no provider sends: they are left out here."""
    of, _ = own(format)
    first = of.decode_response(of.encode_response(without_foreign_proofs(format, answer), answering()))
    body = of.encode_response(first, answering())
    again = of.decode_response(body)
    assert again.blocks == first.blocks
    assert (again.stop, again.usage, again.id) == (first.stop, first.usage, first.id)


@each_pair
@profile(0.5)
@given(proper_requests())
def test_a_request_keeps_its_meaning_or_lists_what_it_loses(
    client: FormatName, provider: FormatName, made_up: Request
) -> None:
    """A → neutral → B → neutral: what the provider reads is what the client said."""
    first = said_in(client, made_up)
    assert first is not None
    said = read_in(client, first.body)
    sent = said_in(provider, said)
    if sent is not None:
        assert lost_unsaid(said, read_in(provider, sent.body), sent) == []


@each_pair
@profile(0.5)
@given(proper_requests())
def test_a_request_comes_home_with_its_meaning(client: FormatName, provider: FormatName, made_up: Request) -> None:
    """A → neutral → B → neutral → A: as when a conversation begun with one provider is carried on with the other."""
    first = said_in(client, made_up)
    assert first is not None
    said = read_in(client, first.body)
    sent = said_in(provider, said)
    home = said_in(client, read_in(provider, sent.body)) if sent else None
    if sent and home:
        assert lost_unsaid(said, read_in(client, home.body), sent, home) == []


@each_pair
@profile(0.5)
@given(proper_answers())
def test_an_answer_says_the_same_to_every_client(client: FormatName, provider: FormatName, made_up: Response) -> None:
    """The client, reading with its own format's eyes, finds every text, thought and call."""
    upstream, _ = own(provider)
    answer = upstream.decode_response(upstream.encode_response(made_up, answering()))
    of, _ = own(client)
    assert answer_facts(of.decode_response(of.encode_response(answer, answering()))) == answer_facts(answer)


def without_foreign_proofs(format: FormatName, answer: Response) -> Response:
    issuer = {"anthropic": "anthropic", "openai-responses": "openai", "gemini": "gemini"}.get(format)
    blocks = [
        replace(block, proof=None)
        if isinstance(block, Text | Thinking | ToolCall) and block.proof is not None and block.proof.issuer != issuer
        else block
        for block in answer.blocks
    ]
    return replace(answer, blocks=tuple(blocks))


def test_a_loss_that_nobody_told_is_noticed() -> None:
    """The laws above can fail."""
    of, target = own("openai-chat")
    said = of.decode_request({"model": "m", "seed": 7, "messages": [{"role": "user", "content": "Hello, Zürich"}]})
    sent = of.encode_request(said, target)
    body: dict[str, Any] = json.loads(json.dumps(sent.body))
    del body["seed"]
    body["messages"][0]["content"] = "Hello"
    assert lost_unsaid(said, of.decode_request(body), sent) == ["seed: 7 became None", "user says 'Hello,Zürich'"]
    assert Loss("seed", "x") not in sent.losses
