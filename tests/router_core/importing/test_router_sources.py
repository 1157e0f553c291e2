"""OpenClaw, CLIProxyAPI, claude-code-router and the other routers, from files in their own shapes."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from router_core.importing import (
    ccflare_source,
    claude_code_router_source,
    cliproxyapi_source,
    codexlb_source,
    multicodex_source,
    oauthmodelrouter_source,
    openclaw_source,
)
from router_core.importing.found import Found
from router_core.importing.machine import Machine
from router_core.importing.plan import suggested_name
from router_core.importing.sources import SOURCES, search_file
from tests.router_core.vendors.logins import chatgpt_jwt, jwt, put

KEY = "made-up-key-0123456789"
LATER_MS = 1_800_000_000_000


def by_place(found: list[Found]) -> dict[str, Found]:
    """By what stands in brackets, or by the file's name."""
    return {one.place.partition(" (")[2].rstrip(")") or Path(one.place).name: one for one in found}


def test_openclaw_s_profiles_of_each_sort_are_found(machine: Machine) -> None:
    profiles: dict[str, Any] = {
        "anthropic:default": {"type": "token", "provider": "anthropic", "token": "sk-ant-oat01-" + KEY},
        "anthropic:key": {"type": "api_key", "provider": "anthropic", "key": "sk-ant-api03-" + KEY, "email": "me@x"},
        "openai-codex:me@example.com": {
            "type": "oauth", "provider": "openai-codex", "access": chatgpt_jwt("acc-1", email="me@example.com"),
            "refresh": "rt_made_up_claw", "expires": LATER_MS, "accountId": "acc-1",
        },
        "google-gemini-cli:me": {
            "type": "oauth", "provider": "google-gemini-cli", "access": "ya29.made-up", "refresh": "1//made-up",
            "expires": LATER_MS, "projectId": "proj-1", "email": "me@gmail.example",
        },
        "github-copilot:github": {"type": "token", "provider": "github-copilot", "token": "ghu_made_up_claw"},
        "zai:default": {"type": "api_key", "provider": "zai", "key": KEY},
        "xai:ref": {"type": "api_key", "provider": "xai", "keyRef": {"source": "env", "id": "XAI_API_KEY"}},
        "chutes:me": {"type": "oauth", "provider": "chutes", "access": KEY, "refresh": KEY, "expires": LATER_MS},
        "groq:empty": {"type": "api_key", "provider": "groq", "key": ""},
    }  # fmt: skip
    path = machine.home / ".openclaw" / "agents" / "main" / "agent" / "auth-profiles.json"
    put(path, json.dumps({"version": 1, "profiles": profiles, "lastGood": {"anthropic": "anthropic:default"}}))
    found = by_place(openclaw_source.find(machine))
    assert (found["anthropic:default"].provider, found["anthropic:default"].sort) == ("claude", "long-lived token")
    assert (found["anthropic:key"].provider, found["anthropic:key"].facts["email"]) == ("claude", "me@x")
    codex = found["openai-codex:me@example.com"]
    assert (codex.provider, codex.login, codex.account_id, codex.shared) == ("codex", "codex", "acc-1", "")
    assert (codex.expires_at, codex.facts["email"]) == (1_800_000_000, "me@example.com")
    gemini = found["google-gemini-cli:me"]
    assert (gemini.provider, gemini.login, gemini.facts["project"]) == ("gemini-cli", "gemini", "proj-1")
    assert (found["github-copilot:github"].provider, found["github-copilot:github"].refresh_token) == (
        "copilot", "ghu_made_up_claw",
    )  # fmt: skip
    assert (found["zai:default"].provider, found["zai:default"].access_token) == ("zai", KEY)
    assert "only refers to it" in found["xai:ref"].problem
    assert "not supported" in found["chutes:me"].problem
    assert "holds no credential" in found["groq:empty"].problem


def test_openclaw_s_newer_name_of_a_chatgpt_login_and_its_other_folder(machine: Machine, tmp_path: Path) -> None:
    held = {"type": "oauth", "provider": "openai", "access": chatgpt_jwt("acc-1"), "refresh": "rt_made_up_claw"}
    put(tmp_path / "state/agents/a/agent/auth-profiles.json", json.dumps({"profiles": {"openai:me": held}}))
    (found,) = openclaw_source.find(replace(machine, environ={"OPENCLAW_STATE_DIR": str(tmp_path / "state")}))
    assert (found.provider, found.login, found.account_id) == ("codex", "codex", "acc-1")


