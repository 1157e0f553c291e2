"""The programs whose configuration can be taken over. A new one is a file with `fits` and `migrate`, and a row here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from router_core.errors import ConfigError
from router_core.importing.documents import json_value
from router_core.migrating import ccr_config, litellm_config, openclaw_config
from router_core.migrating.json5 import json5_value
from router_core.migrating.outcome import Here, Migration

SIZE_LIMIT_BYTES = 4 * 1024 * 1024


def yaml_value(text: str) -> Any:
    """Raises ValueError for what is no YAML; names the line."""
    from ruamel.yaml import YAML  # here: nothing else needs it
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        return YAML(typ="safe", pure=True).load(text)
    except MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise ValueError(f"{line}{error.problem}") from None
    except YAMLError as error:
        raise ValueError(type(error).__name__) from None


@dataclass(frozen=True, slots=True)
class Program:
    """One of them."""

    title: str
    read: Callable[[str], Any]
    fits: Callable[[Any], bool]
    migrate: Callable[[Mapping[str, Any], Here], Migration]
    usual: Callable[[Path, Mapping[str, str]], Path | None]
    """(home directory, environment) → where its file is, as a rule."""


PROGRAMS: dict[str, Program] = {
    "claude-code-router": Program(
        "claude-code-router",
        json_value,
        ccr_config.fits,
        ccr_config.migrate,
        lambda home, env: home / ".claude-code-router" / "config.json",
    ),
    "litellm": Program("LiteLLM", yaml_value, litellm_config.fits, litellm_config.migrate, lambda home, env: None),
    "openclaw": Program(
        "OpenClaw",
        json5_value,
        openclaw_config.fits,
        openclaw_config.migrate,
        lambda home, env: Path(
            env.get("OPENCLAW_CONFIG_PATH")
            or Path(env.get("OPENCLAW_STATE_DIR") or home / ".openclaw") / "openclaw.json"
        ),
    ),
}


def find_file(names: tuple[str, ...], home: Path, environ: Mapping[str, str]) -> tuple[str, Path]:
    """The only one of these programs that has its file where it has it as a rule.

    Raises:
        ConfigError: none has, or several have.
    """
    usual = {name: PROGRAMS[name].usual(home, environ) for name in names}
    there = [(name, file) for name, file in usual.items() if file is not None and file.is_file()]
    if len(there) == 1:
        return there[0]
    places = ", ".join(str(file) for file in usual.values() if file)
    if there:
        raise ConfigError(f"Say which one: {' or '.join(name for name, _ in there)}.")
    raise ConfigError(f"No file was found{f' ({places})' if places else ''}. Name it.")


def read_document(file: Path, names: tuple[str, ...]) -> tuple[str, Mapping[str, Any]]:
    """What a file holds, and which of these programs it is of.

    Raises:
        ConfigError: it cannot be read, or is of none of them. The message repeats nothing of it.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read ({error.strerror}).") from error
    if len(data) > SIZE_LIMIT_BYTES:
        raise ConfigError(f"{file} has {len(data)} bytes: that is no configuration.")
    why = ""
    for name in names:
        try:
            document = PROGRAMS[name].read(data.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            why = f" ({error})" if len(names) == 1 and name == "litellm" else ""
            continue
        if PROGRAMS[name].fits(document):
            return name, document
    titles = " or ".join(PROGRAMS[name].title for name in names)
    raise ConfigError(f"{file} is no configuration of {titles}{why}.")
