"""config.toml changes while the router runs: a valid one is in force at once, an invalid one changes nothing."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from router_core.home import Home
from router_core.simulator import Script, SimulatorThread
from tests.support.router import Router, add_token, running_router, wait_until

TOKEN = "sk-ant-api03-reload-reload-reload-1"
BODY = {"model": "claude-sonnet-4-5", "max_tokens": 20, "messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture
def router(home: Home):  # type: ignore[no-untyped-def]
    add_token(home, "only", "claude", TOKEN)
    home.config.write_text("[trace]\nkeep = 50\n", encoding="utf-8")
    with (
        SimulatorThread(Script()) as simulator,
        running_router(home, {"claude": simulator.base_urls["claude"]}) as made,
    ):
        yield made


def write(file: Path, text: str) -> None:
    """As an editor does it: a new file in place of the old."""
    fresh = file.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(file)


def test_a_change_is_in_force_without_a_restart_and_an_invalid_one_keeps_the_old(router: Router) -> None:
    with router.http() as client:
        assert client.post("/claude/v1/messages", json=BODY).status_code == 200
        write(router.home.config, "[server]\nmax_body_bytes = 100\n")
        wait_until(lambda: "configuration reloaded" in router.log())
        assert client.post("/claude/v1/messages", json={**BODY, "metadata": {"user_id": "x" * 200}}).status_code == 413

        write(router.home.config, "[server]\nmax_body_bites = 5\n")
        wait_until(lambda: "configuration not changed" in router.log())
        assert "config.toml:2: unknown key 'server.max_body_bites'. Did you mean 'max_body_bytes'?" in router.log()
        assert client.post("/claude/v1/messages", json={**BODY, "metadata": {"user_id": "x" * 200}}).status_code == 413

        router.home.config.unlink()
        wait_until(lambda: router.log().count("configuration reloaded") == 2)
        assert client.post("/claude/v1/messages", json={**BODY, "metadata": {"user_id": "x" * 200}}).status_code == 200


def test_a_provider_that_is_disabled_in_the_file_answers_404(router: Router) -> None:
    with router.http() as client:
        write(router.home.config, "[providers.claude]\nenabled = false\n")
        wait_until(lambda: "configuration reloaded" in router.log())
        answer = client.post("/claude/v1/messages", json=BODY)
        assert answer.status_code == 404
        assert "claude" not in answer.json()["error"]["message"].partition("Known:")[2]


def test_a_request_that_waits_for_the_owners_function_keeps_the_configuration_it_came_under(router: Router) -> None:
    home = router.home.path
    (home / "slow.py").write_text(
        "import pathlib, time\n"
        "def place(request, context):\n"
        "    here = pathlib.Path(__file__).parent\n"
        "    (here / 'asked').touch()\n"
        "    while not (here / 'go-on').exists(): time.sleep(0.01)\n"
    )
    write(router.home.config, '[routing]\ncustom = "slow.py:place"\ncustom_timeout_s = 10\n')
    wait_until(lambda: "configuration reloaded" in router.log())
    with router.http() as client, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.post, "/v1/messages", json=BODY)
        wait_until((home / "asked").exists)
        write(router.home.config, "[providers.claude]\nenabled = false\n")
        wait_until(lambda: router.log().count("configuration reloaded") == 2)
        (home / "go-on").touch()
        assert waiting.result().status_code == 200
        assert client.post("/v1/messages", json=BODY).status_code == 404
