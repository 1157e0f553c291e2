"""`token export`, `token restore`, `backup create`, `backup restore`."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from router_core.cli import asking
from router_core.cli.main import main
from router_core.clock import SystemClock
from router_core.home import Home
from router_core.store import sealed_file
from router_core.store.tokens import open_tokens
from router_core.tokens.token import Token

SECRET, REFRESH = "sk-ant-api03-CANARY-0123456789", "refresh-CANARY-0123456789"
PASSPHRASE = "correct horse battery"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed_file, "COST", 2**10)
    monkeypatch.setattr(sealed_file.write_sealed, "__defaults__", (2**10,))


def run(home: Home, *arguments: str, **options: Any) -> Result:
    return CliRunner().invoke(main, ["--home", str(home.path), *arguments], **options)


@pytest.fixture
def full(home: Home) -> Home:
    store = open_tokens(home, SystemClock())
    store.add(Token("", "a", "claude", SECRET, REFRESH))
    store.add(Token("", "b", "openai", SECRET + "-b"))
    home.config.write_text("[server]\nport = 8200\n")
    home.gateway_token(), home.admin_token()
    return home


@pytest.fixture
def other(tmp_path: Path) -> Home:
    return Home(tmp_path / "other").ensure()


def test_tokens_go_from_one_home_to_another(full: Home, other: Home, tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    done = run(full, "token", "export", "--output", str(file), "--passphrase-stdin", input=PASSPHRASE + "\n")
    assert done.exit_code == 0, done.output
    assert "2 token(s)" in done.stdout
    assert "encrypted" in done.stdout
    assert "one place only" in done.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "CANARY" not in file.read_text() + done.output
    done = run(other, "token", "restore", str(file), "--passphrase-stdin", "--json", input=PASSPHRASE)
    assert [(one["name"], one["result"]) for one in json.loads(done.stdout)] == [("a", "added"), ("b", "added")]
    found = open_tokens(other, SystemClock()).named("a")
    assert (found.access_token, found.refresh_token) == (SECRET, REFRESH)
    again = run(other, "token", "restore", str(file), "--passphrase-stdin", input=PASSPHRASE)
    assert again.stdout.count("unchanged") == 2
    assert "CANARY" not in again.output


def test_named_tokens_alone_are_exported(full: Home, tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    done = run(full, "token", "export", "b", "--output", str(file), "--plain", "--yes-plain")
    assert done.exit_code == 0, done.output
    assert "in plain text" in done.stdout + done.stderr
    assert [one["name"] for one in json.loads(file.read_text())["content"]["tokens"]] == ["b"]
    assert run(full, "token", "export", "none", "--output", str(tmp_path / "x"), "--plain").exit_code == 1


@pytest.mark.parametrize(
    "options",
    [[], ["--plain"], ["--yes-plain"], ["--plain", "--passphrase-stdin"]],
    ids=["nobody to ask", "not confirmed", "confirms nothing", "both"],
)
@pytest.mark.parametrize("command", [["token", "export", "--output"], ["backup", "create"]], ids=["export", "backup"])
def test_nothing_is_written_without_a_passphrase_or_a_clear_word(
    full: Home, tmp_path: Path, command: list[str], options: list[str]
) -> None:
    done = run(full, *command, str(tmp_path / "out.json"), *options, input="")
    assert done.exit_code == 2, done.output
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize(("typed", "status"), [("plain\n", 0), ("yes\n", 1), ("\n", 1)])
def test_on_a_terminal_plain_is_confirmed_by_typing_it(
    full: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str, status: int
) -> None:
    monkeypatch.setattr(asking, "may_ask", lambda: True)
    done = run(full, "backup", "create", str(tmp_path / "out.json"), "--plain", input=typed)
    assert done.exit_code == status, done.output
    assert (tmp_path / "out.json").exists() == (status == 0)


def test_a_wrong_passphrase_says_so_and_changes_nothing(full: Home, other: Home, tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    run(full, "token", "export", "--output", str(file), "--passphrase-stdin", input=PASSPHRASE)
    done = run(other, "token", "restore", str(file), "--passphrase-stdin", input="not it at all")
    assert done.exit_code == 1
    assert "passphrase is wrong" in done.stderr
    assert not other.tokens_db.exists()
    assert run(other, "token", "restore", str(file), input="").exit_code == 2, "nobody can be asked"


def test_a_backup_brings_a_whole_home_back(full: Home, other: Home, tmp_path: Path) -> None:
    file = tmp_path / "backup.json"
    done = run(full, "backup", "create", str(file), "--passphrase-stdin", input=PASSPHRASE)
    assert done.exit_code == 0, done.output
    assert "2 token(s), config.toml, gateway.token, admin.token" in done.stdout
    done = run(other, "backup", "restore", str(file), "--passphrase-stdin", "--json", input=PASSPHRASE)
    told = json.loads(done.stdout)
    assert told["files"] == dict.fromkeys(["config.toml", "gateway.token", "admin.token"], "added")
    assert other.gateway_token() == full.gateway_token()
    assert other.config.read_text() == full.config.read_text()
    assert stat.S_IMODE(other.admin_token_file.stat().st_mode) == 0o600
    assert open_tokens(other, SystemClock()).named("b").access_token == SECRET + "-b"


def test_what_differs_stays_unless_told_and_a_copy_is_kept_then(full: Home, tmp_path: Path) -> None:
    file = tmp_path / "backup.json"
    run(full, "backup", "create", str(file), "--plain", "--yes-plain")
    full.config.write_text("[server]\nport = 8300\n")
    kept = run(full, "backup", "restore", str(file))
    assert "config.toml: kept" in kept.stdout
    assert "gateway.token: unchanged" in kept.stdout
    assert "8300" in full.config.read_text()
    done = run(full, "backup", "restore", str(file), "--replace")
    assert "config.toml: replaced" in done.stdout
    assert "8200" in full.config.read_text()
    assert "8300" in full.config.with_name("config.toml.before-restore").read_text()


def test_a_configuration_that_is_a_link_stays_one(full: Home, tmp_path: Path) -> None:
    file, dotfile = tmp_path / "backup.json", tmp_path / "dotfiles.toml"
    run(full, "backup", "create", str(file), "--plain", "--yes-plain")
    dotfile.write_text("[server]\nport = 8300\n")
    full.config.unlink()
    full.config.symlink_to(dotfile)
    assert "config.toml: replaced" in run(full, "backup", "restore", str(file), "--replace").stdout
    assert (full.config.is_symlink(), "8200" in dotfile.read_text()) == (True, True)


def test_an_export_is_no_backup(full: Home, tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    run(full, "token", "export", "--output", str(file), "--plain", "--yes-plain")
    done = run(full, "backup", "restore", str(file))
    assert done.exit_code == 1
    assert "token restore takes it" in done.stderr


def test_an_empty_home_has_nothing_to_export(other: Home, tmp_path: Path) -> None:
    done = run(other, "token", "export", "--output", str(tmp_path / "x"), "--plain", "--yes-plain")
    assert (done.exit_code, "no token to export" in done.stderr) == (1, True)
