"""The dialects of Google's services, on top of the formats: Code Assist and Antigravity put an envelope around
Gemini's, Vertex has paths of its own and takes Anthropic's format for Claude.

What depends on the token that pays (project, region) is put in last: `Envelope.wrap` and `attempt.upstream_of`.
Source: Anthropic's "Claude on Vertex AI" and docs.cloud.google.com/vertex-ai, read 2026-11.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from router_core.asked_for import AskedFor
from router_core.config.schema import Kind
from router_core.config.transformers import VertexOptions
from router_core.wire.changes import ROOT
from router_core.wire.codec import Loss, Target
from router_core.wire.edit import Edit, edit_fields, edits_at
from router_core.wire.format import FormatName
from router_core.wire.google_envelope import Dialect, Envelope, is_claude

if TYPE_CHECKING:
    from router_core.outgoing import Outgoing

ANTHROPIC_VERSION = "vertex-2023-10-16"
GENERATE, STREAM, COUNT = "/v1internal:generateContent", "/v1internal:streamGenerateContent", "/v1internal:countTokens"
GOOGLE_KINDS: frozenset[Kind] = frozenset({"code-assist", "antigravity", "vertex"})

_DATED = re.compile(r"(claude-.+)-(20\d{6})")
_BETAS = (
    "interleaved-thinking-", "context-1m-", "context-management-", "compact-", "computer-use-", "web-search-",
    "tool-search-tool-", "token-efficient-tools-", "output-128k-", "claude-code-",
)  # fmt: skip
"""Beginnings of the betas that Vertex takes; any other is a 400 (reports of Claude Code's users, 2026-01 …)."""
_IN_THE_BODY = frozenset({b"anthropic-beta", b"anthropic-version"})


def vertex_format(model: str) -> FormatName:
    """Claude is asked in its own format, everything else in Gemini's."""
    return "anthropic" if is_claude(model) else "gemini"


def vertex_model(model: str) -> str:
    """The name that Vertex has for a model: a date stands behind an `@`."""
    return _DATED.sub(r"\1@\2", model)


def in_google_dialect(outgoing: "Outgoing", asked: AskedFor, session: str) -> "Outgoing":
    """A request in Gemini's or Anthropic's format, as one of Google's services takes it.

    Args:
        session: a key of the conversation that says nothing of it; "" when there is none.
    """
    if outgoing.target.kind == "vertex":
        if outgoing.format == "anthropic":
            return _claude_on_vertex(outgoing, asked)
        return replace(outgoing, rest=f"/publishers/google{outgoing.rest}")
    return _enveloped(outgoing, session)


def on_vertex(outgoing: "Outgoing", asked: AskedFor, rule: str, options: VertexOptions) -> "Outgoing":
    """A request in Gemini's or Anthropic's format at Vertex's paths, whoever serves them (transformers vertex-…)."""
    prefix = ""
    if options.project is not None:
        prefix = f"/projects/{quote(options.project, safe='')}/locations/{quote(options.location, safe='')}"
    if outgoing.format == "anthropic":
        outgoing = _claude_on_vertex(outgoing, asked, rule)
        return replace(outgoing, rest=prefix + outgoing.rest)
    return replace(outgoing, rest=f"{prefix}/publishers/google{outgoing.rest}")


def count_in_google_dialect(outgoing: "Outgoing", asked: AskedFor) -> "Outgoing":
    """The same for a request to count tokens."""
    target = outgoing.target
    if target.kind == "code-assist" or target.kind == "antigravity":
        envelope = Envelope(target.kind, target.model, counts=True)
        return replace(outgoing, rest=COUNT, envelope=envelope, edits=(*outgoing.edits, Edit(ROOT, "envelope")))
    if outgoing.format == "gemini":
        return replace(outgoing, rest=f"/publishers/google{outgoing.rest}")
    model = vertex_model(target.model)
    counted = _with_version(outgoing, asked, {"model": model}, (), "vertex")
    return replace(counted, rest="/publishers/anthropic/models/count-tokens:rawPredict")


def _enveloped(outgoing: "Outgoing", session: str) -> "Outgoing":
    target = outgoing.target
    streams = ":streamGenerateContent" in outgoing.rest
    kind: Dialect = "antigravity" if target.kind == "antigravity" else "code-assist"
    headers = outgoing.headers
    if kind == "antigravity" and is_claude(target.model) and headers is not None:
        headers = [*headers, (b"anthropic-beta", b"interleaved-thinking-2025-05-14")]
    return replace(
        outgoing,
        rest=f"{STREAM}?alt=sse" if streams else GENERATE,
        treatment="unwrap" if outgoing.treatment == "pass" else outgoing.treatment,
        headers=headers,
        edits=(*outgoing.edits, Edit(ROOT, "envelope")),
        envelope=Envelope(kind, target.model, session),
    )


def _claude_on_vertex(outgoing: "Outgoing", asked: AskedFor, rule: str = "vertex") -> "Outgoing":
    verb = "streamRawPredict" if asked.stream else "rawPredict"
    path = f"/publishers/anthropic/models/{quote(vertex_model(outgoing.target.model), safe='@')}:{verb}"
    return replace(_with_version(outgoing, asked, {}, ("model",), rule), rest=path)


def _with_version(
    outgoing: "Outgoing", asked: AskedFor, fields: Mapping[str, str], remove: tuple[str, ...], rule: str
) -> "Outgoing":
    """The body says the version and the betas, which stand in headers everywhere else."""
    said = [asked.headers.get("anthropic-beta", "")] if asked.entrance.format == "anthropic" else []
    said += [value.decode("latin-1") for name, value in outgoing.headers or () if name.lower() == b"anthropic-beta"]
    betas, losses = _taken(beta.strip() for value in said for beta in value.split(",") if beta.strip())
    more: dict[str, str | list[str]] = {**fields, "anthropic_version": ANTHROPIC_VERSION}
    if betas:
        more["anthropic_beta"] = betas
    headers = outgoing.headers
    return replace(
        outgoing,
        body=edit_fields(outgoing.body, more, remove),
        headers=headers and [(name, value) for name, value in headers if name.lower() not in _IN_THE_BODY],
        losses=(*outgoing.losses, *losses),
        edits=(*outgoing.edits, *edits_at((*more, *remove), rule)),
        dropped=_IN_THE_BODY,
    )


def _taken(betas: Iterable[str]) -> tuple[list[str], list[Loss]]:
    taken: list[str] = []
    losses: list[Loss] = []
    for beta in dict.fromkeys(betas):
        if beta.startswith(_BETAS):
            taken.append(beta)
        elif not beta.startswith("oauth-"):  # about a login that is not used here
            losses.append(Loss("anthropic-beta", f"Vertex refuses {beta}"))
    return taken, losses


def is_streamed_only(target: Target) -> bool:
    """Gemini 4 caps a direct answer at half of what it streams."""
    return target.kind in ("gemini", *GOOGLE_KINDS) and target.model.startswith("gemini-4")
