"""How one client request is put to each kind of provider: path, body, headers, and how its answer is treated."""

from typing import Any

import orjson
import pytest

from router_core.asked_for import AskedFor
from router_core.attempt import upstream_of
from router_core.config.schema import Kind, ProviderConfig
from router_core.errors import Refused, WireError
from router_core.outgoing import edited, format_for, put, safe_query, stable_uuid
from router_core.outgoing_compact import put_compact, put_compaction_turn
from router_core.outgoing_count import counted, put_count
from router_core.routing.entrance import Entrance, Operation
from router_core.routing.target import RouteTarget
from router_core.wire.codec import Loss
from router_core.wire.edit import Edit
from router_core.wire.format import FormatName
from tests.router_core.test_asked_for import BODIES

KINDS: dict[Kind, str] = {
    "anthropic": "https://api.anthropic.com",
    "openai": "https://api.openai.com/v1",
    "openai-chat": "https://api.deepseek.com/v1",
    "codex": "https://chatgpt.com/backend-api/codex",
    "gemini": "https://generativelanguage.googleapis.com/v1beta",
}
CLIENTS_OWN = {"x-api-key": "sk-client", "authorization": "Bearer client", "anthropic-beta": "b", "cookie": "c"}


def asked_for(format: FormatName, operation: Operation = "generate", **changes: Any) -> AskedFor:
    stream = bool(changes.get("stream")) if format == "gemini" else None
    place = Entrance(format, operation, "m" if format == "gemini" else "", stream)
    return AskedFor(place, orjson.dumps({**BODIES[format], **changes}), CLIENTS_OWN, "beta=true", "session-1")


def provider(kind: Kind) -> ProviderConfig:
    return ProviderConfig(kind=kind, base_url=KINDS[kind])


def target(model: str = "m") -> RouteTarget:
    return RouteTarget("p", model)


CODEX_OWN = (
    b'{ "model":"m","instructions":"Be brief.", "input":[{"type":"message","role":"user","content":[]}],'
    b'"store":false,"stream":true , "prompt_cache_key":"s"}'
)


def cache_key_of(kind: Kind, format: FormatName, session: str, **changes: Any) -> str:
    body = {**BODIES[format], **changes}
    asked = AskedFor(Entrance(format, "generate"), orjson.dumps(body), {}, "", session)
    key: str = orjson.loads(put(asked, target("gpt-5.5"), provider(kind)).body)["prompt_cache_key"]
    return key


def test_a_cache_key_of_each_session_stopped_the_sharing_of_the_prompt_between_sessions() -> None:  # 22
    prompt = {"system": "You are a program with a long prompt that all its sessions share."}
    one = {**prompt, "messages": [{"role": "user", "content": "One."}], "metadata": {"user_id": "user_a_session_1"}}
    two = {**prompt, "messages": [{"role": "user", "content": "Two."}], "metadata": {"user_id": "user_a_session_2"}}
    shared = cache_key_of("openai", "anthropic", "1", **one)
    assert cache_key_of("openai", "anthropic", "2", **two) == shared
    assert cache_key_of("openai", "anthropic", "2", **{**two, "system": "Another program's prompt."}) != shared


def test_a_conversation_keeps_its_cache_key_as_it_grows() -> None:  # 19
    first = {"messages": [{"role": "user", "content": "One."}]}
    later = {
        "messages": [
            *first["messages"],
            {"role": "assistant", "content": "Yes?"},
            {"role": "user", "content": "Go on."},
        ]
    }
    kinds: tuple[Kind, ...] = ("openai", "codex")
    for kind in kinds:
        assert cache_key_of(kind, "anthropic", "s", **first) == cache_key_of(kind, "anthropic", "s", **later)
    assert cache_key_of("codex", "anthropic", "s", **first) != cache_key_of("codex", "anthropic", "other", **first)


def test_the_clients_own_cache_key_is_not_replaced() -> None:
    assert cache_key_of("codex", "openai-chat", "s", prompt_cache_key="mine") == "mine"


@pytest.mark.parametrize(("model", "edits"), [("m", ()), ("gpt-5.5", (Edit("model", "model"),))])
def test_codexs_own_request_passes_through_to_its_backend(model: str, edits: tuple[Edit, ...]) -> None:
    asked = AskedFor(Entrance("openai-responses", "generate"), CODEX_OWN, {}, "", "")
    outgoing = put(asked, target(model), provider("codex"))
    assert (outgoing.treatment, outgoing.edits) == ("pass", edits)
    assert orjson.loads(outgoing.body) == {**orjson.loads(CODEX_OWN), "model": model}
    if not edits:
        assert outgoing.body == CODEX_OWN


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("client", BODIES)
def test_a_format_that_the_provider_speaks_passes_and_another_is_translated(client: FormatName, kind: Kind) -> None:
    outgoing = put(asked_for(client), target(), provider(kind))
    same = outgoing.format == client
    assert same == (format_for(kind, client, "m", "p") == client)
    assert outgoing.treatment == (("collect" if kind == "codex" else "pass") if same else "translate")
    if same and kind != "codex":
        assert outgoing.body == asked_for(client).body
        assert outgoing.headers is None
        return
    if not same:  # headers of its own: nothing of the client's
        assert outgoing.headers is not None
        names = {name.decode().lower() for name, _ in outgoing.headers}
        assert not names & {"x-api-key", "authorization", "cookie", "anthropic-beta"}
        assert "beta=true" not in outgoing.rest
        assert ("accept-encoding", "identity") in {(n.decode().lower(), v.decode()) for n, v in outgoing.headers}


