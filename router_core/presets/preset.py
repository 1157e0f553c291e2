"""One preset: a TOML file with `[preset]`, what it is and asks for, and `[config…]`, what it puts into config.toml.

[preset]
format = 1
name = "cheap"

[[preset.inputs]]
name = "openrouter_api_key"
ask = "API key of openrouter"

[config.providers.openrouter]
api_key = "{{input.openrouter_api_key}}"
"""

import re
from typing import Annotated, Any, Literal, Self

import tomli
from pydantic import Field, ValidationError, model_validator

from router_core.config.section import Section
from router_core.errors import ConfigError
from router_core.text import printable

SECTIONS = ("routing", "providers", "spend", "transformers", "prices", "selection", "failover", "timeouts")
"""Tables of config.toml that a preset may hold. Not those that say who may reach the router, where it logs in, and what
it keeps."""
SIZE_LIMIT_BYTES = 256 * 1024
MOST_DEPTH = 30
NAME = r"[a-z0-9][a-z0-9._-]{0,62}"
_INPUT = re.compile(r"\{\{\s*input\.([A-Za-z0-9_]{1,80})\s*\}\}")

Name = Annotated[str, Field(pattern=f"^{NAME}$")]
Line = Annotated[str, Field(max_length=500)]


class Input(Section):
    """Something that is asked for when the preset is used."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,80}$")]
    ask: Line = ""
    """What to ask."""
    secret: bool = True
    """It is not shown while it is typed."""


class About(Section):
    """The `[preset]` table."""

    format: Literal[1] = 1
    name: Name
    description: Line = ""
    version: Annotated[str, Field(max_length=40)] = "1"
    author: Annotated[str, Field(max_length=200)] = ""
    inputs: tuple[Input, ...] = ()


class Preset(Section):
    """The whole file."""

    preset: About
    config: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _only_these_tables(self) -> Self:
        if _depth(self.config) > MOST_DEPTH:
            raise ValueError("it is nested too deeply")
        for section in self.config:
            if section not in SECTIONS:
                raise ValueError(f"[config.{section}] cannot be part of a preset (only {', '.join(SECTIONS)})")
        asked = {one.name for one in self.preset.inputs}
        for name in inputs_in(self.config):
            if name not in asked:
                raise ValueError(f"input.{name} is used, and not among [[preset.inputs]]")
        return self


def _depth(value: Any) -> int:
    """How many tables and lists are within each other."""
    depth, level = 0, [value]
    while level := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
    return depth


def inputs_in(value: Any) -> set[str]:
    """Names of the inputs that a value refers to."""
    if isinstance(value, dict):
        return {name for one in value.values() for name in inputs_in(one)}
    if isinstance(value, list):
        return {name for one in value for name in inputs_in(one)}
    return set(_INPUT.findall(value)) if isinstance(value, str) else set()


def fill(value: Any, answers: dict[str, str]) -> Any:
    """The value with the answers in the place of inputs; strings as they shall stand in config.toml."""
    if isinstance(value, dict):
        return {key: fill(one, answers) for key, one in value.items()}
    if isinstance(value, list):
        return [fill(one, answers) for one in value]
    if isinstance(value, str):
        return _INPUT.sub(lambda match: answers[match[1]], value)
    return value


def parse_preset(text: str, where: str) -> Preset:
    """
    Raises:
        ConfigError: it is no preset; the message repeats no value of it.
    """
    try:
        return Preset.model_validate(tomli.loads(text))
    except tomli.TOMLDecodeError as error:
        raise ConfigError(f"{where}:{error.lineno}: not valid TOML: {error.msg}.") from None
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(str(part) for part in problem["loc"])
        said = printable(problem["msg"].removeprefix("Value error, "), 300)
        raise ConfigError(f"{where} is no preset: {f'{path}: ' if path else ''}{said}.") from None
    except RecursionError:
        raise ConfigError(f"{where} is no preset: it is nested too deeply.") from None


def preset_text(preset: Preset) -> str:
    """The file."""
    import tomlkit  # here: a quarter of a tenth of a second that no other command waits for

    document = preset.model_dump(mode="json", exclude_defaults=True)
    document["preset"] = {"format": 1, **document["preset"]}
    return tomlkit.dumps(document)
