"""Claude Code, Codex, Gemini CLI and Copilot: what their own stores hold is found with what is known of the account."""

import json
from dataclasses import replace
from pathlib import Path

from router_core.importing import claude_source, codex_source, copilot_source, gemini_source
from router_core.importing.machine import Machine
from router_core.vendors.codex_cli import keyring_account
from router_core.vendors.keychain import KeyringPlace, MacKeychainPlace
from tests.router_core.vendors.logins import claude_profile, claude_text, codex_text, gemini_text, put


def test_claude_code_s_file_is_found_and_stays_shared(machine: Machine) -> None:
    put(machine.home / ".claude.json", claude_profile())
    path = put(machine.home / ".claude" / ".credentials.json", claude_text())
    (found,) = claude_source.find(machine)
    assert (found.provider, found.sort, found.login, found.account_id) == ("claude", "login", "claude", "acc-claude-1")
    assert found.shared == f"claude-file:{path}"
    assert (found.facts["email"], found.facts["plan"], found.facts["organization_id"]) == (
        "me@example.com", "max", "org-1",
    )  # fmt: skip
    assert not found.problem


def test_claude_code_s_folder_is_where_its_variable_says(machine: Machine, tmp_path: Path) -> None:
    path = put(tmp_path / "work" / ".credentials.json", claude_text())
    (found,) = claude_source.find(replace(machine, environ={"CLAUDE_CONFIG_DIR": str(path.parent)}))
    assert found.shared == f"claude-file:{path}"


def test_on_a_mac_the_keychain_item_is_found(machine: Machine) -> None:
    put(machine.home / ".claude.json", claude_profile())
    asked = []

    def keychain(service: str) -> MacKeychainPlace:
        asked.append(service)
        value = claude_text() if service.endswith("credentials") else "sk-ant-api03-made-up"
        return MacKeychainPlace(service, lambda _arguments, _given: (0, value + "\n"))

    found, with_key = claude_source.find(replace(machine, platform="darwin", keychain=keychain))
    assert (found.shared, found.account_id) == ("claude-keychain:", "acc-claude-1")
    assert asked == ["Claude Code-credentials", "Claude Code"]
    assert (with_key.sort, with_key.access_token, with_key.shared) == ("key", "sk-ant-api03-made-up", "")


def test_the_key_of_a_console_login_is_found(machine: Machine) -> None:
    put(machine.home / ".claude.json", json.dumps({**json.loads(claude_profile()), "primaryApiKey": "sk-ant-api03-x"}))
    (found,) = claude_source.find(machine)
    assert (found.provider, found.sort, found.access_token) == ("claude", "key", "sk-ant-api03-x")


def test_a_profile_without_a_key_is_nothing(machine: Machine) -> None:
    put(machine.home / ".claude.json", claude_profile())
    assert claude_source.find(machine) == []
    put(machine.home / ".claude.json", '{"half')
    (found,) = claude_source.find(machine)
    assert "no JSON" in found.problem


def test_a_mac_with_a_config_folder_of_ones_own_has_other_items(machine: Machine, tmp_path: Path) -> None:
    own = str(tmp_path / "work")
    asked: list[str] = []

    def keychain(service: str) -> MacKeychainPlace:
        asked.append(service)
        is_login = "credentials" in service
        return MacKeychainPlace(service, lambda _arguments, _given: (0, claude_text()) if is_login else (44, ""))

    environ = {"CLAUDE_CONFIG_DIR": own}
    (found,) = claude_source.find(replace(machine, platform="darwin", environ=environ, keychain=keychain))
    assert found.shared == f"claude-keychain:{own}"
    assert found.place.startswith("keychain item 'Claude Code-credentials-")
    assert asked[1].startswith("Claude Code-")
    assert asked[0].rpartition("-")[2] == asked[1].rpartition("-")[2]


def test_a_long_lived_token_in_claude_code_s_file_is_not_shared(machine: Machine) -> None:
    text = claude_text(refresh="", expiresAt=None, refreshTokenExpiresAt=None)
    put(machine.home / ".claude" / ".credentials.json", text)
    (found,) = claude_source.find(machine)
    assert (found.sort, found.login, found.shared) == ("long-lived token", "", "")


def test_a_file_with_logins_of_mcp_servers_only_is_listed_with_the_reason(machine: Machine) -> None:
    put(machine.home / ".claude" / ".credentials.json", '{"mcpOAuth":{"x":{"accessToken":"mcp-made-up"}}}')
    (found,) = claude_source.find(machine)
    assert "MCP servers only" in found.problem
    assert not found.secrets


