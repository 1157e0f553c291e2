"""Claude Code and Codex are told the window of the model that answers them, in their own words."""

from pathlib import Path

import pytest

from router_core.cli.window_hints import claude_hints, codex_hints
from router_core.clock import SystemClock
from router_core.home import Home
from router_core.routing.lock import Lock, LockFile
from router_core.store.tokens import open_tokens
from router_core.tokens.token import Token


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home").ensure()
    store = open_tokens(home, SystemClock())
    for name, provider in (("a", "claude"), ("b", "deepseek"), ("c", "gemini"), ("d", "codex")):
        store.add(Token("", name, provider, f"sk-{name}"))
    return home


def write(home: Home, routing: str) -> None:
    home.config.write_text(f"[routing.models]\n{routing}\n")


def test_nothing_is_said_where_the_model_itself_answers(home: Home) -> None:
    assert claude_hints(home, {}) == {}
    assert codex_hints(home, {"CODEX_HOME": "/nowhere"}) == []


def test_claude_code_hears_of_a_larger_window(home: Home) -> None:
    write(home, '"claude-*" = "gemini/gemini-2.5-flash"')
    assert claude_hints(home, {}) == {
        "CLAUDE_CODE_MAX_CONTEXT_TOKENS": "1048576", "CLAUDE_CODE_AUTO_COMPACT_WINDOW": "1048576",
    }  # fmt: skip


def test_a_window_below_its_least_is_told_as_a_part_of_it(home: Home) -> None:
    home.config.write_text(
        '[providers.deepseek]\nmodels = ["deepseek-chat"]\n[routing.models]\n"claude-*" = "deepseek/deepseek-chat"\n'
    )
    LockFile(home.model_lock).set(Lock("deepseek", "kimi-k2-0905-preview"))
    hints = claude_hints(home, {})
    window = int(hints["CLAUDE_CODE_MAX_CONTEXT_TOKENS"])
    assert hints["CLAUDE_CODE_AUTO_COMPACT_WINDOW"] == str(max(window, 100_000))
    assert ("CLAUDE_AUTOCOMPACT_PCT_OVERRIDE" in hints) == (window < 100_000)


def test_what_the_user_has_set_stays(home: Home) -> None:
    write(home, '"claude-*" = "gemini/gemini-2.5-flash"')
    assert claude_hints(home, {"CLAUDE_CODE_AUTO_COMPACT_WINDOW": "150000"}) == {
        "CLAUDE_CODE_MAX_CONTEXT_TOKENS": "1048576"
    }


@pytest.mark.parametrize(
    ("arguments", "inherited"),
    [
        (["--model", "gemini/gemini-2.5-flash", "-p", "hi"], {}),
        (["--model=gemini/gemini-2.5-flash"], {}),
        ([], {"ANTHROPIC_MODEL": "gemini/gemini-2.5-flash"}),
    ],
)
def test_the_model_that_is_asked_for_counts(home: Home, arguments: list[str], inherited: dict[str, str]) -> None:
    assert claude_hints(home, inherited, arguments)["CLAUDE_CODE_MAX_CONTEXT_TOKENS"] == "1048576"


def test_what_stands_behind_the_options_is_no_option(home: Home) -> None:
    assert claude_hints(home, {}, ["-p", "say", "--", "--model", "gemini/gemini-2.5-flash"]) == {}


GEMINI = ["-c", "model_context_window=1048576", "-c", "model_auto_compact_token_limit=943718"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["exec", "-m", "gemini/gemini-2.5-flash", "hi"],
        ["--model=gemini/gemini-2.5-flash"],
        ["-c", 'model="gemini/gemini-2.5-flash"'],
    ],
)
def test_codex_is_told_as_options(home: Home, arguments: list[str]) -> None:
    assert codex_hints(home, {"CODEX_HOME": "/nowhere"}, arguments) == GEMINI


def test_codexs_own_configuration_names_the_model(home: Home, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('model = "gemini/gemini-2.5-flash"\n')
    assert codex_hints(home, {"CODEX_HOME": str(tmp_path)}) == GEMINI
    (tmp_path / "config.toml").write_text("model = ")
    assert codex_hints(home, {"CODEX_HOME": str(tmp_path)}) == []


def test_a_configuration_that_is_broken_is_left_to_the_router_to_complain_about(home: Home) -> None:
    home.config.write_text("nonsense")
    assert claude_hints(home, {}) == {}
