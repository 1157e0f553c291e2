"""The README tells the truth: its commands and options exist, all of ours are in it, its settings are the settings."""

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import click
import pytest
from click.testing import CliRunner
from pydantic import BaseModel
from pydantic_core import PydanticUndefined
from ruamel.yaml import YAML

from router_core.cli.help_page import SECTIONS
from router_core.cli.main import main
from router_core.config.routing import AutoConfig, RuleConfig
from router_core.config.schema import Config, OAuthConfig, ProviderConfig
from router_core.config.spend import BudgetConfig, LoopsConfig, PeriodLimits, PriceConfig, RequestLimits
from router_core.config.transformers import OPTIONS, CustomTransformer
from router_core.home import Home
from router_core.simulator import Script, script
from router_core.store import trace_migrations
from router_core.store.database import open_database

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROSE = re.sub(r"```.*?```", "", README, flags=re.S)
HARMLESS = ("token list", "provider list", "trace list", "config path", "config check", "config show", "activate")
PASSED_ON = ("code", "codex")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.S)


def leaves(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            if command.invoke_without_command:
                yield f"{path}{name}", command
            yield from leaves(command, f"{path}{name} ")
        else:
            yield f"{path}{name}", command


COMMANDS = dict(leaves(main))


def options(command: click.Command) -> set[str]:
    """The long options, without those that every command has."""
    names = [name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)]
    return {name for name in names if name.startswith("--")}


def section(heading: str) -> str:
    """The text below a `### heading`, up to the next heading."""
    found = re.search(rf"^### {re.escape(heading)}\n(.*?)(?=^##|\Z)", README, flags=re.M | re.S)
    assert found, f"the README has no section {heading}"
    return found[1]


def written_commands() -> list[str]:
    """Every `mitmrouter …` in code blocks and in running text, without what surrounds it."""
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    found = [match[1] for line in lines for match in re.finditer(r"(?:^|[(\s])mitmrouter ([^#|<)]+)", line)]
    found += [match[1] for match in re.finditer(r"`mitmrouter ([^`]+)`", PROSE)]
    return sorted({command.strip() for command in found})


@pytest.mark.parametrize("written", written_commands())
def test_every_command_written_down_can_be_given(written: str) -> None:
    words = shlex.split(written)
    known = next((name for name in (" ".join(words[:2]), words[0]) if name in COMMANDS), None)
    assert known, f"there is no command {written!r}"
    command = COMMANDS[known]
    arguments = words[len(known.split()) :]
    if known in PASSED_ON or not arguments:
        return
    with command.make_context(known, arguments, resilient_parsing=False) as context:
        assert context.args == []


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_ones_really_run(name: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["--home", str(tmp_path), *name.split()])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_in_the_readme_and_no_other(name: str) -> None:
    text = section(f"`mitmrouter {name}`")
    ours = re.sub(r"`mitmdump [^`]*`", "", text)
    written = set(re.findall(r"(?<![\w-])(--[a-z][a-z-]+)", ours))
    assert written - options(main) == options(COMMANDS[name])


@pytest.mark.parametrize("option", sorted(options(main)))
def test_options_of_every_command_are_in_the_readme(option: str) -> None:
    assert f"`{option}" in README


def settings_tables() -> dict[str, type[BaseModel]]:
    fields = Config.model_fields
    tables: dict[str, type[BaseModel]] = {
        f"[{name}]": field.annotation
        for name, field in fields.items()
        if name != "oauth" and isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    }
    return tables | {
        "[[routing.rules]]": RuleConfig,
        "[routing.auto]": AutoConfig,
        "[providers.NAME]": ProviderConfig,
        "[oauth.NAME]": OAuthConfig,
        "[prices]": PriceConfig,
        "[spend.per_request]": RequestLimits,
        "[spend.per_day]": PeriodLimits,
        "[[spend.budgets]]": BudgetConfig,
        "[spend.loops]": LoopsConfig,
        "[transformers.NAME]": CustomTransformer,
    }


@pytest.mark.parametrize(("table", "model"), settings_tables().items(), ids=settings_tables())
def test_every_setting_is_in_the_readme_with_its_default(table: str, model: type[BaseModel]) -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", section(f"`{table}`"), flags=re.M))
    assert list(rows) == list(model.model_fields)
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True)
        assert rows[name] == as_written(default), name


def as_written(default: Any) -> str:
    if default is PydanticUndefined:
        return "required"
    if default is None:
        return "none"
    if isinstance(default, BaseModel):
        return "a table"
    if isinstance(default, Decimal):
        return f"`{default}`"
    return f"`{json.dumps(list(default) if isinstance(default, tuple) else default)}`"


def test_every_transformer_is_in_the_readme_with_its_options() -> None:
    rows = re.findall(r"^\| (`[a-z-]+`(?:, `[a-z-]+`)*) \| (.*?) \|", section("Transformers"), flags=re.M)
    written = {
        name: re.findall(r"`(\w+)`", options) for names, options in rows for name in re.findall(r"`(.*?)`", names)
    }
    assert written == {name: list(options.model_fields) for name, options in OPTIONS.items()}


