"""Whatever of ours goes out by itself goes through the configured proxy, with its password, which no message tells."""

import asyncio
import contextlib
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from router_core.cli.login_run import LoginRun
from router_core.clock import FixedClock
from router_core.config.load import config_of
from router_core.config.schema import Config
from router_core.errors import ConfigError, RouterError
from router_core.home import Home
from router_core.models.fetch import fetch_models
from router_core.oauth.http import HttpCall, NotReached, send
from router_core.oauth.worker import tools_for
from router_core.presets.source import read_source
from router_core.quota.poll import poll_usage
from router_core.store.tokens import open_tokens
from router_core.tokens.probe import probe
from router_core.tokens.token import Token
from tests.support.connect_proxy import connect_proxy

PASSWORD = "made%2Dup%2Dpassword"
CALL = HttpCall("GET", "https://llm.example/x")
FAR = 'base_url = "https://llm.example{}"\n'
NEAR = 'base_url = "http://127.0.0.1:9{}"\n'


def config_for(proxy_url: str, base: str) -> Config:
    text = f'[server]\nproxy_url = "{proxy_url}"\n'
    text += "[providers.claude]\n" + base.format("")
    text += "[providers.openai]\n" + base.format("/v1")
    text += "[providers.codex]\n" + base.format("/backend-api/codex") + "usage_" + base.format("/backend-api")
    text += "[providers.gemini-cli]\n" + base.format("")
    return config_of(text, Path("config.toml"), env={})


def token(provider: str, **fields: Any) -> Token:
    return Token("id", "mine", provider, "made-up-token-0123456789", account_id="a", **fields)


def probed(provider: str, config: Config, tmp: Path) -> str:
    held = token(provider, facts={"project": "p"})
    return probe(held, config.providers[provider], config, FixedClock(0)).detail


def listed(provider: str, config: Config, tmp: Path) -> str:
    try:
        asyncio.run(fetch_models(provider, token(provider, facts={"project": "p"}), config))
    except RouterError as error:
        return error.message
    return ""


def asked_by_login(config: Config) -> str:
    try:
        LoginRun(config, FixedClock(0), 5, may_open=False)._ask(CALL)
    except NotReached as error:
        return error.message
    return ""


def polled(config: Config, tmp: Path) -> str:
    store = open_tokens(Home(tmp / "home").ensure(), FixedClock(0))
    store.add(token("codex", login="codex", refresh_token="r"))
    (held,) = store.all()
    with contextlib.closing(store.database):
        return poll_usage(held, config, store.database, FixedClock(0), told_at=0.0, forced=True).because


def renewed(config: Config, tmp: Path) -> str:
    home = Home(tmp / "renewing").ensure()
    home.config.write_text(f'[server]\nproxy_url = "{config.server.proxy_url}"\n')
    tools = tools_for(home)
    with contextlib.closing(tools.store.database), pytest.raises(NotReached) as caught:
        tools.send(CALL)
    assert not caught.value.maybe_done, "a refused tunnel has used up no token"
    return caught.value.message


def fetched(config: Config, tmp: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        read_source("https://llm.example/preset.toml", proxy=config.server.proxy_for)
    return caught.value.message


GOING_OUT: dict[str, Callable[[Config, Path], str]] = {
    "token test: claude": functools.partial(probed, "claude"),
    "token test: openai": functools.partial(probed, "openai"),
    "token test: codex": functools.partial(probed, "codex"),
    "token test: gemini-cli": functools.partial(probed, "gemini-cli"),
    "model list: openai": functools.partial(listed, "openai"),
    "model list: gemini-cli": functools.partial(listed, "gemini-cli"),
    "usage": polled,
    "login": lambda config, tmp: asked_by_login(config),
    "renewal": renewed,
    "preset": fetched,
}


@pytest.mark.parametrize("name", GOING_OUT)
def test_it_goes_through_the_proxy_and_tells_no_password(name: str, tmp_path: Path) -> None:
    with connect_proxy(f"me:{unquote(PASSWORD)}") as proxy:
        with_password = f"http://me:{PASSWORD}@127.0.0.1:{proxy.port}"
        said = GOING_OUT[name](config_for(with_password, FAR), tmp_path)
        assert set(proxy.asked) == {"llm.example:443"}
    assert said
    assert "made" not in said
    assert "502" in said or "ProxyError" in said, "the password was right, the tunnel was refused"


@pytest.mark.parametrize("name", [name for name in GOING_OUT if name.startswith(("token", "model", "usage"))])
def test_what_is_on_this_machine_is_asked_directly(name: str, tmp_path: Path) -> None:
    with connect_proxy() as proxy:
        GOING_OUT[name](config_for(proxy.url, NEAR), tmp_path)
        assert proxy.asked == []


def test_a_refused_password_is_told_without_it() -> None:
    with connect_proxy("me:right") as proxy, pytest.raises(NotReached) as caught:
        send(CALL, proxy=lambda url: f"http://me:made-up-wrong@127.0.0.1:{proxy.port}")
    assert "407" in caught.value.message
    assert "made-up" not in caught.value.message