def test_cliproxyapi_s_files_of_each_type_are_found(machine: Machine) -> None:
    folder = machine.home / ".cli-proxy-api"
    common = {"last_refresh": "2026-11-20T10:00:00+08:00", "email": "me@example.com"}
    account = {"type": "service_account", "project_id": "p", "client_email": "sa@p.example", "private_key": "made up"}
    files: dict[str, dict[str, Any]] = {
        "claude-me@example.com.json": {
            **common, "type": "claude", "access_token": "sk-ant-oat01-cpa", "refresh_token": "sk-ant-ort01-cpa",
            "id_token": "", "expired": "2027-01-15T16:00:00+08:00",
        },
        "codex-me@example.com.json": {
            **common, "type": "codex", "access_token": chatgpt_jwt("acc-2"), "refresh_token": "rt_made_up_cpa",
            "id_token": chatgpt_jwt("acc-2", email="me@example.com"), "account_id": "acc-2",
            "expired": "2027-01-15T16:00:00+08:00", "disabled": True,
        },
        "me@example.com-proj.json": {
            "type": "gemini", "email": "me@example.com", "project_id": "proj", "auto": False, "checked": True,
            "token": {
                "access_token": "ya29.made-up", "refresh_token": "1//made-up", "token_type": "Bearer",
                "expiry": "2027-01-15T08:00:00Z", "client_id": "id-1", "client_secret": "made-up-secret",
                "token_uri": "https://oauth2.googleapis.com/token",
            },
        },
        "antigravity-me.json": {
            **common, "type": "antigravity", "access_token": "ya29.anti", "refresh_token": "1//anti",
            "expired": "2027-01-15T08:00:00Z", "project_id": "proj-a",
        },
        "vertex-p.json": {
            "type": "vertex", "project_id": "p", "email": "sa@p.example", "location": "us-central1",
            "service_account": account,
        },
        "qwen-me.json": {**common, "type": "qwen", "access_token": KEY, "refresh_token": KEY, "expired": "x"},
        "settings.json": {"something": "else"},
    }  # fmt: skip
    for name, document in files.items():
        put(folder / name, json.dumps(document))
    found = by_place(cliproxyapi_source.find(machine))
    claude = found["claude-me@example.com.json"]
    assert (claude.provider, claude.login, claude.expires_at) == ("claude", "claude", 1_800_000_000)
    assert (claude.facts["email"], claude.enabled) == ("me@example.com", True)
    codex = found["codex-me@example.com.json"]
    assert (codex.provider, codex.account_id, codex.enabled) == ("codex", "acc-2", False)
    gemini = found["me@example.com-proj.json"]
    assert (gemini.provider, gemini.expires_at, gemini.facts["project"]) == ("gemini-cli", 1_800_000_000, "proj")
    assert gemini.extra == {"client_id": "id-1", "client_secret": "made-up-secret"}
    assert (found["antigravity-me.json"].provider, found["antigravity-me.json"].login) == ("antigravity",) * 2
    vertex = found["vertex-p.json"]
    assert json.loads(vertex.extra["service_account"]) == account
    assert (vertex.provider, vertex.facts["location"]) == ("vertex", "us-central1")
    assert "not supported" in found["qwen-me.json"].problem
    assert "settings.json" not in found


