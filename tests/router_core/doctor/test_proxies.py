"""Proxies: of the shell, and of the router."""

import socket

import pytest

from router_core.doctor import proxies
from router_core.doctor.proxies import clients_finding
from tests.router_core.doctor.conftest import Examine
from tests.support.router import free_port

PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize(
    ("environ", "verdict"),
    [
        ({}, "ok"),
        ({"HTTPS_PROXY": PROXY}, "warning"),
        ({"http_proxy": PROXY, "no_proxy": "intern.example"}, "warning"),
        ({"HTTP_PROXY": PROXY, "NO_PROXY": "intern.example, 127.0.0.1"}, "ok"),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "*"}, "ok"),
    ],
)
def test_a_shell_that_sends_everything_to_a_proxy_is_named(environ: dict[str, str], verdict: str) -> None:
    finding = clients_finding(environ)
    assert finding.verdict == verdict
    if verdict == "warning":
        assert "127.0.0.1" in finding.remedy


def test_the_routers_own_proxy_must_answer(examine: Examine) -> None:
    examined = examine()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        there, gone = listening.getsockname()[1], free_port()
        for port, verdict in ((there, "ok"), (gone, "problem")):
            examined.home.config.write_text(f'[server]\nproxy_url = "http://user:hidden@127.0.0.1:{port}"\n')
            *_, finding = proxies.check(examine())
            assert (finding.verdict, f"127.0.0.1:{port}" in finding.says) == (verdict, True)
            assert "hidden" not in repr(finding)
