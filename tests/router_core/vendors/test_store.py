import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from router_core.vendors.login import NoLogin, StoreChanged, VendorLogin, VendorStoreError
from router_core.vendors.store import vendor_store
from tests.router_core.vendors.logins import (
    chatgpt_jwt,
    claude_profile,
    claude_text,
    codex_text,
    gemini_text,
    jwt,
    put,
)


@pytest.fixture
def claude(tmp_path: Path) -> Path:
    put(tmp_path / ".claude.json", claude_profile())
    return put(tmp_path / ".claude" / ".credentials.json", claude_text())


@pytest.fixture
def codex(tmp_path: Path) -> Path:
    return put(tmp_path / ".codex" / "auth.json", codex_text())


@pytest.fixture
def gemini(tmp_path: Path) -> Path:
    return put(tmp_path / ".gemini" / "oauth_creds.json", gemini_text())


def read(locator: str) -> VendorLogin:
    login = vendor_store(locator).read()
    assert login is not None
    return login


def test_a_claude_code_login_is_read_with_the_account_of_the_other_file(claude: Path) -> None:
    login = read(f"claude-file:{claude}")
    assert (login.access_token, login.refresh_token) == ("sk-ant-oat01-made-up", "sk-ant-ort01-made-up")
    assert (login.expires_at, login.refresh_expires_at) == (1_800_000_000, 1_802_000_000)
    assert login.account_id == "acc-claude-1"
    assert login.facts == {
        "email": "me@example.com", "plan": "max", "tier": "default_claude_max_20x", "organization": "Example",
        "organization_id": "org-1", "scopes": "user:inference user:profile",
    }  # fmt: skip


def test_an_account_of_another_organisation_is_not_taken_for_this_login(claude: Path) -> None:
    document = {**json.loads(claude.read_text()), "organizationUuid": "org-2"}
    put(claude, json.dumps(document))
    login = read(f"claude-file:{claude}")
    assert (login.account_id, login.facts.get("email"), login.facts["organization_id"]) == (None, None, "org-2")


@pytest.mark.parametrize("profile", ["", "[]", "{", '{"oauthAccount": 1}', "\x00", None])
def test_a_login_is_read_whatever_the_other_file_is_like(claude: Path, profile: str | None) -> None:
    beside = claude.parent.parent / ".claude.json"
    if profile is None:
        beside.unlink()
        beside.mkdir()
    else:
        put(beside, profile)
    login = read(f"claude-file:{claude}")
    assert (login.access_token, login.account_id) == ("sk-ant-oat01-made-up", None)


def test_a_config_folder_of_ones_own_has_its_profile_beside_the_credentials(tmp_path: Path) -> None:
    put(tmp_path / ".claude.json", claude_profile("acc-of-the-default"))
    put(tmp_path / "work" / ".claude.json", claude_profile("acc-work"))
    path = put(tmp_path / "work" / ".credentials.json", claude_text())
    assert read(f"claude-file:{path}").account_id == "acc-work"


def test_a_codex_login_is_read_with_what_its_jwts_say(codex: Path) -> None:
    login = read(f"codex-file:{codex}")
    assert login.access_token == chatgpt_jwt("acc-codex-1")
    assert (login.refresh_token, login.expires_at, login.account_id) == ("rt_made_up", 1_800_000_000, "acc-codex-1")
    assert login.facts == {"email": "me@example.com", "plan": "plus", "user_id": "user-1"}
    assert set(login.extra) == {"id_token"}


def test_a_gemini_login_is_read_and_its_account_is_no_e_mail(gemini: Path) -> None:
    login = read(f"gemini-file:{gemini}")
    assert (login.access_token, login.refresh_token, login.expires_at) == ("ya29.made-up", "1//made-up", 1_800_000_000)
    assert (login.account_id, login.facts["email"]) == ("1001", "me@gmail.example")


def test_a_gemini_login_without_id_token_takes_the_address_of_the_active_account(gemini: Path) -> None:
    document = json.loads(gemini.read_text())
    del document["id_token"]
    put(gemini, json.dumps(document))
    put(gemini.with_name("google_accounts.json"), json.dumps({"active": "you@gmail.example", "old": []}))
    assert read(f"gemini-file:{gemini}").facts["email"] == "you@gmail.example"


@pytest.mark.parametrize(
    ("locator", "text", "why"),
    [
        pytest.param("claude-file", '{"mcpOAuth":{"a":{}}}', "MCP servers only", id="only mcpOAuth is not logged in"),
        pytest.param("claude-file", claude_text(access="", refresh="", expiresAt=0), "lost its login", id="blanked"),
        pytest.param("claude-file", '{"claudeAiOauth"', "no JSON", id="half written"),
        pytest.param("claude-file", "[]", "no JSON object", id="no object"),
        pytest.param("codex-file", '{"OPENAI_API_KEY":"sk-made-up"}', "with an API key", id="codex with a key"),
        pytest.param("codex-file", '{"OPENAI_API_KEY":null,"tokens":null}', "not logged in", id="codex logged out"),
        pytest.param("codex-file", '{"tokens":{"access_token":"","refresh_token":""}}', "are empty", id="codex empty"),
        pytest.param("gemini-file", '{"token_type":"Bearer"}', "not logged in", id="gemini logged out"),
    ],
)
def test_what_is_no_login_is_told_with_its_reason_and_read_as_none(
    tmp_path: Path, locator: str, text: str, why: str
) -> None:
    store = vendor_store(f"{locator}:{put(tmp_path / 'file.json', text)}")
    assert store.read() is None
    with pytest.raises(NoLogin, match=why) as caught:
        store.find()
    assert "sk-made-up" not in caught.value.message


