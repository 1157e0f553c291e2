"""`token import`: what other programs of this machine hold is listed and brought in, and no secret is ever shown."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from router_core.cli import asking, token_import
from router_core.clock import SystemClock
from router_core.importing.sources import SOURCES, TITLES
from router_core.oauth import google_client
from router_core.store.tokens import TokenStore, open_tokens
from tests.router_core.cli.conftest import Cli
from tests.router_core.vendors.logins import chatgpt_jwt, claude_profile, claude_text, codex_text, gemini_text, put

KEY = "sk-proj-made-up-0123456789"
YEAR_2100 = 4_102_444_800


@pytest.fixture
def person(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home folder of a person with Claude Code and Codex, and an environment without keys of whoever runs this."""
    home = tmp_path / "person"
    for name in (
        "CLAUDE_CONFIG_DIR", "CODEX_HOME", "GEMINI_CLI_HOME", "XDG_CONFIG_HOME", "OPENCLAW_STATE_DIR", "STORE_PATH",
        "BETTER_CCFLARE_DB_PATH", "GOOGLE_APPLICATION_CREDENTIALS",
    ):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    from router_core.importing.environment_source import COPILOT, KEYS

    for name in (*KEYS, *COPILOT):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    put(home / ".claude.json", claude_profile())
    put(home / ".claude" / ".credentials.json", claude_text(expiresAt=YEAR_2100 * 1000, refreshTokenExpiresAt=None))
    put(home / ".codex" / "auth.json", codex_text(exp=YEAR_2100))
    return home


def store(cli: Cli) -> TokenStore:
    return open_tokens(cli.home.ensure(), SystemClock())


def ok(done: Result) -> Result:
    assert done.exit_code == 0, done.output
    return done


def listed(done: Result) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_a_dry_run_lists_everything_and_imports_nothing(cli: Cli, person: Path) -> None:
    done = ok(cli("token", "import", "--dry-run"))
    assert "claude-me" in done.stdout
    assert "me@example.com (max, Example)" in done.stdout
    assert "me@example.com (plus)" in done.stdout
    assert "~/.codex/auth.json" in done.stdout
    assert not cli.home.tokens_db.exists()


def test_all_are_imported_as_shared_logins(cli: Cli, person: Path) -> None:
    done = ok(cli("token", "import", "--all"))
    claude, codex = store(cli).named("claude-me"), store(cli).named("codex-me")
    assert (claude.access_token, claude.login, claude.account_id) == ("sk-ant-oat01-made-up", "claude", "acc-claude-1")
    assert claude.shared == f"claude-file:{person / '.claude' / '.credentials.json'}"
    assert (codex.refresh_token, codex.login, codex.account_id) == ("rt_made_up", "codex", "acc-codex-1")
    assert "shared with Claude Code" in done.stderr
    assert "auth login codex" in done.stderr
    assert "Imported claude-me (claude)." in done.stdout


def test_importing_again_changes_nothing_and_then_takes_what_was_renewed(cli: Cli, person: Path) -> None:
    ok(cli("token", "import", "--all"))
    before = [(token.id, token.generation) for token in store(cli).all()]
    done = ok(cli("token", "import", "--all"))
    assert "have it: claude-me" in done.stdout
    assert [(token.id, token.generation) for token in store(cli).all()] == before
    renewed = claude_text(
        access="sk-ant-oat01-by-claude-code", refresh="sk-ant-ort01-by-claude-code", expiresAt=YEAR_2100 * 1000 + 9000
    )
    put(person / ".claude" / ".credentials.json", renewed)
    done = ok(cli("token", "import", "claude"))
    assert "Updated claude-me (claude)." in done.stdout
    assert len(store(cli).all()) == 2
    token = store(cli).named("claude-me")
    assert (token.access_token, token.generation) == ("sk-ant-oat01-by-claude-code", 1)


def test_the_named_sources_only_are_imported_with_prefix_and_priority(cli: Cli, person: Path) -> None:
    cli.env = {"OPENAI_API_KEY": KEY}
    ok(cli("token", "import", "codex", "env", "--prefix", "work-", "--priority", "7"))
    tokens = store(cli).all()
    assert [(token.name, token.priority) for token in tokens] == [("work-codex-me", 7), ("work-openai-env", 7)]


