"""A router inside another program: `with run_router(config) as router: …`. It runs as a child process, and ends with
the block, however that ends.
"""

import asyncio
import contextlib
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from router_core.config.edit import literals
from router_core.config.load import config_of, load_config
from router_core.config.schema import Config
from router_core.errors import ConfigError, RouterError
from router_core.home import Home
from router_core.put_in_place import put_in_place

STOP_TIMEOUT_S = 10.0
PARENT_VARIABLE = "MITMROUTER_PARENT"
"""Process id of the program that started the router: it ends when that one has gone."""

type ConfigSource = Config | Mapping[str, Any] | str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class EmbeddedRouter:
    """A router that runs."""

    base_url: str
    """`http://127.0.0.1:PORT`; clients add `/v1/…`, `/claude/…` as ever."""
    home: Home
    pid: int
    gateway_token: str = field(repr=False)
    """What clients present."""
    admin_token: str = field(repr=False)
    """For `/api/…`."""

    @property
    def headers(self) -> dict[str, str]:
        """What a client sends to be let in."""
        return {"authorization": f"Bearer {self.gateway_token}"}


@contextlib.contextmanager
def run_router(
    config: ConfigSource | None = None,
    *,
    home: str | os.PathLike[str] | None = None,
    port: int | None = None,
    env: Mapping[str, str] | None = None,
    timeout_s: float = 15.0,
) -> Iterator[EmbeddedRouter]:
    """Start a router, wait until it answers, and stop it at the end of the block.

    Args:
        config: tables as in config.toml (`$VARIABLE` included), the path of such a file, or a Config. None: that of the
            home folder.
        home: its home folder, with its tokens; None: one of its own, which is removed at the end. One that has a
            config.toml takes no `config`.
        port: None: a free one, unless the configuration names one.
        env: variables that it gets besides those of this process.

    Raises:
        ConfigError: the configuration is wrong, or there are two of them.
        RouterError: it does not start; the message says why.
    """
    with contextlib.ExitStack() as stack:
        if home is None:
            folder = Path(tempfile.mkdtemp(prefix="mitmrouter-"))
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            place = Home(folder).ensure()
            _key_in_file(place)
        else:
            place = Home(Path(home).expanduser().absolute()).ensure()
        environment = {**os.environ, **(env or {})}
        if config is not None:
            _write_config(place, config, environment)
            stack.callback(place.config.unlink, missing_ok=True)
        router, process = _start(place, port, dict(env or {}), environment, timeout_s)
        stack.callback(_stop, process)
        yield router


@contextlib.asynccontextmanager
async def run_router_async(config: ConfigSource | None = None, **options: Any) -> AsyncIterator[EmbeddedRouter]:
    """`run_router` for `async with`: starting and stopping do not hold up the event loop. Options as there."""
    running = run_router(config, **options)
    router, cancelled = await _to_its_end(running.__enter__)
    if cancelled is not None:
        await _to_its_end(running.__exit__, None, None, None)
        raise cancelled
    try:
        yield router
    except BaseException as error:
        await _to_its_end(running.__exit__, type(error), error, error.__traceback__)
        raise
    else:
        _, cancelled = await _to_its_end(running.__exit__, None, None, None)
        if cancelled is not None:
            raise cancelled


async def _to_its_end[**P, T](
    call: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> tuple[T, asyncio.CancelledError | None]:
    """Call it in a thread. A thread cannot be stopped, so who is cancelled meanwhile waits for its end all the same: a
    router that was just starting would be left behind."""
    task = asyncio.ensure_future(asyncio.to_thread(call, *args, **kwargs))
    cancelled = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    return task.result(), cancelled


def _key_in_file(home: Home) -> None:
    """A home that is thrown away leaves nothing in the keychain."""
    from router_core.store.key_source import KeySource
    from router_core.store.secret_box import KEY_BYTES

    KeySource(home).add(secrets.token_bytes(KEY_BYTES), "file")


def _write_config(home: Home, config: ConfigSource, environment: Mapping[str, str]) -> None:
    if home.config.exists():
        raise ConfigError(f"{home.config} is there already: give a home folder without one, or no config.")
    if isinstance(config, str | os.PathLike):
        file = Path(config).expanduser()
        if not file.is_file():
            raise ConfigError(f"There is no file {file}.")
        text = file.read_text(encoding="utf-8-sig")
        config_of(text, file, env=environment)  # what is wrong in it is told with its own name
    else:
        text = _toml(config)
        config_of(text, home.config, env=environment)
    put_in_place(home.config, text)


def _toml(config: Config | Mapping[str, Any]) -> str:
    import tomlkit  # here: whoever gives a file does not need it

    if isinstance(config, Config):  # it holds what variables meant: its strings are that, and name none
        return tomlkit.dumps(literals(_plain(config.model_dump(mode="python", exclude_unset=True))))
    return tomlkit.dumps(_plain(config))


def _plain(value: Any) -> Any:
    """Only what TOML can hold; without what is None."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items() if one is not None}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Decimal):
        return float(value)
    return str(value) if isinstance(value, os.PathLike) else value


def _start(
    home: Home, port: int | None, env: dict[str, str], environment: Mapping[str, str], timeout_s: float
) -> tuple[EmbeddedRouter, subprocess.Popen[bytes]]:
    import click

    from router_core.cli import launch  # noqa: TID251 - starts what the command `start` starts
    from router_core.processes import own_router

    config = load_config(home.config, env=environment)
    if port is None:
        port = config.server.port if "port" in config.server.model_fields_set else 0
    try:
        if (running := own_router(home)) is not None:
            raise RouterError(f"A router runs on {home.path} already ({running.url}, pid {running.pid}).")
        settings = {"server.host": config.server.host, "server.port": port}
        prepared = launch.prepare(home, config.server.host, port, settings=settings)
        prepared.environment.update({**env, PARENT_VARIABLE: str(os.getpid())})
        process = launch.run_in_background(prepared)
        try:
            found = launch.wait_until_up(prepared, process, timeout_s)
        except BaseException:
            _stop(process)
            raise
    except click.ClickException as error:
        raise RouterError(error.message) from None
    router = EmbeddedRouter(found.url, home, process.pid, home.gateway_token(), home.admin_token())
    return router, process


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(timeout=STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
