"""What GitHub Copilot's API wants to know of a request by its headers, and where it answers.

Each call that says `X-Initiator: user` is billed as a premium request, so the follow-ups of a tool loop must say
`agent`; a person's own turn that says `agent` would be billed wrongly the other way. The last message decides (reports
of users and maintainers of Copilot proxies, read 2026-11).

The API answers for editors: without `Editor-Version` it refuses with 400 ("missing Editor-Version header for IDE
auth"), and `Copilot-Integration-Id` must be one that it knows. `User-Agent` is not asked for, and stays what it is.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from router_core.wire.model import Media, Message, Request, Text, ToolResult

EDITOR_HEADERS = (
    ("Editor-Version", "vscode/1.107.0"),
    ("Editor-Plugin-Version", "copilot-chat/0.26.7"),
    ("Copilot-Integration-Id", "vscode-chat"),
    ("X-GitHub-Api-Version", "2025-04-01"),
    ("OpenAI-Intent", "conversation-panel"),
)
"""The names and forms under which the API knows its own editor. `[providers.copilot] headers` says others."""

_HOST = "githubcopilot.com"
_REMINDER = "<system-reminder>"


def is_copilot(host: str) -> bool:
    """True for any of Copilot's API hosts (individual, business, enterprise)."""
    return host == _HOST or host.endswith(f".{_HOST}")


def api_base_of(configured: str, told: str) -> str:
    """Where a token's requests go: the API that came with the token, if it is the configured provider's own.

    A stored fact must not be able to send a token anywhere else: only Copilot's own hosts stand for one another, over
    https on the usual port; any other configured base (GitHub Enterprise, a test's simulator) stands for itself alone.

    Args:
        configured: the provider's `base_url`.
        told: `endpoints.api` of the token's own answer; "" when it came without.
    """
    base, other = urlsplit(configured), urlsplit(told)
    try:
        usual = other.scheme == "https" and other.port in (None, 443)
    except ValueError:  # a port that is none
        return configured
    plain = not (other.username or other.password or other.query or other.fragment)
    own = is_copilot(base.hostname or "") and is_copilot(other.hostname or "") and usual
    return told.rstrip("/") if plain and own else configured


def with_editor_headers(fields: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers with those that the API asks editors for; what is there already stays."""
    said = {name.lower() for name, _ in fields}
    missing = [(name.encode(), value.encode()) for name, value in EDITOR_HEADERS if name.lower().encode() not in said]
    return [*fields, *missing]


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
