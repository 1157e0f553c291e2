"""Every error that crosses a module border.

    RouterError                what a caller can do about it
    ├── ConfigError            fix the file (names file, line, key, remedy)
    ├── HomeError              make the folder usable, or name another one
    ├── Refused                the client must change its request: answered here, nothing goes upstream
    ├── TransformFailed        the owner's own transformer failed: the request is not sent without it
    ├── WireError              a body that cannot be read, or cannot be said in the target's format
    ├── StreamFailed           an answer that ended in an error (wire/events.py)
    ├── NoTokenAvailable       wait until `retry_after_s`, or add a token
    │   └── BudgetExceeded     wait until it resets, raise it, or use something cheaper
    └── TokenError             name another token, or mend this one

`status` is what the client gets, `kind` a stable word for traces. No message holds a secret.
"""


class RouterError(Exception):
    """Base of the tree; `status` is HTTP, `kind` is stable."""

    status = 500
    kind = "router_error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ConfigError(RouterError):
    """A setting is wrong; the message names where it was written and how to mend it."""

    kind = "config_error"


class HomeError(RouterError):
    """The home folder or a database in it cannot be used."""

    kind = "home_error"


class Refused(RouterError):
    """The router itself says no to a client's request.

    Args:
        status: 400, 403, 404, 413, 421 or 426; chosen by what real clients do with it.
        kind: a stable word: bad_host, foreign_origin, bad_client_token, unknown_provider …
    """

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind


class WireError(RouterError):
    """A body that is not what its format says, or that cannot safely be said in another one.

    Args:
        param: the field at fault, as a path in the wire's own spelling (`messages[2].content[0].source`).
        status: 400 for a client's request, 502 for a provider's answer.
    """

    kind = "invalid_request"

    def __init__(self, message: str, param: str = "", status: int = 400) -> None:
        super().__init__(message)
        self.param = param
        self.status = status


class TransformFailed(WireError):
    """A transformer that the owner wrote failed. The request is not sent untransformed.

    400, although the client is not to blame: it fails again each time, and clients repeat what is answered with 500 for
    minutes before they show the message.
    """

    kind = "transformer_failed"

    def __init__(self, message: str) -> None:
        super().__init__(message)


class NoTokenAvailable(RouterError):
    """Every token of the provider rests, is unhealthy, is disabled, or was tried already.

    Args:
        retry_after_s: seconds until the first one comes back; None when none comes back by itself.
    """

    status = 429
    kind = "no_token_available"

    def __init__(self, message: str, retry_after_s: float | None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class BudgetExceeded(NoTokenAvailable):
    """A budget has no room for the request.

    Args:
        retry_after_s: seconds until it resets; None when waiting does not help (a limit of each single request).
        on_limit: what the owner wants done: refuse, cheaper or wait.
        token_id: the token that was to pay, where the budget is one of single tokens: another may have room.
    """

    kind = "budget_exceeded"

    def __init__(self, message: str, retry_after_s: float | None, on_limit: str, *, token_id: str = "") -> None:
        super().__init__(message, retry_after_s)
        self.on_limit = on_limit
        self.token_id = token_id

    @property
    def waits(self) -> bool:
        """The request may wait for room."""
        return self.on_limit == "wait" and self.retry_after_s is not None


class TokenError(RouterError):
    """No such token, a name taken, a credential that cannot be one."""

    status = 400
    kind = "token_error"
