"""What Claude Code itself says within a conversation: its reminders, of plan mode, of "ultrathink", of much else.

Where the model knows system messages among the others, they are such messages; elsewhere they are text blocks of the
user's messages, within `<system-reminder>`. Words of the user and of files that only look alike are neither.
"""

from collections.abc import Sequence
from typing import Any

from router_core.routing.conversation import texts_of

_MARK = "<system-reminder>"

type Reminder = tuple[int, str]
"""(position of its message, its text)"""


def reminders_in(items: Sequence[Any]) -> list[Reminder]:
    """All of a conversation, in order."""
    found: list[Reminder] = []
    for n, item in enumerate(items):
        if isinstance(item, dict):
            role = item.get("role")
            if role == "system":
                found.extend((n, text) for text in texts_of(item))
            elif role == "user":
                content = item.get("content")
                for block in content if isinstance(content, list) else ():
                    text = block.get("text") if isinstance(block, dict) else None
                    if isinstance(text, str) and text.startswith(_MARK):
                        found.append((n, text))
    return found
