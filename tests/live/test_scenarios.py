"""The real Claude Code through every scenario of `[routing]`, Codex beside it; the simulator says who was called."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from router_core.cli.main import main
from router_core.simulator import PlannedCall, PlannedReply, SeenRequest
from tests.support.clients import must_be_installed, run_claude_code, run_codex
from tests.support.lab import Lab, running_lab
from tests.support.pictures import PNG

pytestmark = [pytest.mark.clients, pytest.mark.slow]

ROUTING = """
[routing]
background = "gemini/gemini-2.5-flash-lite"
think = "codex/gpt-5.5"
long_context = "gemini/gemini-2.5-pro"
web_search = "claude/claude-sonnet-5"
image = { primary = "openai/gpt-5.5", fallback = ["gemini/gemini-3.5-flash"] }

[routing.models]
"claude-opus-*" = "deepseek/deepseek-v4-pro"

[[routing.rules]]
project = "*/secret"
target = "deepseek/deepseek-private"
"""
MAIN = "deepseek-v4-pro"
HOOKS = {"hooks": {"UserPromptSubmit": [{"hooks": [{"type": "prompt", "prompt": "Is this fine? $ARGUMENTS"}]}]}}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("scenarios")
    (folder / "home").mkdir(mode=0o700)
    (folder / "home" / "config.toml").write_text(ROUTING)
    with running_lab(folder) as running:
        yield running


@pytest.fixture(autouse=True)
def ready(lab: Lab) -> None:
    must_be_installed("claude")
    lab.fresh("anthropic", "chat-only", "codex", "gemini", "responses", tokens=("first",))


def called(lab: Lab) -> list[str]:
    """The models that were asked, in order; Gemini's stands in the path."""
    return [model_of(seen) for seen in lab.seen()]


def model_of(seen: SeenRequest) -> str:
    return seen.model or seen.path.rpartition("/models/")[2].partition(":")[0]


def claude(lab: Lab, folder: Path, prompt: str, *arguments: str, **more: Any) -> None:
    done = run_claude_code(lab.router, folder, prompt, routed=True, arguments=arguments, **more)
    assert done.exit_code == 0, f"{done.output}\n{done.log}"


def noted(row: Mapping[str, Any]) -> tuple[str, str]:
    """Scenario and model of a trace row."""
    return row["scenario"], row["model"]


def test_a_prompt_and_the_errand_before_it(lab: Lab, tmp_path: Path) -> None:
    settings = tmp_path / "settings.json"
    settings.write_bytes(orjson.dumps(HOOKS))
    lab.simulator.plan(PlannedReply('{"ok": true}'))
    claude(lab, tmp_path, "say hi", "--settings", str(settings))
    assert called(lab) == ["gemini-2.5-flash-lite", MAIN]
    rows = lab.rows(2)
    assert [noted(row) for row in rows] == [("background", "gemini-2.5-flash-lite"), ("default", MAIN)]
    assert {row["project"] for row in rows} == {"", str(tmp_path / "work")}
    assert rows[1]["because"] == "[routing.models] 'claude-opus-*' = deepseek/deepseek-v4-pro"


def test_plan_mode_and_the_way_out_of_it(lab: Lab, tmp_path: Path) -> None:
    claude(lab, tmp_path, "say hi", "--permission-mode", "plan")
    claude(lab, tmp_path, "go on", "--permission-mode", "default", continues=True)
    claude(lab, tmp_path, "ultrathink now", continues=True)
    claude(lab, tmp_path, "thanks", "--effort", "xhigh", continues=True)
    assert called(lab) == ["gpt-5.5", MAIN, "gpt-5.5", "gpt-5.5"]
    assert [row["scenario"] for row in lab.rows(4)] == ["think", "default", "think", "think"]


def test_a_long_conversation_and_the_short_question_after_it(lab: Lab, tmp_path: Path) -> None:
    words = " ".join(f"word{n}" for n in range(24_000))
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "CLAUDE.md").write_text(words)
    claude(lab, tmp_path, "what do you make of it?")
    (tmp_path / "work" / "CLAUDE.md").write_text("nothing")
    row = lab.rows(1)[0]
    assert called(lab) == ["gemini-2.5-pro"]
    assert noted(row) == ("long_context", "gemini-2.5-pro")
    assert row["estimated_input_tokens"] > 60_000


def test_a_web_search_is_a_request_of_its_own(lab: Lab, tmp_path: Path) -> None:
    lab.simulator.plan(PlannedReply(thinking="Hm.", calls=(PlannedCall("WebSearch", {"query": "news of llamas"}),)))
    claude(lab, tmp_path, "what is new about llamas?", "--tools", "WebSearch,Read", tools="WebSearch")
    assert called(lab) == [MAIN, "claude-sonnet-5", MAIN]
    assert [row["scenario"] for row in lab.rows(3)] == ["default", "web_search", "default"]


