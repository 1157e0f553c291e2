"""`model …`: lists, switches and adds with a look at the provider's own list, locks and lets go."""

import json
from collections.abc import Iterator

import pytest

from router_core.clock import SystemClock
from router_core.config.load import load_config
from router_core.config.routing import TargetList
from router_core.models.of_home import models_of_home
from router_core.simulator.thread import SimulatorThread
from router_core.store.tokens import open_tokens
from router_core.tokens.token import Token
from tests.router_core.cli.conftest import Cli
from tests.router_core.simulator.asking import PLATFORM_KEY
from tests.support.terminal import terminal


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorThread]:
    with SimulatorThread() as running:
        yield running


@pytest.fixture
def known(cli: Cli, simulator: SimulatorThread) -> Cli:
    """One token of one provider, which has a list."""
    simulator.reset()
    url = simulator.base_urls["openai"]
    cli.home.ensure().config.write_text(f'# mine\n[providers.openai]\nbase_url = "{url}"  # simulated\n')
    added = cli("token", "add", "mine", "--provider", "openai", "--access-token-stdin", input=PLATFORM_KEY)
    assert added.exit_code == 0, added.output
    return cli


def test_models_are_listed_with_window_price_and_use(known: Cli, simulator: SimulatorThread) -> None:
    assert known("model", "set", "openai/gpt-5.5", "--for", "think").exit_code == 0
    answer = json.loads(known("model", "list", "--json").stdout)
    rows = {row["target"]: row for row in answer["models"]}
    assert rows["openai/gpt-5.5"]["used_for"] == ["think"]
    assert rows["openai/gpt-5.5"]["context_window"] > 100_000
    assert rows["openai/gpt-5.5"]["input_usd_per_mtok"] > 0
    assert answer["problems"] == {}
    shown = known("model", "list", "--provider", "openai").stdout
    assert "openai/gpt-5.5" in shown
    asked = len(simulator.requests)
    assert known("model", "list").exit_code == 0
    assert len(simulator.requests) == asked, "the list that was kept is fresh"
    assert known("model", "list", "--refresh").exit_code == 0
    assert len(simulator.requests) == asked + 1


def test_a_switch_is_checked_and_written_and_comments_stay(known: Cli) -> None:
    done = known("model", "set", "openai,gpt-5.5")
    assert done.exit_code == 0, done.output
    assert "openai has gpt-5.5 in its own list" in done.stdout
    done = known("model", "set", "openai/gpt-4.1", "--for", "claude-haiku-*", "--fallback", "openai/gpt-5.5")
    assert done.exit_code == 0, done.output
    done = known("model", "set", "openai/gpt-5.5", "--for", "REASONING")
    assert done.exit_code == 0, done.output
    text = known.home.config.read_text()
    assert text.startswith("# mine\n")
    assert "# simulated" in text
    routing = load_config(known.home.config).routing
    assert routing.default == TargetList(primary="openai/gpt-5.5")
    assert routing.models == {"claude-haiku-*": TargetList(primary="openai/gpt-4.1", fallback=("openai/gpt-5.5",))}
    assert routing.auto.tiers == {"REASONING": TargetList(primary="openai/gpt-5.5")}
    shown = known("model").stdout
    assert "openai/gpt-4.1" in shown
    assert known("model", "unset", "claude-haiku-*").stdout == "claude-haiku-*: no target any more\n"
    assert known("model", "unset", "think").stdout == "think had no target\n"
    assert load_config(known.home.config).routing.models == {}


def test_a_model_that_is_not_there_is_refused_with_those_that_were_perhaps_meant(known: Cli) -> None:
    done = known("model", "set", "openai/gpt-5.9")
    assert done.exit_code == 1
    assert "openai does not list 'gpt-5.9'. Did you mean gpt-5" in done.stderr
    assert load_config(known.home.config).routing.default is None
    forced = known("model", "set", "openai/gpt-5.9", "--force")
    assert forced.exit_code == 0
    assert "taken as you say" in forced.stdout


