"""Rebuilds a conversation from the file that Codex itself keeps of it: `sessions/**/rollout-<time>-<uuid>.jsonl`.

The way back when the router does not know a response id: it was started later, or has forgotten. The file holds no
response ids, so it is matched by the session's uuid, which is all that the name of a file is ever compared with. The
algorithm follows codex-rs (rollout_reconstruction.rs, event_mapping.rs, read 2026-11): items in file order; a
compaction replaces what was before it; a rollback restores what was before the turn, also before a compaction within
it. What cannot be rebuilt exactly is not rebuilt.
"""

import io
import logging
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import zstandard

from router_core.state.items import kind_of, user_message
from router_core.wire.model import JsonObject

log = logging.getLogger("mitmrouter.state")

MAX_LINE_BYTES = 64 * 1024 * 1024
"""A line with several large images; a longer one makes the file unreadable for us."""
MAX_FILE_BYTES = 1024 * 1024 * 1024
MAX_HISTORY_BYTES = 128 * 1024 * 1024
"""Of the lines that the conversation consists of."""
KEPT_TO_ROLL_BACK_BYTES = 32 * 1024 * 1024
"""Of lines that a compaction has replaced and that only a rollback could bring back."""
MAX_ENTRIES = 200_000
"""Most folder entries looked at."""

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_RELEVANT = (b'"response_item"', b'"compacted"', b'"thread_rolled_back"', b'"session_meta"')
_NOT_SENT = frozenset({"", "ghost_snapshot", "compaction_trigger", "other"})
_CONTEXT = (
    "<environment_context>", "<user_instructions>", "<turn_aborted>", "<skill>", "<user_shell_command>",
    "<subagent_notification>", "<permissions instructions>", "# AGENTS.md instructions",
)  # fmt: skip
"""How user messages begin that Codex wrote itself: they are no turns of the user's."""


def conversation_of(codex_home: Path, session_id: str) -> list[JsonObject] | None:
    """The conversation of a session as Codex has kept it; None when it has not, or it cannot be used.

    Reads folders and a whole file: call it in a thread.

    Args:
        codex_home: `$CODEX_HOME`, else `~/.codex`.
    """
    path = find_rollout(codex_home, session_id)
    return None if path is None else rebuild(path, session_id)


def find_rollout(codex_home: Path, session_id: str) -> Path | None:
    """The newest rollout file of a session; reads folder listings only.

    Args:
        session_id: anything that is no uuid has no file.
    """
    wanted = session_id.lower()
    if not _UUID.fullmatch(wanted):
        return None
    ends = (f"-{wanted}.jsonl", f"-{wanted}.jsonl.zst")
    left = [MAX_ENTRIES]
    for folder in ("sessions", "archived_sessions"):
        for path in _newest_first(codex_home / folder, left):
            if path.name.startswith("rollout-") and path.name.endswith(ends):
                return path
    return None


def rebuild(path: Path, session_id: str) -> list[JsonObject] | None:
    """The conversation in a rollout file, calls without outputs included (pairs.py drops them).

    Returns:
        None when the file cannot be read, is too large, or belongs to another session.
    """
    history = _History()
    try:
        with _open(path) as file:
            for number, line in enumerate(_lines(file)):
                if not any(mark in line for mark in _RELEVANT):
                    continue
                entry = _parsed(line)
                if number == 0 and not _belongs(entry, session_id):
                    log.warning("%s is of another session", path)
                    return None
                history.take(entry, len(line))
    except (OSError, zstandard.ZstdError, _TooLarge) as error:
        log.warning("%s cannot be used: %s", path, error)
        return None
    return history.items


