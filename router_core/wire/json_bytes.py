"""JSON text of a translated body. orjson writes it, where it can.

It refuses what a body may well hold: numbers beyond 64 bits and halves of surrogate pairs, which come out of tool
arguments, and more than 254 levels. The standard library's slower writer takes these, up to Python's own depth.
"""

import json
from typing import Any

import orjson

from router_core.errors import WireError


def json_bytes(value: Any, status: int = 400) -> bytes:
    """UTF-8 without spaces.

    Args:
        status: of the error: 400 for a client's request, 502 for a provider's answer.

    Raises:
        WireError: nested too deep for any writer.
    """
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        pass
    try:
        return json.dumps(value, separators=(",", ":")).encode()
    except (RecursionError, TypeError, ValueError) as error:
        raise WireError("The body is nested too deeply to be written as JSON.", status=status) from error
