"""`route` and `classify` in a plain program: the examples of the documentation run, and nothing else is needed."""

import doctest
import re
import subprocess
import sys
from decimal import Decimal
from importlib import import_module
from pathlib import Path

import pytest

from router_core.errors import ConfigError
from router_core.routing import Prompt, route

ROOT = Path(__file__).resolve().parents[4]
MODULES = (
    "router_core.routing",
    "router_core.routing.auto.capability",
    "router_core.routing.auto.classify",
    "router_core.routing.auto.names",
    "router_core.routing.auto.route",
)
PRICES = {"p/small": (1, 5), "p/large": {"input": 10, "output": 50}}
TIERS = {"SIMPLE": "p/small", "MEDIUM": {"primary": "p/small", "fallback": ["p/large"]}, "REASONING": "p/large"}


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_the_docstrings_run(module: str) -> None:
    ran = doctest.testmod(import_module(module))
    assert ran.attempted > 0
    assert ran.failed == 0


def test_the_examples_of_the_readme_run_without_a_home_folder_or_a_router(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    examples = re.findall(r"```python\n(.*?)```", readme[readme.index("### Auto") :].partition("\n## ")[0], flags=re.S)
    assert examples
    program = "\n".join(examples)
    environment = {"PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "MITMROUTER_HOME": str(tmp_path / "none")}
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=60, cwd=tmp_path,
        env=environment,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert list(tmp_path.iterdir()) == []
    expected = [line.partition("# ")[2] for line in program.splitlines() if line.startswith("print(")]
    assert ran.stdout.splitlines() == expected


def test_the_cost_and_the_savings_are_exact() -> None:
    prompt = Prompt("hi", input_tokens=1000)
    decision = route(prompt, tiers=TIERS, prices=PRICES)
    assert str(decision.target) == "p/small"
    assert decision.cost_estimate == 1000 * 1000 + 300 * 5000
    assert decision.cost_estimate_usd == Decimal("0.0025")
    assert str(decision.baseline) == "p/large"
    assert decision.savings == pytest.approx(0.9)
    assert "hi" in decision.because


def test_what_the_caller_allows_bounds_the_cost() -> None:
    free, bound = (
        route("Prove that sqrt(2) is irrational", None, most, tiers=TIERS, prices=PRICES) for most in (None, 50)
    )
    assert free.cost_estimate is not None
    assert bound.cost_estimate is not None
    assert bound.cost_estimate < free.cost_estimate / 10


def test_without_a_price_nothing_is_claimed() -> None:
    decision = route("hi", tiers={"SIMPLE": "p/unheard-of"})
    assert (decision.cost_estimate, decision.cost_estimate_usd, decision.savings) == (None, None, None)


def test_of_given_models_the_cheapest_capable_one_answers() -> None:
    models = ["claude/claude-opus-5-5", "claude/claude-haiku-5-5", "openai/gpt-6.2-sol"]
    assert str(route("hi", models=models).target) == "claude/claude-haiku-5-5"
    hard = route("Prove that sqrt(2) is irrational", models=models)
    assert hard.target.model in ("claude-opus-5-5", "gpt-6.2-sol")
    assert hard.fallbacks


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"tiers": {"EASY": "p/m"}}, "'EASY' is no tier"),
        ({"tiers": {"SIMPLE": "model"}}, "'model' is no target"),
        ({"tiers": {"SIMPLE": {"fallback": []}}}, "`primary`"),
        ({"models": ["m"]}, "'m' is no target"),
        ({"models": []}, "Nobody can answer"),
        ({"model": "gpt-5"}, "'gpt-5' is not `auto`"),
    ],
)
def test_what_is_wrong_is_named(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)):
        route("hi", **settings)


def test_the_router_starts_without_any_of_this() -> None:
    listing = "[m for m in sys.modules if m.startswith('router_core.routing.auto.c')]"
    program = f"import sys, router_core.routing.decide; print({listing})"
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, cwd=ROOT, check=True
    )
    assert ran.stdout.strip() == "[]"
