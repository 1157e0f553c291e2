"""Named edits of a JSON body that otherwise passes through: every other value keeps its bytes.

A prompt cache compares bytes at the provider, so a body must not be written anew because one field of it changes.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec
import orjson

from router_core.errors import WireError
from router_core.wire.changes import changes
from router_core.wire.json_bytes import json_bytes
from router_core.wire.model import JsonObject

MOST_PATHS = 40
"""Named of one rule; of more only the fields in which they are."""

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Edit(NamedTuple):
    """One change, for the trace.

    Args:
        path: in the body that was sent; `$` is the whole of it, `answer…` the provider's answer. "": nothing was
            changed, and the rule says why.
        rule: who did it, and where it helps why: `model`, `maxtoken`, `cleancache: there is none`.
    """

    path: str
    rule: str


def edits_between(before: JsonObject, after: JsonObject, rule: str) -> tuple[Edit, ...]:
    """What a rule has changed of a body."""
    paths = [change.path for change in changes(before, after)]
    if len(paths) > MOST_PATHS:
        paths = list(dict.fromkeys(path.partition(".")[0].partition("[")[0] for path in paths))
    return edits_at(paths, rule)


def edits_at(paths: Iterable[str], rule: str) -> tuple[Edit, ...]:
    return tuple(Edit(path, rule) for path in paths)


def edit_fields(body: bytes, set_: Mapping[str, Any] | None = None, remove: tuple[str, ...] = ()) -> bytes:
    """The object with some of its top-level fields set (in place, or at the end) and others taken out.

    Raises:
        WireError: it is no JSON object.
    """
    try:
        fields = _fields.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WireError(f"The body is not a JSON object: {error}") from error
    out: dict[str, bytes] = {name: bytes(raw) for name, raw in fields.items() if name not in remove}
    for name, value in (set_ or {}).items():
        out[name] = json_bytes(value)
    return b"{" + b",".join(orjson.dumps(name) + b":" + raw for name, raw in out.items()) + b"}"


def edit_to(body: bytes, before: JsonObject, after: JsonObject) -> bytes:
    """The bytes of one object made those of another: top-level fields that both share (the same object) stay as they
    are. Raises WireError as `edit_fields`."""
    changed = {name: value for name, value in after.items() if name not in before or before[name] is not value}
    return edit_fields(body, changed, tuple(name for name in before if name not in after))


def sharing(before: JsonObject, after: JsonObject) -> JsonObject:
    """A copy of the second object that has those top-level fields of the first that are equal."""
    return {name: before[name] if name in before and before[name] == value else value for name, value in after.items()}