def test_claude_code_router_s_keys_go_to_the_provider_at_their_url(machine: Machine) -> None:
    text = """{
      // keys
      "APIKEY": "made-up-client-key",
      "Providers": [
        {"name": "or", "api_key": "$OR_KEY", "api_base_url": "https://openrouter.ai/api/v1/chat/completions"},
        {"name": "deepseek", "api_key": "sk-made-up-ds", "api_base_url": "https://api.deepseek.com/chat/completions"},
        {"name": "gem", "api_key": "${GEM}", "api_base_url": "https://generativelanguage.googleapis.com/v1beta/models/"},
        {"name": "local", "api_key": "x", "api_base_url": "http://localhost:9999/v1/chat/completions"},
        {"name": "mine", "api_key": "sk-made-up", "api_base_url": "https://llm.example.com/v1/chat/completions"},
        {"name": "codex", "auth_type": "oauth", "oauth_provider": "codex", "api_base_url": "https://chatgpt.com/"},
      ],
    }"""
    path = put(machine.home / ".claude-code-router" / "config.json", text)
    found = by_place(claude_code_router_source.find(replace(machine, environ={"OR_KEY": "sk-or-made-up-ccr"})))
    assert set(found) == {"or", "deepseek", "gem", "local", "mine"}
    assert (found["or"].provider, found["or"].access_token) == ("openrouter", "sk-or-made-up-ccr")
    assert (found["deepseek"].provider, found["deepseek"].access_token) == ("deepseek", "sk-made-up-ds")
    assert (found["gem"].provider, found["gem"].problem) == ("gemini", "${GEM} is not set.")
    assert "on this machine" in found["local"].problem
    assert "llm.example.com" in found["mine"].problem
    assert "made-up-client-key" not in repr(found)
    assert path.exists()


def test_claude_code_router_s_logins_are_found(machine: Machine) -> None:
    logins = {
        "codex": {"type": "oauth", "access": chatgpt_jwt("acc-3"), "refresh": "rt_ccr", "expires": LATER_MS},
        "anthropic": {
            "type": "oauth",
            "access": "sk-ant-oat01-ccr",
            "refresh": "sk-ant-ort01-ccr",
            "expires": LATER_MS,
        },
        "gemini": {"type": "oauth", "access": "ya29.ccr", "refresh": "1//ccr", "expires": LATER_MS},
        "copilot": {"type": "oauth", "access": "tid=made-up", "refresh": "ghu_made_up_ccr", "expires": LATER_MS},
        "openrouter": {"type": "api", "key": "sk-or-made-up-ccr"},
    }
    put(machine.home / ".claude-code-router" / "auth.json", json.dumps(logins))
    found = by_place(claude_code_router_source.find(machine))
    assert (found["codex"].provider, found["codex"].account_id) == ("codex", "acc-3")
    assert (found["anthropic"].provider, found["anthropic"].expires_at) == ("claude", 1_800_000_000)
    assert (found["gemini"].provider, found["gemini"].login) == ("gemini-cli", "gemini")
    assert (found["copilot"].access_token, found["copilot"].refresh_token) == ("", "ghu_made_up_ccr")
    assert (found["openrouter"].provider, found["openrouter"].sort) == ("openrouter", "key")


def ccflare_database(path: Path, rows: list[dict[str, Any]], columns: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"create table accounts (id text primary key, {columns})")
        for number, row in enumerate(rows):
            names = ", ".join(row)
            connection.execute(
                f"insert into accounts (id, {names}) values (?, {', '.join('?' * len(row))})",
                (str(number), *row.values()),
            )
    return path


CCFLARE_COLUMNS = (
    "name text not null, provider text default 'anthropic', api_key text, refresh_token text not null,"
    " access_token text, expires_at integer, created_at integer, paused integer default 0, custom_endpoint text,"
    " priority integer default 0"
)


