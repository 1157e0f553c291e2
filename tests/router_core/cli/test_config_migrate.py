"""`config migrate`: shown first, then done in one go; no key lands in config.toml or on the screen."""

import json
import shutil
import stat
from pathlib import Path

import pytest

from router_core.cli import asking
from router_core.clock import SystemClock
from router_core.config.load import load_config
from router_core.store.tokens import open_tokens
from router_core.tokens.token import Token
from tests.router_core.cli.conftest import Cli
from tests.router_core.migrating.conftest import FILES, VARIABLES

SECRET = "made-up"
"""In every key of those files."""


@pytest.fixture
def there(cli: Cli, tmp_path: Path) -> Cli:
    """Somebody who has set what the files refer to."""
    cli.env = {**VARIABLES, "HOME": str(tmp_path / "person")}
    return cli


def stored(cli: Cli) -> list[Token]:
    return open_tokens(cli.home, SystemClock()).all() if cli.home.tokens_db.exists() else []


@pytest.mark.parametrize(
    ("name", "default", "count"),
    [
        ("ccr_v1.json", "deepseek/deepseek-chat", 2),
        ("ccr_v2.json", "deepseek/deepseek-chat", 6),
        ("litellm.yaml", None, 3),
        ("openclaw.json5", "moonshot/kimi-k3", 2),
    ],
)
def test_what_is_shown_is_done_and_keys_become_tokens(there: Cli, name: str, default: str | None, count: int) -> None:
    done = there("config", "migrate", str(FILES / name), "--yes")
    assert done.exit_code == 0, done.output
    assert SECRET not in done.output
    assert SECRET not in there.home.config.read_text()
    assert stat.S_IMODE(there.home.config.stat().st_mode) == 0o600
    config = load_config(there.home.config, env=there.env)
    assert (config.routing.default.primary if config.routing.default else None) == default
    assert len(stored(there)) == count
    again = there("config", "migrate", str(FILES / name), "--yes")
    assert "nothing to change" in again.output
    assert len(stored(there)) == count


def test_comments_stay_and_the_file_as_it_was_is_kept(there: Cli) -> None:
    before = '# mine\n[routing]\ndefault = "claude/claude-opus-4-5" # the best\n'
    there.home.ensure().config.write_text(before)
    there("config", "migrate", "claude-code-router", str(FILES / "ccr_v1.json"), "--yes")
    assert '# mine\n[routing]\ndefault = "deepseek/deepseek-chat" # the best\n' in there.home.config.read_text()
    assert there.home.config.with_name("config.toml.bak").read_text() == before


def test_a_dry_run_and_a_no_change_nothing(there: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    file = str(FILES / "ccr_v1.json")
    shown = there("config", "migrate", file, "--dry-run")
    assert "Router.background" in shown.stdout
    assert '+background = "ollama/qwen2.5-coder:latest"' in shown.stdout
    assert "new: openrouter-claude-code-router" in shown.stdout
    assert "Not taken over:\n  LOG:" in shown.stdout
    assert there("config", "migrate", file).exit_code == 2, "nobody can be asked"
    monkeypatch.setattr(asking, "may_ask", lambda: True)
    assert there("config", "migrate", file, input="n\n").exit_code == 1
    assert not there.home.path.exists()
    assert there("config", "migrate", file, input="y\n").exit_code == 0
    assert there.home.config.exists()


def test_as_json_it_says_what_becomes_of_what(there: Cli) -> None:
    done = there("config", "migrate", str(FILES / "ccr_v1.json"), "--dry-run", "--json")
    told = json.loads(done.stdout)
    assert (told["program"], told["changed"], told["done"]) == ("claude-code-router", True, False)
    assert {"source": "Router.think", "becomes": "[routing] think", "because": ""} in told["settings"]
    assert [key["action"] for key in told["keys"]] == ["add", "add"]
    assert SECRET not in done.stdout
    assert there("config", "migrate", str(FILES / "ccr_v1.json"), "--json").exit_code == 2


def test_a_program_s_file_is_found_in_its_usual_place(
    there: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "person")
    missing = there("config", "migrate", "claude-code-router", "--dry-run")
    assert (missing.exit_code, ".claude-code-router/config.json" in missing.stderr) == (1, True)
    folder = tmp_path / "person" / ".claude-code-router"
    folder.mkdir(parents=True)
    shutil.copy(FILES / "ccr_v1.json", folder / "config.json")
    assert str(folder / "config.json") in there("config", "migrate", "--dry-run").stdout


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("nonsense", "x.json"), 2, "PROGRAM is one of"),
        (("nowhere.json",), 1, "cannot be read"),
        (("litellm",), 1, "Name it"),
    ],
)
def test_wrong_arguments_are_refused(there: Cli, arguments: tuple[str, ...], status: int, says: str) -> None:
    done = there("config", "migrate", *arguments, "--dry-run")
    assert (done.exit_code, says in done.stderr) == (status, True), done.stderr


def test_an_invalid_config_toml_is_told_with_its_line_and_not_touched(there: Cli) -> None:
    there.home.ensure().config.write_text("[server]\nprot = 1\n")
    done = there("config", "migrate", str(FILES / "ccr_v1.json"), "--yes")
    assert (done.exit_code, "config.toml:2" in done.stderr) == (1, True)
    assert stored(there) == []
