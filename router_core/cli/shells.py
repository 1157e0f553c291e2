"""The languages of shells, as far as variables go: set one, read one from a file, copy one, drop one.

Values stand in single quotes, so that nothing in them can act; each shell has its own way of writing a quote there.
"""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


def fish_quoted(text: str) -> str:
    """In fish's single quotes only a backslash and the quote itself mean something."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def powershell_quoted(text: str) -> str:
    """In PowerShell's single quotes only the quote itself means something, and it has several shapes: a typographic one
    ends the string as well. Each is doubled."""
    quotes = "'\u2018\u2019\u201a\u201b"
    return "'" + "".join(char * 2 if char in quotes else char for char in text) + "'"


@dataclass(frozen=True, slots=True)
class Shell:
    """One language: a line for each thing to say, with `{name}` of the variable in it and what else it is about."""

    quoted: Callable[[str], str]
    setting: str
    reading: str
    copying: str
    unsetting: str

    def set(self, name: str, value: str) -> str:
        return self.setting.format(name=name, value=self.quoted(value))

    def read(self, name: str, file: Path) -> str:
        return self.reading.format(name=name, file=self.quoted(str(file)))

    def copy(self, name: str, source: str) -> str:
        return self.copying.format(name=name, source=source)

    def unset(self, name: str) -> str:
        return self.unsetting.format(name=name)


POSIX = Shell(
    shlex.quote,
    "export {name}={value}",
    'export {name}="$(cat {file})"',
    'export {name}="${source}"',
    "unset {name}",
)
FISH = Shell(
    fish_quoted,
    "set -gx {name} {value}",
    "set -gx {name} (cat {file})",
    'set -gx {name} "${source}"',
    "set -e {name}",
)
POWERSHELL = Shell(
    powershell_quoted,
    "$env:{name} = {value}",
    "$env:{name} = (Get-Content -Raw -LiteralPath {file}).Trim()",
    "$env:{name} = $env:{source}",
    "Remove-Item -LiteralPath Env:{name} -ErrorAction SilentlyContinue",
)
"""Windows PowerShell and PowerShell 7."""
SHELLS = {"sh": POSIX, "bash": POSIX, "zsh": POSIX, "fish": FISH, "powershell": POWERSHELL}
