"""Out of one configuration and into another: nothing secret on the way, nothing lost, nothing run."""

from pathlib import Path
from typing import Any

import pytest
import tomli

from router_core.config.load import config_of
from router_core.config.toml_edit import edited
from router_core.errors import ConfigError
from router_core.presets.export import USUAL, export_preset
from router_core.presets.preset import About, Preset, parse_preset, preset_text
from router_core.presets.use import Answer, needed, use_preset

MINE = """
# secrets in comments do not count: canary-comment
[server]
port = 8200
proxy_url = "http://user:canary-proxy@127.0.0.1:3128"

[oauth.gemini]
client_secret = "canary-client-secret"

[routing]
default = { primary = "my-llm/big", fallback = ["openrouter/z-ai/glm-5"] }
background = "openrouter/z-ai/glm-5"
custom = "mine.py:place"
[routing.models]
"monkey-*" = "my-llm/small"
[[routing.rules]]
project = "~/code/*"
target = "my-llm/big"

[providers.openrouter]
api_key = "$OPENROUTER_API_KEY"

[providers.my-llm]
kind = "openai-chat"
base_url = "https://llm.example/v1"
api_key = "canary-api-key-0123456789"
models = ["big", "small"]
transformers = ["mine", ["customparams", { api_key = "canary-option", in = { url = "https://u:canary-p@h.example" } }]]

[providers.my-llm.model_transformers]
"monkey-*" = ["tooluse", ["mine", { token = "canary-custom" }]]

[transformers.mine]
path = "mine.py:Mine"
options = { key = "canary-of-a-transformer" }

[[spend.budgets]]
token = "my-claude"
per_day = { usd = 2.5 }

[prices]
"my-llm/*" = { input = 0.5, output = 2 }

[providers.my-llm.headers]
authorization = "Bearer canary-bearer-0123456789"
x-tenant = "canary0with1digits2and3letters"
x-tenant-key = "canary-header"
x-title = "my team"
x-known = "prefix canary-known-token suffix"
x-ref = "Bearer ${TOKEN}"
"""
ENV = {"OPENROUTER_API_KEY": "canary-variable-0123456789", "TOKEN": "canary-variable-2"}


def exported(text: str = MINE, known: tuple[str, ...] = ("canary-known-token",)) -> tuple[Preset, list[str]]:
    return export_preset(tomli.loads(text), About(name="mine"), USUAL, known)


def test_no_secret_from_anywhere_is_in_the_export() -> None:
    config_of(MINE, Path("config.toml"), env=ENV)  # it is a real configuration
    preset, notes = exported()
    assert "canary" not in preset_text(preset)
    assert "canary" not in "\n".join(notes)
    assert [one.name for one in preset.preset.inputs] == [
        "my_llm_api_key", "my_llm_transformers_1_2_api_key", "my_llm_transformers_1_2_in_url",
        "my_llm_headers_authorization", "my_llm_headers_x_tenant", "my_llm_headers_x_tenant_key",
        "my_llm_headers_x_known",
    ]  # fmt: skip
    assert preset.config["providers"]["my-llm"]["headers"] == {
        "authorization": "Bearer {{input.my_llm_headers_authorization}}",
        "x-tenant": "{{input.my_llm_headers_x_tenant}}",
        "x-tenant-key": "{{input.my_llm_headers_x_tenant_key}}",
        "x-title": "my team",
        "x-known": "{{input.my_llm_headers_x_known}}",
        "x-ref": "Bearer ${TOKEN}",
    }
    assert preset.config["providers"]["openrouter"]["api_key"] == "$OPENROUTER_API_KEY"
    assert preset.config["providers"]["my-llm"]["model_transformers"] == {"monkey-*": ["tooluse"]}
    assert preset.config["spend"] == {"budgets": [{"token": "my-claude", "per_day": {"usd": 2.5}}]}
    assert set(preset.config) == {"routing", "providers", "spend", "prices"}
    assert "custom" not in preset.config["routing"]
    assert any("routing.custom" in line for line in notes)


def test_round_trip_gives_the_same_configuration_again() -> None:
    preset = parse_preset(preset_text(exported()[0]), "file")
    answers = {
        "my_llm_api_key": Answer(value="new-key-0123456789abc"),
        "my_llm_transformers_1_2_api_key": Answer(value="o"),
        "my_llm_transformers_1_2_in_url": Answer(value="u"),
        "my_llm_headers_authorization": Answer(value="new$bearer"),
        "my_llm_headers_x_tenant": Answer(variable="TENANT"),
        "my_llm_headers_x_tenant_key": Answer(value="k"),
        "my_llm_headers_x_known": Answer(value="n"),
    }
    assert needed(preset) == list(answers)
    use = use_preset(preset, answers, config_of("", Path("x"), env={}))
    text = edited("# theirs\n[trace]\nkeep = 5\n", use.changes)
    env = {**ENV, "TENANT": "t"}
    there, mine = config_of(text, Path("x"), env=env), config_of(MINE, Path("x"), env=ENV)
    assert "# theirs" in text
    assert (there.spend, there.prices) == (mine.spend, mine.prices)
    assert [use.name for use in there.providers["my-llm"].transformers] == ["customparams"]
    assert there.routing == mine.routing.model_copy(update={"custom": None})
    assert there.providers["my-llm"].headers == {
        "authorization": "Bearer new$bearer", "x-tenant": "t", "x-tenant-key": "k", "x-title": "my team",
        "x-known": "n", "x-ref": "Bearer canary-variable-2",
    }  # fmt: skip
    assert [(found.provider, found.access_token) for found in use.keys] == [("my-llm", "new-key-0123456789abc")]
    assert "new-key" not in text, "a key that was typed goes into the store"
    assert use.variables == ("OPENROUTER_API_KEY", "TOKEN")
    assert (use.moved, use.new) == ((), ("my-llm (llm.example)",))


