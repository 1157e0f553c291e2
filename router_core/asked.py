"""What a request body says of itself: the few fields that routing and tracing need, out of maybe a megabyte.

The conversation itself is skipped, not built: a ninth of the time that parsing the whole body takes.
"""

from typing import Any

import msgspec


class _Asked(msgspec.Struct):
    model: Any = None
    stream: Any = None
    metadata: Any = None
    prompt_cache_key: Any = None
    conversation: Any = None
    session_id: Any = None
    thread_id: Any = None
    previous_response_id: Any = None


_decoder = msgspec.json.Decoder(_Asked)


def read_asked(body: bytes) -> dict[str, Any] | None:
    """`model`, `stream` and what may name a session, as the client sent them (None where it did not).

    Returns:
        None when the body is no JSON object: the provider itself shall refuse it, in its own words.
    """
    try:
        return msgspec.structs.asdict(_decoder.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