@dataclass(slots=True)
class _History:
    """What the lines read so far add up to.

    `turns` holds, for each turn of the user's, the list that the history was and how long: lists only grow or are cut
    here, and a compaction starts a new one, so that is enough to go back. Bytes are counted by their lines.
    """

    items: list[JsonObject] = field(default_factory=list)
    turns: list[tuple[list[JsonObject], int]] = field(default_factory=list)
    size: int = 0
    replaced: int = 0
    forgot: bool = False

    def take(self, entry: Any, size: int) -> None:
        payload = entry.get("payload") if isinstance(entry, dict) else None
        if not isinstance(payload, dict):
            return
        kind = entry.get("type")
        if kind == "response_item":
            self._add(payload, size)
        elif kind == "compacted":
            self._compact(payload, size)
        elif kind == "event_msg" and payload.get("type") == "thread_rolled_back":
            turns = payload.get("num_turns")
            if isinstance(turns, int) and turns > 0:
                self._roll_back(turns)

    def _add(self, item: JsonObject, size: int) -> None:
        if kind_of(item) in _NOT_SENT:
            return
        if _is_turn(item):
            start = len(self.items)
            while self.turns and start and _is_context(self.items[start - 1]):
                start -= 1  # what Codex said of the turn's surroundings goes with the turn, but for the first one
            self.turns.append((self.items, start))
        self.items.append(item)
        self._count(size)

    def _compact(self, payload: JsonObject, size: int) -> None:
        replacement = payload.get("replacement_history")
        if isinstance(replacement, list):
            items = [item for item in replacement if kind_of(item) not in _NOT_SENT]
        else:
            first = next((index for index, item in enumerate(self.items) if _is_turn(item)), len(self.items))
            items = [*self.items[:first], *(item for item in self.items[first:] if _is_turn(item))]
            if isinstance(message := payload.get("message"), str) and message:
                items.append(user_message(message))
        self.items = items
        self.replaced += self.size
        self.size = 0
        if self.replaced > KEPT_TO_ROLL_BACK_BYTES:
            self.turns, self.replaced, self.forgot = [], 0, True
        self._count(size)

    def _roll_back(self, turns: int) -> None:
        if self.forgot and turns > len(self.turns):
            raise _TooLarge("it goes back to before a compaction")
        if not self.turns:
            return
        self.turns, gone = self.turns[:-turns], self.turns[-turns:]
        self.items, length = gone[0]
        del self.items[length:]

    def _count(self, size: int) -> None:
        self.size += size
        if self.size > MAX_HISTORY_BYTES:
            raise _TooLarge(f"its conversation is larger than {MAX_HISTORY_BYTES} bytes")


class _TooLarge(Exception):
    """More than is read of a file."""


def _newest_first(folder: Path, left: list[int]) -> Iterator[Path]:
    """The files below a folder, the last name first; links within it are not followed.

    Args:
        left: how many entries may still be looked at; counted down.
    """
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name, reverse=True)
    except OSError:
        return
    for entry in entries:
        left[0] -= 1
        if left[0] < 0:
            return
        if entry.is_dir(follow_symlinks=False):
            yield from _newest_first(Path(entry.path), left)
        elif entry.is_file(follow_symlinks=False):
            yield Path(entry.path)


def _open(path: Path) -> io.BufferedIOBase:
    if path.suffix != ".zst":
        return path.open("rb")
    reader = zstandard.ZstdDecompressor().stream_reader(path.open("rb"), read_across_frames=True, closefd=True)
    return io.BufferedReader(reader)


def _lines(file: io.BufferedIOBase) -> Iterable[bytes]:
    total = 0
    while line := file.readline(MAX_LINE_BYTES + 1):
        total += len(line)
        if len(line) > MAX_LINE_BYTES or total > MAX_FILE_BYTES:
            raise _TooLarge(f"a line is longer than {MAX_LINE_BYTES} bytes, or all are than {MAX_FILE_BYTES}")
        yield line


def _parsed(line: bytes) -> Any:
    """What a line says; None for one that is not whole (the last one, while Codex writes it) or damaged."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


def _belongs(entry: Any, session_id: str) -> bool:
    """False only if the file's first line names another session."""
    payload = entry.get("payload") if isinstance(entry, dict) and entry.get("type") == "session_meta" else None
    named = [payload.get(key) for key in ("id", "session_id")] if isinstance(payload, dict) else []
    ids = [name.lower() for name in named if isinstance(name, str)]
    return not ids or session_id.lower() in ids


def _is_turn(item: JsonObject) -> bool:
    return item.get("role") == "user" and item.get("type") == "message" and not _is_context(item)


def _is_context(item: JsonObject) -> bool:
    """True for what Codex itself tells the model: developer messages, and wrapped ones in the user's name."""
    if item.get("type") != "message" or item.get("role") not in ("user", "developer"):
        return False
    if item.get("role") == "developer":
        return True
    content = item.get("content")
    texts = [part.get("text") for part in content if isinstance(part, dict)] if isinstance(content, list) else [content]
    return any(isinstance(text, str) and text.lstrip().startswith(_CONTEXT) for text in texts)
