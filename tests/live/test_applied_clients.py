"""After `apply` the plain clients reach the router by their own settings; after `undo` these are as they were."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from router_core.applying.one_run import codex_overrides, has_token_command
from router_core.cli.main import main
from router_core.running import Running, announce
from tests.support.clients import Client, must_be_installed, run_as_configured
from tests.support.lab import Lab

pytestmark = [pytest.mark.clients, pytest.mark.slow]

ASK: dict[Client, tuple[str, tuple[str, ...]]] = {
    "claude": ("oauth", ("-p", "say hi")),
    "codex": ("codex", ("exec", "--skip-git-repo-check", "say hi")),
}
MINE = {
    "claude": (
        ".claude/settings.json",
        '{\n  "env": {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}\n}\n',
    ),
    "codex": (".codex/config.toml", "# mine\ncheck_for_update_on_startup = false\n\n[analytics]\nenabled = false\n"),
}


@pytest.mark.parametrize("client", ASK)
def test_a_plain_client_reaches_the_router_until_undone(
    client: Client, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    must_be_installed(client)
    kind, arguments = ASK[client]
    lab.fresh(kind)
    person = tmp_path / "person"
    settings = person / MINE[client][0]
    settings.parent.mkdir(parents=True)
    settings.write_text(MINE[client][1])
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(person))
    announce(lab.router.home, Running(lab.router.process.pid, "127.0.0.1", lab.router.port, ""))

    def cli(*words: str) -> str:
        done = CliRunner().invoke(main, ["--home", str(lab.router.home.path), *words])
        assert done.exit_code == 0, done.output
        return done.stdout

    shown = cli("apply", "--client", client, "--yes")
    assert f"is led to {lab.router.url}" in shown
    assert lab.router.home.gateway_token() not in shown + settings.read_text()
    done = run_as_configured(client, person, *arguments)
    assert done.exit_code == 0, done.log
    assert "You said: say hi" in done.output
    (row,) = [row for row in lab.rows(1) if row["state"] == "ok"]
    assert (row["token"], row["client"]) == ("first", "claude-code" if client == "claude" else "codex")

    if client == "codex":  # a run of its own merges with what is applied
        options = codex_overrides(lab.router.url, lab.router.home.gateway_token_file)
        assert has_token_command({"CODEX_HOME": str(settings.parent)})
        assert run_as_configured(client, person, *options, *arguments).exit_code == 0
    (told,) = [one for one in json.loads(cli("apply", "--json")) if one["client"] == client]
    assert told["applied"]
    cli("undo", "--client", client)
    assert settings.read_text() == MINE[client][1]
