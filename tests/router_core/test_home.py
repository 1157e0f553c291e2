"""The home folder and the two secrets made on first start."""

import os
import stat
from pathlib import Path

import pytest

from router_core.errors import HomeError
from router_core.home import Home, find_home
from tests.router_core.together import together


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_home_is_private_and_has_its_folders(tmp_path: Path) -> None:
    home = Home(tmp_path / "a" / "b").ensure()
    assert _mode(home.path) == 0o700
    assert home.log.parent.is_dir()
    assert home.mitmproxy_confdir.is_dir()
    assert [p.name for p in home.path.iterdir() if p.name.startswith(".")] == []


def test_an_open_folder_is_closed_to_others(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o755)
    Home(folder).ensure()
    assert _mode(folder) == 0o700


def test_home_order_is_flag_environment_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("MITMROUTER_HOME", raising=False)
    assert find_home().path == tmp_path / ".mitmrouter"
    monkeypatch.setenv("MITMROUTER_HOME", "~/elsewhere")
    assert find_home().path == tmp_path / "elsewhere"
    assert find_home(tmp_path / "flag").path == tmp_path / "flag"


def test_an_unusable_folder_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeError) as caught:
        Home(tmp_path / "file" / "home").ensure()
    message = caught.value.message
    assert "\n" not in message
    assert str(tmp_path / "file" / "home") in message
    assert "MITMROUTER_HOME" in message


def test_secrets_are_made_once_private_and_different(home: Home) -> None:
    gateway, admin = home.gateway_token(), home.admin_token()
    assert gateway != admin
    assert gateway.startswith("mitm-")
    assert len(gateway) >= 40
    assert home.gateway_token() == gateway
    assert home.admin_token() == admin
    assert _mode(home.gateway_token_file) == _mode(home.admin_token_file) == 0o600


def test_a_secret_the_owner_wrote_is_kept(home: Home) -> None:
    home.gateway_token_file.write_text("  my-own-secret \n")
    assert home.gateway_token() == "my-own-secret"


@pytest.mark.parametrize("content", ["", "\n", "  \n"])
def test_an_empty_secret_file_is_replaced(home: Home, content: str) -> None:
    """An empty secret would let everybody in."""
    home.gateway_token_file.write_text(content)
    made = home.gateway_token()
    assert len(made) >= 40
    assert home.gateway_token() == made
    assert _mode(home.gateway_token_file) == 0o600


def test_a_secret_file_without_text_says_what_to_do(home: Home) -> None:
    home.gateway_token_file.write_bytes(b"\xff\xfe")
    with pytest.raises(HomeError, match="Delete it"):
        home.gateway_token()


def test_a_secret_that_cannot_be_read_names_the_file(home: Home) -> None:
    home.gateway_token_file.mkdir()
    with pytest.raises(HomeError, match=r"gateway\.token cannot be read"):
        home.gateway_token()


def test_nothing_temporary_is_left_behind(home: Home) -> None:
    home.gateway_token()
    assert [p.name for p in home.path.iterdir() if str(os.getpid()) in p.name] == []


@pytest.mark.parametrize("content", [None, ""], ids=["no-file", "empty-file"])
def test_processes_that_start_together_agree_on_one_secret(home: Home, content: str | None) -> None:
    if content is not None:
        home.gateway_token_file.write_text(content)
    code = """
from pathlib import Path
from router_core.home import Home
# go
print(Home(Path(sys.argv[1])).gateway_token())
"""
    assert set(together(code, str(home.path))) == {home.gateway_token()}
