"""What is wrong with the text of a config.toml, each problem with its line: for editors that check while one types."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from router_core.config.load import config_of
from router_core.errors import ConfigError

_LINE = re.compile(r":(\d+)(?=: )")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend."""

    line: int | None
    """From 1; None: it is in no line of the file (an environment variable, or something that is missing)."""
    said: str
    """What is wrong, with the key and what to do; without file and line."""

    def __str__(self) -> str:
        return self.said if self.line is None else f"line {self.line}: {self.said}"


def problems_of(text: str, file: Path, *, env: Mapping[str, str] | None = None) -> list[Problem]:
    """In the order of the lines; nothing: the text would be taken.

    Args:
        file: where the text is, or shall be.
    """
    try:
        config_of(text, file, env=env)
    except ConfigError as error:
        return problems_in(error, file)
    return []


def problems_in(error: ConfigError, file: Path) -> list[Problem]:
    """The problems that an error about this file tells of."""
    found = [_problem(line, str(file)) for line in error.message.splitlines() if line.strip()]
    return sorted(found, key=lambda problem: problem.line or 0)


def _problem(line: str, file: str) -> Problem:
    if not line.startswith(file):
        return Problem(None, line)
    rest = line.removeprefix(file)
    if number := _LINE.match(rest):
        return Problem(int(number[1]), rest[number.end() :].removeprefix(": "))
    return Problem(None, rest.removeprefix(": "))
