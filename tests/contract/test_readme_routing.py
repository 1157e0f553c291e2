"""The README's example of `[routing]` and of an own function: they load, and place requests as the text says."""

import re
import tomllib
from pathlib import Path
from typing import Any

import orjson
import pytest

from router_core.cli.route_question import explained
from router_core.config.load import load_config
from router_core.config.schema import Config
from router_core.home import Home
from router_core.models.known import model_info
from router_core.routing.decide import RULES
from router_core.routing.target import parse_target
from tests.router_core.routing.bodies import (
    CLAUDE_CODE,
    IMAGE,
    PLAN_BEGINS,
    claude_code,
    reminder,
    text,
    title_call,
    user,
    web_search_call,
)

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
SECTION = README[README.index("## Which model answers") : README.index("### Auto")]
EXAMPLES = [block for block in re.findall(r"```toml\n(.*?)```", README, flags=re.S) if "[routing]" in block]
(EXAMPLE,) = re.findall(r"```toml\n(.*?)```", SECTION, flags=re.S)
(FUNCTION,) = re.findall(r"```python\n(.*?)```", SECTION, flags=re.S)
OPUS, SOL = "claude/claude-opus-5-5", "codex/gpt-6.2-sol"
FALLBACKS = ["openrouter/z-ai/glm-5.3", "deepseek/deepseek-v4-pro"]
TAGGED = user(text("<CCR-SUBAGENT-MODEL>gemini,gemini-3.8-flash</CCR-SUBAGENT-MODEL>\nCount the files."))
SECRET = reminder(f"# Environment\n - Primary working directory: {Path('~/private/app').expanduser()}\n")
LONG = user("word " * 70_000)
SEARCHED = {**web_search_call(), "model": "m"}
CASES: list[tuple[str, dict[str, Any], str, list[str]]] = [
    # what it is, the request, the rule that decides, the targets
    ("anything", claude_code(), "default", [SOL, *FALLBACKS]),
    ("/model", claude_code(model="codex,gpt-5.5"), "explicit target", ["codex/gpt-5.5", *FALLBACKS]),
    ("tag", claude_code(TAGGED), "subagent tag", ["gemini/gemini-3.8-flash", *FALLBACKS]),
    ("function", claude_code(user("hi"), reminder(f"{PLAN_BEGINS} the migration")), "custom function", [OPUS, SOL]),
    ("project", claude_code(user("hi"), SECRET), "rules", ["ollama/qwen3-coder", *FALLBACKS]),
    ("search", SEARCHED, "scenario", ["claude/claude-sonnet-5-5", *FALLBACKS]),
    ("image", claude_code(user(IMAGE)), "scenario", ["gemini/gemini-3.8-flash", *FALLBACKS]),
    ("long", claude_code(LONG), "scenario", ["gemini/gemini-3.1-pro-preview", OPUS]),
    ("errand", title_call(), "scenario", ["gemini/gemini-3.5-flash-lite", *FALLBACKS]),
    ("plan", claude_code(user("hi"), reminder(PLAN_BEGINS)), "scenario", [OPUS, *FALLBACKS]),
]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """With the README's example as its configuration, and its function beside it."""
    home = Home(tmp_path / "home").ensure()
    home.config.write_text(EXAMPLE)
    (home.path / "place.py").write_text(FUNCTION)
    return home


def placed(home: Home, body: dict[str, Any], project: str = "") -> tuple[str, list[str]]:
    """The rule that decides, and the targets."""
    headers = CLAUDE_CODE | ({"x-mitmrouter-project": project} if project else {})
    answer = explained(home, orjson.dumps(body), headers, None, None, None, None, 1.8e9)
    assert "failed" not in answer["because"]
    return answer["decision"][-1]["rule"], [f"{each['provider']}/{each['model']}" for each in answer["targets"]]


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_every_routing_example_loads_and_names_providers_and_models_that_exist(example: str, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(example)
    config = load_config(tmp_path / "config.toml")
    for _, written in config.routing.texts():
        target = parse_target(written, config)
        assert target is not None, written
        assert target.provider == "ollama" or model_info(target.model).known, written
    assert set(tomllib.loads(example)["routing"]) <= set(type(config.routing).model_fields)


@pytest.mark.parametrize(("body", "rule", "targets"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_example_places_requests_as_the_text_says(
    body: dict[str, Any], rule: str, targets: list[str], home: Home
) -> None:
    assert placed(home, body) == (rule, targets)


def test_a_pattern_takes_what_no_scenario_takes(home: Home) -> None:
    """Of another program than Claude Code, a haiku model is no errand."""
    answer = explained(home, b'{"model": "claude-haiku-5-5", "max_tokens": 9}', {}, None, None, None, None, 1.8e9)
    assert answer["decision"][-1]["rule"] == "model pattern"
    assert answer["targets"][0]["model"] == "deepseek-v4-flash"


def test_the_example_function_reads_the_context(home: Home) -> None:
    here = str(Path("~/elsewhere").expanduser())
    assert placed(home, claude_code(), f"{here}/secret") == ("custom function", ["ollama/qwen3-coder", *FALLBACKS])
    assert placed(home, claude_code(), here)[0] == "default"


def test_the_order_that_is_written_down_is_the_order_of_decision() -> None:
    first_words = {
        "lock": "a lock", "explicit target": "the model name", "subagent tag": "a tag", "custom function": "your own",
        "rules": "the first of `[[routing.rules]]`", "scenario": "a scenario", "model pattern": "a pattern",
        "auto": "`model: \"auto\"`", "default": "`[routing] default`", "model's provider": "without one",
    }  # fmt: skip
    written = re.findall(r"^\d+\. (.*)$", SECTION.partition("So with a")[0], flags=re.M)
    assert len(written) == len(RULES)
    for (rule, _), line in zip(RULES, written, strict=True):
        assert line.startswith(first_words[rule]), line


def test_what_the_text_says_of_the_function_s_context_is_all_there_is() -> None:
    from router_core.routing.custom import CustomContext

    told = SECTION[SECTION.index("`context` what else") : SECTION.index("It answers with")]
    assert set(CustomContext.__dataclass_fields__) <= set(re.findall(r"`(\w+)`", told))
    assert Config().routing.custom_timeout_s == 1
