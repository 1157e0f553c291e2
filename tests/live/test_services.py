"""Services of the catalogue and of one's own through a real mitmdump: no key, one command, a conversation's own id."""

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from router_core.outgoing import stable_uuid
from router_core.simulator import Fault, SimulatorThread
from router_core.simulator.ollama import PULLED
from tests.live.test_routed import CLIENTS, ask
from tests.router_core.simulator.asking import chat_body
from tests.support.lab import LOOKED_FOR_EVERY_S, Lab, running_lab, secret_for
from tests.support.router import wait_until


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with SimulatorThread() as simulator:
        urls = {"xai": f"{simulator.url}/v1"}
        with running_lab(tmp_path_factory.mktemp("services"), simulator=simulator, base_urls=urls) as running:
            yield running


@pytest.mark.parametrize("client", CLIENTS)
def test_ollama_answers_with_nothing_registered(lab: Lab, client: str) -> None:
    lab.fresh()
    answer = ask(lab, client, f"ollama/{PULLED[0]}")
    assert answer.status_code == 200, answer.text
    (seen,) = lab.seen()
    assert seen.header("authorization") == seen.header("x-api-key") == ""


def test_a_server_that_wants_a_key_after_all_is_asked_once(lab: Lab) -> None:
    lab.fresh()
    lab.simulator.set_faults([Fault(fault="unauthorized_401", times=0)])
    answer = ask(lab, "openai-chat", f"ollama/{PULLED[0]}")
    assert answer.status_code in (401, 429), answer.text
    assert "ollama" in answer.text
    assert len(lab.seen()) == 1


def test_ollama_answers_under_its_own_path(lab: Lab) -> None:
    lab.fresh()
    assert lab.http.post("/ollama/v1/chat/completions", json=chat_body(model=PULLED[0])).status_code == 200
    assert lab.http.get("/ollama/v1/models").json()["data"][0]["id"] == PULLED[0]


def test_a_server_that_may_not_be_there_swallows_nothing_and_is_not_asked(lab: Lab) -> None:
    lab.fresh("chat")
    answer = ask(lab, "openai-chat", PULLED[0])
    assert answer.status_code == 404
    assert lab.http.get("/v1/models").status_code == 200
    assert not [seen for seen in lab.simulator.requests if seen.path.startswith("/ollama")]


def test_registered_without_a_key_it_is_listed_and_found_by_bare_names(lab: Lab) -> None:
    lab.fresh()
    run(lab, "token", "add", "local", "--provider", "ollama")
    time.sleep(LOOKED_FOR_EVERY_S)
    ids = [entry["id"] for entry in lab.http.get("/v1/models").json()["data"]]
    assert f"ollama/{PULLED[0]}" in ids
    assert ask(lab, "openai-chat", PULLED[1]).status_code == 200


def test_a_service_of_one_s_own_answers_after_one_command(lab: Lab) -> None:
    lab.fresh()
    base = f"{lab.simulator.url}/v1"
    secret = secret_for("chat", "mine")
    run(lab, "token", "add", "mine", "--provider", "my-llm", "--base-url", base, "--access-token-stdin", input=secret)
    wait_until(lambda: any(p["name"] == "my-llm" for p in lab.http.get("/status").json()["providers"]))
    answer = ask(lab, "anthropic", "my-llm/gpt-4.1")
    assert answer.status_code == 200, answer.text
    (seen,) = lab.seen()
    assert (seen.path, seen.token) == ("/v1/chat/completions", secret)


def test_an_anthropic_compatible_service_of_one_s_own_answers_after_one_command(lab: Lab) -> None:
    lab.fresh()
    secret = secret_for("anthropic", "mine")
    arguments = ("--provider", "my-claude", "--base-url", f"{lab.simulator.url}/v1/messages", "--kind", "anthropic")
    run(lab, "token", "add", "mine-too", *arguments, "--access-token-stdin", input=secret)
    wait_until(lambda: any(p["name"] == "my-claude" for p in lab.http.get("/status").json()["providers"]))
    answer = ask(lab, "openai-responses", "my-claude/claude-opus-5")
    assert answer.status_code == 200, answer.text
    assert lab.seen()[-1].header("x-api-key") == secret


def test_a_conversation_at_xai_keeps_its_id(lab: Lab) -> None:
    lab.fresh()
    run(lab, "token", "add", "grok", "--provider", "grok", "--access-token-stdin", input=secret_for("chat", "grok"))
    time.sleep(LOOKED_FOR_EVERY_S)
    for session in ("s-1", "s-1", "s-2"):
        body = chat_body(model="xai/grok-4.6")
        assert lab.http.post("/v1/chat/completions", json=body, headers={"session-id": session}).status_code == 200
    assert [seen.header("x-grok-conv-id") for seen in lab.seen()] == [
        stable_uuid("s-1"),
        stable_uuid("s-1"),
        stable_uuid("s-2"),
    ]


def run(lab: Lab, *arguments: str, input: str = "") -> None:
    """The command itself, on the home of the running router."""
    command = [sys.executable, "-m", "router_core.cli", "--home", str(lab.router.home.path), *arguments]
    done = subprocess.run(command, input=input, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
