"""Which chunk of a Chat stream is an error. Asked by whoever decodes the stream and by whoever only reads along.

Most services send OpenAI's envelope, `{"error": {...}}`; vLLM sends `{"object": "error", "message"}`, SiliconFlow
`{"code": 50501, "message"}`, and some say it in the event's name only (read 2026-11-20).
"""

from typing import Any


def is_error(chunk: dict[str, Any], event: bytes) -> bool:
    """True for an error in any of these forms.

    Args:
        event: the name of the event, mostly empty.
    """
    if event == b"error" or chunk.get("error"):
        return True
    if isinstance(chunk.get("choices"), list) or not isinstance(chunk.get("message"), str):
        return False
    return "code" in chunk or chunk.get("object") == "error"
