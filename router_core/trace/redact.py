"""What must never be written down: secrets, found by their value and by their shape, at the sink."""

import re
from collections.abc import Iterable

MASK = "[redacted]"
SECRET_HEADERS = frozenset(
    {
        "authorization", "x-api-key", "x-goog-api-key", "api-key", "proxy-authorization", "cookie", "set-cookie",
        "chatgpt-account-id", "x-codex-turn-state",
    }
)  # fmt: skip

_HINTS = (b"sk-", b"Bearer ", b".eyJ", b"AIza", b"gsk_", b"xai-", b"ghp_",
          b"gho_", b"ghu_", b"github_pat_", b"rt_", b"mitm-")  # fmt: skip
"""Cheap to search for; only a body that has one of them is searched by pattern."""
_SHAPES = re.compile(
    rb"(?<![A-Za-z0-9_-])(?:"
    rb"sk-(?:ant|proj|or|svcacct)-[A-Za-z0-9_-]{12,}"
    rb"|sk-[A-Za-z0-9]{32,}"
    rb"|eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"
    rb"|AIza[A-Za-z0-9_-]{30,}|gsk_[A-Za-z0-9]{20,}|xai-[A-Za-z0-9]{20,}"
    rb"|gh[pou]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|mitm-[A-Za-z0-9_-]{40,}"
    rb"|rt_(?=[a-z0-9_.-]*[A-Z])(?=[A-Za-z_.-]*[0-9])[A-Za-z0-9_.-]{20,}"  # not: rt_mutex_adjust_prio_chain
    rb")|(?<=Bearer )[A-Za-z0-9._~+/-]{16,}=*"
)


class Redactor:
    """Masks known secrets, and on request everything shaped like one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._known: tuple[bytes, ...] = ()
        self.know(secrets)

    def know(self, secrets: Iterable[str]) -> None:
        """Replace the known secrets. Very short ones are left out: masking them would garble everything."""
        self._known = tuple(sorted({s.encode() for s in secrets if len(s) >= 8}, key=len, reverse=True))

    def values(self, data: bytes) -> bytes:
        """Mask the known secrets only."""
        for secret in self._known:
            if secret in data:
                data = data.replace(secret, MASK.encode())
        return data

    def shapes(self, data: bytes) -> bytes:
        """Mask the known secrets and whatever looks like a credential."""
        data = self.values(data)
        if any(hint in data for hint in _HINTS):
            data = _SHAPES.sub(MASK.encode(), data)
        return data

    def text(self, text: str) -> str:
        """The same for text: log lines, error messages."""
        return self.shapes(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

    def headers(self, fields: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
        """Header pairs to keep: credentials masked by name, the rest by value and shape."""
        out = []
        for raw_name, raw_value in fields:
            name = raw_name.decode("latin-1")
            hidden = name.lower() in SECRET_HEADERS
            out.append((name, MASK if hidden else self.shapes(raw_value).decode("latin-1")))
        return out
