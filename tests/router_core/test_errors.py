"""The error tree: what the client gets and the stable word for traces."""

import pytest

from router_core.errors import ConfigError, HomeError, NoTokenAvailable, Refused, RouterError, TokenError


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (RouterError("m"), 500, "router_error"),
        (ConfigError("m"), 500, "config_error"),
        (HomeError("m"), 500, "home_error"),
        (Refused(403, "bad_host", "m"), 403, "bad_host"),
        (NoTokenAvailable("m", 12.0), 429, "no_token_available"),
        (TokenError("m"), 400, "token_error"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_each_error_carries_status_kind_and_message(error: RouterError, status: int, kind: str) -> None:
    assert isinstance(error, RouterError)
    assert (error.status, error.kind, error.message, str(error)) == (status, kind, "m", "m")


def test_no_token_available_says_how_long() -> None:
    assert NoTokenAvailable("m", 12.0).retry_after_s == 12.0
    assert NoTokenAvailable("m", None).retry_after_s is None
