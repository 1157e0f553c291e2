"""Which models each provider offers: asked once in a while, remembered over restarts, never waited for twice.

A listing client waits for a provider at most `patience_s`, and only when nothing is known of it yet: Claude Code gives
a gateway three seconds for its list, Codex five. Later it gets the last list at once while a new one is fetched behind
its back. A failure keeps the old list. Without one, the config's `models` stand in, then what we know of the vendor's.
"""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from router_core.clock import Clock
from router_core.errors import RouterError
from router_core.home import Home
from router_core.models.info import Endpoint, ModelInfo
from router_core.models.known import is_same_model, known_models, model_info
from router_core.models.parsing import parse_models

Fetch = Callable[[str], Awaitable[tuple[int, object]]]
"""Ask the provider of this name for its models: status and parsed body. Raises RouterError, OSError or TimeoutError."""

FILE_VERSION = 1


@dataclass(frozen=True, slots=True)
class Source:
    """A provider as the directory sees it."""

    name: str
    models: tuple[str, ...] = ()
    """The config's `models`: listed when the provider cannot be asked."""
    vendor: str = ""
    """Whose models it serves (`anthropic`, `openai`, `google` …); empty when nothing can be said without asking."""


@dataclass(slots=True)
class _Kept:
    models: list[ModelInfo]
    fetched_at: float


class _File(msgspec.Struct):
    version: int
    providers: dict[str, tuple[float, list[ModelInfo]]]


