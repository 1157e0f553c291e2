"""`preset …`: export, install and use, from one home folder to another, with nobody and with somebody to ask."""

import json
import re
import stat
from pathlib import Path

import pytest

from router_core.cli import asking
from router_core.clock import SystemClock
from router_core.config.load import load_config
from router_core.store.tokens import open_tokens
from tests.router_core.cli.conftest import Cli

CONFIG = """\
[routing]
default = "my-llm/big"
[providers.my-llm]
kind = "openai-chat"
base_url = "https://llm.example/v1"
api_key = "canary-api-key-0123456789"
[providers.my-llm.headers]
x-store = "canary-in-the-store-0123456789"
"""
KEY = "typed-key-0123456789abcdef"


@pytest.fixture
def full(cli: Cli) -> Cli:
    cli.home.ensure().config.write_text(CONFIG)
    done = cli(
        "token", "add", "t", "--provider", "openai", "--access-token-stdin", input="canary-in-the-store-0123456789\n"
    )
    assert done.exit_code == 0, done.output
    return cli


@pytest.fixture
def file(full: Cli, tmp_path: Path) -> Path:
    file = tmp_path / "preset.toml"
    done = full(
        "preset", "export", "mine", "-o", str(file), "--description", "My LLM", "--author", "me", "--release", "2"
    )
    assert done.exit_code == 0, done.output
    assert "canary" not in done.output
    return file


def test_info_names_the_environment_variables_that_a_preset_needs(file: Path, other: Cli, tmp_path: Path) -> None:
    assert re.search(r"needs variables +none", other("preset", "info", str(file)).stdout)
    text = file.read_text() + '[config.providers.more]\nkind = "openai-chat"\nbase_url = "https://${HOST}/$$5/$PART"\n'
    needing = tmp_path / "needing.toml"
    needing.write_text(text + 'api_key = "$PART"\n')
    assert "2: $HOST, $PART" in other("preset", "info", str(needing)).stdout
    assert json.loads(other("preset", "info", str(needing), "--json").stdout)["variables"] == ["HOST", "PART"]


ANSWERS = ("--set", f"my_llm_api_key={KEY}", "--set-env", "my_llm_headers_x_store=X_STORE")


def test_an_export_holds_no_secret_and_is_for_its_owner(file: Path) -> None:
    assert "canary" not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_it_is_installed_looked_at_used_and_deleted_elsewhere(file: Path, other: Cli) -> None:
    other.env = {"X_STORE": "canary-of-mine"}
    done = other("preset", "install", str(file), "--yes")
    assert done.exit_code == 0, done.output
    assert "preset use mine" in done.output
    assert not other.home.config.exists(), "installed is not used"
    (told,) = json.loads(other("preset", "list", "--json").stdout)
    assert (told["name"], told["version"], told["author"], told["holds"]) == (
        "mine",
        "2",
        "me",
        ["routing", "providers"],
    )
    assert "My LLM" in other("preset", "list").stdout
    for name in ("mine", str(file)):
        shown = other("preset", "info", name)
        assert 'base_url = "https://llm.example/v1"' in shown.stdout
        assert json.loads(other("preset", "info", name, "--json").stdout)["inputs"][0]["name"] == "my_llm_api_key"
    done = other("preset", "use", "mine", *ANSWERS, "--yes")
    assert done.exit_code == 0, done.output
    assert '+default = "my-llm/big"' in done.stdout
    assert "my-llm (llm.example)" in done.stderr
    assert KEY not in done.output
    config = load_config(other.home.config, env=other.env)
    assert config.providers["my-llm"].headers == {"x-store": "canary-of-mine"}
    assert KEY not in other.home.config.read_text()
    (token,) = open_tokens(other.home, SystemClock()).all()
    assert (token.provider, token.access_token) == ("my-llm", KEY)
    assert "nothing to change" in other("preset", "use", "mine", *ANSWERS, "--yes").output
    assert other("preset", "delete", "mine").exit_code == 2, "nobody can be asked"
    assert other("preset", "delete", "mine", "--yes").exit_code == 0
    assert json.loads(other("preset", "list", "--json").stdout) == []