def test_a_place_that_does_not_exist_is_no_login_and_no_error(tmp_path: Path) -> None:
    store = vendor_store(f"codex-file:{tmp_path / 'auth.json'}")
    assert (store.read(), store.find(), store.changed_token()) == (None, None, "")


def test_renewed_claude_tokens_replace_the_old_ones_and_nothing_else(claude: Path) -> None:
    before = claude.read_text()
    old = read(f"claude-file:{claude}")
    new = replace(
        old, access_token="sk-ant-oat01-new", refresh_token="sk-ant-ort01-new", expires_at=1_800_028_800.5,
        refresh_expires_at=1_803_000_000,
    )  # fmt: skip
    vendor_store(f"claude-file:{claude}").write(new, replacing=old)
    expected = (
        before.replace("oat01-made-up", "oat01-new")
        .replace("ort01-made-up", "ort01-new")
        .replace("1800000000000,", "1800028800500,")
        .replace("1802000000000", "1803000000000")
    )
    assert claude.read_text() == expected


def test_renewed_codex_tokens_keep_the_file_in_codex_s_own_style(codex: Path) -> None:
    before = json.loads(codex.read_text())
    old = read(f"codex-file:{codex}")
    access, identity = chatgpt_jwt("acc-codex-1", exp=1_900_000_000), chatgpt_jwt("acc-codex-1", email="me@example.com")
    new = replace(old, access_token=access, refresh_token="rt_new", extra={"id_token": identity})
    vendor_store(f"codex-file:{codex}").write(new, replacing=old)
    text = codex.read_text()
    after = json.loads(text)
    assert text == json.dumps(after, indent=2)
    assert list(after) == list(before)
    assert after["tokens"] == {
        "id_token": identity, "access_token": access, "refresh_token": "rt_new", "account_id": "acc-codex-1",
    }  # fmt: skip
    assert after["last_refresh"] > "2026-11-20"
    assert after["last_refresh"].endswith("Z")


def test_renewed_google_tokens_keep_the_reusable_refresh_token(gemini: Path) -> None:
    old = read(f"gemini-file:{gemini}")
    new = VendorLogin("ya29.new", None, expires_at=1_800_003_599, account_id=old.account_id)
    vendor_store(f"gemini-file:{gemini}").write(new, replacing=old)
    after = json.loads(gemini.read_text())
    assert (after["access_token"], after["refresh_token"]) == ("ya29.new", "1//made-up")
    assert after["expiry_date"] == 1_800_003_599_000


@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_the_file_keeps_its_rights_and_a_link_stays_a_link(tmp_path: Path, mode: int) -> None:
    target = put(tmp_path / "dotfiles" / "auth.json", codex_text(), mode)
    link = tmp_path / "home" / "auth.json"
    link.parent.mkdir()
    link.symlink_to(Path("..") / "dotfiles" / "auth.json")
    old = read(f"codex-file:{link}")
    vendor_store(f"codex-file:{link}").write(replace(old, refresh_token="rt_new"), replacing=old)
    assert link.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == mode
    assert json.loads(target.read_text())["tokens"]["refresh_token"] == "rt_new"
    assert [p.name for p in target.parent.iterdir()] == ["auth.json"]


def test_a_write_changes_the_cheap_signature_and_a_read_does_not(codex: Path) -> None:
    store = vendor_store(f"codex-file:{codex}")
    before = store.changed_token()
    old = read(f"codex-file:{codex}")
    assert store.changed_token() == before
    store.write(replace(old, refresh_token="rt_new"), replacing=old)
    assert store.changed_token() != before


def test_an_empty_login_is_never_written(claude: Path) -> None:
    before = claude.read_bytes()
    with pytest.raises(VendorStoreError, match="empty login"):
        vendor_store(f"claude-file:{claude}").write(VendorLogin("", None, expires_at=0))
    assert claude.read_bytes() == before


def test_another_account_that_logged_in_meanwhile_is_not_overwritten(codex: Path) -> None:
    old = read(f"codex-file:{codex}")
    put(codex, codex_text("acc-codex-2", refresh="rt_other"))
    with pytest.raises(StoreChanged, match="another account"):
        vendor_store(f"codex-file:{codex}").write(replace(old, refresh_token="rt_new"))
    assert json.loads(codex.read_text())["tokens"]["refresh_token"] == "rt_other"


