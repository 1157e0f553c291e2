"""`token …`: what goes in is checked, what comes out never holds a secret, a running router can notice each change."""

import json
import os
import pty
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from router_core.cli import asking
from router_core.clock import SystemClock
from router_core.simulator import DEMO_ACCOUNTS, Account, Fault, Script, SimulatorThread, make_jwt
from router_core.simulator.script import Window as SimulatedWindow
from router_core.store.tokens import TokenStore, open_tokens
from router_core.tokens.token import Cooldown, Token, Window
from tests.router_core.cli.conftest import CLI, Cli

SECRET = "sk-ant-api03-" + "s" * 40
STDIN = "--access-token-stdin"


def add(cli: Cli, name: str = "mine", provider: str = "claude", secret: str = SECRET, *more: str) -> None:
    done = cli("token", "add", name, "--provider", provider, STDIN, *more, input=secret + "\n")
    assert done.exit_code == 0, done.output


def store(cli: Cli) -> TokenStore:
    return open_tokens(cli.home.ensure(), SystemClock())


def test_added_token_is_stored_with_what_was_said_of_it(cli: Cli) -> None:
    add(cli, "mine", "claude", SECRET, "--priority", "5", "--refresh-token", "rt-1")
    token = store(cli).named("mine")
    assert (token.access_token, token.refresh_token, token.priority, token.origin) == (SECRET, "rt-1", 5, "user")


def test_chatgpt_login_tells_its_account_and_its_end_itself(cli: Cli) -> None:
    end = time.time() + 864_000
    add(cli, "chatgpt", "codex", make_jwt("account-1", exp=end))
    token = store(cli).named("chatgpt")
    assert token.account_id == "account-1"
    assert token.expires_at == int(end)


def test_expired_login_is_stored_and_said(cli: Cli) -> None:
    done = cli("token", "add", "old", "--provider", "codex", STDIN, input=make_jwt("a", exp=time.time() - 5))
    assert done.exit_code == 0
    assert "has expired" in done.stderr
    assert "expired" in cli("token", "list").stdout


@pytest.mark.parametrize(
    ("arguments", "secret", "message"),
    [
        pytest.param(("a", "--provider", "claude"), "", "is empty", id="empty"),
        pytest.param(("a", "--provider", "claude"), "  \n", "is empty", id="only white space"),
        pytest.param(("a", "--provider", "claude"), "sk-ant-a b", "white space", id="two words"),
        pytest.param(("a", "--provider", "claude"), "sk-ant-a\nsk-ant-b", "white space", id="two lines"),
        pytest.param(("a", "--provider", "claude"), "sk-ant-\x1b[2J", "control", id="control character"),
        pytest.param(("a", "--provider", "claude"), "sk-ant-\u00e4", "non-ASCII", id="non-ASCII"),
        pytest.param(("a", "--provider", "claude"), "k" * 20_000, "no credential", id="a whole file"),
        pytest.param(("a", "--provider", "clyde"), SECRET, "`mitmrouter provider list`", id="unknown provider"),
        pytest.param(("a", "--provider", "cluade"), SECRET, "Did you mean 'claude'?", id="misspelt provider"),
        pytest.param(("a", "--provider", "codex"), "sk-proj-1", "--provider openai", id="API key for a login"),
        pytest.param(("a b", "--provider", "claude"), SECRET, "token's name", id="name with a space"),
        pytest.param(("-/..", "--provider", "claude"), SECRET, "token's name", id="name with a slash"),
        pytest.param(("demo-1", "--provider", "claude"), SECRET, "belong to the demo", id="name of the demo"),
    ],
)
def test_what_cannot_work_is_refused(cli: Cli, arguments: tuple[str, ...], secret: str, message: str) -> None:
    done = cli("token", "add", STDIN, arguments[1], arguments[2], "--", arguments[0], input=secret)
    assert done.exit_code == 1
    assert message in done.stderr
    assert not secret.strip() or secret.strip() not in done.output
    assert store(cli).all() == []


def test_same_name_or_same_credential_twice_is_refused(cli: Cli) -> None:
    add(cli)
    done = cli("token", "add", "mine", "--provider", "claude", STDIN, input=SECRET + "2")
    assert (done.exit_code, "already a token named 'mine'" in done.stderr) == (1, True)
    done = cli("token", "add", "again", "--provider", "claude", STDIN, input=SECRET)
    assert (done.exit_code, "registered already, as 'mine'" in done.stderr) == (1, True)


