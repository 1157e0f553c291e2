"""Which proxy an address is reached through: what is configured, else the environment; never on this machine."""

import json
from pathlib import Path

import pytest

from router_core.config.load import config_of
from router_core.config.origin import origins
from router_core.config.proxy import proxy_for
from router_core.errors import ConfigError

PROXY = "http://proxy.example:3128"
MINE = '[server]\nproxy_url = "http://mine:1"\nno_proxy = []\n'
FILE = Path("config.toml")


@pytest.mark.parametrize(
    ("url", "no_proxy", "through"),
    [
        ("https://api.example.com/v1", (), True),
        ("https://api.example.com/v1", ("other.example.com", "ample.com", "", "api.example.com:8443"), True),
        ("https://api.example.com/v1", ("example.com",), False),
        ("https://api.example.com/v1", (".example.com",), False),
        ("https://api.example.com/v1", ("*.EXAMPLE.com",), False),
        ("https://example.com/v1", (".example.com",), False),
        ("https://api.example.com/v1", ("*",), False),
        ("https://api.example.com:8443/v1", ("api.example.com:8443",), False),
        ("https://api.example.com/v1", ("api.example.com:443",), False),
        ("https://10.1.2.3/v1", ("10.0.0.0/8",), False),
        ("https://10.1.2.3/v1", ("10.1.2.3",), False),
        ("https://11.1.2.3/v1", ("10.0.0.0/8",), True),
        ("https://[fd00::1]/v1", ("fd00::/8",), False),
        ("http://127.0.0.1:11434/v1", (), False),
        ("http://localhost:11434/v1", (), False),
        ("http://[::1]:11434/v1", (), False),
        ("http://metadata.google.internal/x", (), False),
        ("http://169.254.169.254/x", (), False),
    ],
)
def test_which_urls_go_through_it(url: str, no_proxy: tuple[str, ...], through: bool) -> None:
    assert proxy_for(url, PROXY, no_proxy) == (PROXY if through else None)
    assert proxy_for(url, None, no_proxy) is None


@pytest.mark.parametrize(
    ("text", "env", "proxy", "no_proxy"),
    [
        ("", {}, None, ()),
        ("", {"HTTPS_PROXY": PROXY, "NO_PROXY": "a.lan, .b.lan,,"}, PROXY, ("a.lan", ".b.lan")),
        ("", {"https_proxy": "proxy.example:3128", "no_proxy": "a.lan"}, PROXY, ("a.lan",)),
        ("", {"PROXY_URL": PROXY, "HTTPS_PROXY": "socks5://p:1"}, PROXY, ()),
        (MINE, {"PROXY_URL": PROXY, "NO_PROXY": "*"}, "http://mine:1", ()),
        ('[server]\nproxy_url = ""\n', {"HTTPS_PROXY": "socks5://p:1"}, None, ()),
        ("", {"PROXY_URL": PROXY, "MITMROUTER__SERVER__PROXY_URL": "http://env:1"}, "http://env:1", ()),
        ("", {"HTTPS_PROXY": " ", "HTTP_PROXY": PROXY, "ALL_PROXY": PROXY}, None, ()),
    ],
)  # fmt: skip
def test_the_file_wins_then_proxy_url_then_the_usual_variables(
    text: str, env: dict[str, str], proxy: str | None, no_proxy: tuple[str, ...]
) -> None:
    server = config_of(text, FILE, env=env).server
    assert (server.proxy_url, server.no_proxy) == (proxy, no_proxy)


@pytest.mark.parametrize("variable", ["PROXY_URL", "HTTPS_PROXY"])
def test_a_variable_that_cannot_be_used_is_named_without_its_value(variable: str) -> None:
    with pytest.raises(ConfigError, match=f"environment {variable}: only an HTTP proxy") as caught:
        config_of("", FILE, env={variable: "socks5://me:made-up-password@p:1"})
    assert "made-up" not in caught.value.message


def test_show_knows_where_it_comes_from() -> None:
    env = {"HTTPS_PROXY": PROXY}
    settings = json.loads(config_of("", FILE, env=env).model_dump_json())
    assert origins(settings, FILE, "", env)[("server", "proxy_url")] == "environment HTTPS_PROXY"
    text = '[server]\nproxy_url = ""\n'
    settings = config_of(text, FILE, env=env).model_dump(mode="json")
    assert origins(settings, FILE, text, env)[("server", "proxy_url")] == "config.toml:2"