def test_better_ccflare_s_accounts_are_found(machine: Machine) -> None:
    rows = [
        {
            "name": "max", "provider": "anthropic", "refresh_token": "sk-ant-ort01-bcc",
            "access_token": "sk-ant-oat01-bcc", "expires_at": LATER_MS,
        },
        {
            "name": "console", "provider": "claude-console-api", "api_key": "sk-ant-api03-" + KEY,
            "refresh_token": "sk-ant-api03-" + KEY, "paused": 1,
        },
        {"name": "z", "provider": "zai", "api_key": KEY, "refresh_token": KEY, "priority": 7},
        {
            "name": "or", "provider": "openai-compatible", "api_key": "sk-or-made-up-bcc", "refresh_token": "",
            "custom_endpoint": json.dumps({"endpoint": "https://openrouter.ai/api/v1"}),
        },
        {
            "name": "ds", "provider": "anthropic-compatible", "api_key": "sk-made-up-bcc-ds", "refresh_token": "",
            "custom_endpoint": "https://api.deepseek.com/anthropic",
        },
        {
            "name": "qwen", "provider": "qwen", "refresh_token": KEY + "-r", "access_token": KEY + "-a",
            "expires_at": LATER_MS,
        },
        {
            "name": "odd", "provider": "openai-compatible", "api_key": "sk-made-up-odd", "refresh_token": "",
            "custom_endpoint": "https://llm.example.com/v1",
        },
    ]  # fmt: skip
    path = machine.home / ".config" / "better-ccflare" / "better-ccflare.db"
    before = ccflare_database(path, rows, CCFLARE_COLUMNS).read_bytes()
    found = by_place(ccflare_source.find(machine))
    assert (found["max"].provider, found["max"].login, found["max"].expires_at) == ("claude", "claude", 1_800_000_000)
    assert (found["max"].called, found["max"].priority, found["z"].priority) == ("max", None, 7)
    assert (found["console"].provider, found["console"].sort, found["console"].enabled) == ("claude", "key", False)
    assert (found["z"].provider, found["z"].access_token) == ("zai", KEY)
    assert (found["or"].provider, found["ds"].provider) == ("openrouter", "deepseek-anthropic")
    assert "llm.example.com" in found["odd"].problem
    assert "not supported" in found["qwen"].problem
    assert path.read_bytes() == before


def test_the_database_of_ccflare_from_before_its_providers_is_read(machine: Machine, tmp_path: Path) -> None:
    columns = "name text, refresh_token text, access_token text, expires_at integer"
    row = {
        "name": "max",
        "refresh_token": "sk-ant-ort01-old",
        "access_token": "sk-ant-oat01-old",
        "expires_at": LATER_MS,
    }
    path = ccflare_database(tmp_path / "odd place" / "my?.db", [row], columns)
    (found,) = ccflare_source.find(replace(machine, environ={"BETTER_CCFLARE_DB_PATH": str(path)}))
    assert (found.provider, found.refresh_token) == ("claude", "sk-ant-ort01-old")


