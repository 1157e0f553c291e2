"""Work out what applying or undoing does to each file, and do it.

Undoing puts back the bytes that were there, if the file still is as we left it. If somebody changed it meanwhile, only
our values are taken out, or put back to what they were, and everything else stays.
"""

import contextlib
import difflib
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from router_core.applying.languages import MISSING, Keys, changed, read, value_at
from router_core.applying.record import Applied, digest, forget_record, read_record, write_record
from router_core.applying.settings import FileEdit
from router_core.config.secrets import names_a_secret
from router_core.errors import ConfigError
from router_core.home import Home
from router_core.put_in_place import put_in_place

OWNER_ONLY = 0o600
SHORTEST_SECRET = 6


@dataclass(frozen=True, slots=True)
class Change:
    """One file, now and then."""

    path: Path
    now: bytes | None = field(repr=False)
    then: bytes | None = field(repr=False)
    """None: it goes."""
    mode: int
    record: Applied | None = field(repr=False)
    kept: tuple[str, ...] = ()
    """Of undoing: keys that somebody else has changed since, and that stay as they are."""

    @property
    def changes(self) -> bool:
        return self.now != self.then or (self.now is not None and _mode(self.path) != self.mode)

    def secrets(self) -> list[str]:
        """Values in it, now or then, whose names say that they are secrets: people keep keys in their settings."""
        if self.record is None:
            return []
        texts = [text.decode("utf-8", "replace") for text in (self.now, self.then) if text]
        return [value for text in texts for value in _secrets_in(read(self.record.language, text))]

    def diff(self) -> list[str]:
        """Lines of a unified diff, without line ends."""
        before, after = ((text or b"").decode("utf-8", "replace").splitlines() for text in (self.now, self.then))
        return list(difflib.unified_diff(before, after, str(self.path), str(self.path), n=1, lineterm=""))


def plan_apply(home: Home, client: str, edits: Sequence[FileEdit]) -> list[Change]:
    """What applying does; nothing is written.

    Raises:
        ConfigError: a file cannot be read or changed.
    """
    records = {record.path: record for record in read_record(home, client)}
    return [_apply(edit, records.get(edit.path)) for edit in edits]


def plan_undo(home: Home, client: str) -> list[Change]:
    """What undoing does; nothing is written, and nothing to do when nothing is applied.

    Raises:
        ConfigError: as `plan_apply`.
    """
    return [_undo(record) for record in read_record(home, client)]


def carry_out(home: Home, client: str, changes: Sequence[Change], *, undoing: bool) -> None:
    """Write the files. The record is there before the first of them is changed, and goes after the last is put back.

    Raises:
        ConfigError: one cannot be written, or was changed by somebody else a moment ago.
    """
    for change in changes:
        if _content(change.path) != change.now:
            raise ConfigError(f"{change.path} was changed by another program just now. Run the same command again.")
    earlier = read_record(home, client)
    if not undoing:
        write_record(home, client, [change.record for change in changes if change.record])
    for number, change in enumerate(changes):
        try:
            _write(change, undoing=undoing)
        except OSError as error:
            if not undoing and number == 0:  # nothing was changed: what was applied before is what is applied
                write_record(home, client, earlier) if earlier else forget_record(home, client)
            raise ConfigError(
                f"{change.path} cannot be written ({error.strerror}). Make it and its folder writable for you."
            ) from error
    if undoing:
        forget_record(home, client)


def _apply(edit: FileEdit, record: Applied | None) -> Change:
    now = _content(edit.path)
    mode = _mode(edit.path)
    values = dict(edit.values)
    base, base_mode, made_folder = now, mode, not edit.path.parent.exists()
    if record:  # applied before, perhaps with another address: what was there before that is what undo leads back to
        undone = _undo(record)
        base, base_mode, made_folder = undone.then, record.mode, record.made_folder
        values = {**record.values, **values}
    text = _text(edit.path, now)
    then = _explained(edit.path, lambda: changed(edit.language, text, edit.values)).encode()
    wanted = mode & OWNER_ONLY if edit.holds_secret else mode
    kept = Applied(edit.path, edit.language, values, base, base_mode, digest(then), made_folder=made_folder)
    return Change(edit.path, now, then, wanted, kept)


def _undo(record: Applied) -> Change:
    now = _content(record.path)
    if now is None or digest(now) == record.after:
        return Change(record.path, now, None if now is None else record.before, record.mode, record)
    text = _text(record.path, now)
    before = _explained(record.path, lambda: read(record.language, _text(record.path, record.before)))
    document = _explained(record.path, lambda: read(record.language, text))
    back: dict[Keys, Any] = {}
    kept = []
    for keys, ours in record.values.items():
        old, held = value_at(before, keys), value_at(document, keys)
        if held == (MISSING if ours is None else ours):
            back[keys] = None if old is MISSING else old
        else:
            kept.append(".".join(keys))
    tables = {keys[:depth] for keys in back for depth in range(1, len(keys))}
    prune = [keys for keys in tables if value_at(before, keys) is MISSING]
    then = _explained(record.path, lambda: changed(record.language, text, back, prune=prune))
    left = _explained(record.path, lambda: read(record.language, then))
    gone = record.before is None and not left and not then.strip("{} \r\n\t\ufeff")
    return Change(record.path, now, None if gone else then.encode(), record.mode, record, tuple(kept))


def _secrets_in(document: Any, name: str = "") -> Iterator[str]:
    if isinstance(document, dict):
        for key, value in document.items():
            yield from _secrets_in(value, str(key))
    elif isinstance(document, list):
        for value in document:
            yield from _secrets_in(value, name)
    elif isinstance(document, str) and len(document) >= SHORTEST_SECRET and _is_secret(name):
        yield document


def _is_secret(name: str) -> bool:
    """A helper is a command, and just what one wants to see."""
    return names_a_secret(name) and not name.endswith("Helper")


def _explained[T](path: Path, do: Callable[[], T]) -> T:
    try:
        return do()
    except ConfigError as error:
        raise ConfigError(f"{path} cannot be changed: {error.message}. Nothing was written.") from error


def _write(change: Change, *, undoing: bool) -> None:
    target = change.path.resolve()  # a link stays a link
    if change.then is None:
        target.unlink(missing_ok=True)
        if undoing and change.record and change.record.made_folder:
            with contextlib.suppress(OSError):  # somebody else keeps things there by now
                target.parent.rmdir()
    elif change.changes:
        target.parent.mkdir(parents=True, exist_ok=True)
        put_in_place(target, change.then.decode(), mode=change.mode)


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}). Give yourself the right to read it.") from error


def _text(path: Path, content: bytes | None) -> str:
    try:
        return (content or b"").decode()
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} holds no text. Nothing was written.") from error


def _mode(path: Path) -> int:
    """Rights of the file; of one that is not there yet, those that a private one gets."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return OWNER_ONLY
