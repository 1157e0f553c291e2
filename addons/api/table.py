"""Which endpoint a method and a path mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from addons.api.endpoint import Endpoint

type Pattern = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A path that exists.

    Args:
        endpoint: None: not with this method.
        arguments: of the path.
        allowed: the methods that there are.
    """

    endpoint: Endpoint | None
    arguments: dict[str, str]
    allowed: tuple[str, ...]


class Table:
    """Finds endpoints; a fixed part of a path goes before one in braces."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self._paths: dict[int, list[tuple[Pattern, dict[str, Endpoint]]]] = {}
        patterns: dict[Pattern, dict[str, Endpoint]] = {}
        for endpoint in endpoints:
            pattern = tuple(endpoint.path.strip("/").split("/"))
            if endpoint.method in patterns.setdefault(pattern, {}):
                raise ValueError(f"{endpoint.method} {endpoint.path} is there twice")
            patterns[pattern][endpoint.method] = endpoint
        for pattern in sorted(patterns, key=lambda parts: [part.startswith("{") for part in parts]):
            self._paths.setdefault(len(pattern), []).append((pattern, patterns[pattern]))

    def find(self, method: str, path: str) -> Match | None:
        """None: there is no such path."""
        parts = path.strip("/").split("/")
        for pattern, methods in self._paths.get(len(parts), ()):
            arguments = _arguments(pattern, parts)
            if arguments is not None:
                endpoint = methods.get("GET" if method == "HEAD" else method)
                return Match(endpoint, arguments, _allowed(methods))
        return None


def _arguments(pattern: Pattern, parts: list[str]) -> dict[str, str] | None:
    arguments = {}
    for expected, part in zip(pattern, parts, strict=True):
        if expected.startswith("{"):
            if not part:
                return None
            arguments[expected[1:-1]] = unquote(part)
        elif unquote(part) != expected:
            return None
    return arguments


def _allowed(methods: dict[str, Endpoint]) -> tuple[str, ...]:
    return (*(("GET", "HEAD") if "GET" in methods else ()), *(m for m in methods if m != "GET"), "OPTIONS")
