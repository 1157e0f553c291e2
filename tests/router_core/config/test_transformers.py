"""Transformers as config.toml lists them: names, options, the owner's own ones; and what is said of wrong ones."""

from pathlib import Path

import pytest

from router_core.cli.config import toml_lines
from router_core.config.load import load_config
from router_core.config.masked import masked
from router_core.config.schema import Config
from router_core.config.secrets import secrets_of
from router_core.config.transformers import CustomTransformer, MaxTokenOptions, NoOptions, TransformerUse
from router_core.errors import ConfigError


def loaded(tmp_path: Path, text: str, **env: str) -> Config:
    file = tmp_path / "config.toml"
    file.write_text(text)
    return load_config(file, env=env)


def test_a_list_names_transformers_with_and_without_options_in_order(tmp_path: Path) -> None:
    config = loaded(tmp_path, '[providers.groq]\ntransformers = ["cleancache", ["maxtoken", { max_tokens = 5 }]]\n')
    listed = config.providers["groq"].transformers
    assert listed == (
        TransformerUse("cleancache", NoOptions()),
        TransformerUse("maxtoken", MaxTokenOptions(max_tokens=5)),
    )


def test_own_ones_are_found_beside_the_configuration_and_get_both_sets_of_options(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        '[transformers]\nmine = "mine.py:Mine"\nother = { path = "/o/o.py:O", options = { a = 1, b = 2 } }\n'
        '[providers.groq]\ntransformers = ["mine", ["other", { b = 3 }]]\n',
    )
    mine, other = config.providers["groq"].transformers
    assert mine == TransformerUse("mine", {}, f"{tmp_path}/mine.py:Mine")
    assert other == TransformerUse("other", {"a": 1, "b": 3}, "/o/o.py:O")
    assert config.transformers["other"] == CustomTransformer(path="/o/o.py:O", options={"a": 1, "b": 2})


def test_a_list_can_be_given_by_the_environment(tmp_path: Path) -> None:
    config = loaded(
        tmp_path, "", MITMROUTER__PROVIDERS__GROQ__TRANSFORMERS='["cleancache"]', MITMROUTER__TRANSFORMERS__X="x.py:X"
    )
    assert config.providers["groq"].transformers == (TransformerUse("cleancache", NoOptions()),)
    assert config.transformers["x"].path == "x.py:X"


@pytest.mark.parametrize(
    ("listed", "says"),
    [
        ('["nope"]', "there is no transformer 'nope' (anthropic, cleancache, "),
        ('["maxtoken"]', "maxtoken: max_tokens: Field required"),
        ('[["maxtoken", { max_token = 1 }]]', "unknown option 'max_token' (it has max_tokens)"),
        ('[["maxtoken", { max_tokens = 0 }]]', "maxtoken: max_tokens: Input should be greater than 0"),
        ('[["groq", { a = 1 }]]', "groq: unknown option 'a' (it has none)"),
        ('[["sampling", { temperature = { min = 2, max = 1 } }]]', "min is larger than max"),
        ('[["customparams", { model = "x" }]]', "customparams: model cannot be set"),
        ('[["openrouter", { provider = { orders = [] } }]]', "openrouter: unknown option 'provider.orders'"),
        ('[["forcereasoning", { prompt = "Think." }]]', "prompt must tell the model to write <reasoning_content>"),
        ('[["reasoning", { tags = ["<think>"] }]]', "reasoning: tags.0: "),
        ('[["groq", 1]]', 'write "name", or ["name", { option = value }]'),
        ("[3]", 'write "name", or ["name", { option = value }]'),
    ],
)
def test_what_is_wrong_is_named_with_file_line_and_what_there_is(tmp_path: Path, listed: str, says: str) -> None:
    for key in ("transformers", 'model_transformers = { "a*"'):
        end = " }" if "{" in key else ""
        with pytest.raises(ConfigError) as caught:
            loaded(tmp_path, f"[server]\n[providers.groq]\n{key} = {listed}{end}\n")
        assert says in caught.value.message
        assert f"{tmp_path}/config.toml:3" in caught.value.message


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('groq = "a.py:B"', "one of the router's own transformers"),
        ('x = "a.py"', "must look like file.py:Class"),
        ('x = "a.txt:B"', "must look like file.py:Class"),
        ('x = { path = "a.py:B", option = 1 }', "unknown key 'transformers.x.option'"),
    ],
)
def test_own_ones_must_be_a_class_in_a_file_with_a_name_of_their_own(tmp_path: Path, line: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, f"[transformers]\n{line}\n")
    assert says in caught.value.message
    assert "config.toml:2" in caught.value.message


def test_shown_settings_are_those_that_were_written_and_hide_secrets(tmp_path: Path) -> None:
    text = (
        '[transformers]\nmine = { path = "m.py:M", options = { api_key = "sk-own-1", max_tokens = 5 } }\n'
        '[providers.groq]\ntransformers = ["cleancache", ["mine", { token = "own-2", level = "high" }]]\n'
    )
    config = loaded(tmp_path, text)
    shown = masked(config.model_dump(mode="json", exclude_none=True))
    lines = "\n".join(toml_lines(shown))
    assert "sk-own-1" not in lines
    assert "own-2" not in lines
    again = loaded(tmp_path, lines)
    assert again.providers["groq"].transformers[0] == TransformerUse("cleancache", NoOptions())
    assert dict(again.providers["groq"].transformers[1].options)["level"] == "high"
    assert {"sk-own-1", "own-2"} <= set(secrets_of(config))
