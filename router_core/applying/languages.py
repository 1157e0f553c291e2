"""The languages in which clients keep their settings: read a document, change single values, keep the rest."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from router_core.applying.env_text import edited_env, env_document
from router_core.applying.json_text import edited_json, json_document
from router_core.errors import ConfigError

type Keys = tuple[str, ...]
Language = Literal["json", "jsonc", "toml", "env"]
"""`json` has no comments (Claude Code reads nothing of a file that has any), `jsonc` may have them."""
MISSING = object()
"""No value at all; None is one in JSON."""


def _toml_document(text: str) -> dict[str, Any]:
    import tomli

    return tomli.loads(text)


def _plain_json_document(text: str) -> dict[str, Any]:
    import json

    if text.strip():
        json.loads(text)
    return json_document(text)


def _edited_toml(text: str, changes: Mapping[Keys, Any]) -> str:
    from router_core.config.toml_edit import edited

    return edited(text, changes)


@dataclass(frozen=True, slots=True)
class Speech:
    """How one language is read and changed. Both raise ValueError for a text that is none."""

    read: Callable[[str], dict[str, Any]]
    change: Callable[[str, Mapping[Keys, Any]], str]


SPEECHES: dict[Language, Speech] = {
    "json": Speech(_plain_json_document, edited_json),
    "jsonc": Speech(json_document, edited_json),
    "toml": Speech(_toml_document, _edited_toml),
    "env": Speech(env_document, edited_env),
}


def read(language: Language, text: str) -> dict[str, Any]:
    """What the text says.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        return SPEECHES[language].read(text)
    except ValueError as error:
        raise ConfigError(str(error)) from error


def changed(language: Language, text: str, changes: Mapping[Keys, Any], *, prune: Collection[Keys] = ()) -> str:
    """The text with these values changed; None takes a key away.

    Args:
        prune: tables that go as well when that has emptied them.

    Raises:
        ConfigError: it cannot be read, or not be changed in its layout.
    """
    try:
        SPEECHES[language].read(text)
        text = SPEECHES[language].change(text, changes)
        for keys in sorted(prune, key=len, reverse=True):
            if value_at(SPEECHES[language].read(text), keys) == {}:
                text = SPEECHES[language].change(text, {keys: None})
    except ValueError as error:
        raise ConfigError(str(error)) from error
    return text


def value_at(document: Mapping[str, Any], keys: Keys) -> Any:
    """The value at a path of keys; MISSING where there is none."""
    value: Any = document
    for key in keys:
        if not isinstance(value, Mapping) or key not in value:
            return MISSING
        value = value[key]
    return value
