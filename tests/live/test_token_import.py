"""Logins that other programs of the machine have are imported into a running router, which then answers with them."""

import contextlib
import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from router_core.cli.main import main
from router_core.clock import SystemClock
from router_core.config.load import load_config
from router_core.home import Home
from router_core.importing.environment_source import COPILOT, KEYS
from router_core.oauth.ensure import ensure_fresh
from router_core.simulator import SimulatorThread, make_jwt
from router_core.store.tokens import open_tokens
from tests.router_core.vendors.logins import claude_profile, claude_text, codex_text, put
from tests.support.lab import LOOKED_FOR_EVERY_S, Lab
from tests.support.router import wait_until

CLAUDE = "sk-ant-oat01-imported-000001"
KEY = "sk-proj-imported-0123456789-000001"
YEAR_2100 = 4_102_444_800


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with Claude Code and Codex, as they leave it."""
    for name in (*KEYS, *COPILOT, "CLAUDE_CONFIG_DIR", "CODEX_HOME", "GOOGLE_APPLICATION_CREDENTIALS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    put(tmp_path / ".claude.json", claude_profile())
    claude = claude_text(access=CLAUDE, expiresAt=YEAR_2100 * 1000, refreshTokenExpiresAt=YEAR_2100 * 1000)
    put(tmp_path / ".claude" / ".credentials.json", claude)
    account = "acc-imported"
    codex = {
        "auth_mode": "chatgpt",
        "OPENAI_API_KEY": None,
        "tokens": {
            "id_token": make_jwt(account, exp=YEAR_2100),
            "access_token": make_jwt(account, exp=YEAR_2100),
            "refresh_token": "rt_imported_0123456789",
            "account_id": account,
        },
        "last_refresh": "2026-11-20T12:34:56.789Z",
    }
    put(tmp_path / ".codex" / "auth.json", json.dumps(codex, indent=2))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return tmp_path


def run_import(lab: Lab, *arguments: str) -> Result:
    done = CliRunner().invoke(main, ["--home", str(lab.router.home.path), "token", "import", *arguments])
    assert done.exit_code == 0, done.output
    return done


def test_a_running_router_answers_with_imported_logins(lab: Lab, person: Path) -> None:
    lab.fresh()
    run_import(lab, "--all")
    wait_until(lambda: {token["name"] for token in lab.status()} == {"claude-me", "codex-acc-imported", "openai-env"})
    codex = json.loads((person / ".codex" / "auth.json").read_text())["tokens"]["access_token"]
    for ask, secret in (("oauth", CLAUDE), ("codex", codex), ("chat", KEY)):
        answer = lab.ask(ask)
        assert answer.status_code == 200, answer.text
        assert lab.seen()[-1].token == secret


def test_a_set_that_the_vendor_s_program_has_renewed_is_used_after_the_next_import(lab: Lab, person: Path) -> None:
    lab.fresh()
    run_import(lab, "claude")
    path = person / ".claude" / ".credentials.json"
    put(path, path.read_text().replace(CLAUDE, CLAUDE + "-renewed").replace(f"{YEAR_2100}000", f"{YEAR_2100 + 60}000"))
    run_import(lab, "claude")
    assert [token.generation for token in lab.store.all()] == [1]
    time.sleep(LOOKED_FOR_EVERY_S)
    assert lab.ask("oauth").status_code == 200
    assert lab.seen()[-1].token == CLAUDE + "-renewed"


def test_imported_logins_that_have_run_out_are_renewed_and_their_programs_get_the_new_set(
    home: Home, person: Path
) -> None:
    with SimulatorThread() as simulator, contextlib.closing(open_tokens(home, SystemClock()).database):
        home.config.write_text(
            "".join(f'[oauth.{name}]\nbase_url = "{simulator.url}"\n' for name in ("claude", "codex", "copilot"))
        )
        claude, codex, github = (simulator.log_in(server) for server in ("claude", "codex", "github"))
        claude_file, codex_file = person / ".claude" / ".credentials.json", person / ".codex" / "auth.json"
        over = 1_700_000_000
        put(person / ".claude.json", "{}")  # whose login it is, is not known before it was renewed
        put(claude_file, claude_text(refresh=claude.refresh_token, expiresAt=over * 1000, refreshTokenExpiresAt=None))
        put(codex_file, codex_text(codex.account_id, user=codex.user_id, refresh=codex.refresh_token, exp=over))
        apps = {"github.com:Iv1.b507a08c87ecfe98": {"user": "me", "oauth_token": github.refresh_token}}
        put(person / ".config" / "github-copilot" / "apps.json", json.dumps(apps))
        done = CliRunner().invoke(main, ["--home", str(home.path), "token", "import", "claude", "codex", "copilot"])
        assert done.exit_code == 0, done.output
        store, config = open_tokens(home, SystemClock()), load_config(home.config)
        for token in store.all():
            done = ensure_fresh(home, store, config, token)
            assert done.state == "renewed", (token.name, done)
        tokens = {token.provider: token for token in store.all()}
        assert all(token.expires_at and token.expires_at > time.time() for token in tokens.values())
        held = json.loads(claude_file.read_text())
        assert held["claudeAiOauth"]["refreshToken"] == tokens["claude"].refresh_token != claude.refresh_token
        assert held["claudeAiOauth"]["accessToken"] == tokens["claude"].access_token
        assert held["mcpOAuth"] == json.loads(claude_text())["mcpOAuth"]
        assert json.loads(codex_file.read_text())["tokens"]["refresh_token"] == tokens["codex"].refresh_token
        assert tokens["codex"].refresh_token != codex.refresh_token
        assert tokens["copilot"].access_token
        assert tokens["copilot"].refresh_token == github.refresh_token
        again = CliRunner().invoke(main, ["--home", str(home.path), "token", "import", "--all", "--json"])
        assert {step["action"] for step in json.loads(again.stdout) if step["source"] != "env"} == {"keep"}
        assert [chain.reuses for chain in simulator.logins] == [0, 0, 0]
