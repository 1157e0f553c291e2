"""Tool names that fit the target, and the way back.

Formats differ in the length and the characters of a name, and only Responses has namespaces. A name that does not fit
is shortened the same way each time (the cached prefix must not change): its beginning, its last part, a hash. The map
belongs to one request: it is built from the tools and calls that the request holds.
"""

import re
from hashlib import blake2b

from router_core.wire.codec import ToolName

SEPARATOR = "__"
_HASH_CHARS = 8


class ToolNames:
    """Names for one request.

    Args:
        max_length: characters.
        forbidden: characters that it does not accept, as a regular expression of one character.
        first: what a name must begin with, if that is narrower.
        namespaces: the target has namespaces of its own.
    """

    def __init__(
        self, *, max_length: int, forbidden: str = r"[^a-zA-Z0-9_-]", first: str = "", namespaces: bool = False
    ) -> None:
        self._max_length = max_length
        self._forbidden = re.compile(forbidden)
        self._first = re.compile(first) if first else None
        self._namespaces = namespaces
        self._sent: dict[tuple[str, str], str] = {}
        self._taken: dict[str, tuple[str, str]] = {}
        self._custom: set[tuple[str, str]] = set()

    def send(self, name: str, namespace: str = "", *, custom: bool = False) -> str:
        """The name under which a tool travels.

        Args:
            custom: a freeform tool that is declared as a function upstream.
        """
        key = (name, namespace)
        if custom:
            self._custom.add(key)
        found = self._sent.get(key)
        if found is None:
            found = self._sent[key] = self._make(key)
            self._taken[found] = key
        return found

    @property
    def restore(self) -> dict[str, ToolName]:
        """Sent name → the client's, for those that differ in anything."""
        return {
            sent: ToolName(name, namespace, (name, namespace) in self._custom)
            for (name, namespace), sent in self._sent.items()
            if sent != name or (namespace and not self._namespaces) or (name, namespace) in self._custom
        }

    def _make(self, key: tuple[str, str]) -> str:
        name, namespace = key
        whole = f"{namespace}{SEPARATOR}{name}" if namespace and not self._namespaces else name
        wanted = self._forbidden.sub("_", whole) or "_"
        if self._first and not self._first.match(wanted):
            wanted = "_" + wanted
        if wanted == whole and len(wanted) <= self._max_length and wanted not in self._taken:
            return wanted
        digest = blake2b("\0".join(key).encode("utf-8", "replace"), digest_size=_HASH_CHARS // 2).hexdigest()
        return _shortened(wanted, digest, self._max_length)


def _shortened(name: str, digest: str, max_length: int) -> str:
    """`mcp__server__long_tool` → `mcp__…long_tool_1a2b3c4d`: what a reader recognises stays."""
    room = max_length - len(digest) - 1
    if len(name) <= room:
        return f"{name}_{digest}"
    head = name[: min(5, room)] if name.startswith("mcp__") else ""
    tail = name[-(room - len(head)) :] if room > len(head) else ""
    return f"{head}{tail}_{digest}"
