"""What GitHub Copilot wants to know of a request by its headers: who speaks, and whether there is anything to see.

Each call that says `X-Initiator: user` is billed as a premium request, so the follow-ups of a tool loop must say
`agent`; a person's own turn that says `agent` would be billed wrongly the other way. The last message decides (reports
of users and maintainers of Copilot proxies, read 2026-11).
"""

from router_core.wire.model import Media, Message, Request, Text, ToolResult

_HOST = "githubcopilot.com"
_REMINDER = "<system-reminder>"


def is_copilot(host: str) -> bool:
    """True for any of Copilot's API hosts (individual, business, enterprise)."""
    return host == _HOST or host.endswith(f".{_HOST}")


def copilot_headers(request: Request) -> tuple[tuple[str, str], ...]:
    """`X-Initiator`, and `Copilot-Vision-Request` as soon as any image is in the request."""
    headers = [("X-Initiator", "user" if _a_person_speaks(request.messages) else "agent")]
    if any(_is_image(block) for message in request.messages for block in message.blocks):
        headers.append(("Copilot-Vision-Request", "true"))
    return tuple(headers)


def _a_person_speaks(messages: tuple[Message, ...]) -> bool:
    spoken = [message for message in messages if message.role in ("user", "assistant")]
    if not spoken or spoken[-1].role != "user":
        return False
    return any(_is_a_persons(block) for block in spoken[-1].blocks)


def _is_a_persons(block: object) -> bool:
    """Clients put reminders of their own beside tool results: nobody typed those."""
    if isinstance(block, Text):
        return bool(block.text.strip()) and not block.text.lstrip().startswith(_REMINDER)
    return isinstance(block, Media)


def _is_image(block: object) -> bool:
    if isinstance(block, ToolResult):
        return any(_is_image(part) for part in block.content)
    return isinstance(block, Media) and block.kind == "image"