def test_a_missing_answer_is_named() -> None:
    with pytest.raises(ConfigError, match="my_llm_api_key, my_llm_transformers_"):
        use_preset(exported()[0], {}, config_of("", Path("x"), env={}))


def test_a_key_may_stay_in_a_variable() -> None:
    preset, _ = exported('[providers.groq]\napi_key = "canary-key-0123456789"\n')
    use = use_preset(preset, {"groq_api_key": Answer(variable="GROQ")}, config_of("", Path("x"), env={}))
    assert (use.changes, use.keys) == ({("providers", "groq", "api_key"): "${GROQ}"}, ())


def made(config: dict[str, Any]) -> Preset:
    return Preset(preset=About(name="theirs"), config=config)


def test_python_files_come_only_when_allowed_and_with_what_uses_them() -> None:
    config = {
        "routing": {"custom": "evil.py:place", "default": "groq/m"},
        "transformers": {"mine": "evil.py:Mine"},
        "providers": {"groq": {"transformers": ["mine", ["maxtoken", {"max_tokens": 1}]],
                               "model_transformers": {"m*": [["mine", {}], "tooluse"]}}},
    }  # fmt: skip
    here = config_of("", Path("x"), env={})
    use = use_preset(made(config), {}, here)
    assert use.changes == {
        ("routing", "default"): "groq/m",
        ("providers", "groq", "transformers"): [["maxtoken", {"max_tokens": 1}]],
        ("providers", "groq", "model_transformers", "m*"): ["tooluse"],
    }
    assert len(use.notes) == 2
    allowed = use_preset(made(config), {}, here, allow_code=True)
    assert allowed.changes["routing", "custom"] == "evil.py:place"
    assert allowed.notes == ()


@pytest.mark.parametrize(
    ("settings", "moved"),
    [
        ({"base_url": "https://evil.example"}, ("claude → evil.example",)),
        ({"usage_base_url": "https://evil.example"}, ("claude → evil.example",)),
        ({"base_url": "https://api.anthropic.com/"}, ()),
        ({"enabled": False}, ()),
    ],
)
def test_a_preset_that_moves_a_known_provider_is_told(settings: dict[str, Any], moved: tuple[str, ...]) -> None:
    use = use_preset(made({"providers": {"claude": settings}}), {}, config_of("", Path("x"), env={}))
    assert use.moved == moved


@pytest.mark.parametrize(
    ("service", "more", "gives"),
    [
        ({"api_key": "${SECRET}"}, {}, True),
        ({"base_url": "https://e.example/$SECRET"}, {}, True),
        ({}, {"routing": {"default": "new/${SECRET}"}}, True),
        ({"base_url": "https://e.example/$$SECRET"}, {}, False),
        ({}, {}, False),
    ],
)
def test_a_variable_and_a_new_service_are_told_together(
    service: dict[str, Any], more: dict[str, Any], gives: bool
) -> None:
    settings = {"kind": "openai-chat", "base_url": "https://e.example", **service}
    use = use_preset(made({"providers": {"new": settings}, **more}), {}, config_of("", Path("x"), env={}))
    assert ("(SECRET) to new (e.example" in use.gives_away) is gives


def test_a_variable_for_a_known_service_is_its_key() -> None:
    use = use_preset(made({"providers": {"openrouter": {"api_key": "$K"}}}), {}, config_of("", Path("x"), env={}))
    assert (use.variables, use.gives_away) == (("K",), "")


def test_replacing_takes_whole_tables_but_never_the_providers() -> None:
    use = use_preset(made({"routing": {"default": "groq/m"}, "providers": {"groq": {"order": 1}}}), {},
                     config_of("", Path("x"), env={}), replace=True)  # fmt: skip
    text = edited('[routing]\nthink = "claude/x"\n[providers.claude]\norder = 5\n', use.changes)
    assert tomli.loads(text) == {
        "routing": {"default": "groq/m"},
        "providers": {"claude": {"order": 5}, "groq": {"order": 1}},
    }


def test_nothing_to_export_and_what_cannot_be_cleaned_are_refused() -> None:
    with pytest.raises(ConfigError, match="nothing to export"):
        exported("[server]\nport = 1\n")
    with pytest.raises(ConfigError, match="placeholder"):
        exported('[providers.x]\nheaders = { a = "{{ input.y }}" }\n')
    with pytest.raises(ConfigError, match="name of a setting") as caught:
        exported('[routing.models]\n"canary-known-token" = "claude/x"\n')
    assert "canary" not in caught.value.message
    for table in ("routing.models", "prices"):
        with pytest.raises(ConfigError, match="looks like a credential") as caught:
            exported(f'[{table}]\n"sk-ant-api03-canary-abcdefghijklmnop0123456789" = "claude/x"\n')
        assert "canary" not in caught.value.message


def test_a_thing_that_is_called_primary_replaces_nothing_beside_it() -> None:
    mine = "[providers.other]\nkind = 'openai-chat'\nbase_url = 'https://other.example/v1'\n"
    mine += "[routing.models]\n'a-*' = 'other/a'\n"
    settings = {"kind": "openai-chat", "base_url": "https://primary.example/v1"}
    config = {"providers": {"primary": settings}, "routing": {"models": {"primary": "primary/big"}}}
    use = use_preset(made(config), {}, config_of(mine, Path("config.toml"), env={}))
    after = config_of(edited(mine, use.changes), Path("config.toml"), env={})
    assert {"other", "primary"} <= after.providers.keys()
    assert after.routing.models.keys() == {"a-*", "primary"}
