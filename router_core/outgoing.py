"""One client request, put to one target: path, body, headers of its own, and how the answer must be treated.

The format stays if the target speaks it: then the body's bytes pass through but for the named edits (model name, the
Codex backend's dialect). Otherwise the request is decoded once and encoded for each target that it is put to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as dataclass_replace
from hashlib import blake2b
from typing import Literal
from urllib.parse import parse_qsl, quote, urlencode

from msgspec.structs import replace

from router_core import __version__
from router_core.asked_for import AskedFor
from router_core.claude_code_compat import as_claude_code
from router_core.config.schema import Kind, ProviderConfig
from router_core.models.info import Endpoint
from router_core.models.known import model_info
from router_core.outgoing_copilot import copilot_format, has_namespaces, messages_edits
from router_core.outgoing_google import GOOGLE_KINDS, in_google_dialect, is_streamed_only, on_vertex, vertex_format
from router_core.providers.auth import HeaderPairs
from router_core.providers.copilot import copilot_headers, is_copilot
from router_core.routing.target import RouteTarget
from router_core.session import key_of_prefix
from router_core.transform.apply import Aim, AnswerFilter, aim_of, transformed
from router_core.transform.registry import transformers_of
from router_core.wire.codec import Encoded, Loss, Target, codec
from router_core.wire.edit import Edit, edit_fields, edit_to, edits_at, edits_between, sharing
from router_core.wire.format import FormatName
from router_core.wire.google_envelope import Envelope
from router_core.wire.json_bytes import json_bytes
from router_core.wire.model import JsonObject
from router_core.wire.openai_responses.codex import codex_body

Treatment = Literal["pass", "unwrap", "collect", "translate", "count", "compact"]
"""`pass`: the answer's bytes go through. `unwrap`: they do without Google's envelope. `collect`: same format, but a
stream must become one JSON body. `count`: only a number is taken from it. `compact`: it is a summary that stands for
the conversation."""

_FORMATS: dict[Kind, tuple[FormatName, ...]] = {
    "anthropic": ("anthropic",),
    "openai": ("openai-responses", "openai-chat"),
    "openai-chat": ("openai-chat",),
    "openai-responses": ("openai-responses",),
    "codex": ("openai-responses",),
    "gemini": ("gemini",),
    "code-assist": ("gemini",),
    "antigravity": ("gemini",),
    "copilot": ("openai-chat", "openai-responses", "anthropic"),
}
"""What a kind of provider speaks; the first is used for clients of other formats."""


UNCHANGED = Encoded({})
_NO_AIM = Aim()
_MODEL = (Edit("model", "model"),)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is sent to one target. `headers` None: the client's own pass through."""

    target: Target
    format: FormatName
    rest: str
    """Path and query at the provider."""
    body: bytes
    treatment: Treatment
    client_streams: bool
    encoded: Encoded = UNCHANGED
    headers: HeaderPairs | None = None
    losses: tuple[Loss, ...] = ()
    edits: tuple[Edit, ...] = ()
    """What was changed of a body that passes through, and what transformers changed of any."""
    notes: tuple[Edit, ...] = ()
    """Transformers that had nothing to do, and why; and those of which all of the body is."""
    answer_filters: tuple[AnswerFilter, ...] = ()
    """What the answer goes through before it is the client's."""
    added: tuple[tuple[str, str], ...] = ()
    """Headers that the provider wants and the client does not send."""
    dropped: frozenset[bytes] = frozenset()
    """Headers of the client that the provider does not take, in lower case."""
    envelope: Envelope | None = None
    """Put around the body when it is known who pays, and taken off the answer."""
    compat: bool = False
    """In the form of Claude Code's own requests, for a subscription token (claude_code_compat.py)."""

    def traced(self, before: Sequence[tuple[str, str]] = ()) -> list[tuple[str, str]]:
        """(path, rule) of what was changed, for the attempt's record.

        Args:
            before: what was changed of the client's body before it was put to a target (`AskedFor.edits`).
        """
        return [(path, rule) for path, rule in (*before, *self.edits, *self.notes)]