def test_another_database_is_told(machine: Machine, tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("create table something (id)")
    (found,) = ccflare_source.read(path, machine)
    assert "no such table" in found.problem


def test_multicodex_s_accounts_are_found(machine: Machine, tmp_path: Path) -> None:
    accounts = [
        {
            "id": "a1", "provider": "openai", "email": "me@example.com", "accessToken": chatgpt_jwt("acc-4"),
            "refreshToken": "rt_multi", "expiresAt": LATER_MS, "chatgptAccountId": "acc-4", "enabled": True,
            "priority": 0, "usage": {"fetchedAt": 1}, "state": {},
        },
        {"id": "a2", "accessToken": chatgpt_jwt("acc-5"), "refreshToken": "rt_multi_2", "enabled": False},
        {"id": "m", "provider": "mistral", "accessToken": KEY, "enabled": True},
        {
            "id": "c", "provider": "openai-compatible", "accessToken": "sk-or-multi-made-up", "enabled": True,
            "baseUrl": "https://openrouter.ai/api/v1",
        },
    ]  # fmt: skip
    path = put(tmp_path / "data" / "accounts.json", json.dumps({"accounts": accounts, "modelAliases": []}))
    found = by_place(multicodex_source.find(replace(machine, environ={"STORE_PATH": str(path)})))
    first = found["me@example.com"]
    assert (first.provider, first.login, first.account_id, first.enabled) == ("codex", "codex", "acc-4", True)
    assert (found["a2"].account_id, found["a2"].enabled) == ("acc-5", False)
    assert (found["m"].provider, found["c"].provider) == ("mistral", "openrouter")


@pytest.mark.parametrize("document", [[], "x", {"accounts": "none"}, {"accounts": [1, None, {}]}, {"profiles": [1]}, 7])
def test_files_of_odd_shapes_give_nothing_that_works_and_no_crash(machine: Machine, document: Any) -> None:
    path = put(machine.home / "odd.json", json.dumps(document))
    for source in (openclaw_source, cliproxyapi_source, claude_code_router_source, multicodex_source):
        assert all(not one.secrets for one in source.read(path, machine))


def test_an_id_token_of_google_says_whose_login_it_is(machine: Machine) -> None:
    document = {
        "type": "antigravity", "access_token": "ya29.x", "refresh_token": "1//x",
        "id_token": jwt({"sub": "1001", "email": "me@gmail.example"}),
    }  # fmt: skip
    put(machine.home / ".cli-proxy-api" / "a.json", json.dumps(document))
    (found,) = cliproxyapi_source.find(machine)
    assert (found.account_id, found.facts["email"]) == ("1001", "me@gmail.example")


def test_oauthmodelrouter_s_tokens_are_found_with_their_names_and_priorities(machine: Machine) -> None:
    path = machine.home / ".oauthrouter" / "tokens.db"
    path.parent.mkdir()
    rows = [
        ("claude : me@example.com", "claude", "sk-ant-oat01-" + KEY, None, None, "healthy", 1, "me@example.com"),
        ("console", "claude", "sk-ant-api03-" + KEY, None, None, "unhealthy", 5, None),
        ("codex-plus", "openai", chatgpt_jwt("acc-6"), "rt_omr", "2027-01-15T08:00:00+00:00", "healthy", 2, None),
        ("platform", "openai", "sk-" + KEY, None, None, "healthy", 100, None),
    ]
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "create table tokens (id text primary key, provider text, access_token text, refresh_token text,"
            " expires_at text, status text, priority integer, account_id text)"
        )
        connection.executemany("insert into tokens values (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    before = path.read_bytes()
    found = {one.called: one for one in oauthmodelrouter_source.find(machine)}
    claude = found["claude : me@example.com"]
    assert (claude.provider, claude.sort, claude.priority, claude.enabled) == ("claude", "long-lived token", 1, True)
    assert claude.account_id is None
    assert (found["console"].sort, found["console"].enabled) == ("key", False)
    codex = found["codex-plus"]
    assert (codex.provider, codex.login, codex.account_id, codex.refresh_token) == ("codex", "codex", "acc-6", "rt_omr")
    assert (found["platform"].provider, found["platform"].sort) == ("openai", "key")
    assert [suggested_name(one) for one in found.values()] == [
        "claude-me-example.com", "claude-console", "codex-plus", "openai-platform",
    ]  # fmt: skip
    assert search_file(path, tuple(SOURCES), machine) == oauthmodelrouter_source.read(path, machine)
    assert path.read_bytes() == before


def codexlb_database(path: Path, key: bytes) -> Path:
    path.parent.mkdir(parents=True)
    box = Fernet(key)
    rows = [
        ("1", "me@example.com", "acc-7", box.encrypt(chatgpt_jwt("acc-7").encode()), box.encrypt(b"rt_lb"), "active"),
        (
            "2",
            "old@example.com",
            "acc-8",
            box.encrypt(chatgpt_jwt("acc-8").encode()),
            box.encrypt(b"rt_lb_2"),
            "PAUSED",
        ),
        ("3", "strange@example.com", "acc-9", Fernet(Fernet.generate_key()).encrypt(b"x"), b"", "active"),
    ]
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "create table accounts (id text, email text, chatgpt_account_id text, access_token_encrypted blob,"
            " refresh_token_encrypted blob, status text)"
        )
        connection.executemany("insert into accounts values (?, ?, ?, ?, ?, ?)", rows)
    return path


@pytest.mark.parametrize("place", ["file", "variable"])
def test_codex_lb_s_accounts_are_opened_with_its_key(machine: Machine, place: str) -> None:
    key = Fernet.generate_key()
    path = codexlb_database(machine.home / ".codex-lb" / "store.db", key)
    if place == "file":
        (path.parent / "encryption.key").write_bytes(key)
    else:
        machine = replace(machine, environ={"ENCRYPTION_KEY": key.decode()})
    found = by_place(codexlb_source.find(machine))
    first = found["me@example.com"]
    assert (first.provider, first.login, first.account_id, first.refresh_token) == ("codex", "codex", "acc-7", "rt_lb")
    assert (first.enabled, found["old@example.com"].enabled) == (True, False)
    assert "another key" in found["strange@example.com"].problem
    assert search_file(path, tuple(SOURCES), machine) == codexlb_source.read(path, machine)


def test_codex_lb_without_its_key_is_told(machine: Machine) -> None:
    codexlb_database(machine.home / ".codex-lb" / "store.db", Fernet.generate_key())
    (found,) = codexlb_source.find(machine)
    assert "no key beside it" in found.problem
