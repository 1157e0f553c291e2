"""Who in this process is told each secret that is read or written, so that it is masked wherever it might be printed.

Apart from secret_box.py, whose cryptography takes time to import.
"""

from collections.abc import Callable
from contextvars import ContextVar

type Learn = Callable[[str], object]

LEARN: ContextVar[Learn | None] = ContextVar("LEARN", default=None)
"""Where nobody is named: a command's redactor."""
