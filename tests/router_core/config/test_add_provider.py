"""A provider of one's own in config.toml: appended, checked, and never at the price of what stood there."""

import stat
from pathlib import Path

import pytest

from router_core.config.add_provider import add_provider, base_of
from router_core.config.load import load_config
from router_core.errors import ConfigError

SETTINGS = {"kind": "openai-chat", "base_url": "https://llm.example/v1"}


def test_a_table_is_put_behind_what_is_there_with_its_comments(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    before = "# mine\n[server]\nport = 8200  # not 8100\n"
    file.write_text(before)
    file.chmod(0o640)
    assert add_provider(file, "my-llm", SETTINGS)
    assert file.read_text() == (
        before + '\n[providers.my-llm]\nkind = "openai-chat"\nbase_url = "https://llm.example/v1"\n'
    )
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    config = load_config(file, env={})
    assert (config.server.port, config.providers["my-llm"].base_url) == (8200, "https://llm.example/v1")


def test_a_new_file_is_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    add_provider(file, "my-llm", SETTINGS)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_same_again_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    add_provider(file, "my-llm", SETTINGS)
    before = file.read_text()
    assert not add_provider(file, "my-llm", SETTINGS)
    assert file.read_text() == before


@pytest.mark.parametrize(
    ("text", "name", "settings", "says"),
    [
        ('[providers.my-llm]\nkind = "gemini"\nbase_url = "https://a.example"\n', "my-llm", SETTINGS, "other values"),
        ("", "My LLM", SETTINGS, "lower case letters"),
        ("", "v1", SETTINGS, "own paths"),
        ("", "my-llm", {**SETTINGS, "base_url": "http://llm.example"}, "loopback only"),
        ("port = = 1\n", "my-llm", SETTINGS, "not valid TOML"),
        ('providers = { a = { kind = "gemini" } }\n', "my-llm", SETTINGS, "base_url"),
        ("[server]\nprot = 1\n", "my-llm", SETTINGS, "prot"),
    ],
    ids=["other values", "no name", "reserved", "plain http", "broken file", "inline table", "another mistake"],
)  # fmt: skip
def test_what_would_not_be_right_is_refused_and_the_file_stays(
    tmp_path: Path, text: str, name: str, settings: dict[str, str], says: str
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=says) as caught:
        add_provider(file, name, settings)
    assert file.read_text() == text
    assert list(tmp_path.iterdir()) == [file]
    assert str(file) in caught.value.message


def test_a_linked_file_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text("")
    link = tmp_path / "config.toml"
    link.symlink_to(real)
    add_provider(link, "my-llm", SETTINGS)
    assert link.is_symlink()
    assert "my-llm" in real.read_text()


def test_a_dollar_in_a_value_names_no_variable(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    add_provider(file, "my-llm", {**SETTINGS, "base_url": "https://llm.example/$HOME"})
    assert load_config(file, env={}).providers["my-llm"].base_url == "https://llm.example/$HOME"


@pytest.mark.parametrize(
    ("pasted", "base"),
    [
        ("https://a.example/v1/chat/completions", "https://a.example/v1"),
        (" https://a.example/anthropic/v1/messages ", "https://a.example/anthropic"),
        ("https://a.example/v1/", "https://a.example/v1"),
        ("https://a.example/v1/responses", "https://a.example/v1"),
    ],
)
def test_the_base_url_is_found_in_what_people_paste(pasted: str, base: str) -> None:
    assert base_of(pasted) == base