@pytest.mark.parametrize("stream", [False, True])
def test_the_codex_backend_is_always_asked_for_a_stream(stream: bool) -> None:
    for client in ("anthropic", "openai-chat", "openai-responses"):
        outgoing = put(asked_for(client, stream=stream), target("gpt-5.5"), provider("codex"))
        body = orjson.loads(outgoing.body)
        assert (body["stream"], body["store"], outgoing.client_streams) == (True, False, stream)


def test_another_model_is_the_only_change_to_a_body_that_passes() -> None:
    asked = asked_for("anthropic")
    outgoing = put(asked, target("claude-opus-5"), provider("anthropic"))
    assert orjson.loads(outgoing.body) == {**asked.json, "model": "claude-opus-5"}
    assert (outgoing.edits, outgoing.rest) == ((Edit("model", "model"),), "/v1/messages?beta=true")


def test_a_model_name_cannot_leave_its_place_in_the_path() -> None:
    outgoing = put(asked_for("anthropic"), target("x?key=1#"), provider("gemini"))
    assert outgoing.rest == "/models/x%3Fkey%3D1%23:generateContent"
    climbing = put(asked_for("anthropic"), target("../../x"), provider("gemini"))
    with pytest.raises(Refused):
        upstream_of(provider("gemini"), climbing.rest)


def test_an_edit_is_named_and_its_losses_are_added() -> None:
    outgoing = put(asked_for("anthropic"), target(), provider("anthropic"))
    changed = edited(outgoing, b"{}", "repair", (Loss("a", "b"),))
    assert (changed.body, changed.edits[-1], changed.losses[-1]) == (b"{}", Edit("a", "repair"), Loss("a", "b"))
    assert outgoing.body != b"{}"


def test_a_session_has_one_key_that_says_nothing_of_it() -> None:
    first = stable_uuid("session-1")
    assert first == stable_uuid("session-1") != stable_uuid("session-2")
    assert "session" not in first
    assert [len(part) for part in first.split("-")] == [8, 4, 4, 4, 12]


@pytest.mark.parametrize(
    ("query", "kept"),
    [("alt=sse", "alt=sse"), ("key=SECRET&alt=sse", "alt=sse"), ("access_token=SECRET", ""), ("a=%20b", "a=%20b")],
)
def test_credentials_leave_the_query(query: str, kept: str) -> None:
    assert safe_query(query) == kept


# ---- counting -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("client", BODIES)
def test_counts_are_asked_of_those_who_can_count(client: FormatName) -> None:
    asked = asked_for(client, "count")
    assert put_count(asked, target(), provider("codex")) is None
    assert put_count(asked, target(), provider("openai-chat")) is None
    for kind, path in {"anthropic": "/v1/messages/count_tokens", "gemini": "/models/m:countTokens"}.items():
        outgoing = put_count(asked, target(), provider(kind))  # type: ignore[arg-type]
        assert outgoing is not None
        assert outgoing.rest.partition("?")[0] == path
        if outgoing.treatment == "count":
            body = orjson.loads(outgoing.body)
            assert not {"max_tokens", "stream", "temperature"} & body.keys()


@pytest.mark.parametrize(
    ("answer", "number"),
    [({"input_tokens": 5}, 5), ({"input_tokens": True}, None), ({"input_tokens": -1}, None), ({}, None),
     ({"input_tokens": "5"}, None)],
)  # fmt: skip
def test_only_a_whole_number_is_a_count(answer: dict[str, Any], number: int | None) -> None:
    assert counted("anthropic", answer) == number


# ---- compaction -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_conversation_is_compacted_where_the_provider_can_and_summed_up_elsewhere(kind: Kind) -> None:
    asked = asked_for("openai-responses", "compact")
    outgoing = put_compact(asked, target(), provider(kind))
    if kind in ("openai", "codex"):
        assert (outgoing.treatment, outgoing.rest, outgoing.body) == ("pass", "/responses/compact", asked.body)
    else:
        assert (outgoing.treatment, outgoing.client_streams) == ("compact", False)
        assert Edit("$", "compact") in outgoing.edits


def test_a_turn_that_asks_for_a_compaction_is_summed_up_as_the_client_streams() -> None:
    items = [{"role": "user", "content": "hello"}, {"type": "compaction_trigger"}]
    asked = asked_for("openai-responses", input=items, stream=True)
    outgoing = put_compaction_turn(asked, target(), provider("anthropic"))
    assert outgoing is not None
    assert (outgoing.treatment, outgoing.client_streams) == ("compact", True)
    assert put_compaction_turn(asked, target(), provider("codex")) is None
    assert put_compaction_turn(asked_for("openai-responses"), target(), provider("anthropic")) is None


@pytest.mark.parametrize("kind", ["gemini", "openai-chat", "codex"])
def test_what_cannot_be_read_is_the_clients_mistake(kind: Kind) -> None:
    with pytest.raises(WireError) as error:
        put(asked_for("anthropic", messages=5), target(), provider(kind))
    assert error.value.status == 400
    assert "messages" in error.value.message
