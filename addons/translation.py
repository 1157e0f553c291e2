"""The answer of a routed request: what turns it into the client's, and the headers that belong to it then."""

from mitmproxy import http

from router_core.answer import Answer
from router_core.asked_for import AskedFor
from router_core.outgoing import Outgoing
from router_core.state.carried import Noticing
from router_core.transform.transformer import Note
from router_core.wire.codec import Answering, RandomMinting
from router_core.wire.model import Request

_KEPT = ("retry-after", "x-request-id", "request-id", "date")


def make_answer(
    outgoing: Outgoing, asked: AskedFor, *, is_sse: bool, content_encoding: str, now: int, note: Note
) -> Answer:
    """The translation of one attempt's answer.

    Args:
        now: epoch seconds.
        note: takes what transformers change of it.
    """
    request = asked.neutral if outgoing.treatment == "translate" else Request(asked.model, ())
    answering = Answering(request, asked.model, RandomMinting(now), asked.input_tokens if asked.stream else 0)
    noticing = None
    if outgoing.treatment == "translate" and asked.carried is not None and asked.cannot_carry:
        noticing = Noticing(asked.carried)
    return Answer(
        outgoing,
        asked.entrance,
        answering,
        is_sse=is_sse,
        content_encoding=content_encoding,
        look=noticing,
        asked_json=asked.json if outgoing.treatment == "compact" else None,
        note=note,
    )


def translated_response(upstream: http.Response, content_type: str) -> http.Response:
    """The head of the client's response. A response of its own: mitmproxy frames the provider's body by the other one.

    Of the provider's headers only those stay that mean the same to every client; the others speak another protocol.
    """
    fields = [(name, value) for name, value in upstream.headers.fields if name.lower().decode("latin-1") in _KEPT]
    own = [(b"content-type", content_type.encode()), (b"cache-control", b"no-cache")]
    response = upstream.copy()
    response.headers = http.Headers([*fields, *own])
    return response
