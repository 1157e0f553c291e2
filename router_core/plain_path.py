"""One spelling of each path: `%6d` and `m` are the same to a provider, so they must be to our rules and budgets."""

import re

_WRITTEN = re.compile(r"%[0-9A-Fa-f]{2}")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def plain_path(path: str) -> str:
    """The path with those letters plain that need no `%` (RFC 3986, 6.2.2.2); the query stays as it is.

    >>> plain_path("/v1/%6dessages/a%2Fb?c=%6d")
    '/v1/messages/a%2Fb?c=%6d'
    """
    if "%" not in path:
        return path
    bare, mark, query = path.partition("?")
    return _WRITTEN.sub(_plain, bare) + mark + query


def _plain(match: re.Match[str]) -> str:
    letter = chr(int(match[0][1:], 16))
    return letter if letter in _UNRESERVED else match[0]