def test_credential_on_the_command_line_works_and_says_who_can_see_it(cli: Cli) -> None:
    done = cli("token", "add", "mine", "--provider", "claude", "--access-token", SECRET)
    assert done.exit_code == 0
    assert "process list" in done.stderr
    assert SECRET not in done.output
    assert cli("token", "add", "b", "--provider", "claude").exit_code == 2
    assert cli("token", "add", "b", "--provider", "claude", STDIN, "--access-token", "x").exit_code == 2


def test_on_a_terminal_the_credential_is_asked_for_and_not_shown(cli: Cli) -> None:
    terminal, theirs = pty.openpty()
    with subprocess.Popen(
        [*CLI, "--home", str(cli.home.path), "token", "add", "mine", "--provider", "claude", STDIN],
        env=cli.environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    ) as process:  # fmt: skip
        os.close(theirs)
        shown = read_until(terminal, b"(not shown)")
        os.write(terminal, SECRET.encode() + b"\n")
        shown += read_until(terminal, b"Added mine")
        assert process.wait(timeout=10) == 0
    os.close(terminal)
    assert SECRET.encode() not in shown
    assert store(cli).named("mine").access_token == SECRET


def read_until(descriptor: int, text: bytes) -> bytes:
    """What the terminal shows up to `text`; ends with the process in any case."""
    shown = b""
    while text not in shown:
        shown += os.read(descriptor, 1000)
    return shown


def seeded(cli: Cli) -> Token:
    """One token with everything there is to show of it."""
    add(cli, "mine", "claude", SECRET, "--priority", "7")
    now = time.time()
    token = replace(
        store(cli).named("mine"),
        cooldowns=(Cooldown(now + 3700, "window_exhausted", "429: \x1b[31mused up", "", now),),
        windows=(
            Window("5h", 0.5, now + 3700, 18_000, "rejected", now),
            Window("7d", 0.2, now - 60, 604_800, "allowed", now),
        ),
    )
    store(cli).save_state(token)
    return token


def test_list_shows_status_windows_as_bars_and_why_a_token_rests(cli: Cli) -> None:
    seeded(cli)
    (_, line) = cli("token", "list").output.splitlines()
    assert line.split()[:4] == ["mine", "claude", "resting", "7"]
    assert "5h ▰▰▰▱▱▱ 50% 1h01m" in line
    assert "7d ▱▱▱▱▱▱  0%" in line, "a window that has reset since counts as empty"
    assert "rests 1h01m: 429: used up" in line, "control characters are out"


@pytest.mark.parametrize("command", [("list",), ("show", "mine"), ("list", "--json"), ("show", "mine", "--json")])
def test_nothing_shows_the_secret(cli: Cli, command: tuple[str, ...]) -> None:
    seeded(cli)
    done = cli("token", *command)
    assert done.exit_code == 0
    assert SECRET[:20] not in done.output
    assert "\x1b" not in done.output


def test_json_listing_is_what_the_api_says(cli: Cli) -> None:
    seeded(cli)
    (view,) = json.loads(cli("token", "list", "--json").stdout)
    assert (view["name"], view["kind"], view["status"], view["windows"][0]["used"]) == (
        "mine",
        "api-key",
        "resting",
        0.5,
    )
    assert json.loads(cli("token", "show", "mine", "--json").stdout) == {**view}


def test_empty_list_says_how_to_add_one(cli: Cli) -> None:
    assert "token add NAME --provider claude --access-token-stdin" in cli("token", "list").stdout
    assert cli("token", "list", "--json").stdout == "[]\n"
    assert not cli.home.path.exists(), "looking creates nothing"


def test_edit_changes_what_is_named_and_nothing_else(cli: Cli) -> None:
    add(cli)
    edits = store(cli).edits()
    assert cli("token", "edit", "mine", "--name", "yours", "--priority", "3").exit_code == 0
    token = store(cli).named("yours")
    assert (token.priority, token.access_token) == (3, SECRET)
    assert store(cli).edits() > edits, "a running router asks this number"
    assert cli("token", "edit", "yours").exit_code == 2


