import io
import json
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest
from keyring.errors import KeyringLocked, NoKeyringError

from router_core.vendors.claude_code import ClaudeCodeFormat, keychain_service
from router_core.vendors.codex_cli import CodexCliFormat, keyring_account
from router_core.vendors.keychain import LINE_LIMIT, KeyringPlace, MacKeychainPlace
from router_core.vendors.login import StoreChanged, VendorLogin, VendorStoreError
from router_core.vendors.store import JsonStore
from tests.router_core.vendors.logins import claude_text, codex_text


class FakeSecurity:
    """The macOS `security` program, as far as it is used: item by service, values in hexadecimal when not plain."""

    def __init__(self, items: dict[str, str]) -> None:
        self.items = items
        self.arguments: list[list[str]] = []

    def __call__(self, arguments: list[str], given: str) -> tuple[int, str]:
        self.arguments.append(arguments)
        if arguments == ["-i"]:
            words = given.strip().split('"')
            self.items[words[3]] = bytes.fromhex(words[5]).decode()
            return 0, ""
        service = arguments[arguments.index("-s") + 1]
        if service not in self.items:
            return 44, ""
        value = self.items[service]
        plain = value.isascii() and value.isprintable()
        return 0, (value if plain else value.encode().hex()) + "\n"


class FakeRing:
    def __init__(self, items: dict[tuple[str, str], str], error: Exception | None = None) -> None:
        self.items, self.error = items, error

    def get_password(self, service: str, username: str) -> str | None:
        if self.error:
            raise self.error
        return self.items.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.items[service, username] = password


def codex_ring(ring: FakeRing, account: str = "cli|0123456789abcdef") -> JsonStore:
    return JsonStore(KeyringPlace("Codex Auth", account, lambda: ring), CodexCliFormat(lambda: 1.0), "the keyring item")


@pytest.mark.parametrize("as_written", [claude_text, lambda: json.dumps(json.loads(claude_text()), indent=2)])
def test_claude_code_s_keychain_item_is_read_and_renewed_without_a_secret_among_the_arguments(
    as_written: Callable[[], str],
) -> None:
    security = FakeSecurity({"Claude Code-credentials": as_written()})
    store = JsonStore(MacKeychainPlace("Claude Code-credentials", security), ClaudeCodeFormat(None), "the item")
    old = store.read()
    assert old is not None
    assert old.refresh_token == "sk-ant-ort01-made-up"
    store.write(VendorLogin("sk-ant-oat01-new", "sk-ant-ort01-new", expires_at=1_800_000_001), replacing=old)
    after = json.loads(security.items["Claude Code-credentials"])
    assert after["claudeAiOauth"]["refreshToken"] == "sk-ant-ort01-new"
    assert after["mcpOAuth"] == json.loads(claude_text())["mcpOAuth"]
    assert "ort01" not in str(security.arguments)
    assert b"ort01-new".hex() not in str(security.arguments)
    assert store.changed_token() is None


def test_an_item_that_is_not_there_is_no_login() -> None:
    store = JsonStore(MacKeychainPlace("Claude Code-credentials", FakeSecurity({})), ClaudeCodeFormat(None), "it")
    assert store.find() is None
    with pytest.raises(StoreChanged, match="does not exist any more"):
        store.write(VendorLogin("sk-ant-oat01-new"))


def test_an_item_too_long_for_one_line_of_security_is_not_cut_but_refused() -> None:
    text = claude_text().replace("linear", "l" * LINE_LIMIT)
    security = FakeSecurity({"Claude Code-credentials": text})
    store = JsonStore(MacKeychainPlace("Claude Code-credentials", security), ClaudeCodeFormat(None), "it")
    with pytest.raises(VendorStoreError, match="too long"):
        store.write(VendorLogin("sk-ant-oat01-new", "sk-ant-ort01-new"))
    assert security.items["Claude Code-credentials"] == text


