"""Editing config.toml: values change, what people wrote around them stays, and a wrong result never gets into place."""

import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from router_core.config.edit import edit_config, literal, preview_config
from router_core.config.load import load_config
from router_core.errors import ConfigError

BEFORE = """\
# mine
[server]
port = 8200  # not 8100

[routing]
default = "claude/claude-sonnet-4-5" # for all
# the cheap one
background = "claude/claude-haiku-4-5"

[trace]
keep = 500
"""


def test_values_change_in_their_place_and_comments_stay(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(BEFORE)
    file.chmod(0o600)
    edit = edit_config(
        file,
        {
            ("routing", "default"): "codex/gpt-5.2",
            ("routing", "background"): None,
            ("routing", "think"): {"primary": "codex/gpt-5.2", "fallback": ["claude/claude-opus-4-5"]},
            ("routing", "models", "claude-haiku-*"): "gemini/gemini-2.5-flash",
            ("providers", "my-llm", "kind"): "openai-chat",
            ("providers", "my-llm", "base_url"): "https://llm.example/v1",
        },
        env={},
    )
    assert (
        file.read_text()
        == edit.after
        == """\
# mine
[server]
port = 8200  # not 8100

[routing]
default = "codex/gpt-5.2" # for all
# the cheap one
think = {primary = "codex/gpt-5.2", fallback = ["claude/claude-opus-4-5"]}

[routing.models]
"claude-haiku-*" = "gemini/gemini-2.5-flash"

[trace]
keep = 500

[providers.my-llm]
kind = "openai-chat"
base_url = "https://llm.example/v1"
"""
    )
    assert (tmp_path / "config.toml.bak").read_text() == BEFORE
    for name in ("config.toml", "config.toml.bak"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert load_config(file, env={}).providers["my-llm"].kind == "openai-chat"


def test_a_new_file_is_for_its_owner_only_and_has_no_predecessor(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    edit_config(file, {("server", "port"): 8200}, env={})
    assert file.read_text() == "[server]\nport = 8200\n"
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_preview_writes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "none" / "config.toml"
    assert preview_config(file, {("server", "port"): 8200}, env={}).after == "[server]\nport = 8200\n"
    assert not file.parent.exists()


def test_what_changes_nothing_touches_nothing(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(BEFORE)
    stamp = file.stat().st_mtime_ns
    assert not edit_config(file, {("server", "port"): 8200, ("server", "auth"): None}, env={}).changed
    assert (file.stat().st_mtime_ns, list(tmp_path.iterdir())) == (stamp, [file])


@pytest.mark.parametrize(
    ("text", "changes", "says"),
    [
        ("[server]\n\nprot = 1\n", {("server", "port"): 1}, r"config.toml:3: unknown key 'server.prot'"),
        ("[server]\nport = = 1\n", {("server", "port"): 1}, r"config.toml:2: not valid TOML"),
        ('[providers.claude]\napi_key = "$NOT_SET"\n', {("server", "port"): 1}, r"config.toml:2: .*NOT_SET is not set"),
        (BEFORE, {("server", "port"): 99999}, r"config.toml:3: 'server.port'"),
        (BEFORE, {("routing", "default"): "nobody/model"}, "routing.default.*names no provider"),
        (BEFORE, {("server", "port", "deeper"): 1}, "server.port is no table"),
    ],
    ids=["unknown key", "no TOML", "unset variable", "wrong value", "wrong target", "below a value"],
)
def test_what_is_or_would_be_wrong_is_refused_and_the_file_stays(
    tmp_path: Path, text: str, changes: dict[tuple[str, ...], Any], says: str
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=says):
        edit_config(file, changes, env={})
    assert (file.read_text(), list(tmp_path.iterdir())) == (text, [file])


def test_a_line_ends_only_where_toml_says_so(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    before = (
        "\ufeff# top\r\n[server]\r\nport = 8200\r\n# one\u2028[two] \x85[three]\r\n\r\n[routing.models]\r\n# end\r\n"
    )
    file.write_bytes(before.encode())
    edit_config(file, {("routing", "models", "a-*"): "claude/x", ("trace", "keep"): 5})
    after = file.read_bytes().decode()
    assert "# one\u2028[two] \x85[three]\r\n" in after
    assert after.count("\n") == after.count("\r\n")
    assert load_config(file).trace.keep == 5


def test_a_link_to_itself_is_told(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.symlink_to(file)
    with pytest.raises(ConfigError):
        edit_config(file, {("server", "port"): 1})


def test_half_a_character_is_refused_and_the_file_stays(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(BEFORE)
    with pytest.raises(ConfigError, match="half a character"):
        edit_config(file, {("routing", "think"): "claude/\udcff"})
    assert file.read_text() == BEFORE


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"config\.toml cannot be written"):
        edit_config(tmp_path / "none" / "config.toml", {("server", "port"): 1}, env={})
    assert not (tmp_path / "none").exists()


def test_a_linked_file_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text(BEFORE)
    link = tmp_path / "config.toml"
    link.symlink_to(real)
    edit_config(link, {("server", "port"): 8300}, env={})
    assert link.is_symlink()
    assert "8300" in real.read_text()
    assert (tmp_path / "config.toml.bak").read_text() == BEFORE


def test_text_with_a_dollar_can_be_meant_literally(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    edit_config(file, {("trace", "bodies"): "$MODE", ("server", "log_file"): literal("$MODE")}, env={"MODE": "off"})
    config = load_config(file, env={"MODE": "off"})
    assert (config.trace.bodies, config.server.log_file) == ("off", "$MODE")


def test_editors_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    keys = [("timeouts", "idle_s"), ("server", "port"), ("trace", "keep"), ("failover", "max_attempts")]
    threads = [threading.Thread(target=edit_config, args=(file, {key: 7}), kwargs={"env": {}}) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    config = load_config(file, env={})
    assert (config.timeouts.idle_s, config.server.port, config.trace.keep, config.failover.max_attempts) == (7, 7, 7, 7)