def test_share_and_limit_are_set_and_taken_off_again(cli: Cli) -> None:
    add(cli, "mine", "claude", SECRET, "--weight", "2.5", "--max-concurrent", "3")
    token = store(cli).named("mine")
    assert (token.weight, token.max_concurrent) == (2.5, 3)
    shown = cli("token", "show", "mine").output
    assert "2.5" in shown
    assert "3 requests at most" in shown
    assert cli("token", "edit", "mine", "--weight", "1", "--max-concurrent", "0").exit_code == 0
    token = store(cli).named("mine")
    assert (token.weight, token.max_concurrent) == (1.0, None)
    assert cli("token", "edit", "mine", "--weight", "0").exit_code == 2


def test_new_credential_makes_an_unhealthy_token_healthy(cli: Cli) -> None:
    add(cli)
    store(cli).save_state(replace(store(cli).named("mine"), health="unhealthy", health_because="401"))
    assert cli("token", "edit", "mine", STDIN, input=SECRET + "new").exit_code == 0
    token = store(cli).named("mine")
    assert (token.access_token, token.health) == (SECRET + "new", "healthy")


def test_disable_and_enable(cli: Cli) -> None:
    add(cli)
    assert cli("token", "disable", "mine").exit_code == 0
    assert "disabled" in cli("token", "list").stdout
    assert cli("token", "enable", "mine").exit_code == 0
    assert "healthy" in cli("token", "list").stdout


def test_remove_asks_unless_told_not_to(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "may_ask", lambda: True)
    add(cli)
    assert cli("token", "remove", "mine", input="n\n").exit_code == 1
    assert len(store(cli).all()) == 1
    assert cli("token", "remove", "mine", input="y\n").exit_code == 0
    assert store(cli).all() == []
    add(cli)
    assert cli("token", "remove", "mine", "--yes").exit_code == 0


def test_token_whose_key_is_lost_is_listed_and_can_be_removed(cli: Cli) -> None:
    add(cli)
    cli.home.key_file.unlink()
    done = cli("token", "list")
    assert done.exit_code == 0
    assert "mine" in done.stdout
    assert "cannot be decrypted" in done.stdout
    assert cli("token", "remove", "mine", "--yes").exit_code == 0


@pytest.mark.parametrize("command", ["show", "edit --priority 1", "enable", "disable", "remove --yes", "test"])
def test_unknown_name_lists_the_known_ones(cli: Cli, command: str) -> None:
    add(cli)
    verb, *options = command.split()
    done = cli("token", verb, "nobody", *options)
    assert done.exit_code == 1
    assert done.stderr == "Error: There is no token named 'nobody'. Registered: mine.\n"


@pytest.fixture
def simulator(cli: Cli) -> Iterator[SimulatorThread]:
    window = SimulatedWindow(name="5h", length_s=18_000, used=0.25)
    accounts = [Account(token=SECRET.replace("api03", "oat01"), kind="anthropic_oauth", windows=[window])]
    with SimulatorThread(Script(accounts=accounts)) as simulator:
        for name, url in simulator.base_urls.items():
            cli.env[f"MITMROUTER__PROVIDERS__{name.upper()}__BASE_URL"] = url
        yield simulator


def test_test_asks_the_provider_heals_and_fills_the_windows(cli: Cli, simulator: SimulatorThread) -> None:
    add(cli, "sub", "claude", SECRET.replace("api03", "oat01"))
    add(cli, "chatgpt", "codex", make_jwt("account-1"))
    add(cli, "platform", "openai", "sk-proj-" + "x" * 40)
    now = time.time()
    unhealthy = replace(
        store(cli).named("sub"), health="unhealthy", health_because="401",
        cooldowns=(Cooldown(now + 99, "rate_limited", "429", "", now),),
    )  # fmt: skip
    store(cli).save_state(unhealthy)
    done = cli("token", "test")
    assert done.exit_code == 0, done.output
    assert len([line for line in done.stdout.splitlines() if line.startswith("works")]) == 3
    token = store(cli).named("sub")
    assert (token.health, token.cooldowns) == ("healthy", ())
    assert [round(window.used or 0, 2) for window in token.windows] == [0.25]


