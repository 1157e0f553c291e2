"""Let a prepared request go through its transformers: its body now, its answer when it comes.

A body that passes through keeps the bytes of every top-level field that no transformer changed. An answer whose bytes
would pass is decoded and encoded anew only where a transformer has something to do with it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson

from router_core.asked_for import AskedFor
from router_core.config.schema import Kind
from router_core.errors import WireError
from router_core.transform.transformer import Applied, Context, Note, Operation
from router_core.wire.changes import ROOT
from router_core.wire.codec import EventFilter, Target
from router_core.wire.edit import Edit, edit_to, edits_between
from router_core.wire.format import FormatName
from router_core.wire.model import JsonObject

if TYPE_CHECKING:
    from router_core.outgoing import Outgoing

type AnswerFilter = Callable[[Note], EventFilter]

PLAIN_KINDS: frozenset[Kind] = frozenset({"anthropic", "openai", "openai-chat", "openai-responses", "gemini"})
"""Kinds that can be asked in another format: nothing of theirs but the path and the body is about the format."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What transformers say of how a target is asked.

    Args:
        neutral: transformers that change what is asked before it is written.
        shape: the transformer that gives the request a form of its own (`vertex-claude`).
        notes: what they say of the whole body, and why some have nothing to say.
    """

    dialect: str = ""
    format: FormatName | None = None
    neutral: tuple[Applied, ...] = ()
    shape: Applied | None = None
    notes: tuple[Edit, ...] = ()


def aim_of(chain: Sequence[Applied], target: Target) -> Aim:
    """Dialect and format that the transformers want of a target; the last one that wants something counts."""
    aim = Aim()
    for applied in chain:
        transformer = applied.transformer
        if transformer.neutral is not None:
            aim = replace(aim, neutral=(*aim.neutral, applied))
        if transformer.format is not None:
            if target.kind not in PLAIN_KINDS:
                why = "does this by itself" if target.kind == "vertex" else "has a form of its own"
                aim = _noted(aim, "", applied, f"kind {target.kind} {why}")
            elif transformer.format == target.kind and not transformer.on_vertex:
                aim = _noted(aim, "", applied, f"kind {target.kind} speaks it by itself")
            else:
                shape = applied if transformer.on_vertex else aim.shape
                aim = replace(aim, format=transformer.format, shape=shape)
                aim = _noted(aim, ROOT, applied, f"asked in the format {transformer.format}")
        elif transformer.dialect and aim.format in (None, "openai-chat"):
            aim = replace(aim, dialect=transformer.dialect)
    return aim


def _noted(aim: Aim, path: str, applied: Applied, why: str) -> Aim:
    return replace(aim, notes=(*aim.notes, Edit(path, f"{applied.name}: {why}")))


def transformed(
    outgoing: "Outgoing", asked: AskedFor, chain: Sequence[Applied], operation: Operation = "generate"
) -> "Outgoing":
    """The request as its transformers leave it.

    Raises:
        WireError: a custom one failed, or the body is no JSON object.
    """
    if not chain:
        return outgoing
    context = _context(outgoing, asked, operation)
    before = body = _json(outgoing, asked)
    edits: list[Edit] = []
    notes: list[Edit] = []
    filters: list[AnswerFilter] = []
    for applied in chain:
        transformer, why = applied.transformer, ""
        if transformer.dialect:
            notes.append(_dialect_note(applied, outgoing))
        if operation not in transformer.operations:
            notes.append(Edit("", f"{applied.name}: this request is to {operation}"))
            continue
        if transformer.answer is not None and operation == "generate" and (problem := _unreadable(asked)):
            if transformer.request is not None:  # half of it would be worse than nothing
                raise WireError(f"For the transformer {applied.name} the request must be understood: {problem}")
            notes.append(Edit("", f"{applied.name}: of the request this is not understood: {problem}"))
            continue
        if transformer.request is not None:
            done = transformer.request(body, applied.options, context)
            if isinstance(done, str):
                why = done
            else:
                edits += edits_between(body, done, applied.name)
                body = done
        if transformer.answer is not None and operation == "generate":
            answer = _answer_side(applied, body, context)
            if isinstance(answer, str):
                why = "; ".join(dict.fromkeys(text for text in (why, answer) if text))
            else:
                filters.append(answer)
                notes.append(Edit("answer", applied.name))
        if why:
            notes.append(Edit("", f"{applied.name}: {why}"))
    if body is not before:
        outgoing = replace(outgoing, body=edit_to(outgoing.body, before, body), edits=(*outgoing.edits, *edits))
    if filters:  # the last one to see the request is the first to see the answer
        read_anew = "translate" if outgoing.treatment in ("pass", "unwrap", "collect") else outgoing.treatment
        outgoing = replace(outgoing, answer_filters=tuple(reversed(filters)), treatment=read_anew)
    return replace(outgoing, notes=(*outgoing.notes, *notes)) if notes else outgoing


def _unreadable(asked: AskedFor) -> str:
    """Why the client's request cannot be read: then its answer cannot be written for it, and had better pass."""
    try:
        _ = asked.neutral
    except WireError as error:
        return error.message
    return ""


def _dialect_note(applied: Applied, outgoing: "Outgoing") -> Edit:
    if outgoing.format != "openai-chat":
        return Edit("", f"{applied.name}: the dialect is Chat's, and this is asked in the format {outgoing.format}")
    if outgoing.target.dialect != applied.transformer.dialect:
        return Edit("", f"{applied.name}: another dialect, {outgoing.target.dialect}, is listed behind it")
    return Edit(ROOT, f"{applied.name}: Chat in this service's dialect")


def _answer_side(applied: Applied, body: JsonObject, context: Context) -> AnswerFilter | str:
    config = body.get("generationConfig")
    several = config.get("candidateCount") if isinstance(config, dict) else body.get("n")
    if isinstance(several, int) and several > 1:
        return f"{several} answers at once stay as they are"
    side = applied.transformer.answer
    return side(body, applied.options, context) if side is not None else ""


def _context(outgoing: "Outgoing", asked: AskedFor, operation: Operation) -> Context:
    target = outgoing.target
    streams = asked.stream if outgoing.treatment != "compact" else False
    return Context(
        target.provider, target.kind, target.host, target.model, outgoing.format, asked.entrance.format, operation,
        streams or target.kind == "codex", asked.session, target.dialect, lambda: asked.neutral,
    )  # fmt: skip


def _json(outgoing: "Outgoing", asked: AskedFor) -> JsonObject:
    """The body that is sent, read anew only where it is not known yet."""
    kind = outgoing.target.kind
    if outgoing.headers is not None and outgoing.encoded.body and kind not in ("codex", "vertex"):
        return outgoing.encoded.body
    if outgoing.treatment == "pass" and outgoing.format != "gemini":  # of that one asked.json says more than was sent
        if not outgoing.edits:
            return asked.json
        if all(edit.rule == "model" for edit in outgoing.edits):
            return {**asked.json, "model": outgoing.target.model}
    import json

    try:
        value: Any = orjson.loads(outgoing.body)
    except orjson.JSONDecodeError:
        try:
            value = json.loads(outgoing.body)  # numbers beyond 64 bits, which orjson does not read
        except ValueError as error:
            raise WireError(f"The body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise WireError("The body is not a JSON object.")
    return value


def noting(filters: Sequence[AnswerFilter], note: Note) -> tuple[Callable[[], EventFilter], ...]:
    """The filters of one answer, which write into its trace."""
    return tuple(partial(make, note) for make in filters)