def test_codex_s_file_is_found_and_stays_shared(machine: Machine) -> None:
    path = put(machine.home / ".codex" / "auth.json", codex_text())
    (found,) = codex_source.find(machine)
    assert (found.provider, found.sort, found.login, found.account_id) == ("codex", "login", "codex", "acc-codex-1")
    assert found.shared == f"codex-file:{path}"
    assert found.extra["id_token"]


def test_codex_with_a_key_gives_a_token_of_openai(machine: Machine, tmp_path: Path) -> None:
    put(tmp_path / "elsewhere" / "auth.json", json.dumps({"OPENAI_API_KEY": "sk-proj-made-up-0123456789"}))
    (found,) = codex_source.find(replace(machine, environ={"CODEX_HOME": str(tmp_path / "elsewhere")}))
    assert (found.provider, found.sort, found.shared) == ("openai", "key", "")


def test_codex_with_a_key_and_a_login_gives_both(machine: Machine) -> None:
    document = {**json.loads(codex_text()), "OPENAI_API_KEY": "sk-proj-made-up-0123456789"}
    put(machine.home / ".codex" / "auth.json", json.dumps(document))
    assert [found.provider for found in codex_source.find(machine)] == ["openai", "codex"]


def test_codex_without_a_file_is_looked_for_in_the_keyring(machine: Machine) -> None:
    folder = machine.home / ".codex"
    folder.mkdir()
    held = {("Codex Auth", keyring_account(folder)): codex_text()}

    class Ring:
        def get_password(self, service: str, username: str) -> str | None:
            return held.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            raise NotImplementedError

    with_ring = replace(machine, keyring=lambda service, account: KeyringPlace(service, account, Ring))
    (found,) = codex_source.find(with_ring)
    assert found.shared == f"codex-keyring:{keyring_account(folder)}"
    assert found.account_id == "acc-codex-1"


def test_a_machine_without_codex_is_not_asked_for_its_keyring(machine: Machine) -> None:
    def asked(service: str, account: str) -> KeyringPlace:
        raise AssertionError("the keyring was opened")

    assert codex_source.find(replace(machine, keyring=asked)) == []
    put(machine.home / ".codex" / "auth.json", codex_text())
    assert len(codex_source.find(replace(machine, keyring=asked))) == 1


def test_gemini_cli_s_login_is_found_and_stays_shared(machine: Machine) -> None:
    path = put(machine.home / ".gemini" / "oauth_creds.json", gemini_text())
    (found,) = gemini_source.find(machine)
    assert (found.provider, found.login, found.shared) == ("gemini-cli", "gemini", f"gemini-file:{path}")
    assert (found.account_id, found.facts["email"]) == ("1001", "me@gmail.example")


def test_copilot_s_github_token_is_kept_for_making_copilot_tokens(machine: Machine) -> None:
    put(
        machine.home / ".config" / "github-copilot" / "apps.json",
        json.dumps(
            {
                "github.com:Iv23ctfURkiMfJ4xr5mv": {"user": "me", "oauth_token": "ghu_made_up_of_another_app"},
                "github.com:Iv1.b507a08c87ecfe98": {"user": "me", "oauth_token": "ghu_made_up_of_copilot_vim"},
                "ghe.example.com": {"user": "me", "oauth_token": "gho_made_up_enterprise"},
            }
        ),
    )
    first, second, enterprise = copilot_source.find(machine)
    assert (first.provider, first.login, first.facts["user"]) == ("copilot", "copilot", "me")
    assert (first.access_token, first.refresh_token) == ("", "ghu_made_up_of_copilot_vim")
    assert first.expires_at == 0, "the Copilot token is made on first use"
    assert second.refresh_token == "ghu_made_up_of_another_app"
    assert "Enterprise" in enterprise.problem


def test_the_older_file_of_copilot_and_another_config_folder(machine: Machine, tmp_path: Path) -> None:
    put(tmp_path / "xdg" / "github-copilot" / "hosts.json", '{"github.com":{"user":"me","oauth_token":"gho_made_up"}}')
    (found,) = copilot_source.find(replace(machine, environ={"XDG_CONFIG_HOME": str(tmp_path / "xdg")}))
    assert found.refresh_token == "gho_made_up"


def test_a_broken_file_is_told_and_hides_nothing_else(machine: Machine) -> None:
    put(machine.home / ".config" / "github-copilot" / "apps.json", '{"github.com:')
    put(machine.home / ".config" / "github-copilot" / "hosts.json", '{"github.com":{"oauth_token":"gho_made_up"}}')
    broken, good = copilot_source.find(machine)
    assert "no JSON" in broken.problem
    assert good.refresh_token == "gho_made_up"
