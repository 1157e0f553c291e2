"""The single place where logins and refreshes open a socket. What is asked, and what an answer means, is decided
elsewhere.

Redirects are not followed: they would take credentials along.
"""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import orjson

from router_core.errors import RouterError
from router_core.text import cause

TIMEOUT_S = 30.0
ANSWER_LIMIT_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One request to an authorization server."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)

    @property
    def host(self) -> str:
        """Whom to leave alone when it fails: name and port."""
        return urlsplit(self.url).netloc


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = field(default=b"", repr=False)

    @property
    def json(self) -> dict[str, Any]:
        """The body as an object; {} when it is none."""
        try:
            value = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return {}
        return value if isinstance(value, dict) else {}


class NotReached(RouterError):
    """The server gave no answer.

    Args:
        maybe_done: the request may have reached it, so that a single-use token may be used up.
    """

    status = 502
    kind = "not_reached"

    def __init__(self, message: str, *, maybe_done: bool) -> None:
        super().__init__(message)
        self.maybe_done = maybe_done


def directly(url: str) -> str | None:
    """Through no proxy."""
    return None


@cache
def _trusted() -> ssl.SSLContext:
    """The certificate authorities; reading them takes longer than most calls do."""
    import httpx

    return httpx.create_ssl_context(trust_env=False)


def send(call: HttpCall, *, proxy: Callable[[str], str | None] = directly, timeout_s: float = TIMEOUT_S) -> HttpAnswer:
    """Make one call; blocking.

    Args:
        proxy: the URL → the HTTP proxy that it is reached through, if any.

    Raises:
        NotReached: no connection, no answer in time, or one that is no HTTP.
    """
    import httpx  # here: a quarter of a second that the start of the router does not wait for

    host = call.host
    not_sent = (
        httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.UnsupportedProtocol, httpx.InvalidURL,
    )  # fmt: skip
    try:
        with httpx.Client(
            verify=_trusted(), timeout=timeout_s, proxy=proxy(call.url), follow_redirects=False, trust_env=False
        ) as http:
            response = http.request(call.method, call.url, headers=list(call.headers), content=call.body or None)
    except not_sent as error:
        raise NotReached(f"{host} was not reached ({cause(error)}). Check the network.", maybe_done=False) from None
    except httpx.HTTPError as error:
        raise NotReached(f"{host} gave no answer ({type(error).__name__}).", maybe_done=True) from None
    headers = {name.lower(): value for name, value in response.headers.items()}
    answer = HttpAnswer(response.status_code, headers, response.content[:ANSWER_LIMIT_BYTES])
    if answer.status < 400 and b'"error"' not in answer.body:
        return answer
    from router_core.oauth.echo import without_echo

    return without_echo(answer, call)
