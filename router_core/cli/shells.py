"""The languages of shells, as far as variables go: set one, read one from a file, copy one, drop one.

Values stand in single quotes, so that nothing in them can act; each shell has its own way of writing a quote there.
"""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class Shell(Protocol):
    """One language; each method gives one line."""

    def set(self, name: str, value: str) -> str: ...

    def read(self, name: str, file: Path) -> str: ...

    def copy(self, name: str, source: str) -> str: ...

    def unset(self, name: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Posix:
    """sh, bash, zsh."""

    def set(self, name: str, value: str) -> str:
        return f"export {name}={shlex.quote(value)}"

    def read(self, name: str, file: Path) -> str:
        return f'export {name}="$(cat {shlex.quote(str(file))})"'

    def copy(self, name: str, source: str) -> str:
        return f'export {name}="${source}"'

    def unset(self, name: str) -> str:
        return f"unset {name}"


@dataclass(frozen=True, slots=True)
class Fish:
    def set(self, name: str, value: str) -> str:
        return f"set -gx {name} {fish_quoted(value)}"

    def read(self, name: str, file: Path) -> str:
        return f"set -gx {name} (cat {fish_quoted(str(file))})"

    def copy(self, name: str, source: str) -> str:
        return f'set -gx {name} "${source}"'

    def unset(self, name: str) -> str:
        return f"set -e {name}"


@dataclass(frozen=True, slots=True)
class PowerShell:
    """Windows PowerShell and PowerShell 7."""

    def set(self, name: str, value: str) -> str:
        return f"$env:{name} = {powershell_quoted(value)}"

    def read(self, name: str, file: Path) -> str:
        return f"$env:{name} = (Get-Content -Raw -LiteralPath {powershell_quoted(str(file))}).Trim()"

    def copy(self, name: str, source: str) -> str:
        return f"$env:{name} = $env:{source}"

    def unset(self, name: str) -> str:
        return f"Remove-Item -LiteralPath Env:{name} -ErrorAction SilentlyContinue"


SHELLS: dict[str, Shell] = {
    "sh": Posix(),
    "bash": Posix(),
    "zsh": Posix(),
    "fish": Fish(),
    "powershell": PowerShell(),
}


def fish_quoted(text: str) -> str:
    """In fish's single quotes only a backslash and the quote itself mean something."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def powershell_quoted(text: str) -> str:
    """In PowerShell's single quotes only the quote itself means something, and it has several shapes: a typographic one
    ends the string as well. Each is doubled."""
    quotes = "'\u2018\u2019\u201a\u201b"
    return "'" + "".join(char * 2 if char in quotes else char for char in text) + "'"