@pytest.mark.parametrize("text", ["nowhere/m", "gpt-5.5", "openai/"])
def test_what_is_no_target_says_where_the_providers_are_listed(known: Cli, text: str) -> None:
    done = known("model", "set", text)
    assert done.exit_code == 1
    assert "Write PROVIDER/MODEL; `mitmrouter provider list`" in done.stderr


def test_a_provider_that_cannot_be_asked_is_believed_and_it_is_said(cli: Cli) -> None:
    done = cli("model", "set", "deepseek/deepseek-chat")
    assert done.exit_code == 0, done.output
    assert "deepseek cannot be asked whether it has deepseek-chat (deepseek has no token)" in done.stdout


def test_models_are_added_to_a_providers_own(cli: Cli) -> None:
    assert cli("model", "add", "ollama", "qwen3", "phi5", "--force").exit_code == 0
    assert cli("model", "add", "ollama", "qwen3", "gemma4", "--force").exit_code == 0
    assert load_config(cli.home.config).providers["ollama"].models == ("qwen3", "phi5", "gemma4")


def test_a_scenario_may_be_written_as_claude_code_router_has_it_and_a_mistyped_one_is_no_pattern(known: Cli) -> None:
    assert known("model", "set", "openai/gpt-5.5", "--for", "longContext").stdout.endswith(f"({known.home.config})\n")
    wrong = known("model", "set", "openai/gpt-5.5", "--for", "thinking")
    assert (wrong.exit_code, "Did you mean 'think'?" in wrong.stderr) == (1, True)
    assert known("model", "set", "openai/gpt-5.5", "--for", "thinking", "--force").exit_code == 0
    assert known("model", "set", "openai/gpt-5.5", "--for", "imagen-4").exit_code == 0
    routing = load_config(known.home.config).routing
    assert routing.long_context == TargetList(primary="openai/gpt-5.5")
    assert [*routing.models] == ["thinking", "imagen-4"]
    assert known("model", "unset", "long-context").stdout == "long_context: no target any more\n"


def test_a_lock_to_a_model_that_is_not_listed_is_set_and_doubted(known: Cli) -> None:
    done = known("model", "lock", "openai/gpt-5.9")
    assert done.stdout.startswith("All routing goes to openai/gpt-5.9.")
    assert done.stderr.startswith("Note: openai does not list 'gpt-5.9'. Did you mean gpt-5")
    assert known("model", "lock", "openai").stderr == ""


def test_lock_and_unlock(cli: Cli) -> None:
    assert cli("model", "lock").stdout == "Routing is not locked.\n"
    assert "All routing goes to codex/gpt-5.5." in cli("model", "lock", "codex,gpt-5.5").stdout
    told = json.loads(cli("model", "lock", "--json").stdout)
    assert told["target"] == "codex/gpt-5.5"
    assert "locked to" in cli("model").stdout
    assert cli("model", "lock", "nowhere").exit_code == 1
    assert cli("model", "unlock").stdout == "The rules decide again.\n"
    assert cli("model", "unlock").stdout == "Routing was not locked.\n"
    assert json.loads(cli("model", "lock", "--json").stdout) is None


def test_in_a_terminal_it_asks_what_to_change_and_to_which(known: Cli) -> None:
    with terminal(known, "model") as shown:
        shown.until("Change which")
        shown.type("think\n")
        shown.until("Model \\(number")
        shown.type("5.5\n")
        shown.until("Model \\(number[^$]*Model \\(number")
        shown.type("1\n")
        shown.until("think: openai/gpt-5.5")
        shown.type("\n")
        assert shown.end() == 0
    assert load_config(known.home.config).routing.think == TargetList(primary="openai/gpt-5.5")


def test_a_demos_token_is_not_shown_to_a_provider(known: Cli, simulator: SimulatorThread) -> None:
    store = open_tokens(known.home, SystemClock())
    store.remove(store.named("mine").id)
    store.add(Token("", "left by a demo", "openai", "sk-demo", origin="demo"))
    (offered,) = models_of_home(known.home, load_config(known.home.config), SystemClock(), ["openai"], refresh=True)
    assert not offered.is_own_list
    assert simulator.requests == []
