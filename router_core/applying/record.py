"""What was applied to which file: the values that are ours, and a copy of the file as it was before.

`applied/CLIENT/record.json` in the home folder, the copies beside it (`1-settings.json`), all for the owner only:
people keep keys in their settings.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from router_core.applying.languages import Keys, Language
from router_core.errors import ConfigError
from router_core.home import Home
from router_core.put_in_place import put_in_place

RECORD = "record.json"


@dataclass(frozen=True, slots=True)
class Applied:
    """One file that was changed."""

    path: Path
    language: Language
    values: Mapping[Keys, Any] = field(repr=False)
    """What was written; None: a key that was taken away."""
    before: bytes | None = field(repr=False)
    """The whole file; None: there was none."""
    mode: int
    """Rights that it had."""
    after: str
    """SHA-256 of what was written."""
    made_folder: bool = False


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def folder_of(home: Home, client: str) -> Path:
    return home.path / "applied" / client


def read_record(home: Home, client: str) -> list[Applied]:
    """What is applied; nothing when nothing is.

    Raises:
        ConfigError: the record cannot be read.
    """
    folder = folder_of(home, client)
    try:
        rows = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return [
            Applied(
                Path(row["path"]),
                row["language"],
                {tuple(keys): value for keys, value in row["values"]},
                (folder / row["copy"]).read_bytes() if row["copy"] else None,
                row["mode"],
                row["after"],
                row["made_folder"],
            )
            for row in rows
        ]
    except FileNotFoundError as error:
        if not (folder / RECORD).exists():
            return []
        raise ConfigError(f"The copy {error.filename} of your settings is missing: undo by hand.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{folder / RECORD} cannot be read ({error}). Undo by hand, and delete it.") from error


def write_record(home: Home, client: str, applied: list[Applied]) -> None:
    """Keep it; the copies are on disk before the record names them.

    Raises:
        ConfigError: it cannot be written.
    """
    folder = folder_of(home, client)
    rows = []
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number, one in enumerate(applied, start=1):
            copy = f"{number}-{one.path.name}" if one.before is not None else ""
            if one.before is not None:
                put_in_place(folder / copy, one.before.decode())
            rows.append(
                {
                    "path": str(one.path),
                    "language": one.language,
                    "values": [[list(keys), value] for keys, value in one.values.items()],
                    "copy": copy,
                    "mode": one.mode,
                    "after": one.after,
                    "made_folder": one.made_folder,
                }
            )
        put_in_place(folder / RECORD, json.dumps(rows, indent=2) + "\n")
    except OSError as error:
        raise ConfigError(f"{folder} cannot be written ({error.strerror}). Make it writable for you.") from error


def forget_record(home: Home, client: str) -> None:
    folder = folder_of(home, client)
    for file in folder.glob("*") if folder.is_dir() else ():
        file.unlink()
    for empty in (folder, folder.parent):
        if empty.is_dir() and not any(empty.iterdir()):
            empty.rmdir()
