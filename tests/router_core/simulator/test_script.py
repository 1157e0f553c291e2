"""Scripts are read from TOML, and a mistake in one is named."""

from pathlib import Path

import pytest

from router_core.errors import ConfigError
from router_core.simulator import DEMO_ACCOUNTS, Script, load_script
from router_core.simulator.accounts import kind_of_shape

GOOD = """
reply_words = 12
[[accounts]]
token = "sk-ant-oat01-a"
kind = "anthropic_oauth"
windows = [{ name = "5h", length_s = 18000, capacity_tokens = 1000, used = 0.5, reset_in_s = 60 }]
[[faults]]
fault = "cut_stream"
token = "sk-ant-oat01-a"
at_event = 3
[pace]
delay_s = 0.02
"""


def test_script_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "script.toml"
    path.write_text("\ufeff" + GOOD, encoding="utf-8")
    script = load_script(path)
    assert script.reply_words == 12
    assert script.accounts[0].windows[0].used == 0.5
    assert script.faults[0].at_event == 3
    assert script.faults[0].times == 1
    assert script.pace.delay_s == 0.02


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("replywords = 3", "replywords: unknown key"),
        ('[[faults]]\nfault = "cut_streem"', "faults.0.fault"),
        ("[pace]\ndelay_s = -1", "pace.delay_s"),
        ("[[", "not valid TOML"),
        ('accounts = [{token="a", kind="openai"}, {token="a", kind="openai"}]', "two accounts have the same token"),
    ],
)
def test_mistake_is_named(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "script.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_script(path)
    assert str(path) in caught.value.message
    assert words in caught.value.message


def test_missing_script_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        load_script(tmp_path / "none.toml")


def test_demo_accounts_are_of_every_kind_and_shaped_like_it() -> None:
    kinds = [account.kind for account in DEMO_ACCOUNTS]
    assert kinds == ["anthropic_oauth"] * 2 + ["anthropic_api"] + ["codex"] * 2 + ["openai", "gemini"]
    assert [kind_of_shape(account.token) for account in DEMO_ACCOUNTS] == kinds
    assert Script(accounts=DEMO_ACCOUNTS)