def wire_target(route: RouteTarget, provider: ProviderConfig) -> Target:
    """The target as codecs are told it."""
    return Target(route.provider, provider.kind, route.model, provider.host)


def edited(
    outgoing: Outgoing, body: bytes, rule: str, losses: tuple[Loss, ...] = (), paths: Sequence[str] = ()
) -> Outgoing:
    """The same request with another body; for the trace, the rule that changed it, and where."""
    edits = edits_at(paths or [loss.path for loss in losses], rule)
    return dataclass_replace(outgoing, body=body, edits=(*outgoing.edits, *edits), losses=(*outgoing.losses, *losses))


def format_for(
    kind: Kind, client: FormatName, model: str, provider: str, offered: Sequence[Endpoint] = ()
) -> FormatName:
    """The format in which a client's request is put to a provider.

    Args:
        offered: where this model answers, as the provider's own list says; for those with several APIs.
    """
    if kind == "vertex":
        return vertex_format(model)
    if kind == "copilot":
        return copilot_format(client, model, offered)
    formats = _FORMATS[kind]
    if client not in formats:
        return formats[0]
    if client == "openai-chat" and len(formats) > 1 and model_info(model, provider).responses_only:
        return formats[0]
    return client


def put(
    asked: AskedFor,
    route: RouteTarget,
    provider: ProviderConfig,
    *,
    compat: bool = False,
    offered: Sequence[Endpoint] = (),
) -> Outgoing:
    """Prepare the request for one target.

    Args:
        offered: see `format_for`.
        compat: in Claude Code's form, for a provider that speaks Anthropic's format. A request of that format is
            translated then, too: the tools' names must be given back in its answer.

    Raises:
        WireError: 400; the body is not what its format says, or cannot be said in the target's.
    """
    chain = transformers_of(provider, route.model, route.provider)
    target = wire_target(route, provider)
    aim = aim_of(chain, target) if chain else _NO_AIM
    target = replace(target, dialect=aim.dialect) if aim.dialect else target
    format = aim.format or format_for(provider.kind, asked.entrance.format, route.model, route.provider, offered)
    outgoing = _as_claude_code(asked, target) if compat else _put(asked, target, format, aim)
    return transformed(dataclass_replace(outgoing, notes=aim.notes), asked, chain) if chain else outgoing


def _put(asked: AskedFor, target: Target, format: FormatName, aim: Aim) -> Outgoing:
    if format == asked.entrance.format and target.kind == "copilot":
        outgoing = _for_copilot(asked, target, format)
    else:
        passes = format == asked.entrance.format and not (asked.entrance.as_array and target.kind in GOOGLE_KINDS)
        outgoing = _same_format(asked, target, format) if passes else _translated(asked, target, format, aim)
    if target.kind in GOOGLE_KINDS:
        return in_google_dialect(outgoing, asked, stable_uuid(asked.session) if asked.session else "")
    if aim.shape is not None:
        return on_vertex(outgoing, asked, aim.shape.name, aim.shape.options)
    return dataclass_replace(outgoing, added=added) if (added := _added(asked, target)) else outgoing


def _added(asked: AskedFor, target: Target) -> tuple[tuple[str, str], ...]:
    """Headers that a service wants of each request."""
    if target.kind == "copilot" or is_copilot(target.host):
        return copilot_headers(asked.neutral)
    if asked.session and (target.host == "api.x.ai" or target.provider in ("xai", "grok")):
        return (("x-grok-conv-id", stable_uuid(asked.session)),)  # keeps a conversation where its cache is
    return ()


