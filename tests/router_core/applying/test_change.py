"""Applying is shown first, done once, and taken back to the byte; what others change meanwhile is theirs."""

import json
import stat
from pathlib import Path

import pytest

from router_core.applying import change
from router_core.applying.change import carry_out, plan_apply, plan_undo
from router_core.applying.clients import CLIENTS
from router_core.applying.record import read_record
from router_core.applying.settings import Lead, Person
from router_core.errors import ConfigError
from router_core.home import Home

SETTINGS = {
    "claude": (".claude/settings.json", '{\n  "model": "opus",\n  "env": { "FOO": "bar" }\n}'),
    "codex": (".codex/config.toml", '# mine\nmodel = "gpt-5.5"  # the best\r\n\n[analytics]\nenabled = false\n'),
    "gemini": (".gemini/.env", "# mine\nexport GEMINI_API_KEY='my-own'\nOTHER=1\n"),
}


@pytest.fixture
def person(tmp_path: Path) -> Person:
    home = tmp_path / "person"
    home.mkdir()
    return Person(home, {}, home / "work", tmp_path / "system")


def lead(home: Home, port: int = 8100, **more: str) -> Lead:
    return Lead(f"http://127.0.0.1:{port}", home.gateway_token_file, home.gateway_token(), **more)  # type: ignore[arg-type]


def apply(home: Home, person: Person, client: str, port: int = 8100) -> int:
    """How many files it changes."""
    changes = plan_apply(home, client, CLIENTS[client].edits(person, lead(home, port)))
    if any(change.changes for change in changes):
        carry_out(home, client, changes, undoing=False)
    return sum(change.changes for change in changes)


def undo(home: Home, client: str) -> list[str]:
    """Keys that were left."""
    changes = plan_undo(home, client)
    carry_out(home, client, changes, undoing=True)
    return [key for change in changes for key in change.kept]


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(file.relative_to(folder)): (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) for file in files}


@pytest.mark.parametrize("there", [True, False], ids=["settings are there", "none are"])
@pytest.mark.parametrize("client", CLIENTS)
def test_undo_gives_back_every_byte(home: Home, person: Person, client: str, there: bool) -> None:
    if there:
        path, text = SETTINGS[client]
        (person.home / path).parent.mkdir()
        (person.home / path).write_bytes(text.encode())
        (person.home / path).chmod(0o640)
    before, folders = contents(person.home), sorted(person.home.iterdir())
    assert apply(home, person, client) > 0
    assert apply(home, person, client) == 0, "a second time there is nothing to do"
    assert contents(person.home) != before
    assert apply(home, person, client, port=8200) > 0, "another address"
    assert undo(home, client) == []
    assert contents(person.home) == before
    assert sorted(person.home.iterdir()) == folders
    assert not (home.path / "applied").exists()
    assert plan_undo(home, client) == []


def test_a_secret_is_written_for_the_owner_only(home: Home, person: Person) -> None:
    for client, (path, text) in SETTINGS.items():
        (person.home / path).parent.mkdir()
        (person.home / path).write_text(text)
        (person.home / path).chmod(0o644)
        apply(home, person, client)
    holders = {
        path: mode
        for path, (content, mode) in contents(person.home).items()
        if home.gateway_token().encode() in content
    }
    assert holders == {".gemini/.env": 0o600}
    kept = contents(home.path / "applied")
    assert len(kept) == 6
    assert {mode for _, mode in kept.values()} == {0o600}


def test_what_somebody_else_has_changed_meanwhile_stays(home: Home, person: Person) -> None:
    file = person.home / SETTINGS["claude"][0]
    file.parent.mkdir()
    file.write_text('{"apiKeyHelper": "my-own-helper", "env": {"FOO": "bar"}}')
    apply(home, person, "claude")
    held = json.loads(file.read_text())
    held["env"]["ANTHROPIC_BASE_URL"] = "https://elsewhere.example"
    held["permissions"] = {"allow": ["Bash(ls)"]}
    file.write_text(json.dumps(held, indent=4))
    assert undo(home, "claude") == ["env.ANTHROPIC_BASE_URL"]
    assert json.loads(file.read_text()) == {
        "apiKeyHelper": "my-own-helper",
        "env": {"FOO": "bar", "ANTHROPIC_BASE_URL": "https://elsewhere.example"},
        "permissions": {"allow": ["Bash(ls)"]},
    }


def test_only_our_keys_go_from_a_file_that_its_program_has_rewritten(home: Home, person: Person) -> None:
    file = person.home / SETTINGS["codex"][0]
    file.parent.mkdir()
    file.write_text('model = "gpt-5.5"\n')
    apply(home, person, "codex")
    file.write_text(file.read_text() + '\n[projects."/work"]\ntrust_level = "trusted"\n')
    assert undo(home, "codex") == []
    assert file.read_text() == 'model = "gpt-5.5"\n\n[projects."/work"]\ntrust_level = "trusted"\n'


def test_a_new_file_to_which_nobody_added_anything_goes_again_when_rewritten(home: Home, person: Person) -> None:
    apply(home, person, "claude")
    file = person.home / SETTINGS["claude"][0]
    file.write_text(json.dumps(json.loads(file.read_text())))  # its program has its own style
    assert undo(home, "claude") == []
    assert not file.exists()


