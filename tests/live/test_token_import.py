"""Logins that other programs of the machine have are imported into a running router, which then answers with them."""

import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from router_core.cli.main import main
from router_core.importing.environment_source import COPILOT, KEYS
from router_core.simulator import make_jwt
from tests.router_core.vendors.logins import claude_profile, claude_text, put
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