def test_without_a_terminal_it_asks_nothing_and_says_what_to_do(cli: Cli, person: Path) -> None:
    done = cli("token", "import")
    assert done.exit_code == 2
    assert "--all" in done.stderr
    assert "claude-me" in done.stdout
    assert not cli.home.tokens_db.exists()
    done = cli("token", "import", "--json")
    assert (done.exit_code, done.stdout) == (2, "")


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        ("1", ["claude-me"]),
        ("2-3", ["codex-me", "openai-env"]),
        ("3, 1", ["claude-me", "openai-env"]),
        ("all", ["claude-me", "codex-me", "openai-env"]),
        ("", []),
    ],
)
def test_on_a_terminal_the_numbers_of_the_list_are_asked_for(
    cli: Cli, person: Path, monkeypatch: pytest.MonkeyPatch, answer: str, names: list[str]
) -> None:
    monkeypatch.setattr(asking, "may_ask", lambda: True)
    cli.env = {"OPENAI_API_KEY": KEY}
    done = ok(cli("token", "import", input=answer + "\n"))
    assert "Import which? (1 to 3" in done.stderr
    assert sorted(token.name for token in store(cli).all()) == names


@pytest.mark.parametrize("answer", ["4", "0", "1-9", "x", "2-1", "-"])
def test_a_number_that_is_not_on_the_list_imports_nothing(
    cli: Cli, person: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr(asking, "may_ask", lambda: True)
    done = cli("token", "import", input=answer + "\n")
    assert done.exit_code == 1
    assert "is not on the list" in done.stderr
    assert not cli.home.tokens_db.exists()


def test_json_tells_what_was_found_and_done_and_why_not(cli: Cli, person: Path) -> None:
    put(person / ".claude" / ".credentials.json", '{"mcpOAuth":{}}')
    cli.env = {"GROQ_API_KEY": "your-key-here"}
    claude, codex, groq = listed(ok(cli("token", "import", "--all", "--json")))
    assert (claude["action"], claude["imported"]) == ("skip", False)
    assert "not logged in" in claude["because"]
    assert (codex["name"], codex["action"], codex["imported"]) == ("codex-me", "add", True)
    assert codex["places"] == [str(person / ".codex" / "auth.json")]
    assert (codex["email"], codex["plan"], codex["expires_at"]) == ("me@example.com", "plus", YEAR_2100 * 1000)
    assert "placeholder" in groq["because"]


def test_one_credential_in_two_places_is_listed_once(cli: Cli, person: Path) -> None:
    held = {
        "type": "oauth",
        "provider": "anthropic",
        "access": "sk-ant-oat01-made-up",
        "refresh": "sk-ant-ort01-made-up",
    }
    path = put(
        person / ".openclaw/agents/main/agent/auth-profiles.json", json.dumps({"profiles": {"anthropic:claude": held}})
    )
    steps = listed(ok(cli("token", "import", "claude", "openclaw", "--dry-run", "--json")))
    assert [step["places"] for step in steps] == [
        [str(person / ".claude" / ".credentials.json"), f"{path} (anthropic:claude)"]
    ]
    assert steps[0]["shared"].startswith("claude-file:")


def test_a_file_in_an_odd_place_is_read_by_what_is_in_it(cli: Cli, person: Path, tmp_path: Path) -> None:
    accounts = [{"id": "a", "accessToken": chatgpt_jwt("acc-9", exp=YEAR_2100), "refreshToken": "rt_multi_made_up"}]
    path = put(tmp_path / "backup.json", json.dumps({"accounts": accounts}))
    done = ok(cli("token", "import", "--path", str(path)))
    assert [token.account_id for token in store(cli).all()] == ["acc-9"]
    assert "comes from multicodex" in done.stderr
    env = put(tmp_path / "keys.env", f"OPENAI_API_KEY={KEY}\n")
    ok(cli("token", "import", "--path", str(env)))
    assert store(cli).named("openai-env").access_token == KEY


def test_every_file_of_a_folder_is_read(cli: Cli, person: Path, tmp_path: Path) -> None:
    folder = tmp_path / "auths"
    put(folder / "claude.json", json.dumps({"type": "claude", "access_token": "a" * 20, "refresh_token": "r" * 20}))
    put(folder / "codex.json", codex_text("acc-8", exp=YEAR_2100))
    put(folder / "notes.txt", "OPENAI_API_KEY=made-up-0123456789")
    put(folder / "other.json", "{}")
    ok(cli("token", "import", "--path", str(folder)))
    assert sorted(token.provider for token in store(cli).all()) == ["claude", "codex"]
    (tmp_path / "nothing").mkdir()
    done = cli("token", "import", "--path", str(tmp_path / "nothing"))
    assert (done.exit_code, "No file in" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("text", "message"),
    [(None, "There is no file"), ("{}", "of none of these programs"), ("nothing", "of none of these programs")],
)
def test_a_file_of_no_known_program_is_said(
    cli: Cli, person: Path, tmp_path: Path, text: str | None, message: str
) -> None:
    path = tmp_path / "odd.json"
    if text is not None:
        put(path, text)
    done = cli("token", "import", "--path", str(path))
    assert done.exit_code == 1
    assert message in done.stderr


def test_a_named_source_with_nothing_to_import_fails(cli: Cli, person: Path) -> None:
    put(person / ".claude" / ".credentials.json", claude_text(access="", refresh="", expiresAt=0))
    done = cli("token", "import", "claude")
    assert done.exit_code == 1
    assert "lost its login" in done.stdout


def test_a_machine_with_nothing_is_no_error(cli: Cli, person: Path) -> None:
    (person / ".claude" / ".credentials.json").unlink()
    (person / ".codex" / "auth.json").unlink()
    assert "were found" in ok(cli("token", "import", "--all")).stdout


def test_a_provider_that_is_not_configured_is_listed_with_that_reason(cli: Cli, person: Path) -> None:
    held = {"type": "api_key", "provider": "some-new-service", "key": "made-up-key-0123456789"}
    put(person / ".openclaw/agents/a/agent/auth-profiles.json", json.dumps({"profiles": {"x:y": held}}))
    (step,) = listed(ok(cli("token", "import", "openclaw", "--dry-run", "--json")))
    assert (step["action"], step["because"]) == ("skip", "Provider some-new-service is not configured.")


def test_a_google_login_without_the_oauth_client_that_made_it_is_told(
    cli: Cli, person: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(google_client, "installed_client", lambda *_: None)
    put(person / ".gemini" / "oauth_creds.json", gemini_text())
    done = ok(cli("token", "import", "gemini"))
    assert "[oauth.gemini] of config.toml" in done.stderr
    assert "shared with Gemini CLI" in done.stderr
    assert store(cli).named("gemini-cli-me").login == "gemini"
    cli.env = {"GEMINI_OAUTH_CLIENT_ID": "id", "GEMINI_OAUTH_CLIENT_SECRET": "made-up"}
    put(person / ".gemini" / "oauth_creds.json", gemini_text("1002"))
    assert "[oauth.gemini]" not in ok(cli("token", "import", "gemini")).stderr


def test_the_router_s_own_gateway_token_is_no_credential_of_openai(cli: Cli, person: Path) -> None:
    own = cli.home.ensure().gateway_token()
    put(person / ".codex" / "auth.json", json.dumps({"OPENAI_API_KEY": own}))
    (step,) = listed(ok(cli("token", "import", "codex", "--dry-run", "--json")))
    assert "gateway token" in step["because"]


def test_no_secret_is_shown_anywhere(cli: Cli, person: Path) -> None:
    cli.env = {"OPENAI_API_KEY": KEY, "ANTHROPIC_AUTH_TOKEN": "made-up-gateway-secret"}
    outputs = [cli("token", "import", *more) for more in (("--dry-run",), ("--dry-run", "--json"), ("--all",), ())]
    shown = "".join(done.output for done in outputs)
    for secret in ("made-up", "made_up", KEY, chatgpt_jwt("acc-codex-1", exp=YEAR_2100)):
        assert secret not in shown


def test_the_command_knows_every_source() -> None:
    assert tuple(SOURCES) == token_import.SOURCES == tuple(TITLES)


def test_a_token_keeps_the_name_and_priority_that_another_router_gave_it(cli: Cli, person: Path) -> None:
    path = person / ".oauthrouter" / "tokens.db"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("create table tokens (id text, provider text, access_token text, status text, priority int)")
        connection.execute("insert into tokens values ('claude-mine', 'claude', 'sk-ant-oat01-made-up', 'healthy', 3)")
    ok(cli("token", "import", "oauthmodelrouter"))
    (token,) = json.loads(ok(cli("token", "list", "--json")).stdout)
    assert (token["name"], token["provider"], token["priority"]) == ("claude-mine", "claude", 3)