def test_applying_again_after_somebody_changed_the_file_keeps_that_change_for_undo(home: Home, person: Person) -> None:
    file = person.home / SETTINGS["claude"][0]
    file.parent.mkdir()
    file.write_text('{"model": "opus"}')
    apply(home, person, "claude")
    file.write_text(file.read_text().replace('"opus"', '"haiku"'))
    assert apply(home, person, "claude", port=8200) == 1
    assert undo(home, "claude") == []
    assert json.loads(file.read_text()) == {"model": "haiku"}


def test_a_link_stays_a_link(home: Home, person: Person, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.json"
    real.write_text("{}")
    file = person.home / SETTINGS["claude"][0]
    file.parent.mkdir()
    file.symlink_to(real)
    apply(home, person, "claude")
    assert file.is_symlink()
    assert "apiKeyHelper" in real.read_text()
    undo(home, "claude")
    assert (file.is_symlink(), real.read_text()) == (True, "{}")


BAD = {
    "broken": '{"env": ',
    "no object": '{"env": []}',
    "no text": "\udcff",
    "comments": "{} // Claude Code reads none",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_settings_that_cannot_be_changed_are_named_and_left(home: Home, person: Person, text: str) -> None:
    file = person.home / SETTINGS["claude"][0]
    file.parent.mkdir()
    file.write_bytes(text.encode(errors="surrogateescape"))
    before = file.read_bytes()
    with pytest.raises(ConfigError, match=r"settings\.json .*Nothing was written"):
        apply(home, person, "claude")
    assert file.read_bytes() == before
    assert not (home.path / "applied").exists()


def test_a_file_that_changed_between_showing_and_writing_is_not_overwritten(home: Home, person: Person) -> None:
    changes = plan_apply(home, "claude", CLIENTS["claude"].edits(person, lead(home)))
    file = person.home / SETTINGS["claude"][0]
    file.parent.mkdir()
    file.write_text('{"model": "opus"}')
    with pytest.raises(ConfigError, match="changed by another program"):
        carry_out(home, "claude", changes, undoing=False)
    assert file.read_text() == '{"model": "opus"}'


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_what_wins_over_the_settings_is_named(person: Person) -> None:
    project, system = person.folder, person.system
    (project / ".git").mkdir(parents=True)
    put(project / ".claude/settings.local.json", '{"env": {"ANTHROPIC_BASE_URL": "http://x"}}')
    put(project / "deep/.claude/settings.json", '{"env": {"ANTHROPIC_BASE_URL": "http://y"}}')  # of a folder between
    put(system / "etc/claude-code/managed-settings.json", '{"apiKeyHelper": "x"}')
    put(person.home / ".codex/config.toml", 'profile = "a"\n[profiles.a]\nmodel_provider = "openai"\n')
    put(person.home / ".codex/work.config.toml", 'model_provider = "openai"\n')
    put(project / ".env", "A=1\n")
    environ = {"CLAUDE_CODE_USE_BEDROCK": "1", "GEMINI_API_KEY": "x", "HTTP_PROXY": "http://proxy"}
    told = Person(person.home, environ, project / "deep" / "down", system)
    named = {client: " ".join(settings.bypasses(told)) for client, settings in CLIENTS.items()}
    assert f"{project}/.claude/settings.local.json sets env.ANTHROPIC_BASE_URL" in named["claude"]
    assert f"{project}/deep" not in named["claude"]
    assert "managed-settings.json sets apiKeyHelper" in named["claude"]
    assert "$CLAUDE_CODE_USE_BEDROCK" in named["claude"]
    assert "[profiles.a]" in named["codex"]
    assert "(--profile work)" in named["codex"]
    assert "NO_PROXY" in named["codex"]
    assert "$GEMINI_API_KEY is set" in named["gemini"]
    assert f"{project}/.env is read" in named["gemini"]
    assert [settings.bypasses(Person(person.home / "x", {}, person.home / "x")) for settings in CLIENTS.values()] == [
        []
    ] * 3


def test_what_could_not_be_written_at_all_is_not_applied(
    home: Home, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    for earlier in ([], [8100]):
        for port in earlier:
            apply(home, person, "codex", port)
        before = read_record(home, "codex")
        with monkeypatch.context() as patch:
            patch.setattr(change, "put_in_place", refuse)
            with pytest.raises(ConfigError, match="cannot be written"):
                apply(home, person, "codex", 8200)
        assert read_record(home, "codex") == before
    undo(home, "codex")
    assert not contents(person.home)


def test_secrets_of_their_owner_are_known_so_that_no_diff_shows_them(home: Home, person: Person) -> None:
    file = person.home / ".claude" / "settings.json"
    file.parent.mkdir()
    env = {"ANTHROPIC_AUTH_TOKEN": "of-my-company", "FOO": "bar"}
    file.write_text(json.dumps({"env": env, "apiKeyHelper": "pass show it", "model": "opus"}))
    (planned,) = plan_apply(home, "claude", CLIENTS["claude"].edits(person, lead(home)))
    assert set(planned.secrets()) == {"of-my-company"}