def _same_format(asked: AskedFor, target: Target, format: FormatName) -> Outgoing:
    if format == "gemini":
        verb = "streamGenerateContent" if asked.stream else "generateContent"
        query = f"?{asked.query}" if asked.query else ""
        rest = f"/models/{quote(target.model)}:{verb}{query}"
        return Outgoing(target, format, rest, asked.body, "pass", asked.stream)
    rest = generate_path(format, target, streams=asked.stream) + (f"?{asked.query}" if asked.query else "")
    if target.kind == "codex":
        return _for_codex(asked, target, rest)
    if target.dialect and format == "openai-chat":
        return _in_dialect(asked, target, rest)
    return passed(asked, target, format, rest, client_streams=asked.stream)


def passed(asked: AskedFor, target: Target, format: FormatName, rest: str, *, client_streams: bool = False) -> Outgoing:
    """The client's own bytes, but for the model's name where that differs."""
    if target.model == asked.model:
        return Outgoing(target, format, rest, asked.body, "pass", client_streams)
    body = edit_fields(asked.body, {"model": target.model})
    return Outgoing(target, format, rest, body, "pass", client_streams, edits=_MODEL)


def _in_dialect(asked: AskedFor, target: Target, rest: str) -> Outgoing:
    """A Chat request in the dialect that a transformer names; fields that both say alike keep their bytes."""
    encoded = codec("openai-chat").encode_request(replace(asked.neutral, model=target.model), target)
    wanted = sharing(asked.json, encoded.body)
    if "stream_options" not in asked.json:  # a chunk that the client did not ask for
        wanted.pop("stream_options", None)
    edits = [edit for edit in edits_between(asked.json, wanted, target.dialect) if edit.path != "model"]
    answer_changes = bool(encoded.restore or encoded.cut_at)
    return Outgoing(
        target,
        "openai-chat",
        rest,
        edit_to(asked.body, asked.json, wanted),
        "translate" if answer_changes else "pass",
        asked.stream,
        encoded=encoded if answer_changes else UNCHANGED,
        losses=encoded.losses,
        edits=(*(() if target.model == asked.model else _MODEL), *edits),
    )


def _for_copilot(asked: AskedFor, target: Target, format: FormatName) -> Outgoing:
    """In the client's own format, as far as Copilot takes it."""
    if format == "openai-chat" or has_namespaces(asked.json):  # its answers must be read and written anew
        return _translated(asked, target, format)
    path = generate_path(format, target, streams=asked.stream)
    outgoing = passed(asked, target, format, path, client_streams=asked.stream)
    edits = messages_edits(asked.json) if format == "anthropic" else {}
    return edited(outgoing, edit_fields(outgoing.body, edits), "copilot", paths=list(edits)) if edits else outgoing


def _for_codex(asked: AskedFor, target: Target, rest: str) -> Outgoing:
    """In the dialect of the Codex backend. Codex's own requests speak it: they pass through."""
    given = {**asked.json, "model": target.model}
    body, losses = codex_body(given)
    if body == given and asked.stream:
        return passed(asked, target, "openai-responses", rest, client_streams=True)
    treatment: Treatment = "pass" if asked.stream else "collect"
    return Outgoing(
        target,
        "openai-responses",
        rest,
        json_bytes(body),
        treatment,
        asked.stream,
        losses=tuple(losses),
        edits=edits_between(asked.json, body, "codex"),
    )


def _translated(asked: AskedFor, target: Target, format: FormatName, aim: Aim = _NO_AIM) -> Outgoing:
    streams = asked.stream or target.kind == "codex" or is_streamed_only(target)
    cache_key = _cache_key(asked, target.kind)
    request = replace(asked.neutral, model=target.model, stream=streams, cache_key=cache_key)
    for applied in aim.neutral:
        if (change := applied.transformer.neutral) is not None:
            request = change(request, applied.options)
    encoded = codec(format).encode_request(request, target)
    body: JsonObject = encoded.body
    losses = encoded.losses
    if cache_key != asked.neutral.cache_key:  # ours: where the service has none, the client has lost nothing
        losses = tuple(loss for loss in losses if loss.path != "prompt_cache_key")
    if target.kind == "codex":
        body, more = codex_body(body)
        losses = (*losses, *more)
    version = (("anthropic-version", "2023-06-01"),) if format == "anthropic" and target.kind != "anthropic" else ()
    return Outgoing(
        target,
        format,
        generate_path(format, target, streams=streams),
        json_bytes(body),
        "translate",
        asked.stream,
        encoded=encoded,
        headers=own_headers(target, streams=streams, session=asked.session, more=(*version, *encoded.headers)),
        losses=losses,
    )


