"""JSON text of a translated body, or of an answer of our own. orjson writes it, where it can.

It refuses what these may well hold: numbers beyond 64 bits and halves of surrogate pairs, which come out of tool
arguments, of paths and of imported files, and more than 254 levels. The standard library's slower writer takes these,
up to Python's own depth.
"""

import json
from typing import Any

import orjson

from router_core.errors import WireError


def json_bytes(value: Any, status: int = 400, *, indented: bool = False) -> bytes:
    """UTF-8, without spaces unless it is indented.

    Args:
        status: of the error: 400 for a client's request, 502 for a provider's answer.

    Raises:
        WireError: nested too deep for any writer.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_INDENT_2 if indented else None)
    except orjson.JSONEncodeError:
        pass
    try:
        spaces: dict[str, Any] = {"indent": 2} if indented else {"separators": (",", ":")}
        return json.dumps(value, **spaces).encode()
    except (RecursionError, TypeError, ValueError) as error:
        raise WireError("The body is nested too deeply to be written as JSON.", status=status) from error
