"""Ids that this format accepts: what is too long or empty is replaced, the same way each time.

Items are told apart by their prefix, and both OpenAI backends refuse ids and call ids above 64 characters. The
replacement is a hash, so that a call and its result, which come in different requests, stay together.
"""

from hashlib import blake2b

from router_core.wire.codec import Minting

MAX_LENGTH = 64
PREFIX = {
    "message": "msg_",
    "reasoning": "rs_",
    "function_call": "fc_",
    "custom_tool_call": "ctc_",
    "web_search_call": "ws_",
    "image_generation_call": "ig_",
}


def call_id(id: str) -> str:
    """The id under which a call and its result travel."""
    return id if 0 < len(id) <= MAX_LENGTH else "call_" + digest(id)


def item_id(said: object, type: str, minting: Minting) -> str:
    """The item's own id when it is a fitting one, else a new one."""
    prefix = PREFIX.get(type, "item_")
    if isinstance(said, str) and said.startswith(prefix) and len(said) <= MAX_LENGTH:
        return said
    return minting.id(prefix)


def short(value: str) -> str:
    """A user's or cache's key in at most 64 characters."""
    return value if len(value) <= MAX_LENGTH else digest(value)


def digest(value: str) -> str:
    return blake2b(value.encode("utf-8", "replace"), digest_size=12).hexdigest()
