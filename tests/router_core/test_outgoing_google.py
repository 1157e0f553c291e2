"""Requests as Google's services take them."""

from typing import Any

import orjson
import pytest

from router_core.asked_for import AskedFor
from router_core.config.schema import Kind
from router_core.outgoing import format_for, put
from router_core.outgoing_count import put_count
from router_core.outgoing_google import vertex_model
from router_core.providers.catalogue import CATALOGUE
from router_core.routing.entrance import Entrance
from router_core.routing.target import RouteTarget
from router_core.wire.format import FormatName
from tests.router_core.test_asked_for import BODIES

PROVIDERS: dict[str, str] = {"code-assist": "gemini-cli", "antigravity": "antigravity", "vertex": "vertex"}


def asked_for(format: FormatName, *, stream: bool = False, as_array: bool = False, **headers: str) -> AskedFor:
    place = Entrance(format, "generate", "m" if format == "gemini" else "", stream or None, as_array)
    body = BODIES[format] if format == "gemini" else {**BODIES[format], "stream": stream}
    return AskedFor(place, orjson.dumps(body), headers, "", "session-1")


def sent(kind: Kind, asked: AskedFor, model: str) -> Any:
    name = PROVIDERS[kind]
    return put(asked, RouteTarget(name, model), CATALOGUE[name])


@pytest.mark.parametrize("kind", ["code-assist", "antigravity"])
@pytest.mark.parametrize("client", BODIES)
def test_code_assist_gets_geminis_format_in_its_envelope(kind: Kind, client: FormatName) -> None:
    outgoing = sent(kind, asked_for(client, stream=True), "gemini-3.5-flash")
    assert outgoing.rest == "/v1internal:streamGenerateContent?alt=sse"
    assert outgoing.treatment == ("unwrap" if client == "gemini" else "translate")
    wrapped = orjson.loads(outgoing.envelope.wrap(outgoing.body, "proj"))
    assert (wrapped["project"], wrapped["model"]) == ("proj", "gemini-3.5-flash")
    assert "contents" in orjson.loads(outgoing.body)
    assert "contents" in wrapped["request"]
    assert sent(kind, asked_for(client), "gemini-3.5-flash").rest == "/v1internal:generateContent"


def test_one_conversation_is_one_session() -> None:
    first, second = (sent("code-assist", asked_for("anthropic"), "gemini-3.5-flash") for _ in range(2))
    assert first.envelope.session == second.envelope.session
    assert "session-1" not in first.envelope.session


def test_a_stream_as_an_array_is_translated() -> None:
    """Its frames come as events, one by one in an envelope."""
    outgoing = sent("code-assist", asked_for("gemini", stream=True, as_array=True), "gemini-3.5-flash")
    assert (outgoing.treatment, outgoing.rest) == ("translate", "/v1internal:streamGenerateContent?alt=sse")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5@20250929"),
        ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5@20250929"),
        ("claude-opus-4-8", "claude-opus-4-8"),
        ("gemini-3.5-flash", "gemini-3.5-flash"),
    ],
)
def test_a_date_stands_behind_an_at_on_vertex(given: str, expected: str) -> None:
    assert vertex_model(given) == expected


@pytest.mark.parametrize("client", BODIES)
def test_vertex_speaks_anthropics_format_for_claude_and_geminis_for_the_rest(client: FormatName) -> None:
    assert format_for("vertex", client, "claude-opus-4-8", "vertex") == "anthropic"
    assert format_for("vertex", client, "gemini-3.5-flash", "vertex") == "gemini"
    claude = sent("vertex", asked_for(client), "claude-opus-4-8")
    assert claude.rest == "/publishers/anthropic/models/claude-opus-4-8:rawPredict"
    assert claude.treatment == ("pass" if client == "anthropic" else "translate")
    body = orjson.loads(claude.body)
    assert body["anthropic_version"] == "vertex-2023-10-16"
    assert "model" not in body
    gemini = sent("vertex", asked_for(client, stream=True), "gemini-3.5-flash")
    assert gemini.rest.startswith("/publishers/google/models/gemini-3.5-flash:streamGenerateContent")
    assert gemini.treatment == ("pass" if client == "gemini" else "translate")


def test_betas_stand_in_the_body_on_vertex_and_those_it_refuses_are_a_loss() -> None:
    betas = "context-1m-2025-08-07, files-api-2025-04-14,oauth-2025-04-20"
    asked = AskedFor(
        Entrance("anthropic", "generate"), orjson.dumps(BODIES["anthropic"]), {"anthropic-beta": betas}, "", ""
    )
    outgoing = sent("vertex", asked, "claude-opus-4-8")
    assert orjson.loads(outgoing.body)["anthropic_beta"] == ["context-1m-2025-08-07"]
    assert [loss.reason for loss in outgoing.losses] == ["Vertex refuses files-api-2025-04-14"]
    assert outgoing.dropped == {b"anthropic-beta", b"anthropic-version"}


@pytest.mark.parametrize("client", BODIES)
def test_gemini_4_is_always_streamed_there_too(client: FormatName) -> None:
    if client != "gemini":
        assert "stream" in sent("code-assist", asked_for(client), "gemini-4-argon").rest


COUNTS: list[tuple[Kind, str, str | None]] = [
    ("code-assist", "gemini-3.5-flash", "/v1internal:countTokens"),
    ("antigravity", "gemini-3.5-flash", "/v1internal:countTokens"),
    ("antigravity", "claude-sonnet-4-6", None),
    ("antigravity", "gpt-oss-120b-medium", None),
    ("vertex", "gemini-3.5-flash", "/publishers/google/models/gemini-3.5-flash:countTokens"),
    ("vertex", "claude-sonnet-4-5-20250929", "/publishers/anthropic/models/count-tokens:rawPredict"),
]


@pytest.mark.parametrize(("kind", "model", "path"), COUNTS)
def test_where_tokens_are_counted(kind: Kind, model: str, path: str | None) -> None:
    name = PROVIDERS[kind]
    for client in BODIES:
        outgoing = put_count(asked_for(client), RouteTarget(name, model), CATALOGUE[name])
        assert (outgoing.rest if outgoing else None) == path
        if outgoing is not None and "rawPredict" in outgoing.rest:
            assert orjson.loads(outgoing.body)["model"] == "claude-sonnet-4-5@20250929"


def test_a_whole_request_to_count_is_taken_apart_for_vertex() -> None:
    whole = {"model": "models/m", "contents": [], "tools": [], "safetySettings": []}
    place = Entrance("gemini", "count", "m")
    asked = AskedFor(place, orjson.dumps({"generateContentRequest": whole}), {}, "", "")
    outgoing = put_count(asked, RouteTarget("vertex", "gemini-3.5-flash"), CATALOGUE["vertex"])
    assert outgoing is not None
    assert orjson.loads(outgoing.body) == {"contents": [], "tools": []}
