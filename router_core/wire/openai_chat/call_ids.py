"""Ids of tool calls: those that a service forgot, and those that another one does not accept.

Mistral takes nothing but nine letters and digits (error 3280), OpenAI at most 64 characters. A replacement is a hash
of the id, so the result that comes back later, in another request, still finds its call.
"""

import re
from hashlib import blake2b

from router_core.wire.model import JsonObject

LONGEST = 64
_NINE = re.compile(r"[a-zA-Z0-9]{9}")
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def forgotten_id(answer: JsonObject, position: int, name: str) -> str:
    """An id for a call that came without one: the same for the same call of the same answer, streamed or not.

    Args:
        answer: the body or any chunk: its `id` and `created` tell it from other answers.
    """
    words = (str(answer.get("id")), str(answer.get("created")), str(position), name)
    return "call_" + _digest("\0".join(words))


def repeated_id(id: str, position: int) -> str:
    """Another id for the second of two calls that have the same."""
    return "call_" + _digest(f"{id}\0{position}")


def accepted_id(id: str, *, nine: bool) -> str:
    """The id as the target accepts it. `nine`: Mistral's rule."""
    if nine:
        if _NINE.fullmatch(id):
            return id
        number = int.from_bytes(blake2b(id.encode("utf-8", "replace"), digest_size=8).digest(), "big")
        chars = []
        for _ in range(9):
            number, digit = divmod(number, len(_ALPHABET))
            chars.append(_ALPHABET[digit])
        return "".join(chars)
    return id if 0 < len(id) <= LONGEST else "call_" + _digest(id)


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()
