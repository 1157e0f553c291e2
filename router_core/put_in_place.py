"""Write a text file in one step: whoever reads it sees the old text or the new one, never a part."""

import os
import tempfile
from pathlib import Path


def put_in_place(file: Path, text: str, *, mode: int = 0o600) -> None:
    """Put the text there, on disk before this returns, with these rights: usually for its owner only.

    Raises:
        OSError: it cannot be written; what was there stays.
    """
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(text.encode())
            out.flush()
            os.fsync(out.fileno())
        temporary.chmod(mode)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
