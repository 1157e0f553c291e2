"""`config …`: what is in force can be seen and read back, without the secrets in it."""

import json
import tomllib
from pathlib import Path

import pytest

from router_core.config.schema import Config
from tests.router_core.cli.conftest import Cli

SECRETS = """
[server]
proxy_url = "http://user:pass-word-1@127.0.0.1:3128"
[providers.claude]
api_key = "sk-ant-api03-config-secret"
[providers.claude.headers]
x-api-key = "header-secret-1"
x-note = 'a "quoted" \\ note'
[notify]
webhook = "https://hooks.example/hook-1"
command = ["curl", "-H", "Authorization: Bearer argument-secret-1", "https://hooks.example"]
[telemetry]
otlp_endpoint = "https://collector.example"
headers = { "x-team" = "team-1" }
"""


def test_path_is_where_the_file_would_be(cli: Cli) -> None:
    assert cli("config", "path").stdout == f"{cli.home.config}\n"
    assert json.loads(cli("config", "path", "--json").stdout) == {"path": str(cli.home.config), "exists": False}


def test_check_says_whether_it_is_right(cli: Cli) -> None:
    assert "the defaults hold" in cli("config", "check").stdout
    cli.home.ensure().config.write_text("[server]\nport = 8200\n")
    assert cli("config", "check").stdout == f"{cli.home.config} is right.\n"
    cli.home.config.write_text("[server]\nport = 'many'\n[trace]\nkeeep = 1\n")
    done = cli("config", "check", "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert told["ok"] is False
    assert [error.split(": ")[0] for error in told["errors"]] == [f"{cli.home.config}:2", f"{cli.home.config}:4"]


@pytest.mark.parametrize(
    ("code", "says"),
    [(None, "own.py: cannot be read"), ("def place(:\n", "own.py:1: SyntaxError"), ("place = 5\n", "is no function")],
    ids=["no file", "no Python", "no function"],
)
def test_check_loads_the_function_that_places_requests(cli: Cli, code: str | None, says: str) -> None:
    cli.home.ensure().config.write_text('[routing]\ncustom = "own.py:place"\n')
    if code is not None:
        (cli.home.path / "own.py").write_text(code)
    done = cli("config", "check")
    assert (done.exit_code, "[routing] custom: " in done.stderr, says in done.stderr) == (1, True, True)
    (cli.home.path / "own.py").write_text("def place(request, context):\n    return None\n")
    assert cli("config", "check").stdout == f"{cli.home.config} is right.\n"


def test_show_is_toml_that_gives_the_same_configuration(cli: Cli) -> None:
    cli.home.ensure().config.write_text('[server]\nport = 8200\nallowed_hosts = ["box.lan"]\n')
    shown = tomllib.loads(cli("config", "show").stdout)
    config = Config.model_validate(shown)
    assert (config.server.port, config.server.allowed_hosts) == (8200, ("box.lan",))
    assert list(config.providers)[:2] == ["claude", "codex"]


def test_show_masks_secrets(cli: Cli) -> None:
    cli.home.ensure().config.write_text(SECRETS)
    for arguments in (("config", "show"), ("config", "show", "--json")):
        done = cli(*arguments)
        assert done.exit_code == 0, done.output
        for secret in ("pass-word-1", "config-secret", "header-secret-1", "argument-secret-1", "hook-1", "team-1"):
            assert secret not in done.output
    claude = tomllib.loads(cli("config", "show").stdout)["providers"]["claude"]
    assert claude["headers"] == {"x-api-key": "[redacted]", "x-note": 'a "quoted" \\ note'}


def test_environment_is_shown_as_in_force(cli: Cli) -> None:
    cli.env["MITMROUTER__SERVER__PORT"] = "8301"
    assert json.loads(cli("config", "show", "--json").stdout)["server"]["port"] == 8301


def test_another_file_can_be_checked(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "draft.toml"
    file.write_text("[server]\nprot = 1\n")
    done = cli("config", "check", str(file))
    assert (done.exit_code, f"{file}:2" in done.stderr) == (1, True)
    file.write_text("[server]\nport = 1\n")
    assert cli("config", "check", str(file)).stdout == f"{file} is right.\n"
    missing = cli("config", "check", str(tmp_path / "none.toml"))
    assert (missing.exit_code, "There is no file" in missing.stderr) == (1, True)


WRITTEN = """\
[server]
port = 8200
[routing]
default = "claude/claude-opus-4-5"
[routing.models]
"a.b*" = { primary = "claude/x", fallback = ["openai/y"] }
[providers.claude.headers]
x-note = "mine"
"""


def test_the_origin_of_each_value_is_told(cli: Cli) -> None:
    cli.home.ensure().config.write_text(WRITTEN)
    cli.env["MITMROUTER__PROVIDERS__GEMINI_CLI__ENABLED"] = "false"
    shown = cli("config", "show", "--origin").stdout
    tomllib.loads(shown)
    told = json.loads(cli("config", "show", "--origin", "--json").stdout)
    origins = told["origins"]
    assert told["settings"]["server"]["port"] == 8200
    assert origins["server.port"] == "config.toml:2"
    assert "port = 8200  # config.toml:2\n" in shown
    assert origins["server.host"] == "default"
    assert origins["routing.default.primary"] == "config.toml:4"
    assert origins["routing.models.a.b*.primary"] == "config.toml:6"
    assert origins["providers.claude.headers.x-note"] == "config.toml:8"
    assert origins["providers.claude.base_url"] == "catalogue"
    assert origins["providers.claude.enabled"] == "default"
    assert origins["providers.gemini-cli.enabled"] == "environment MITMROUTER__PROVIDERS__GEMINI_CLI__ENABLED"


def test_only_what_was_set_can_be_shown_and_what_would_hold_without_it(cli: Cli) -> None:
    cli.home.ensure().config.write_text(WRITTEN)
    cli.env["MITMROUTER__TRACE__KEEP"] = "7"
    assert tomllib.loads(cli("config", "show", "--changed").stdout) == {
        "server": {"port": 8200},
        "routing": {
            "default": {"primary": "claude/claude-opus-4-5"},
            "models": {"a.b*": {"primary": "claude/x", "fallback": ["openai/y"]}},
        },
        "providers": {"claude": {"headers": {"x-note": "mine"}}},
        "trace": {"keep": 7},
    }
    assert json.loads(cli("config", "show", "--defaults", "--json").stdout)["server"]["port"] == 8100
