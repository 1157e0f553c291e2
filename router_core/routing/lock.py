"""`mitmrouter model lock TARGET`: all that is routed goes to one target, or to one provider, until it is let go.

A file in the home folder, so that it holds for every router of that home, survives restarts, and can be set while none
runs. It stands before all rules; fallbacks do not follow it: who pins wants nothing else.
"""

import contextlib
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from router_core.clock import to_ms
from router_core.config.schema import Config
from router_core.config.spelling import ALL_PROVIDERS, did_you_mean
from router_core.errors import RouterError
from router_core.routing.target import provider_meant, split_target


class NoSuchTarget(RouterError):
    """A lock names no provider that exists."""

    status = 400
    kind = "no_such_target"


class LockUnreadable(RouterError):
    """There is a lock, and nobody can tell to what."""

    status = 503
    kind = "lock_unreadable"


@dataclass(frozen=True, slots=True)
class Lock:
    """Where everything goes; without a model, the model that was asked for, at that provider."""

    provider: str
    model: str = ""
    since: float = 0.0
    """Epoch seconds."""

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}" if self.model else self.provider


def lock_of(text: str, config: Config, now: float) -> Lock:
    """The lock that a person means by `provider/model` or `provider`.

    Raises:
        NoSuchTarget: the message names the providers there are.
    """
    target = split_target(text)
    named, model = (target.provider, target.model) if target is not None else (text.strip(), "")
    provider = provider_meant(named, config.providers)
    if provider is None or not config.providers[provider].enabled:
        enabled = [name for name, each in config.providers.items() if each.enabled]
        raise NoSuchTarget(
            f"{text!r} names no provider that is enabled. {did_you_mean(named, enabled)}"
            f"Write provider or provider/model; {ALL_PROVIDERS}."
        )
    return Lock(provider, model, now)


def lock_view(lock: Lock | None) -> dict[str, Any]:
    """What programs are told of it; None: routing is not locked."""
    return {"target": None if lock is None else str(lock), "since_ms": None if lock is None else to_ms(lock.since)}


class LockFile:
    """The lock of one home folder. Asking costs a look at the file's time."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stamp: tuple[int, int, int] | None = None
        self._lock: Lock | None = None

    def read(self) -> Lock | None:
        """The lock in force.

        Raises:
            LockUnreadable: who has pinned everything to one place wants nothing to go elsewhere.
        """
        try:
            status = os.stat(self._file)
        except OSError:
            self._stamp = self._lock = None
            return None
        stamp = status.st_mtime_ns, status.st_size, status.st_ino
        if stamp != self._stamp:
            self._lock, self._stamp = _read(self._file), stamp
        return self._lock

    def set(self, lock: Lock) -> None:
        """Put it in force, for all routers of this home."""
        fresh = self._file.with_name(f"{self._file.name}.{os.getpid()}.{time.monotonic_ns()}")
        fresh.write_bytes(orjson.dumps(asdict(lock)))
        fresh.chmod(0o600)
        fresh.replace(self._file)

    def release(self) -> bool:
        """Let go; False when there was no lock."""
        with contextlib.suppress(FileNotFoundError):
            self._file.unlink()
            return True
        return False


def _read(file: Path) -> Lock | None:
    try:
        value = orjson.loads(file.read_bytes())
        return Lock(str(value["provider"]), str(value.get("model", "")), float(value.get("since", 0)))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise LockUnreadable(
            f"{file} holds no target, and all routing is locked by it. Let go with `mitmrouter model unlock`."
        ) from None
