"""A new user's path in an empty home folder: from a checkout whose dependencies are there to an answer through the real
Claude Code, in two commands and a minute; and every recipe of the README, as it stands there, on that same router."""

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.clients import find_client, must_be_installed
from tests.support.router import ROOT, free_port

pytestmark = [pytest.mark.clients, pytest.mark.slow]

WITHIN_S = 60.0
README = (ROOT / "README.md").read_text(encoding="utf-8")
RECIPES = README.partition("## Recipes\n")[2].partition("\n## ")[0]
ADDRESS = "http://127.0.0.1:8100"
ANSWER = "You said: "
APP_TEST = """
import os
from anthropic import Anthropic
from google import genai
from openai import OpenAI

def test_every_sdk_is_answered():
    hi = {"role": "user", "content": "Say hi"}
    answer = Anthropic().messages.create(model="claude-haiku-4-5", max_tokens=50, messages=[hi])
    assert answer.content[0].text.startswith("You said: Say hi")
    assert OpenAI().responses.create(model="gpt-5.5", input="Say hi").output_text.startswith("You said: Say hi")
    client = genai.Client()
    told = client.models.generate_content(model="gemini-2.5-flash", contents="Say hi")
    assert told.text.startswith("You said: Say hi")
    assert os.environ["OPENAI_BASE_URL"].startswith("http://127.0.0.1:")
"""


@dataclass
class Newcomer:
    """Somebody with an empty home folder, the clients, and this checkout."""

    folder: Path
    port: int = field(default_factory=free_port)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def work(self) -> Path:
        return self.folder / "work"

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": f"{self.folder / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "HTTPS_PROXY": "http://127.0.0.1:9",  # nothing but this machine can be reached
            "MITMROUTER__SERVER__PORT": str(self.port),  # the usual one may be somebody's
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # an app has not the plugins of this checkout
        }
        return subprocess.run(
            command, cwd=self.work, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=90, check=False,
        )  # fmt: skip

    def mitmrouter(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("./mitmrouter/scripts/run", *arguments)


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    newcomer = Newcomer(tmp_path_factory.mktemp("newcomer"))
    for name in ("bin", "home", "work"):
        (newcomer.folder / name).mkdir()
    for client in ("claude", "codex"):
        program = find_client(must_be_installed(client))
        assert program is not None
        (newcomer.folder / "bin" / client).symlink_to(program)
    (newcomer.work / "mitmrouter").symlink_to(ROOT)
    yield newcomer
    newcomer.mitmrouter("stop")


@pytest.fixture(scope="module")
def answered(newcomer: Newcomer) -> float:
    """The first answer is there; how many seconds it took from nothing."""
    began = time.monotonic()
    up = newcomer.mitmrouter("up", "--simulate", "--yes")
    assert up.returncode == 0, up.stdout + up.stderr
    answer = newcomer.mitmrouter("code", "-p", "hi")
    took = time.monotonic() - began
    assert (answer.returncode, answer.stdout[:13]) == (0, "You said: hi."), answer.stderr
    return took


def test_two_commands_lead_to_an_answer_through_claude_code(newcomer: Newcomer, answered: float) -> None:
    assert answered < WITHIN_S
    assert "claude-code" in newcomer.mitmrouter("trace", "list", "--limit", "1").stdout
    assert not (newcomer.home / ".claude" / "settings.json").exists(), "nothing of the client's was changed"
    assert os.listdir(newcomer.work) == ["mitmrouter"]


@pytest.mark.usefixtures("answered")
def test_codex_answers_just_as_well(newcomer: Newcomer) -> None:
    done = newcomer.mitmrouter("codex", "exec", "--skip-git-repo-check", "hi")
    assert (done.returncode, done.stdout[:13]) == (0, "You said: hi."), done.stderr


@pytest.mark.usefixtures("answered")
@pytest.mark.parametrize("recipe", re.findall(r"```python\n(.*?)```", RECIPES, flags=re.S), ids=range(3))
def test_a_recipe_for_an_sdk_works_as_it_stands(newcomer: Newcomer, recipe: str) -> None:
    assert ADDRESS in recipe
    done = newcomer.run(sys.executable, "-c", recipe.replace(ADDRESS, f"http://127.0.0.1:{newcomer.port}"))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines
    assert all(line.startswith(ANSWER) for line in lines)


@pytest.mark.usefixtures("answered")
def test_the_recipe_for_github_actions_runs_an_apps_tests(newcomer: Newcomer) -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", RECIPES, flags=re.S)
    job: dict[str, Any] = YAML(typ="safe").load(text)["jobs"]["test"]
    assert job["steps"][1]["with"]["path"] == "mitmrouter"
    (newcomer.work / "tests").mkdir()
    (newcomer.work / "tests" / "test_app.py").write_text(APP_TEST)
    steps = [step["run"] for step in job["steps"] if "run" in step]
    assert len(steps) == 3
    printed = []
    for step in steps:
        done = newcomer.run(*shlex.split(step))
        assert done.returncode == 0, f"{step}: {done.stdout}{done.stderr}"
        printed.append(done.stdout)
    assert "runs already" in printed[0]
    assert "1 passed" in printed[1]
    assert "gemini/gemini-2.5-flash" in printed[2]
