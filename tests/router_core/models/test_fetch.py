"""Asking each kind of provider for its models, with the right credentials; what fails is a defined error."""

import asyncio
import socket

import pytest

from router_core.config.schema import Config, ProviderConfig
from router_core.errors import RouterError
from router_core.models.fetch import fetch_models
from router_core.models.parsing import parse_models
from router_core.simulator import Fault, SimulatorThread, make_jwt
from router_core.tokens.token import Token

SECRETS = {
    "claude": ("anthropic", "sk-ant-api03-test"),
    "openai": ("openai", "sk-proj-test-0123456789abcdef"),
    "codex": ("codex", make_jwt("acc-1")),
    "gemini": ("gemini", "AIza" + "SyTest-0123456789_abcdefghijklmnopq"),
    "gemini-cli": ("code-assist", "ya29.login"),
    "antigravity": ("antigravity", "ya29.another-login"),
    "vertex": ("vertex", "ya29.minted"),
}


PATHS = dict.fromkeys(("gemini-cli", "antigravity"), "/v1internal:fetchAvailableModels")


def ask(name: str, base_url: str) -> tuple[int, object]:
    kind, secret = SECRETS[name]
    provider = ProviderConfig.model_validate({"kind": kind, "base_url": base_url})
    config = Config.model_validate({"providers": {name: provider}})
    return asyncio.run(fetch_models(name, Token("id", "t", name, secret), config))


@pytest.mark.parametrize("name", SECRETS)
def test_each_kind_of_provider_lists_its_models(name: str) -> None:
    with SimulatorThread() as simulator:
        status, answer = ask(name, simulator.base_urls[name])
        assert status == 200
        assert parse_models(answer, name)
        path = PATHS.get(name, "*models*")
        simulator.set_faults([Fault(fault="unauthorized_401", path=path, times=0)])
        status, answer = ask(name, simulator.base_urls[name])
        assert (status, answer) == (400 if name == "gemini" else 401, None)  # Google says so of a bad key
        simulator.set_faults([Fault(fault="status", status=200, body="<html>", path=path, times=0)])
        with pytest.raises(RouterError):
            ask(name, simulator.base_urls[name])


def test_vertex_lists_what_google_and_anthropic_publish() -> None:
    with SimulatorThread() as simulator:
        _, answer = ask("vertex", simulator.base_urls["vertex"])
    endpoints = {info.id: info.endpoints for info in parse_models(answer, "vertex")}
    assert endpoints["gemini-3.5-flash"] == ("gemini",)
    assert endpoints["claude-opus-4-8"] == ("anthropic",)


def test_antigravity_lists_claude_in_geminis_format() -> None:
    with SimulatorThread() as simulator:
        _, answer = ask("antigravity", simulator.base_urls["antigravity"])
    found = {info.id: info for info in parse_models(answer, "antigravity")}
    assert found["claude-sonnet-4-6"].endpoints == ("gemini",)
    assert found["claude-sonnet-4-6"].context_window == 200_000
    assert "gpt-oss-120b-medium" in found


def test_a_host_that_cannot_be_reached_is_a_defined_error() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(RouterError) as error:
        ask("openai", f"http://127.0.0.1:{port}/v1")
    assert "sk-proj" not in error.value.message
