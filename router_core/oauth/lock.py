"""One renewal at a time for each chain of refresh tokens, in all processes of this user, whichever home they serve.

The lock is a file whose name is a fingerprint of the refresh token, in a folder that does not depend on home, `$TMPDIR`
or login session. It is held with `flock`, so it ends with the process that holds it, whatever happens to that process.
In the file stands what was last done with this refresh token: another home that holds a copy of it learns that it has
been used, instead of using it a second time, which makes the servers revoke the whole login.
"""

import contextlib
import fcntl
import hashlib
import os
import random
import stat
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import orjson

from router_core.errors import HomeError, RouterError

Use = Literal["asked", "used", "dead"]

FOLDER_VARIABLE = "MITMROUTER_LOCKS"
LOCK_WAIT_S = 60.0
"""Longer than one renewal can take (oauth/http.py gives up after 30 s)."""
KEPT_S = 60 * 86_400.0
"""Records are kept for longer than refresh tokens live (Claude's: four weeks)."""
_LONGEST_NAP_S = 0.05
_RECORD_LIMIT_BYTES = 4096


class LockBusy(RouterError):
    """Another process has been at this chain for longer than we wait."""

    kind = "refresh_busy"


@dataclass(frozen=True, slots=True)
class Record:
    """What was last done with a refresh token."""

    use: Use
    """`asked`: it was sent, and no answer was stored (yet). `used`: it was replaced by a new one. `dead`: its server
    has refused it for good."""
    at: float
    """Epoch seconds."""
    home: str
    """By which home folder."""
    because: str = ""
    """Why it is dead."""


def lock_folder() -> Path:
    """Where the locks of this user are: `$MITMROUTER_LOCKS`, else one fixed folder for all sessions of the user."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else Path(f"/tmp/mitmrouter-locks-{os.getuid()}")  # noqa: S108 - made safe below


def fingerprint(login: str, secret: str) -> str:
    """Names a chain without telling its secret, which has far too many bits to be guessed from this."""
    return hashlib.blake2b(f"{login}\0{secret}".encode(), digest_size=20, person=b"mitmrouter lock").hexdigest()


class ChainLock:
    """A held lock; its record can be read and written."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def record(self) -> Record | None:
        """What was last done with this refresh token; None: nothing that is known here."""
        return _parsed(os.pread(self._descriptor, _RECORD_LIMIT_BYTES, 0))

    def note(self, record: Record | None) -> None:
        """Say what is being done with it now; None: it was not used after all."""
        if record is None:
            os.ftruncate(self._descriptor, 0)
            return
        line = orjson.dumps(asdict(record)) + b"\n"
        os.pwrite(self._descriptor, line, 0)  # one write: who is killed here leaves the old line or the new one
        os.ftruncate(self._descriptor, len(line))


@contextlib.contextmanager
def chain_lock(chain: str, folder: Path, wait_s: float = LOCK_WAIT_S) -> Iterator[ChainLock]:
    """Hold the lock of one chain.

    Args:
        chain: its fingerprint.

    Raises:
        LockBusy: others have had it for `wait_s`.
        HomeError: the folder is not ours alone.
    """
    descriptor = _locked(_made_safe(folder) / chain, time.monotonic() + wait_s)
    try:
        os.utime(descriptor)  # what cleans up temporary folders looks at the age
        yield ChainLock(descriptor)
    finally:
        os.close(descriptor)


def record_of(chain: str, folder: Path) -> Record | None:
    """The record of a chain whose lock is not held here; for deciding which of two sets is the older one."""
    try:
        with (folder / chain).open("rb") as file:
            return _parsed(file.read(_RECORD_LIMIT_BYTES))
    except OSError:
        return None


def sweep(folder: Path, before: float) -> None:
    """Remove lock files that were last held before `before` (epoch seconds): each renewal leaves one behind."""
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            if entry.stat(follow_symlinks=False).st_mtime < before:
                _remove(Path(entry.path))


def _remove(path: Path) -> None:
    """Only while nobody holds it: a holder whose file is gone would not keep the next one out."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_still(path, descriptor):
                path.unlink()
        finally:
            os.close(descriptor)


def _locked(path: Path, deadline: float) -> int:
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise HomeError(f"The lock file {path} cannot be opened ({error.strerror}). Remove it.") from error
        try:
            _wait_for(descriptor, deadline)
            if _is_still(path, descriptor):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # it was removed while we waited: the lock is another file now


def _wait_for(descriptor: int, deadline: float) -> None:
    """`flock`, but not for ever: a look now and then, because a signal is no safe way to end a wait in a thread."""
    nap_s = 0.001
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise LockBusy("Another process has been renewing this login for too long. Try again.") from None
        time.sleep(nap_s * random.uniform(0.5, 1.0))  # noqa: S311 - so that waiting processes do not look in step
        nap_s = min(nap_s * 2, _LONGEST_NAP_S)


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    mine = os.fstat(descriptor)
    return (found.st_dev, found.st_ino) == (mine.st_dev, mine.st_ino)


def _made_safe(folder: Path) -> Path:
    """The folder, ours alone: in a place where everybody may write, anybody could have made it before us."""
    try:
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        found = folder.lstat()
    except OSError as error:
        raise HomeError(
            f"The folder {folder} for locks cannot be made ({error.strerror}). Name another one: {FOLDER_VARIABLE}."
        ) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise HomeError(
            f"{folder} is not a folder of yours alone (0700), so that locks in it say nothing. Remove it, or name "
            f"another one: {FOLDER_VARIABLE}."
        )
    return folder


def _parsed(data: bytes) -> Record | None:
    try:
        value = orjson.loads(data.partition(b"\n")[0])
        return Record(value["use"], float(value["at"]), str(value["home"]), str(value["because"]))
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return None
