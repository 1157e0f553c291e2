"""Where the router keeps its things: the home folder, its rights, and the two secrets made on first start."""

import contextlib
import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from router_core.errors import HomeError


@dataclass(frozen=True, slots=True)
class Home:
    """The folder `$MITMROUTER_HOME` (default `~/.mitmrouter`) and the names in it."""

    path: Path

    @property
    def config(self) -> Path:
        return self.path / "config.toml"

    @property
    def tokens_db(self) -> Path:
        return self.path / "tokens.db"

    @property
    def traces_db(self) -> Path:
        return self.path / "traces.db"

    @property
    def state_db(self) -> Path:
        """What conversations leave behind: who minted their proofs, what their responses held."""
        return self.path / "state.db"

    @property
    def spend_db(self) -> Path:
        """How much of each budget is used; made when the first budget is."""
        return self.path / "spend.db"

    @property
    def gateway_token_file(self) -> Path:
        return self.path / "gateway.token"

    @property
    def admin_token_file(self) -> Path:
        return self.path / "admin.token"

    @property
    def log(self) -> Path:
        return self.path / "logs" / "router.log"

    @property
    def pid(self) -> Path:
        return self.path / "router.pid"

    @property
    def running(self) -> Path:
        """Address of the running router (see running.py)."""
        return self.path / "router.json"

    @property
    def model_lock(self) -> Path:
        """The target to which all routing is pinned; absent mostly."""
        return self.path / "model.lock"

    @property
    def models_file(self) -> Path:
        """The providers' own lists of models, kept over restarts."""
        return self.path / "models.json"

    @property
    def notified(self) -> Path:
        """What the owner was told of, so that a restart does not repeat it."""
        return self.path / "notified.json"

    @property
    def presets(self) -> Path:
        return self.path / "presets"

    @property
    def key_file(self) -> Path:
        return self.path / "tokens.key"

    @property
    def key_marker(self) -> Path:
        """Says that the key is in the keychain, and under which names."""
        return self.path / "tokens.key.json"

    @property
    def mitmproxy_confdir(self) -> Path:
        """mitmproxy's own folder (its CA files), kept apart from `~/.mitmproxy`."""
        return self.path / "mitmproxy"

    def ensure(self) -> "Home":
        """Create the folder (0700) and its sub-folders.

        Raises:
            HomeError: it cannot be created or written.
        """
        if self.is_shared():
            raise HomeError(f"{self.path} is for everybody on this machine. Name a folder of your own with --home.")
        try:
            for folder in (self.path, self.path / "logs", self.mitmproxy_confdir):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.chmod(0o700)
            probe = self.path / f".write-test-{os.getpid()}"
            probe.touch(mode=0o600)
            probe.unlink()
        except OSError as error:
            raise HomeError(
                f"The home folder {self.path} cannot be used ({error.strerror or error}). "
                "Make it writable for you, or name another one with --home or MITMROUTER_HOME."
            ) from error
        return self

    def is_shared(self) -> bool:
        """Whether it is a folder such as `/` or `/tmp`: to close that to others would stop their programs."""
        try:
            return self.path == self.path.parent or bool(self.path.stat().st_mode & stat.S_ISVTX)
        except OSError:
            return False

    def gateway_token(self) -> str:
        """The token clients present; made on first use."""
        return _secret_in(self.gateway_token_file, "mitm-")

    def admin_token(self) -> str:
        """The token of the admin plane; made on first use, never valid for clients."""
        return _secret_in(self.admin_token_file, "mitm-admin-")


def find_home(explicit: str | os.PathLike[str] | None = None) -> Home:
    """The home folder: the explicit one, else `$MITMROUTER_HOME`, else `~/.mitmrouter`."""
    chosen = explicit or os.environ.get("MITMROUTER_HOME") or "~/.mitmrouter"
    return Home(Path(chosen).expanduser().absolute())


def _secret_in(file: Path, prefix: str) -> str:
    """Read the secret in `file`, or make one. Two processes that start together agree on one."""
    if value := _read_secret(file):
        return value
    temporary = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        with locked(file.parent):
            if value := _read_secret(file):  # another process was first
                return value
            fresh = prefix + secrets.token_urlsafe(32)
            temporary.touch(mode=0o600)
            temporary.write_text(fresh + "\n", encoding="utf-8")
            temporary.replace(file)  # also over an empty file: an empty secret would let everybody in
            return fresh
    except OSError as error:
        raise HomeError(f"{file} cannot be written ({error.strerror}). Make the folder writable for you.") from error
    finally:
        temporary.unlink(missing_ok=True)


def _read_secret(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise HomeError(f"{file} holds no text. Delete it: a new one is made.") from error
    except OSError as error:
        raise HomeError(f"{file} cannot be read ({error.strerror}). Give yourself the right to read it.") from error


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """One process at a time in this folder, or with this lock file (made if need be); the lock ends with the process,
    whatever happens to it."""
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
