"""A file that holds anything anywhere: what is no setting is left out, nothing breaks."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from router_core.config.load import config_of
from router_core.migrating.outcome import Here
from router_core.migrating.programs import PROGRAMS, read_document
from tests.router_core.migrating.conftest import FILES, VARIABLES

HOSTILE: tuple[Any, ...] = (
    None, True, -1, float("nan"), "", "9" * 5000, "http://[", "http://a:99999/", "$A", "\x00", "/", [None], [[]],
    {"a": 1},
)  # fmt: skip

type Path_ = tuple[str | int, ...]


def places(value: Any, at: Path_ = ()) -> Iterator[Path_]:
    """Every place in a document, its own root left out."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield (*at, key)
        yield from places(one, (*at, key))


def replaced(document: Any, at: Path_, value: Any) -> Any:
    document = copy.deepcopy(document)
    inner = document
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = value
    return document


@pytest.mark.parametrize("name", ["ccr_v1.json", "ccr_v2.json", "litellm.yaml", "openclaw.json5"])
def test_nothing_in_a_file_breaks_its_migration(name: str) -> None:
    program, document = read_document(FILES / name, tuple(PROGRAMS))
    document = {key: value[:2] if isinstance(value, list) else value for key, value in document.items()}
    here = Here(config_of("", Path("config.toml"), env=VARIABLES), VARIABLES, name)
    for at in places(document):
        for value in HOSTILE:
            changed = replaced(document, at, value)
            if PROGRAMS[program].fits(changed):
                try:
                    PROGRAMS[program].migrate(changed, here)
                except Exception as error:
                    raise AssertionError(f"{at} = {value!r:.60}") from error
