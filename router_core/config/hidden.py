"""The text of a config.toml without its secrets, and back again: in their places stand marks that name them.

It works on texts that are no TOML (yet), too. A mark belongs to one version of the text, so that one that was copied
from an older view is refused and never written for a value.
"""

import re
from collections.abc import Iterator, Sequence

from router_core.config.secrets import names_a_secret
from router_core.errors import ConfigError
from router_core.trace.redact import Redactor

_PART = r"""(?:"(?:\\.|[^"\\\n])*"|'[^'\n]*'|[\w-]+)"""
_TOKEN = re.compile(
    rf"""(?P<comment>\#[^\n]*)
    |(?P<key>{_PART}(?:[ \t]*\.[ \t]*{_PART})*)[ \t]*=
    |\"\"\"(?P<long>(?:\\.|(?!\"\"\").)*)\"\"\"
    |'''(?P<raw_long>.*?)'''
    |"(?P<basic>(?:\\.|[^"\\\n])*)"
    |'(?P<raw>[^'\n]*)'
    |["'](?P<unended>[^"'\n]+)""",
    re.VERBOSE | re.DOTALL,
)
_STRINGS = ("long", "raw_long", "basic", "raw", "unended")
_VARIABLES = re.compile(r"(?:[A-Za-z]* ?)(?:\$[A-Za-z_]\w*|\$\{[A-Za-z_]\w*\})+")
"""`$NAME`, and `Bearer ${NAME}`: no secret is written there."""
_WITH_PASSWORD = re.compile(r"://[^/\s@]*:[^/\s@]+@")
_MARK = re.compile(r"\[hidden:([0-9a-f]*):(\d+)\]")
_SETTINGS = {"auth": {"token", "open"}}
"""Keys with a secret's name that hold none of those values."""
VERSION_DIGITS = 6


def hide(text: str, version: str) -> tuple[str, tuple[str, ...]]:
    """The text with a mark for each secret, and the secrets in the order of their marks."""
    parts: list[str] = []
    secrets: list[str] = []
    done = 0
    for start, end in _spans(text):
        secrets.append(text[start:end])
        parts += (text[done:start], f"[hidden:{version[:VERSION_DIGITS]}:{len(secrets)}]")
        done = end
    return "".join((*parts, text[done:])), tuple(secrets)


def put_back(text: str, secrets: Sequence[str], version: str) -> str:
    """The text with the secrets where their marks are.

    Raises:
        ConfigError: a mark is none of this version.
    """

    def secret(mark: re.Match[str]) -> str:
        number = int(mark[2])
        if mark[1] != version[:VERSION_DIGITS] or not 1 <= number <= len(secrets):
            raise ConfigError(f"{mark[0]} stands for no secret of this version of the file. Write the value itself.")
        return secrets[number - 1]

    return _MARK.sub(secret, text)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Where the secrets are, from the first to the last."""
    redactor = Redactor()
    key = ""
    for found in _TOKEN.finditer(text):
        if (comment := found["comment"]) is not None:
            if redactor.text(comment) != comment or any(True for _ in _spans(comment[1:])):
                yield found.start() + 1, found.end()
        elif found["key"] is not None:
            key = re.findall(_PART, found["key"])[-1].strip("\"'")
        else:
            kind = next(name for name in _STRINGS if found[name] is not None)
            if _is_secret(key, found[kind], redactor):
                yield found.span(kind)


def _is_secret(key: str, value: str, redactor: Redactor) -> bool:
    if not value.strip() or _VARIABLES.fullmatch(value.strip()) or _MARK.fullmatch(value):
        return False
    if _WITH_PASSWORD.search(value) or redactor.text(value) != value:
        return True
    if key == "webhook":  # who knows the address may write there
        return True
    if value.startswith(("http://", "https://")) or value in _SETTINGS.get(key, ()):
        return False
    return names_a_secret(key)
