"""A client behind a company's proxy reaches the router on its own machine directly."""

import pytest

from router_core.applying.around_proxy import around_proxy, spares_this_machine

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


@pytest.mark.parametrize(
    ("no_proxy", "spared"),
    [("", False), ("a.lan", False), ("localhost", False), ("a.lan, 127.0.0.1", True), ("*", True)],
)
def test_whether_this_machine_is_spared_already(no_proxy: str, spared: bool) -> None:
    assert spares_this_machine({"no_proxy": no_proxy}) is spared