def test_every_settings_table_has_its_section() -> None:
    named = {"providers", "oauth", "transformers"}
    tables = {f"[{name}.NAME]" if name in named else f"[{name}]" for name in Config.model_fields}
    assert tables <= set(settings_tables())
    written = set(re.findall(r"^### `(\[.*?\])`$", README, flags=re.M))
    assert written == set(settings_tables())


def test_settings_in_running_text_exist() -> None:
    for section_name, key in re.findall(r"`\[(\w+)\] (\w+)`", README):
        assert key in settings_tables()[f"[{section_name}]"].model_fields, f"[{section_name}] {key}"


def test_codex_configuration_is_toml_with_the_variable_that_is_exported() -> None:
    (block,) = (block for block in blocks("toml") if "model_provider" in block)
    provider = tomllib.loads(block)["model_providers"]["mitmrouter"]
    assert f"export `{provider['env_key']}" in README or f"export {provider['env_key']}" in README.replace("`", "")


def test_simulator_script_is_valid_and_every_fault_is_named() -> None:
    (block,) = (block for block in blocks("toml") if "[[faults]]" in block)
    plan = Script.model_validate(tomllib.loads(block))
    assert set(Script.model_fields) == set(plan.model_fields_set), "every key of a script is in the example"
    for kind in (script.AnswerFault, script.StreamFault, script.LineFault):
        for fault in get_args(kind):
            assert f"`{fault}`" in README, fault
    for kind_of_account in get_args(script.AccountKind):
        assert kind_of_account in block


def test_database_columns_exist(tmp_path: Path) -> None:
    database = open_database(tmp_path / "traces.db", trace_migrations.traces)
    text = section("Databases")
    for table in ("requests", "attempts", "bodies", "usage_daily", "usage_hourly", "session_usage"):
        (row,) = re.findall(rf"^\| `{table}` \| .*? \| (.*) \|$", text, flags=re.M)
        have = set(database[table].columns_dict)
        written = set(re.findall(r"`(\w+)`", row)) - {"request", "response"}
        assert written <= have, written - have
    database.conn.close()


def test_files_and_scripts_it_names_exist() -> None:
    for path in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / path).exists(), path
    for name in re.findall(r"`\./(scripts/[\w-]+)", README):
        assert (ROOT / name).exists(), name
    for path in re.findall(r"`((?:addons|router_core|tui)/[\w/]*(?:\.py)?)`", README):
        assert (ROOT / path).exists(), path


def test_home_files_are_those_of_the_home_folder() -> None:
    home = Home(Path("/h"))
    text = section("Databases")  # only to be sure that the chapter is there
    assert text
    for path in (home.config, home.tokens_db, home.traces_db, home.key_file, home.gateway_token_file,
                 home.admin_token_file, home.log, home.pid, home.running):  # fmt: skip
        assert f"`{path.relative_to('/h')}`" in README


def test_examples_in_json_and_yaml_can_be_read_and_name_our_address() -> None:
    documents = [*map(json.loads, blocks("json")), *map(YAML(typ="safe").load, blocks("yaml"))]
    assert all(documents)
    (openclaw,) = (one for one in documents if "agents" in one)
    provider = openclaw["models"]["providers"]["mitmrouter"]
    assert provider["baseUrl"] == f"http://127.0.0.1:{Config(providers={}).server.port}/v1"
    assert openclaw["agents"]["defaults"]["model"]["primary"] == f"mitmrouter/{provider['models'][0]['id']}"


def test_nothing_unfinished_is_left_in_it() -> None:
    assert not re.search(r"\b(TODO|TBD|FIXME|XXX|lorem)\b", README)
    assert not re.search(r"^(<{7}|={7}|>{7})", README, flags=re.M), "two versions of a passage that nobody has joined"


def test_the_contents_lead_to_every_chapter() -> None:
    chapters = re.findall(r"^## (.*)$", README, flags=re.M)
    anchors = [re.sub(r"[^\w\- ]", "", chapter.lower()).replace(" ", "-") for chapter in chapters]
    assert re.findall(r"\]\(#([\w-]+)\)", README.partition("## ")[0]) == anchors


def test_links_within_it_lead_somewhere() -> None:
    headings = re.findall(r"^#{2,4} (.*)$", re.sub(r"```.*?```", "", README, flags=re.S), flags=re.M)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([\w-]+)\)", README)) <= anchors


def test_commands_stand_in_the_order_of_the_help_page_and_all_of_them_in_the_index() -> None:
    order = [name for names in SECTIONS.values() for name in names]
    written = re.findall(r"^### `mitmrouter ([\w -]+)`$", README, flags=re.M)
    assert [name.split()[0] for name in written] == sorted((name.split()[0] for name in written), key=order.index)
    index = re.findall(r"\[`([\w -]+)`\]\(#mitmrouter-", README.partition("\n## Commands\n")[2].partition("\n### ")[0])
    assert index == written