def test_test_of_a_refused_token_fails_and_says_why(cli: Cli, simulator: SimulatorThread) -> None:
    simulator.set_faults([Fault(fault="unauthorized_401", times=0)])
    add(cli)
    done = cli("token", "test", "mine")
    assert done.exit_code == 1
    assert done.stdout.startswith("fails  mine (claude): credential_refused: 401")
    assert SECRET not in done.output
    assert json.loads(cli("token", "test", "--json").stdout)[0]["ok"] is False


def test_test_says_when_the_provider_is_not_there(cli: Cli) -> None:
    cli.env["MITMROUTER__PROVIDERS__CLAUDE__BASE_URL"] = "http://127.0.0.1:9"
    add(cli)
    done = cli("token", "test", "mine")
    assert done.exit_code == 1
    assert "was not reached" in done.stdout


def test_token_of_the_demo_is_never_sent_anywhere_from_here(cli: Cli) -> None:
    """Its provider is the demo's simulator; here the name means the real one."""
    secret = DEMO_ACCOUNTS[0].token
    store(cli).add(Token("", "demo-x", "claude", secret, origin="demo"))
    done = cli("token", "test", "demo-x")
    assert (done.exit_code, "belongs to the demo" in done.stderr) == (1, True)
    assert cli("token", "test").stdout == "No tokens to test. The demo's are not tested: they are made up.\n"


def test_help_of_the_home_option_is_followed(cli: Cli, tmp_path: Path) -> None:
    add(cli)
    cli.env["MITMROUTER_HOME"] = str(tmp_path / "elsewhere")
    assert "mine" in cli("token", "list").stdout, "--home wins over the environment"


OAT = "sk-ant-oat01-" + "o" * 40
COMPAT = "--claude-code-compat"


def test_compatibility_mode_is_off_unless_switched_on(cli: Cli) -> None:
    add(cli, "plain", "claude", OAT)
    assert store(cli).named("plain").claude_code_compat is False
    assert "compatibility" not in cli("token", "show", "plain").stdout


def test_compatibility_mode_is_stored_shown_and_says_what_it_may_cost_once(cli: Cli) -> None:
    done = cli("token", "add", "mine", "--provider", "claude", STDIN, COMPAT, input=OAT)
    assert done.exit_code == 0
    assert done.stderr.count("terms may forbid") == 1
    assert store(cli).named("mine").claude_code_compat is True
    assert "serves other clients than Claude Code" in cli("token", "show", "mine").stdout
    assert json.loads(cli("token", "show", "mine", "--json").stdout)["claude_code_compat"] is True
    assert "terms" not in cli("token", "edit", "mine", "--priority", "3").stderr
    assert store(cli).named("mine").claude_code_compat is True


def test_compatibility_mode_can_be_switched_later(cli: Cli) -> None:
    add(cli, "mine", "claude", OAT)
    assert cli("token", "edit", "mine", COMPAT).stderr.count("terms may forbid") == 1
    assert store(cli).named("mine").claude_code_compat is True
    off = cli("token", "edit", "mine", "--no-claude-code-compat")
    assert (off.exit_code, "terms" in off.stderr) == (0, False)
    assert store(cli).named("mine").claude_code_compat is False


def test_compatibility_mode_is_for_subscription_tokens_only(cli: Cli) -> None:
    refused = cli("token", "add", "key", "--provider", "claude", STDIN, COMPAT, input=SECRET)
    assert (refused.exit_code, "sk-ant-oat" in refused.stderr, "Leave it out" in refused.stderr) == (1, True, True)
    assert store(cli).all() == []
    add(cli, "key")
    assert cli("token", "edit", "key", COMPAT).exit_code == 1
    assert store(cli).named("key").claude_code_compat is False


def test_compatibility_mode_goes_off_with_the_subscription_token(cli: Cli) -> None:
    add(cli, "mine", "claude", OAT, COMPAT)
    kept = cli("token", "edit", "mine", STDIN, input=OAT + "2")
    assert (kept.exit_code, store(cli).named("mine").claude_code_compat) == (0, True)
    done = cli("token", "edit", "mine", STDIN, input=SECRET)
    assert "--claude-code-compat is off again" in done.stderr
    assert store(cli).named("mine").claude_code_compat is False