class ModelDirectory:
    """The models of all providers."""

    def __init__(
        self,
        fetch: Fetch,
        clock: Clock,
        ttl_s: float = 3600.0,
        *,
        file: Path | None = None,
        patience_s: float = 2.0,
        retry_s: float = 60.0,
    ) -> None:
        """
        Args:
            ttl_s: how long a list counts as fresh.
            file: where the lists are kept over restarts; None keeps them in memory only.
            patience_s: how long a client waits for a provider of which nothing is known.
            retry_s: after a failure the provider is left alone for so long.
        """
        self._fetch, self._clock, self._ttl_s = fetch, clock, ttl_s
        self._file, self._patience_s, self._retry_s = file, patience_s, retry_s
        self._kept: dict[str, _Kept] = {} if file is None else _read(file)
        self._failed_at: dict[str, float] = {}
        self._problems: dict[str, str] = {}
        self._flights: dict[str, asyncio.Task[None]] = {}
        self._writing = asyncio.Lock()

    async def models(self, sources: Sequence[Source]) -> list[ModelInfo]:
        """Every model of these providers, in their order; providers are asked at the same time."""
        lists = await asyncio.gather(*(self.models_of(source) for source in sources))
        return [info for models in lists for info in models]

    async def models_of(self, source: Source) -> list[ModelInfo]:
        """One provider's models: its own list if there is one, however old, else the fallback."""
        flight = self._flight(source.name) if self._is_due(source.name) else self._flights.get(source.name)
        if flight is not None and source.name not in self._kept:
            await asyncio.wait({flight}, timeout=self._patience_s)  # cancels nothing: the flight goes on
        kept = self._kept.get(source.name)
        return list(kept.models) if kept is not None else fallback(source)

    def offers(self, name: str, model: str) -> bool | None:
        """Whether the provider's own list has this model; None when the list is not known. Asks nobody."""
        kept = self._kept.get(name)
        return None if kept is None else any(info.id == model for info in kept.models)

    def input_limit(self, name: str, model: str) -> int | None:
        """Most input tokens of a model, as the provider's own list says; None when that is not known."""
        kept = self._kept.get(name)
        infos = kept.models if kept is not None else ()
        return next((info.input_limit for info in infos if info.id == model and info.known), None)

    def knows(self, name: str) -> bool:
        """The provider's own list is known."""
        return name in self._kept

    def endpoints(self, name: str, model: str) -> tuple[Endpoint, ...]:
        """Where a model answers, as the provider's own list says; () when that is not known. Asks nobody."""
        kept = self._kept.get(name)
        return next((info.endpoints for info in kept.models if info.id == model), ()) if kept is not None else ()

    def is_due(self, name: str) -> bool:
        """The provider's list is missing or old, and it may be asked."""
        return self._is_due(name)

    def spelling(self, name: str, model: str) -> str | None:
        """The provider's own name of a model that a client calls as its vendor does (`claude-sonnet-4-5-20250929`).

        Only for models that we have a row of. None when the provider's list is not known, or has no such model.
        """
        kept = self._kept.get(name)
        if kept is None:
            return None
        ids = [info.id for info in kept.models]
        if model in ids:
            return model
        same = [own for own in ids if is_same_model(own, model)]
        return min(same, key=len, default=None)  # the plain one, not its `-thinking` or `-fast` sister

    async def refresh(self, name: str) -> None:
        """Ask now, or wait for the question that is already under way. A failure is noted, not raised."""
        await asyncio.wait({self._flight(name)})

    def problem(self, name: str) -> str | None:
        """Why the last question to this provider failed; None when it did not."""
        return self._problems.get(name)

    async def close(self) -> None:
        """Break off what is under way."""
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    def _is_due(self, name: str) -> bool:
        now, kept = self._clock.now(), self._kept.get(name)
        failed_at = self._failed_at.get(name)
        if failed_at is not None and now - failed_at < self._retry_s:
            return False
        return kept is None or not 0 <= now - kept.fetched_at < self._ttl_s  # below 0: the clock was set back

    def _flight(self, name: str) -> asyncio.Task[None]:
        flight = self._flights.get(name)
        if flight is None:
            flight = self._flights[name] = asyncio.create_task(self._ask(name), name=f"models of {name}")
            flight.add_done_callback(lambda done: self._landed(name, done))
        return flight

    def _landed(self, name: str, flight: asyncio.Task[None]) -> None:
        self._flights.pop(name, None)
        if not flight.cancelled() and (error := flight.exception()) is not None:  # none that `fetch` may raise: a bug
            self._note_failure(name, f"{type(error).__name__}: {error}")

    def _note_failure(self, name: str, problem: str) -> None:
        self._failed_at[name] = self._clock.now()
        self._problems[name] = problem

    async def _ask(self, name: str) -> None:
        try:
            status, answer = await self._fetch(name)
            if status != 200:
                raise RouterError(f"it answered {status}")
            models = parse_models(answer, name)
            if not models:
                raise RouterError("it lists no model")  # an account without rights, a client version too old
        except (RouterError, OSError, TimeoutError) as error:
            self._note_failure(name, getattr(error, "message", "") or str(error) or type(error).__name__)
            return
        self._failed_at.pop(name, None)
        self._problems.pop(name, None)
        self._kept[name] = _Kept(models, self._clock.now())
        if self._file is not None:
            async with self._writing:
                lists = {provider: (kept.fetched_at, kept.models) for provider, kept in self._kept.items()}
                await asyncio.to_thread(_write, self._file, _File(FILE_VERSION, lists))


def fallback(source: Source) -> list[ModelInfo]:
    """What is listed of a provider that cannot be asked."""
    if source.models:
        return [model_info(model, source.name) for model in dict.fromkeys(source.models)]
    return known_models(source.name, source.vendor) if source.vendor else []


def kept_models(home: Home, clock: Clock) -> ModelDirectory:
    """What the router has learnt so far, for a command that asks no provider."""

    async def nobody(name: str) -> tuple[int, object]:
        raise TimeoutError(name)

    return ModelDirectory(nobody, clock, file=home.models_file)


def _read(file: Path) -> dict[str, _Kept]:
    """The lists of the last run. A file that is missing, torn or of another version is as good as none."""
    try:
        content = msgspec.json.decode(file.read_bytes(), type=_File)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    if content.version != FILE_VERSION:
        return {}
    return {provider: _Kept(models, at) for provider, (at, models) in content.providers.items()}


def _write(file: Path, content: _File) -> None:
    temporary = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        temporary.touch(mode=0o600)
        temporary.write_bytes(msgspec.json.encode(content))
        temporary.replace(file)
    except OSError:  # a full disk costs a slower start next time, no more
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
