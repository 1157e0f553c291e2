"""Which names are this machine; a rebinding page must not pass for it."""

import pytest

from router_core.netloc import host_of, is_loopback


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "localhost.", "a.localhost", "127.0.0.1", "127.8.9.1", "::1", "[::1]"]
)
def test_loopback_names_and_addresses(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "", "0.0.0.0", "::", "10.0.0.1", "127.0.0.1.evil.example", "localhost.evil.example", "notlocalhost",
        "127.0.0.1@evil.example", "evil.example", "2130706433", "0x7f.0.0.1",
    ],
)  # fmt: skip
def test_everything_else_is_foreign(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("authority", "host"),
    [
        ("localhost", "localhost"),
        ("LocalHost:8100", "localhost"),
        (" 127.0.0.1:8100 ", "127.0.0.1"),
        ("[::1]:8100", "::1"),
        ("[::1]", "::1"),
        ("::1", "::1"),
        ("", ""),
    ],
)
def test_host_of_an_authority(authority: str, host: str) -> None:
    assert host_of(authority) == host


@pytest.mark.parametrize(
    "authority", ["[::1]evil.example", "[::1]evil.example:80", "127.0.0.1:80:evil", "[evil.example"]
)
def test_a_malformed_authority_is_never_loopback(authority: str) -> None:
    assert not is_loopback(host_of(authority))
