"""Python that the owner of this router wrote: `file.py:name`, loaded from a file and loaded anew when the file changes.

It runs with all the rights of the router, so only what the owner names in config.toml is loaded, and never a file that
others may write.
"""

import importlib.util
import os
import stat
import sys
import threading
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from router_core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Place:
    """Where a piece of code is."""

    file: Path
    name: str

    def __str__(self) -> str:
        return f"{self.file}:{self.name}"


def place_of(text: str, folder: Path) -> Place:
    """`file.py:name` → the file (beside config.toml, unless a whole path is given; `~` is the home directory).

    Raises:
        ConfigError: it does not look like that.
    """
    file, colon, name = text.rpartition(":")
    if not colon or not file or not name.isidentifier():
        raise ConfigError(f"{text!r} must look like file.py:name")
    return Place(folder / Path(file).expanduser(), name)


class OwnCode:
    """One such object, as it is in the file now."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._stamp: tuple[int, int] | None = None
        self._found: Any = None
        self._running = threading.Lock()
        """Several requests at once find a changed file; it runs once."""

    def get(self) -> Any:
        """The object. Runs the file when it has changed since the last time: not on the event loop.

        Raises:
            ConfigError: no such file or name, others may write it, or it raises; says which line.
        """
        with self._running:
            stamp = self._look()
            if stamp != self._stamp:
                self._found = getattr(_run(self.place.file), self.place.name, None)
                self._stamp = stamp
            found = self._found
        if found is None:
            raise ConfigError(f"{self.place.file} has no {self.place.name!r}")
        return found

    @property
    def is_fresh(self) -> bool:
        """`get` would run nothing."""
        try:
            return self._stamp is not None and self._look() == self._stamp
        except ConfigError:
            return False

    def _look(self) -> tuple[int, int]:
        file = self.place.file
        try:
            status = file.stat()
        except OSError as error:
            raise ConfigError(f"{file}: cannot be read ({error.strerror})") from None
        if not stat.S_ISREG(status.st_mode):
            raise ConfigError(f"{file}: is no file")
        if os.name == "posix" and (status.st_mode & stat.S_IWOTH or status.st_uid not in (os.getuid(), 0)):
            raise ConfigError(f"{file}: others may write it, and its code would run here. chmod o-w, and own it.")
        return status.st_mtime_ns, status.st_size


def _run(file: Path) -> ModuleType:
    name = f"mitmrouter_own_{file.stem}_{abs(hash(str(file))):x}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{file}: is no Python file (its name must end in .py)")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickling look themselves up there
    try:
        # read here: the loader's cache of compiled code tells changes by the second
        exec(compile(file.read_bytes(), str(file), "exec"), module.__dict__)  # noqa: S102 - the owner's own code
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the owner's file raises; `sys.exit()`, too
        sys.modules.pop(name, None)
        raise ConfigError(where_it_failed(error, file)) from None
    return module


def where_it_failed(error: BaseException, file: Path) -> str:
    """`my.py:12: NameError: …`: the last line of that file behind an error. Without values but the error's own text,
    in which whatever looks like a credential is masked: the client is told it."""
    from router_core.trace.redact import Redactor  # here: most owners have no code of their own

    line = error.lineno if isinstance(error, SyntaxError) and error.filename == str(file) else None
    if line is None:
        frames = traceback.extract_tb(error.__traceback__)
        line = next((frame.lineno for frame in reversed(frames) if frame.filename == str(file)), None)
    at = f"{file}:{line}" if line else str(file)
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{at}: {type(error).__name__}: {Redactor().text(text)[:300]}"
