"""A transformer of the owner's own: a class in a Python file, named in `[transformers]`.

    class Shout:
        def __init__(self, mark="!"):            # the options
            self.mark = mark

        def request(self, body, context):        # may change the body (a copy) in place, or return another one
            body["user"] = context.session

        def answer(self, event, context):        # gives the events to go on with: one, several, or None
            return event

Either method may be left out. `operations = ("generate", "count", "compact")` lets it see more than requests for an
answer. A request whose transformer fails is answered with an error: it was not meant to be sent without.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy, deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from router_core.config.schema import Config
from router_core.config.transformers import TransformerUse
from router_core.errors import ConfigError, TransformFailed, WireError
from router_core.own_code import OwnCode, place_of, where_it_failed
from router_core.transform.transformer import Context, Note, Operation, Reason, Transformer
from router_core.wire.edit import sharing
from router_core.wire.events import (
    BlockStart,
    BlockStop,
    CitationDelta,
    Delta,
    Event,
    KeepAlive,
    MessageStart,
    MessageStop,
    ProofDelta,
    StreamError,
)
from router_core.wire.json_bytes import json_bytes
from router_core.wire.model import JsonObject, WireFault

_EVENTS = (
    MessageStart, BlockStart, Delta, ProofDelta, CitationDelta, BlockStop, MessageStop, StreamError, KeepAlive,
)  # fmt: skip
_code: dict[str, OwnCode] = {}
_classes: dict[str, type] = {}
"""By file and class: as it was when it last could be loaded."""


def load_custom(config: Config) -> None:
    """Load all that the providers' lists name; those whose files have changed, anew. Not on the event loop.

    Raises:
        ConfigError: one cannot be loaded or made with its options; those that were loaded before stay.
    """
    loaded = {}
    for use in _uses(config):
        loaded[use.source] = _loaded_class(use)
        _made(loaded[use.source], use)
    _classes.update(loaded)


def custom_files(config: Config) -> tuple[Path, ...]:
    """The files to watch."""
    return tuple(dict.fromkeys(_file(use) for use in _uses(config)))


def _uses(config: Config) -> Iterator[TransformerUse]:
    for provider in config.providers.values():
        yield from (use for use in provider.every_transformer() if use.source)


def _file(use: TransformerUse) -> Path:
    return Path(use.source.rpartition(":")[0])


def _loaded_class(use: TransformerUse) -> type:
    code = _code.get(use.source)
    if code is None:
        code = _code[use.source] = OwnCode(place_of(use.source, Path()))
    found = code.get()
    problem = _problem(found)
    if problem:
        raise ConfigError(f"{code.place.file}: {code.place.name}, for transformer {use.name!r}, {problem}")
    loaded: type = found
    return loaded


def _problem(found: object) -> str:
    if not isinstance(found, type):
        return "is no class"
    methods = [method for name in ("request", "answer") if (method := getattr(found, name, None)) is not None]
    if not methods:
        return "has neither a method request nor a method answer"
    if any(inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method) for method in methods):
        return "has an async method: transformers do not wait"
    operations = getattr(found, "operations", ("generate",))
    known = get_args(Operation)
    if not isinstance(operations, tuple | list | set | frozenset) or not set(operations) <= set(known):
        return f"has operations other than {', '.join(known)}"
    return ""


def _made(class_: type, use: TransformerUse) -> Any:
    options: Mapping[str, Any] = use.options if isinstance(use.options, Mapping) else {}
    try:
        return class_(**deepcopy(dict(options)))
    except Exception as error:
        text = f"transformer {use.name!r} cannot be made with these options: {where_it_failed(error, _file(use))}"
        raise ConfigError(text) from error


def custom_transformer(use: TransformerUse) -> Transformer:
    """The transformer for one request, with an object of its own.

    Raises:
        TransformFailed: it cannot be made, or has not been loaded yet and cannot be.
    """
    try:
        class_ = _classes.get(use.source) or _loaded_class(use)
        own = _Own(use, _made(class_, use))
    except ConfigError as error:
        raise TransformFailed(error.message) from error
    _classes.setdefault(use.source, class_)
    return Transformer(
        use.name,
        own.request if hasattr(class_, "request") else None,
        own.answer if hasattr(class_, "answer") else None,
        operations=frozenset(getattr(class_, "operations", ("generate",))),
    )


@dataclass(frozen=True, slots=True)
class _Own:
    use: TransformerUse
    made: Any

    def request(self, body: JsonObject, options: Any, context: Context) -> JsonObject | Reason:
        try:
            given = deepcopy(body)
        except RecursionError:
            raise WireError(f"For the transformer {self.use.name!r} the body is nested too deeply.") from None
        try:
            returned = self.made.request(given, context)
        except Exception as error:
            raise TransformFailed(self.failure(error)) from error
        done = given if returned is None else returned
        if not isinstance(done, dict):
            raise TransformFailed(f"The transformer {self.use.name!r} gave no body back, but a {type(done).__name__}.")
        if done == body:
            return "it changed nothing"
        same = sharing(body, done)
        try:
            json_bytes({name: value for name, value in same.items() if value is not body.get(name)})
        except Exception as error:
            raise TransformFailed(
                f"What the transformer {self.use.name!r} gave back cannot be sent as JSON."
            ) from error
        return same

    def answer(self, body: JsonObject, options: Any, context: Context) -> Callable[[Note], "_Answer"] | Reason:
        return lambda note: _Answer(self, copy(self.made), context)

    def failure(self, error: Exception) -> str:
        return f"The transformer {self.use.name!r} failed: {where_it_failed(error, _file(self.use))}"


class _Answer:
    """One answer's filter. What the class makes of it wrongly ends the stream in an error."""

    def __init__(self, own: _Own, made: Any, context: Context) -> None:
        self._own, self._made, self._context = own, made, context
        self._failed = False

    def events(self, events: Iterable[Event]) -> Iterable[Event]:
        for event in events:
            if self._failed:
                return
            if isinstance(event, StreamError | KeepAlive):
                yield event
                continue
            try:
                out = _several(self._made.answer(event, self._context))
            except Exception as error:  # noqa: BLE001 - whatever the owner's class raises
                self._failed = True
                yield StreamError(WireFault(500, "server", self._own.failure(error), code="transformer_failed"))
                return
            yield from out


def _several(given: Any) -> list[Event]:
    if given is None:
        return []
    out = [given] if isinstance(given, _EVENTS) else list(given)
    for event in out:
        if not isinstance(event, _EVENTS):
            raise TypeError(f"answer() gave a {type(event).__name__} that is no event")
    return out
