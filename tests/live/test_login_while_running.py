"""A login that is made while the router runs pays for the next request, and is renewed when its time is over."""

from pathlib import Path

from click.testing import CliRunner

from router_core.cli.main import main
from router_core.oauth.lock import FOLDER_VARIABLE
from router_core.simulator import OAuth, Script, SimulatorThread
from tests.router_core.simulator.asking import codex_body
from tests.support.lab import running_lab
from tests.support.router import wait_until

LIFE_S = 8.0


def test_new_login_pays_for_the_next_request_and_lasts(tmp_path: Path) -> None:
    oauth = OAuth(consent="allow", device_interval_s=1, access_life_s=LIFE_S)
    with SimulatorThread(Script(accept_unknown=False, oauth=oauth)) as simulator:
        there = {"MITMROUTER__OAUTH__CODEX__BASE_URL": simulator.url, FOLDER_VARIABLE: str(tmp_path / "locks")}
        with running_lab(tmp_path, simulator=simulator, env=there) as lab:
            assert lab.http.post("/codex/responses", json=codex_body()).status_code == 429, "nobody can pay yet"
            command = ["--home", str(lab.router.home.path), "auth", "login", "codex", "--device"]
            done = CliRunner().invoke(main, command, env=there)
            assert done.exit_code == 0, done.output
            assert lab.http.post("/codex/responses", json=codex_body()).status_code == 200
            first = lab.store.named("codex-person")
            wait_until(lambda: lab.store.named("codex-person").generation > first.generation, LIFE_S * 3)
            assert lab.http.post("/codex/responses", json=codex_body()).status_code == 200
            (chain,) = simulator.logins
            assert (chain.alive, chain.reuses) == (True, 0)
            assert lab.paid() == [f"(not ours: {first.access_token})", f"(not ours: {chain.access_token})"]
