"""A client behind a company's proxy reaches the router on its own machine directly."""

import pytest

from router_core.cli.around_proxy import around_proxy
from tests.router_core.cli.conftest import Cli

NEAR = "127.0.0.1,localhost,::1"


@pytest.mark.parametrize(
    ("environ", "no_proxy"),
    [
        ({}, None),
        ({"NO_PROXY": "a.lan"}, None),
        ({"HTTP_PROXY": ""}, None),
        ({"HTTP_PROXY": "http://p"}, NEAR),
        ({"https_proxy": "http://p", "no_proxy": "a.lan, localhost"}, "a.lan,localhost,127.0.0.1,::1"),
        ({"ALL_PROXY": "socks5://p", "NO_PROXY": NEAR}, NEAR),
    ],
)
def test_this_machine_is_added_where_a_proxy_is_set(environ: dict[str, str], no_proxy: str | None) -> None:
    assert around_proxy(environ) == ({"NO_PROXY": no_proxy, "no_proxy": no_proxy} if no_proxy else {})


def test_activate_says_so(cli: Cli) -> None:
    assert "NO_PROXY" not in cli("activate").stdout
    cli.env = {"HTTP_PROXY": "http://proxy.example:3128"}
    assert f"export NO_PROXY={NEAR}\n" in cli("activate").stdout
    assert f"set -gx no_proxy '{NEAR}'" in cli("activate", "--shell", "fish").stdout