def test_an_image_and_the_next_prompt(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "pic.png").write_bytes(PNG)
    claude(lab, tmp_path, "look at @pic.png please")
    claude(lab, tmp_path, "thanks", continues=True)
    lab.simulator.plan(PlannedReply(calls=(PlannedCall("Read", {"file_path": str(tmp_path / "work" / "pic.png")}),)))
    claude(lab, tmp_path, "read the picture", continues=True)
    assert called(lab) == ["gpt-5.5", MAIN, MAIN, "gpt-5.5"]
    assert [row["scenario"] for row in lab.rows(4)] == ["image", "default", "default", "image"]


def test_a_scenario_s_own_fallback_takes_over_in_another_format(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "pic.png").write_bytes(PNG)
    lab.faults(lab.fault("insufficient_quota", "responses-first", times=0))
    claude(lab, tmp_path, "look at @pic.png please")
    row = lab.rows(1)[0]
    hops = [(a["provider"], a["model"], a["outcome"]) for a in lab.attempts(row)]
    assert [hop[:2] for hop in hops] == [("openai", "gpt-5.5"), ("gemini", "gemini-3.5-flash")]
    assert hops[0][2] != "answered"
    assert hops[1][2] == "answered"
    assert (noted(row), row["provider"]) == (("image", "gemini-3.5-flash"), "gemini")


def test_a_subagent_s_tag_names_its_model_and_never_leaves(lab: Lab, tmp_path: Path) -> None:
    prompt = "<CCR-SUBAGENT-MODEL>codex,gpt-5.5</CCR-SUBAGENT-MODEL>\nPlease count the files."
    call = PlannedCall("Agent", {"description": "count things", "prompt": prompt, "subagent_type": "Explore"})
    lab.simulator.plan(PlannedReply(thinking="Hm.", calls=(call,)))
    claude(lab, tmp_path, "ask somebody", tools="Agent")
    rows = lab.rows(len(lab.seen()))
    of_agent = [row for row in rows if row["agent"]]
    assert {(row["provider"], row["model"]) for row in of_agent} == {("codex", "gpt-5.5")}
    assert {row["model"] for row in rows if not row["agent"]} == {MAIN}
    edits = lab.attempts(of_agent[0])[0]["edits"]
    assert ["messages[0].content[1].text", "subagent tag"] in edits
    asked = [seen for seen in lab.seen() if model_of(seen) == "gpt-5.5"]
    assert len(asked) == len(of_agent) >= 1
    assert all(b"Please count the files." in seen.body and b"SUBAGENT-MODEL" not in seen.body for seen in asked)


def test_an_explicit_target_and_a_project_in_both_clients(lab: Lab, tmp_path: Path) -> None:
    must_be_installed("codex")
    claude(lab, tmp_path, "say hi", model="gemini,gemini-3.5-flash")
    secret = tmp_path / "secret"
    done = run_codex(lab.router, tmp_path, "say hi", model="deepseek,deepseek-v4-flash")
    assert done.exit_code == 0, done.log
    done = run_codex(lab.router, tmp_path / "codex", "say hi", routed=True, work=secret)
    assert done.exit_code == 0, done.log
    assert called(lab) == ["gemini-3.5-flash", "deepseek-v4-flash", "deepseek-private"]
    rows = lab.rows(3)
    assert rows[2]["project"] == str(secret)
    assert rows[2]["because"] == "[[routing.rules]] 1 (project = '*/secret') = deepseek/deepseek-private"


def test_trace_show_and_route_explain_tell_the_same_story(lab: Lab, tmp_path: Path) -> None:
    claude(lab, tmp_path, "say hi", "--permission-mode", "plan")
    row = lab.rows(1)[0]
    home = ["--home", str(lab.router.home.path)]
    shown = CliRunner().invoke(main, [*home, "trace", "show", row["id"]])
    assert shown.exit_code == 0, shown.output
    assert "think: plan mode; [routing] think = codex/gpt-5.5" in shown.output
    explained = CliRunner().invoke(main, [*home, "route", "explain", "--trace", row["id"], "--json"])
    assert explained.exit_code == 0, explained.output
    told = orjson.loads(explained.output)
    assert (told["scenario"], told["because"], told["project"]) == ("think", row["because"], row["project"])
    assert [each["rule"] for each in told["decision"]][-1] == "scenario"
