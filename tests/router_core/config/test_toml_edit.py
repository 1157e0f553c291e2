"""Edited TOML says what was wanted, in any layout, and keeps every comment of what was not taken away."""

import re
from typing import Any

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from router_core.config.toml_edit import edited
from router_core.errors import ConfigError

LAYOUTS = {
    "plain": '# top\n[a]\nx = 1 # one\n\n# of b\n[b]\ny = "two"\n',
    "sub-table only": '[a.s]\n"*" = "old" # star\n',
    "dotted keys": "a.x = 1 # one\na.s.z = 2\n",
    "inline table": 'a = { x = 1, s = { "*" = "old" } } # inline\n',
    "out of order": "[a.s]\nz = 1 # z\n\n[b]\ny = 2\n\n[a.t]\nz = 3 # tz\n",
    "tables of tables": "[[a.list]]\nz = 1 # first\n\n[[a.list]]\nz = 2\n\n[b]\ny = 1\n",
    "windows": "[a]\r\nx = 1 # one\r\n\r\n[b]\r\ny = 2\r\n",
    "no last line end": "[a]\nx = 1 # one",
    "empty": "",
    "comments only": "# nothing yet\n",
    "array over lines": '[a]\nx = [\n  "one", # first\n  "two",\n]\n',
}
CHANGES: dict[str, dict[tuple[str, ...], Any]] = {
    "value": {("a", "x"): 5},
    "new key": {("a", "new"): "n"},
    "sub-table": {("a", "s", "*"): "new"},
    "new table": {("c", "d", "e"): True, ("c", "d", "f"): [1, "two", {"three": 3}]},
    "beside": {("a", "u", "k"): "v"},
    "removed": {("a", "s"): None, ("b", "y"): None},
    "tables": {("a", "list"): [{"z": 7, "w": {"p": "q"}}, {"z": 8}]},
    "inline": {("a", "x"): {"primary": "p", "fallback": ["q"]}},
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_change_can_be_made_in_every_layout(layout: str, change: str) -> None:
    text = LAYOUTS[layout]
    new = edited(text, CHANGES[change])
    assert filled(tomli.loads(new)) == filled(plain(text, CHANGES[change]))
    if change in ("new key", "sub-table", "new table", "beside"):
        assert re.findall("#.*", text) == re.findall("#.*", new)
    assert ("\r\n" in new) == ("\r\n" in text)
    assert "\n\n\n" not in new.replace("\r\n", "\n")


def filled(table: dict[str, Any]) -> dict[str, Any]:
    inner = {key: filled(value) if isinstance(value, dict) else value for key, value in table.items()}
    return {key: value for key, value in inner.items() if value != {}}


def plain(text: str, changes: dict[tuple[str, ...], Any]) -> dict[str, Any]:
    whole = tomli.loads(text)
    for keys, value in changes.items():
        table = whole
        for key in keys[:-1]:
            if value is None and key not in table:
                break
            table = table.setdefault(key, {})
        else:
            if value is None:
                table.pop(keys[-1], None)
            else:
                table[keys[-1]] = value
    return whole


@given(st.lists(st.sampled_from(list(LAYOUTS)), max_size=1), st.lists(st.sampled_from(list(CHANGES)), max_size=4))
def test_one_change_after_another_gives_what_all_of_them_say(layouts: list[str], names: list[str]) -> None:
    text = LAYOUTS[layouts[0]] if layouts else ""
    for name in names:
        wanted = plain(text, CHANGES[name])
        text = edited(text, CHANGES[name])
        assert filled(tomli.loads(text)) == filled(wanted)


def test_what_changes_nothing_gives_the_same_bytes() -> None:
    text = "[a]\nx   =   1\n\n\n"
    assert edited(text, {("a", "x"): 1, ("b", "y"): None}) is text


def test_strange_keys_and_values_are_quoted() -> None:
    new = edited("", {("m", 'a "b".*'): 'c\n"d" \\ ü', ("m", "claude-*"): "x"})
    assert tomli.loads(new) == {"m": {'a "b".*': 'c\n"d" \\ ü', "claude-*": "x"}}


def test_a_key_below_a_value_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"a\.x is no table"):
        edited("[a]\nx = 1\n", {("a", "x", "y"): 2})
