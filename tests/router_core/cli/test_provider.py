"""`provider list`, and every way to name a service to `token add`."""

import json

import pytest

from router_core.config.load import load_config
from tests.router_core.cli.conftest import Cli

STDIN = "--access-token-stdin"


def test_every_provider_is_listed_with_its_tokens_and_where_a_key_comes_from(cli: Cli) -> None:
    assert cli("token", "add", "a", "--provider", "deepseek", STDIN, input="sk-deepseek-1").exit_code == 0
    rows = {row["name"]: row for row in json.loads(cli("provider", "list", "--json").stdout)}
    assert rows["deepseek"] == {
        "name": "deepseek",
        "title": "DeepSeek",
        "kind": "openai-chat",
        "base_url": "https://api.deepseek.com/v1",
        "key": "platform.deepseek.com",
        "aliases": [],
        "keyless": False,
        "enabled": True,
        "tokens": 1,
    }
    assert rows["zai"]["tokens"] == 0
    shown = cli("provider", "list").stdout
    assert "https://api.z.ai/api/paas/v4" in shown
    assert "token add" in shown


def test_listing_makes_no_database(cli: Cli) -> None:
    assert cli("provider", "list").exit_code == 0
    assert not cli.home.tokens_db.exists()


@pytest.mark.parametrize(
    ("typed", "name", "said"),
    [
        ("z.ai", "zai", "Z.ai is called zai here."),
        ("Kimi", "moonshot", "Moonshot is called moonshot here."),
        ("anthropic", "claude", "Anthropic is called claude here."),
        ("zai", "zai", ""),
    ],
)
def test_what_people_call_a_service_is_understood_and_said_aloud(cli: Cli, typed: str, name: str, said: str) -> None:
    done = cli("token", "add", "mine", "--provider", typed, STDIN, input="sk-some-key-1")
    assert done.exit_code == 0, done.output
    assert [line for line in done.stderr.splitlines() if "are encrypted with" not in line] == ([said] if said else [])
    assert json.loads(cli("token", "list", "--json").stdout)[0]["provider"] == name


def test_a_slip_gets_a_guess(cli: Cli) -> None:
    done = cli("token", "add", "mine", "--provider", "openruoter", STDIN, input="sk-1")
    assert done.exit_code == 1
    assert "Did you mean 'openrouter'?" in done.stderr


def test_ollama_needs_no_credential_to_be_listed(cli: Cli) -> None:
    assert cli("token", "add", "local", "--provider", "ollama").exit_code == 0
    assert cli("token", "add", "other", "--provider", "groq").exit_code == 2


@pytest.mark.parametrize(
    ("more", "table"),
    [
        ((), {"kind": "openai-chat", "base_url": "https://llm.example/v1"}),
        (("--kind", "anthropic"), {"kind": "anthropic", "base_url": "https://llm.example/v1", "auth": "bearer"}),
        (
            ("--kind", "anthropic", "--auth", "x-api-key"),
            {"kind": "anthropic", "base_url": "https://llm.example/v1", "auth": "x-api-key"},
        ),
    ],
)
def test_one_command_adds_a_service_of_one_s_own(cli: Cli, more: tuple[str, ...], table: dict[str, str]) -> None:
    cli.home.ensure()
    cli.home.config.write_text("# kept\n")
    command = ("token", "add", "mine", "--provider", "my-llm", "--base-url", "https://llm.example/v1", *more, STDIN)
    done = cli(*command, input="sk-mine-1")
    assert done.exit_code == 0, done.output
    assert cli.home.config.read_text().startswith("# kept\n")
    provider = load_config(cli.home.config, env={}).providers["my-llm"]
    assert provider.model_dump(exclude_unset=True) == table
    second = cli("token", "add", "two", "--provider", "my-llm", STDIN, input="sk-mine-2")
    assert second.exit_code == 0, second.output
    rows = {row["name"]: row for row in json.loads(cli("provider", "list", "--json").stdout)}
    assert rows["my-llm"]["tokens"] == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--provider", "openai", "--base-url", "https://a.example/v1"), "choose another name"),
        (("--provider", "kimi", "--base-url", "https://a.example/v1"), "choose another name"),
        (("--provider", "mine", "--base-url", "http://a.example/v1"), "plain http:// is allowed for loopback only"),
        (("--provider", "mine", "--base-url", "https://u:p@a.example/v1"), "must not hold a user name"),
        (("--provider", "openai", "--kind", "anthropic"), "give its --base-url as well"),
    ],
)
def test_what_cannot_be_one_s_own_service_is_refused(cli: Cli, arguments: tuple[str, ...], says: str) -> None:
    done = cli("token", "add", "mine", *arguments, STDIN, input="sk-1")
    assert done.exit_code != 0
    assert says in done.stderr
    assert not cli.home.config.exists()
    assert json.loads(cli("token", "list", "--json").stdout) == []


def test_a_github_token_is_no_copilot_token(cli: Cli) -> None:
    done = cli("token", "add", "mine", "--provider", "copilot", STDIN, input="ghu_0123456789")
    assert done.exit_code == 1
    assert "auth login copilot" in done.stderr
    assert "ghu_0123456789" not in done.output


def test_a_copilot_token_says_when_it_ends(cli: Cli) -> None:
    done = cli("token", "add", "mine", "--provider", "github-copilot", STDIN, input="tid=1;exp=4000000000;sku=x")
    assert done.exit_code == 0, done.output
    (token,) = json.loads(cli("token", "list", "--json").stdout)
    assert (token["provider"], token["expires_at"]) == ("copilot", 4_000_000_000_000)  # ms