def test_a_write_that_did_not_arrive_is_noticed() -> None:
    security = FakeSecurity({"Claude Code-credentials": claude_text()})

    def silent(arguments: list[str], given: str) -> tuple[int, str]:
        return (0, "") if arguments == ["-i"] else security(arguments, given)

    store = JsonStore(MacKeychainPlace("Claude Code-credentials", silent), ClaudeCodeFormat(None), "it")
    with pytest.raises(VendorStoreError, match="was not written"):
        store.write(VendorLogin("sk-ant-oat01-new", "sk-ant-ort01-new"))


def test_a_locked_keychain_is_no_missing_login() -> None:
    place = MacKeychainPlace("Claude Code-credentials", lambda _arguments, _given: (36, ""))
    with pytest.raises(VendorStoreError, match="Unlock"):
        place.text()


@pytest.mark.parametrize(
    ("config_dir", "service"),
    [
        ("", "Claude Code-credentials"),
        ("/Users/me/.claude-work", "Claude Code-credentials-1e91dd84"),  # printf %s … | shasum -a 256 | head -c 8
    ],
)
def test_each_config_folder_has_a_keychain_item_of_its_own(config_dir: str, service: str) -> None:
    assert keychain_service(config_dir) == service


def test_codex_s_keyring_item_is_read_and_renewed() -> None:
    ring = FakeRing({("Codex Auth", "cli|0123456789abcdef"): json.dumps(json.loads(codex_text()))})
    store = codex_ring(ring)
    old = store.read()
    assert old is not None
    assert old.account_id == "acc-codex-1"
    store.write(VendorLogin(old.access_token, "rt_new", account_id="acc-codex-1"), replacing=old)
    after = json.loads(ring.items["Codex Auth", "cli|0123456789abcdef"])
    assert after["tokens"]["refresh_token"] == "rt_new"
    assert after["last_refresh"] == "1970-01-01T00:00:01.000000Z"


class FakeItem:
    """An item of the Secret Service, as Codex has made it."""

    def __init__(self, text: str) -> None:
        self.text, self.content_type = text, "text/plain"

    def get_secret_content_type(self) -> str:
        return self.content_type

    def set_secret(self, secret: bytes, content_type: str) -> None:
        self.text, self.content_type = secret.decode(), content_type


@pytest.mark.parametrize("count", [1, 2])
def test_on_linux_codex_s_own_item_is_changed_and_none_is_put_beside_it(
    monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    items = [FakeItem(codex_text()) for _ in range(count)]
    asked: list[dict[str, str]] = []

    def search_items(_connection: object, attributes: dict[str, str]) -> list[FakeItem]:
        asked.append(attributes)
        return items

    library = types.SimpleNamespace(
        dbus_init=io.BytesIO,  # anything that can be closed
        search_items=search_items,
        exceptions=types.SimpleNamespace(SecretStorageException=LookupError),
    )
    monkeypatch.setitem(sys.modules, "secretstorage", library)
    monkeypatch.setattr(FakeRing, "__module__", "keyring.backends.SecretService")
    ring = FakeRing({("Codex Auth", "cli|0123456789abcdef"): codex_text()})
    old = codex_ring(ring).read()
    assert old is not None
    codex_ring(ring).write(VendorLogin(old.access_token, "rt_new", account_id="acc-codex-1"), replacing=old)
    assert asked == [{"service": "Codex Auth", "username": "cli|0123456789abcdef"}]
    changed = [json.loads(item.text)["tokens"]["refresh_token"] for item in items]
    assert changed == (["rt_new"] if count == 1 else ["rt_made_up"] * 2)


def test_a_machine_without_keyring_has_no_login_in_it_and_a_locked_one_is_told() -> None:
    assert codex_ring(FakeRing({}, NoKeyringError())).read() is None
    with pytest.raises(VendorStoreError, match="Unlock"):
        codex_ring(FakeRing({}, KeyringLocked())).read()


def test_the_keyring_account_follows_the_real_folder_of_codex(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert keyring_account(tmp_path / "link") == keyring_account(tmp_path / "real")
    assert keyring_account(Path("/home/me/.codex")).startswith("cli|")
    assert len(keyring_account(Path("/home/me/.codex"))) == len("cli|") + 16