def _as_claude_code(asked: AskedFor, target: Target) -> Outgoing:
    is_anthropic = asked.entrance.format == "anthropic"
    request = replace(asked.neutral, model=target.model, stream=asked.stream)
    encoded = codec("anthropic").encode_request(request, target)
    said = encoded.body
    encoded = as_claude_code(encoded, asked.headers.get("anthropic-beta", "") if is_anthropic else "")
    query = f"?{asked.query}" if is_anthropic and asked.query else ""
    return Outgoing(
        target,
        "anthropic",
        generate_path("anthropic", target, streams=asked.stream) + query,
        json_bytes(encoded.body),
        "translate",
        asked.stream,
        encoded=encoded,
        headers=own_headers(target, streams=asked.stream, more=encoded.headers),
        losses=encoded.losses,
        edits=edits_between(said, encoded.body, "claude-code-compat"),
        compat=True,
    )


def generate_path(format: FormatName, target: Target, *, streams: bool) -> str:
    """Where a provider answers requests of a format; `/v1` is collapsed into a base URL that ends in it."""
    match format:
        case "anthropic":
            return "/v1/messages"
        case "openai-chat":
            return "/chat/completions"
        case "openai-responses":
            return "/responses"
        case "gemini":
            verb = "streamGenerateContent?alt=sse" if streams else "generateContent"
            return f"/models/{quote(target.model)}:{verb}"


def own_headers(
    target: Target, *, streams: bool, session: str = "", more: Sequence[tuple[str, str]] = ()
) -> HeaderPairs:
    """The headers of a request that is ours: the client's belong to another protocol."""
    headers = [
        ("Host", ""),
        ("User-Agent", f"mitmrouter/{__version__}"),
        ("Accept", "text/event-stream" if streams else "application/json"),
        ("Accept-Encoding", "identity"),
        ("Content-Type", "application/json"),
    ]
    if target.kind == "anthropic":
        headers.append(("anthropic-version", "2023-06-01"))
    if target.kind == "codex":
        headers.append(("originator", "mitmrouter"))
        if session:
            headers.append(("session_id", stable_uuid(session)))
    return [(name.encode(), value.encode("latin-1", "replace")) for name, value in (*headers, *more)]


def _cache_key(asked: AskedFor, kind: Kind) -> str | None:
    """The client's own prompt-cache key; where its protocol has none, one that all its conversations share, as they
    share the prompt's beginning. The Codex backend is given the session's, as Codex does."""
    given = asked.neutral.cache_key
    if given and asked.entrance.format.startswith("openai"):
        return given
    shared = "" if kind == "codex" else key_of_prefix(asked.body)
    if key := shared or asked.session:
        return stable_uuid(key)
    return given


def stable_uuid(session: str) -> str:
    """The same UUID-shaped text for the same session; says nothing of it."""
    digest = blake2b(session.encode("utf-8", "replace"), digest_size=16, person=b"mitmrouter-key").hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}"


def safe_query(query: str) -> str:
    """A client's query without credentials: Gemini's clients may give theirs as `key`. Otherwise as it was."""
    if not any(f"{name}=" in query for name in _SECRET_PARAMS):
        return query
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name not in _SECRET_PARAMS]
    return urlencode(kept)


_SECRET_PARAMS = frozenset({"key", "access_token", "api_key"})
