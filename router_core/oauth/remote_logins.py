"""The logins that are under way over the admin API, and how the last ones ended."""

import secrets
from collections.abc import Callable

from router_core.clock import Clock
from router_core.config.schema import Config
from router_core.errors import Refused
from router_core.home import Home
from router_core.oauth.register import Registered
from router_core.oauth.remote_login import AT_ONCE, REMEMBERED, RemoteLogin, Wanted


class RemoteLogins:
    """Begins, finds and ends them.

    Args:
        learn: told every secret, before anything else is.
        stored: called in the login's own thread when a token was stored.
    """

    def __init__(
        self, home: Home, clock: Clock, learn: Callable[[str], None], stored: Callable[[Registered], None]
    ) -> None:
        self._home, self._clock, self._learn, self._stored = home, clock, learn, stored
        self._logins: dict[str, RemoteLogin] = {}

    def begin(self, wanted: Wanted, config: Config) -> RemoteLogin:
        """Begin one. It takes the place of one to the same provider that nobody has finished: of the two only the last
        is what somebody looks at, and a browser can be sent back to one of them only.

        Raises:
            Refused: too many are under way.
            LoginFailed: there is no such way to log in.
        """
        replaced = [one for one in self._logins.values() if one.wanted.login == wanted.login and not one.ended]
        for other in replaced:
            other.cancel()
        under_way = [one for one in self._logins.values() if not one.ended and one.wanted.login != wanted.login]
        if len(under_way) >= AT_ONCE:
            names = ", ".join(sorted(one.wanted.provider for one in under_way))
            raise Refused(
                409, "too_many_logins", f"{len(under_way)} logins are under way ({names}): finish or cancel one first."
            )
        new = secrets.token_hex(8)
        login = RemoteLogin(new, wanted, self._home, config, self._clock, self._learn, self._stored, tuple(replaced))
        login.start()
        self._logins[login.id] = login
        for old in [one.id for one in self._logins.values() if one.ended][:-REMEMBERED]:
            del self._logins[old]
        return login

    def find(self, login_id: str) -> RemoteLogin:
        """Raises Refused for one that there is not, or was long ago."""
        if (login := self._logins.get(login_id)) is None:
            raise Refused(404, "no_such_login", "There is no such login under way: begin a new one.")
        return login

    def all(self) -> list[RemoteLogin]:
        """The last one first."""
        return list(reversed(self._logins.values()))

    def close(self) -> None:
        """End all that are under way."""
        for login in self._logins.values():
            login.cancel()
