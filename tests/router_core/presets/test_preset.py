"""A preset's file: what it may hold, and what is refused."""

import tomllib

import pytest

from router_core.errors import ConfigError
from router_core.presets.preset import Preset, fill, parse_preset, preset_text

TEXT = """
[preset]
format = 1
name = "cheap"
description = "Cheap models for small things"

[[preset.inputs]]
name = "key"
ask = "API key of x"

[config.routing]
background = "openrouter/z-ai/glm-5"

[config.providers.x]
kind = "openai-chat"
base_url = "https://x.example/v1"
api_key = "{{input.key}}"
headers = { x-a = "Bearer {{ input.key }}!" }
"""


def test_it_is_read_and_written_again() -> None:
    preset = parse_preset(TEXT, "x")
    assert (preset.preset.name, preset.preset.version, preset.preset.inputs[0].secret) == ("cheap", "1", True)
    assert parse_preset(preset_text(preset), "x") == preset
    assert tomllib.loads(preset_text(preset))["preset"]["format"] == 1


def test_answers_take_the_place_of_inputs() -> None:
    filled = fill(parse_preset(TEXT, "x").config, {"key": "$$1"})
    assert filled["providers"]["x"]["api_key"] == "$$1"
    assert filled["providers"]["x"]["headers"] == {"x-a": "Bearer $$1!"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = = 1", "not valid TOML"),
        ("", "preset"),
        (TEXT.replace('"cheap"', '"../cheap"'), "name"),
        (TEXT.replace('"cheap"', '".cheap"'), "name"),
        (TEXT.replace("format = 1", "format = 2"), "format"),
        (TEXT.replace("[[preset.inputs]]", "[[preset.inputs]]\ncommand = 'rm'"), "command"),
        (TEXT.replace('name = "key"', 'name = "kay"'), r"input\.key"),
        (TEXT + '[config.server]\nhost = "0.0.0.0"\n', r"config\.server"),
        (TEXT + '[config.oauth.claude]\nbase_url = "https://evil.example"\n', r"config\.oauth"),
        (TEXT + '[other]\nx = "made-up-value"\n', "other"),
    ],
)
def test_what_is_no_preset_is_refused_without_repeating_it(text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        parse_preset(text, "there")
    assert "made-up-value" not in caught.value.message
    assert "there" in caught.value.message


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(ConfigError):
        parse_preset("[config.routing]\nx = " + "[" * 3000 + "]" * 3000, "x")
    assert Preset.model_fields["config"]


@pytest.mark.parametrize("inside", ["routing" + ".a" * 200 + " = 1", "routing.a = " + "[" * 100 + "]" * 100])
def test_what_is_nested_without_end_is_refused(inside: str) -> None:
    with pytest.raises(ConfigError, match="nested too deeply"):
        parse_preset(f'config.{inside}\n[preset]\nname = "a"\n', "x")