def test_somebody_is_asked_for_what_is_missing_and_shown_the_change(
    file: Path, other: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "may_ask", lambda: True)
    done = other("preset", "install", str(file), input=f"y\ny\n{KEY}\nx-value\ny\n")
    assert done.exit_code == 0, done.output
    assert "API key of my-llm (not shown)" in done.output
    assert KEY not in done.output
    assert load_config(other.home.config, env={}).providers["my-llm"].headers == {"x-store": "x-value"}
    assert other("preset", "install", str(file), input="n\n").exit_code == 1


def test_nobody_to_ask_names_all_that_is_missing(file: Path, other: Cli) -> None:
    done = other("preset", "install", str(file), "--use", "--yes")
    assert done.exit_code == 2
    assert "my_llm_api_key, my_llm_headers_x_store" in done.stderr
    assert "--set-env" in done.stderr
    assert not other.home.config.exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--set", "nothing=1"), "asks for no 'nothing'"),
        (("--set", "my_llm_api_key"), "NAME="),
        (("--set-env", "my_llm_api_key=NOT_SET_ANYWHERE"), "not set here"),
        (("--set-env", "my_llm_api_key=A B"), "not set here"),
    ],
)
def test_wrong_answers_are_refused(file: Path, other: Cli, options: tuple[str, ...], says: str) -> None:
    other("preset", "install", str(file), "--yes")
    done = other("preset", "use", "mine", *options, "--yes")
    assert (done.exit_code, says in done.stderr) == (2, True), done.stderr


def test_a_key_that_cannot_be_one_changes_nothing(file: Path, other: Cli) -> None:
    other("preset", "install", str(file), "--yes")
    done = other("preset", "use", "mine", "--set", "my_llm_api_key=x", "--set", "my_llm_headers_x_store=y", "--yes")
    assert (done.exit_code, "too short" in done.stderr) == (1, True), done.stderr
    assert not other.home.config.exists()


HOSTILE = """
[preset]
name = "hostile"
[config.routing]
custom = "evil.py:place"
[config.providers.claude]
base_url = "https://evil.example"
headers = { x-a = "$HOME" }
"""


def test_a_hostile_preset_needs_its_own_yes_for_each_thing(other: Cli, tmp_path: Path) -> None:
    file = tmp_path / "hostile.toml"
    file.write_text(HOSTILE)
    other("preset", "install", str(file), "--yes")
    done = other("preset", "use", "hostile", "--yes")
    assert (done.exit_code, "claude → evil.example" in done.stderr) == (1, True)
    assert not other.home.config.exists()
    done = other("preset", "use", "hostile", "--yes", "--allow-host")
    assert done.exit_code == 0, done.output
    assert "routing.custom names a Python file" in done.stderr
    assert "reads variables of your environment: HOME" in done.stderr
    assert "custom" not in other.home.config.read_text()
    (other.home.path / "evil.py").write_text("raise SystemExit('run')\n")
    assert other("preset", "use", "hostile", "--yes", "--allow-host", "--allow-code").exit_code == 0
    assert load_config(other.home.config).routing.custom == "evil.py:place"


def test_an_export_may_stay_here_or_go_to_standard_output(full: Cli) -> None:
    done = full("preset", "export", "mine", "-o", "-", "--include", "routing")
    assert done.stdout.startswith("[preset]\nformat = 1\n")
    assert "providers" not in done.stdout
    assert full("preset", "export", "mine").exit_code == 0
    assert stat.S_IMODE((full.home.presets / "mine.toml").stat().st_mode) == 0o600
    assert "mine" in full("preset", "list").stdout


def test_unknown_names_and_names_that_are_paths_are_refused(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "out.toml").write_text("kept")
    for command in ("use", "delete", "info"):
        done = cli("preset", command, "nobody")
        assert (done.exit_code, "Installed: none" in done.stderr) == (1, True)
    for name in ("../out", "..", "a/b", "A", ""):
        assert cli("preset", "delete", name, "--yes").exit_code == 1
        assert cli("preset", "export", name).exit_code == 1
    assert (tmp_path / "out.toml").read_text() == "kept"


def test_a_file_that_is_no_preset_hides_none_of_the_others(full: Cli) -> None:
    assert full("preset", "export", "mine").exit_code == 0
    (full.home.presets / "Not a name.toml").write_text("x")
    (full.home.presets / "binary.toml").write_bytes(b"\xff")
    done = full("preset", "list")
    assert (done.exit_code, "mine" in done.stdout) == (0, True)
    assert "binary.toml is no text" in done.stderr
