"""Named edits of a JSON body that otherwise passes through: every other value keeps its bytes.

A prompt cache compares bytes at the provider, so a body must not be written anew because one field of it changes.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import orjson

from router_core.errors import WireError

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])


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
        out[name] = orjson.dumps(value)
    return b"{" + b",".join(orjson.dumps(name) + b":" + raw for name, raw in out.items()) + b"}"
