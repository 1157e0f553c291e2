"""What users saw happen to their logins, in files that several programs share and in lists of accounts.

Numbers: the reports of providers' users that the tests are named after.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from router_core.clock import FixedClock
from router_core.home import Home
from router_core.importing.judge import judged, merged
from router_core.importing.machine import Machine
from router_core.importing.plan import plan
from router_core.importing.sources import search_path
from router_core.importing.take import take
from router_core.store.tokens import open_tokens
from router_core.tokens.token import Token
from router_core.vendors.login import VendorLogin, VendorStoreError
from router_core.vendors.store import vendor_store
from tests.router_core.vendors.logins import chatgpt_jwt, claude_profile, claude_text, put

NOW = 1_795_000_000.0


def imported(home: Home, *files: Path) -> list[Token]:
    """The tokens after importing these files, one after the other."""
    store = open_tokens(home, FixedClock(NOW))
    machine = Machine(home.path, {}, NOW)
    for file in files:
        finds = [judged(found, now=NOW) for found in search_path(file, ("claude", "codex", "cliproxyapi"), machine)]
        for step in plan(merged(finds), store.all(), ("claude", "codex"), NOW):
            if step.possible:
                take(step, store, NOW)
    return store.all()


def test_the_loser_of_a_refresh_race_blanked_the_stored_credentials(tmp_path: Path) -> None:  # 1
    path = put(tmp_path / ".credentials.json", claude_text())
    store = vendor_store(f"claude-file:{path}")
    held = store.read()
    assert held is not None
    put(path, claude_text(access="", refresh="", expiresAt=0))
    assert store.read() is None, "a blanked login is never taken over"
    with pytest.raises(VendorStoreError):
        store.write(VendorLogin(""))
    store.write(replace(held, refresh_token="sk-ant-ort01-winner"), replacing=held)
    login = json.loads(path.read_text())["claudeAiOauth"]
    assert (login["refreshToken"], login["expiresAt"]) == ("sk-ant-ort01-winner", 1_800_000_000_000)


def test_a_stale_copy_of_the_file_undid_the_login_of_an_mcp_server(tmp_path: Path) -> None:  # 2
    path = put(tmp_path / ".credentials.json", claude_text())
    store = vendor_store(f"claude-file:{path}")
    held = store.read()
    assert held is not None
    put(path, claude_text().replace("mcp-made-up", "mcp-renewed-meanwhile"))
    store.write(replace(held, access_token="sk-ant-oat01-new", refresh_token="sk-ant-ort01-new"), replacing=held)
    document = json.loads(path.read_text())
    assert document["mcpOAuth"]["linear|638130d5"]["accessToken"] == "mcp-renewed-meanwhile"
    assert document["claudeAiOauth"]["refreshToken"] == "sk-ant-ort01-new"


def test_a_file_with_mcp_logins_only_was_called_corrupt(tmp_path: Path) -> None:  # 3
    path = put(tmp_path / ".credentials.json", '{"mcpOAuth":{"linear|638130d5":{"accessToken":"mcp-made-up"}}}')
    assert vendor_store(f"claude-file:{path}").read() is None
    (found,) = search_path(path, ("claude",), Machine(tmp_path, {}, NOW))
    assert "not logged in" in found.problem


def test_claude_and_codex_accounts_with_the_same_e_mail_overwrote_each_other(home: Home, tmp_path: Path) -> None:  # 60
    email = "me@example.com"
    common = {"email": email, "expired": "2027-01-15T08:00:00Z"}
    claude = {**common, "type": "claude", "access_token": "sk-ant-oat01-a", "refresh_token": "sk-ant-ort01-a"}
    codex = {**common, "type": "codex", "access_token": chatgpt_jwt("acc-1", email=email), "refresh_token": "rt_a"}
    files = [put(tmp_path / f"{one['type']}.json", json.dumps(one)) for one in (claude, codex)]
    tokens = imported(home, *files, *files)
    assert [(token.name, token.provider, token.refresh_token) for token in tokens] == [
        ("claude-me", "claude", "sk-ant-ort01-a"),
        ("codex-me", "codex", "rt_a"),
    ]


def test_one_address_with_a_team_and_a_personal_organisation_was_one_account(home: Home, tmp_path: Path) -> None:  # 61
    files = []
    for name in ("personal", "team"):
        put(tmp_path / name / ".claude.json", claude_profile("acc-1", organization=f"org-{name}"))
        text = claude_text(access=f"sk-ant-oat01-{name}", refresh=f"sk-ant-ort01-{name}")
        files.append(put(tmp_path / name / ".credentials.json", text))
    tokens = imported(home, *files, *files)
    assert [(token.name, token.facts["organization_id"], token.refresh_token) for token in tokens] == [
        ("claude-me", "org-personal", "sk-ant-ort01-personal"),
        ("claude-me-2", "org-team", "sk-ant-ort01-team"),
    ]
