"""Where the OAuth client of a Google program is found: config, environment, installed program; in this order."""

from pathlib import Path

import pytest

from router_core.config.schema import Config
from router_core.oauth.google_client import client_in, find_client, installed_client

ID = "123456789012-abcdefghijklmnopqrstuvwxyz012345.apps.googleusercontent.com"
SECRET = "GOCSPX-" + "s" * 28
SOURCE = f"const OAUTH_CLIENT_ID =\n    '{ID}';\nconst OAUTH_CLIENT_SECRET = '{SECRET}';\n"
BUNDLE = f'var x=1;var OAUTH_CLIENT_ID="{ID}";var OAUTH_CLIENT_SECRET="{SECRET}";'


@pytest.fixture(autouse=True)
def _forget() -> None:
    installed_client.cache_clear()


def package(root: Path) -> Path:
    folder = root / "node_modules" / "@google" / "gemini-cli"
    (folder / "dist").mkdir(parents=True)
    (folder / "dist" / "index.js").write_text("#!/usr/bin/env node\n")
    (folder / "dist" / "index.js").chmod(0o755)
    return folder


def on_path(tmp_path: Path, program: Path, name: str = "gemini") -> dict[str, str]:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / name).symlink_to(program)
    return {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path / "nobody")}


def test_config_comes_first_then_the_environment() -> None:
    config = Config.model_validate({"oauth": {"gemini": {"client_id": "c", "client_secret": "d"}}})
    environ = {"GEMINI_OAUTH_CLIENT_ID": "e", "GEMINI_OAUTH_CLIENT_SECRET": "f"}
    found = find_client("gemini", config, environ)
    assert found is not None
    assert (found.id, found.secret) == ("c", "d")
    assert "'d'" not in repr(found)
    found = find_client("gemini", Config(), environ)
    assert found is not None
    assert (found.id, found.secret) == ("e", "f")
    assert find_client("antigravity", Config(), environ) is None


def test_half_a_client_is_none() -> None:
    config = Config.model_validate({"oauth": {"gemini": {"client_id": "c"}}})
    assert find_client("gemini", config, {"GEMINI_OAUTH_CLIENT_ID": "e"}) is None


@pytest.mark.parametrize("place", ["nested", "beside", "bundle"])
def test_installed_gemini_cli_is_read_wherever_its_core_is(tmp_path: Path, place: str) -> None:
    folder = package(tmp_path / "lib")
    core = Path("dist/src/code_assist/oauth2.js")
    file = {
        "nested": folder / "node_modules/@google/gemini-cli-core" / core,
        "beside": folder.parent / "gemini-cli-core" / core,
        "bundle": folder / "bundle" / "chunk-ABC.js",
    }[place]
    file.parent.mkdir(parents=True)
    file.write_text(BUNDLE if place == "bundle" else SOURCE)
    found = find_client("gemini", Config(), on_path(tmp_path, folder / "dist" / "index.js"))
    assert found is not None
    assert (found.id, found.secret, found.source) == (ID, SECRET, str(file.resolve()))


def test_npm_folder_of_a_version_manager_is_searched_too(tmp_path: Path) -> None:
    folder = package(tmp_path / ".nvm/versions/node/v24.1.0/lib")
    (folder / "bundle").mkdir()
    (folder / "bundle" / "gemini.js").write_text(BUNDLE)
    found = find_client("gemini", Config(), {"PATH": "", "HOME": str(tmp_path)})
    assert found is not None
    assert found.id == ID


def test_antigravity_is_a_binary_that_holds_both_close_together(tmp_path: Path) -> None:
    program = tmp_path / "opt" / "agy"
    program.parent.mkdir()
    other = "999999999999-zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz.apps.googleusercontent.com"
    program.write_bytes(b"\x7fELF" + other.encode() + b"\0" * 5000 + f"{ID}\0{SECRET}\0".encode() + b"\0" * 100)
    program.chmod(0o755)
    found = find_client("antigravity", Config(), on_path(tmp_path, program, "agy"))
    assert found is not None
    assert (found.id, found.secret) == (ID, SECRET)


@pytest.mark.parametrize("text", ["", "OAUTH_CLIENT_ID = process.env.ID", ID, SECRET, f"{SECRET} {ID}"])
def test_program_without_a_client_has_none(text: str) -> None:
    assert client_in(text.encode()) is None


def test_nothing_installed_is_no_client(tmp_path: Path) -> None:
    environ = {"PATH": str(tmp_path), "HOME": str(tmp_path)}
    assert find_client("gemini", Config(), environ) is None
    assert find_client("antigravity", Config(), environ) is None
