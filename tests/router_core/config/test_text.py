"""Reading and writing config.toml as a text."""

from pathlib import Path

import pytest

from router_core.config.schema import Config
from router_core.config.text import ConfigChanged, ConfigInvalid, read_text, write_text
from router_core.errors import ConfigError

TEXT = '# mine\n[server]\nport = 8200\n[providers.openai]\napi_key = "plain-secret"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(TEXT)
    file.chmod(0o640)
    return file


def test_an_edit_keeps_hidden_secrets_and_rights_and_a_copy_of_before(file: Path) -> None:
    read = read_text(file, hidden=True)
    assert "plain-secret" not in read.text
    assert read.hidden == 1
    version = write_text(file, read.text.replace("8200", "8300"), read.version, env={})
    assert file.read_text() == TEXT.replace("8200", "8300")
    assert file.stat().st_mode & 0o777 == 0o640
    assert file.with_name("config.toml.bak").read_text() == TEXT
    assert file.with_name("config.toml.bak").stat().st_mode & 0o777 == 0o640
    assert read_text(file, hidden=False).version == version
    assert read_text(file, hidden=False).text == TEXT.replace("8200", "8300")


def test_an_edit_over_another_version_is_refused(file: Path) -> None:
    read = read_text(file, hidden=True)
    file.write_text("[server]\nport = 1234\n")
    with pytest.raises(ConfigChanged, match="changed by somebody else"):
        write_text(file, read.text, read.version, env={})
    assert file.read_text() == "[server]\nport = 1234\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [("[server]\nprot = 1\n", 2), ("[server", 1), ('[providers.openai]\napi_key = "[hidden:000000:1]"', None)],
)
def test_an_invalid_text_is_refused_with_its_lines(file: Path, text: str, line: int | None) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        write_text(file, text, read_text(file, hidden=True).version, env={})
    assert [problem.line for problem in caught.value.problems] == [line]
    assert file.read_text() == TEXT


def test_an_invalid_file_can_be_mended(file: Path) -> None:
    file.write_text("[server\n")
    write_text(file, "[server]\n", read_text(file, hidden=True).version, env={})
    assert file.read_text() == "[server]\n"


def test_a_missing_file_is_an_empty_text_and_is_made_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    read = read_text(file, hidden=True)
    assert (read.text, read.hidden) == ("", 0)
    write_text(file, "[server]\n", read.version, env={})
    assert file.stat().st_mode & 0o777 == 0o600
    assert not file.with_name("config.toml.bak").exists()


def test_a_further_check_decides_too_and_a_link_stays_one(file: Path) -> None:
    link = file.with_name("link.toml")
    link.symlink_to(file)

    def refuse(config: Config) -> None:
        raise ConfigError(f"{link}: 'routing.custom' cannot be loaded.")

    version = read_text(link, hidden=True).version
    with pytest.raises(ConfigInvalid, match=r"^'routing.custom' cannot be loaded.$"):
        write_text(link, "[server]\n", version, check=refuse, env={})
    write_text(link, "[server]\n", version, env={})
    assert link.is_symlink()
    assert file.read_text() == "[server]\n"


def test_what_is_no_text_is_said(file: Path) -> None:
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8 text"):
        read_text(file, hidden=True)
