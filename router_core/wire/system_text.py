"""Which instructions stand outside the conversation, whatever format the client used to say them.

Anthropic and Gemini have one place for them, Responses has `instructions`, Chat has system messages anywhere. So every
encoder asks here for the leading ones, and treats those that come later, between turns, in its own way.

Claude Code's first system block is an attribution line that changes with versions and sessions. Anthropic strips it
before caching; any other provider would see it as prompt and lose the cached prefix, so it is left out of what the
encoders of other formats get.
"""

from router_core.wire.model import Message, Request, Text

BILLING_HEADER = "x-anthropic-billing-header"


def is_billing_header(text: Text) -> bool:
    """True for Claude Code's attribution line, which is for Anthropic's own eyes."""
    return text.text.startswith(BILLING_HEADER)


def joined_system(request: Request) -> tuple[list[Text], list[Message]]:
    """The instructions before the conversation, and the conversation.

    Returns:
        The texts of `system` and of the system and developer messages before the first turn, in order, without
        attribution lines and empty ones; and the messages from there on, in which system messages may still occur. A
        leading system message with anything but text in it is part of the conversation.
    """
    texts = list(request.system)
    first = 0
    for message in request.messages:
        if message.role not in ("system", "developer") or not all(isinstance(block, Text) for block in message.blocks):
            break
        texts += [block for block in message.blocks if isinstance(block, Text)]
        first += 1
    kept = [text for text in texts if text.text and not is_billing_header(text)]
    return kept, list(request.messages[first:])