def test_another_organisation_of_the_same_person_is_not_overwritten(claude: Path) -> None:
    old = read(f"claude-file:{claude}")
    put(claude.parent.parent / ".claude.json", claude_profile(organization="org-2"))
    with pytest.raises(StoreChanged, match="another account"):
        vendor_store(f"claude-file:{claude}").write(replace(old, refresh_token="sk-ant-ort01-new"), replacing=old)


def test_a_set_that_the_vendor_s_program_renewed_meanwhile_is_not_overwritten(claude: Path) -> None:
    old = read(f"claude-file:{claude}")
    put(claude, claude_text(refresh="sk-ant-ort01-by-claude-code"))
    with pytest.raises(StoreChanged, match="renewed by its own program"):
        vendor_store(f"claude-file:{claude}").write(replace(old, refresh_token="sk-ant-ort01-new"), replacing=old)
    assert "by-claude-code" in claude.read_text()


def test_a_login_that_was_blanked_after_a_lost_race_is_healed(claude: Path) -> None:
    old = read(f"claude-file:{claude}")
    put(claude, claude_text(access="", refresh="", expiresAt=0))
    new = replace(old, access_token="sk-ant-oat01-new", refresh_token="sk-ant-ort01-new")
    vendor_store(f"claude-file:{claude}").write(new, replacing=old)
    held = json.loads(claude.read_text())["claudeAiOauth"]
    assert (held["accessToken"], held["refreshToken"], held["expiresAt"]) == (
        "sk-ant-oat01-new", "sk-ant-ort01-new", 1_800_000_000_000,
    )  # fmt: skip


def test_a_logout_is_respected(claude: Path) -> None:
    old = read(f"claude-file:{claude}")
    put(claude, '{"mcpOAuth":{}}')
    with pytest.raises(StoreChanged, match="not logged in"):
        vendor_store(f"claude-file:{claude}").write(old)
    claude.unlink()
    with pytest.raises(StoreChanged, match="does not exist any more"):
        vendor_store(f"claude-file:{claude}").write(old)
    assert not claude.exists()


def test_a_half_written_file_is_neither_read_nor_overwritten(codex: Path) -> None:
    old = read(f"codex-file:{codex}")
    half = put(codex, codex_text()[:100]).read_bytes()
    with pytest.raises(StoreChanged, match="being written"):
        vendor_store(f"codex-file:{codex}").write(old)
    assert codex.read_bytes() == half


def test_unknown_fields_that_appeared_since_the_read_are_kept(codex: Path) -> None:
    old = read(f"codex-file:{codex}")
    put(codex, codex_text().replace('"agent_identity": null', '"agent_identity": "by another process"'))
    vendor_store(f"codex-file:{codex}").write(replace(old, refresh_token="rt_new"), replacing=old)
    after = json.loads(codex.read_text())
    assert (after["agent_identity"], after["tokens"]["refresh_token"]) == ("by another process", "rt_new")


def test_what_a_killed_process_left_half_done_is_removed(codex: Path) -> None:
    dead, alive = 2**22 + 1, os.getpid()  # above the largest process id of Linux and macOS
    left = put(codex.with_name(f"auth.json.mitmrouter-{dead}-00"), "secret")
    busy = put(codex.with_name(f"auth.json.mitmrouter-{alive}-00"), "another thread's")
    old = read(f"codex-file:{codex}")
    vendor_store(f"codex-file:{codex}").write(replace(old, refresh_token="rt_new"))
    assert not left.exists()
    assert busy.exists()


def test_a_folder_without_the_right_to_write_is_named(codex: Path) -> None:
    if os.geteuid() == 0:
        codex.parent.rename(codex.parent.with_name("moved"))  # root may write anywhere: a place that is gone then
        expected = "does not exist any more"
    else:
        codex.parent.chmod(0o500)
        expected = "cannot be written"
    login = VendorLogin(chatgpt_jwt("acc-codex-1"), "rt_new", account_id="acc-codex-1")
    with pytest.raises(VendorStoreError, match=expected):
        vendor_store(f"codex-file:{codex}").write(login)
    if codex.parent.exists():
        codex.parent.chmod(0o700)


def test_no_secret_is_in_a_login_s_repr(claude: Path) -> None:
    shown = repr(read(f"claude-file:{claude}"))
    assert "made-up" not in shown
    assert "me@example.com" in shown


def test_two_logins_are_of_one_account_by_account_and_organisation_not_by_e_mail() -> None:
    def login(account: str | None, organization: str = "") -> VendorLogin:
        return VendorLogin(jwt({}), None, account_id=account, facts={"email": "me@x", "organization_id": organization})

    assert login("a").is_account_of(login("a"))
    assert login("a").is_account_of(login(None))
    assert not login("a").is_account_of(login("b"))
    assert not login("a", "o1").is_account_of(login("a", "o2"))
    colleague = VendorLogin("x", None, account_id="a", facts={"user_id": "u2"})
    assert not VendorLogin("x", None, account_id="a", facts={"user_id": "u1"}).is_account_of(colleague)


def test_a_locator_that_names_nothing_is_refused() -> None:
    with pytest.raises(VendorStoreError, match="no place"):
        vendor_store("elsewhere:/x")
