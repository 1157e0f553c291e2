"""Which conversation a request belongs to, when the client does not say: its beginning tells.

System prompt, tools and the first message of the user are what all requests of one conversation share, and what a
provider's prompt cache holds first. They are cut out of the body's bytes, not parsed: a body of a megabyte costs about
as much as looking for its `model`.
"""

import hashlib
from typing import Any

import msgspec

LEAST_BYTES = 16
"""A shorter beginning is no conversation that anybody could tell from another one."""
_CHANGES_EACH_TIME = b"x-anthropic-billing-header"
"""Claude Code puts a line of its own, different for each request, before the system prompt."""
_USERS = (b'"user"', b'"human"')


class _Beginning(msgspec.Struct):
    system: msgspec.Raw = msgspec.Raw()
    instructions: msgspec.Raw = msgspec.Raw()
    systemInstruction: msgspec.Raw = msgspec.Raw()
    tools: msgspec.Raw = msgspec.Raw()
    messages: msgspec.Raw = msgspec.Raw()
    input: msgspec.Raw = msgspec.Raw()
    contents: msgspec.Raw = msgspec.Raw()
    previous_response_id: Any = None


class _Item(msgspec.Struct):
    role: msgspec.Raw = msgspec.Raw()


_beginning = msgspec.json.Decoder(_Beginning)
_list = msgspec.json.Decoder(list[msgspec.Raw])
_item = msgspec.json.Decoder(_Item)


def key_of_beginning(body: bytes) -> str:
    """`beginning:` and a hash of system prompt, tools and first user message; "" when there is nothing to go by.

    Args:
        body: JSON of any of the wire formats, decompressed.
    """
    try:
        found = _beginning.decode(body)
        conversation = found.messages or found.input or found.contents
        parts = [_steady(found.system), bytes(found.instructions), bytes(found.systemInstruction), bytes(found.tools)]
        first = _up_to_first_user(conversation)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    if found.previous_response_id or len(first) < LEAST_BYTES:  # the beginning is not in this body
        return ""
    digest = hashlib.blake2b(digest_size=12)
    for part in (*parts, first):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return f"beginning:{digest.hexdigest()}"


def key_of_prefix(body: bytes) -> str:
    """A hash of what all conversations of one program share: tools, system prompt, and the messages before the first
    user's; "" when there is nothing of it. What a provider's prompt cache can serve to more than one conversation."""
    try:
        found = _beginning.decode(body)
        parts = [_steady(found.system), bytes(found.instructions), bytes(found.systemInstruction), bytes(found.tools)]
        before = _up_to_first_user(found.messages or found.input, with_it=False)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    whole = b"\0".join((*parts, before))
    if len(whole) < LEAST_BYTES:
        return ""
    return f"prefix:{hashlib.blake2b(whole, digest_size=12).hexdigest()}"


def _steady(system: msgspec.Raw) -> bytes:
    """The system prompt without what changes with each request."""
    content = bytes(system)
    if _CHANGES_EACH_TIME not in content or not content.startswith(b"["):
        return content
    return b"".join(bytes(block) for block in _list.decode(system) if _CHANGES_EACH_TIME not in bytes(block))


def _up_to_first_user(conversation: msgspec.Raw, *, with_it: bool = True) -> bytes:
    content = bytes(conversation)
    if not content.startswith(b"["):
        return content if with_it else b""  # Responses: one string, the user's
    taken: list[bytes] = []
    for item in _list.decode(conversation):
        if bytes(_item.decode(item).role) in _USERS:
            return b"".join((*taken, bytes(item)) if with_it else taken)
        taken.append(bytes(item))
    return b"".join(taken)
