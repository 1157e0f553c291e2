"""Problems of a configuration, as an editor shows them."""

from pathlib import Path

import pytest

from router_core.config.check import Problem, problems_of

FILE = Path("/home/x y/[1]/config.toml")


@pytest.mark.parametrize(
    ("text", "lines", "words"),
    [
        ("", [], []),
        ("[server]\nport = 8200\n", [], []),
        ("[server]\nprot = 8200\n", [2], ["unknown key 'server.prot'. Did you mean 'port'?"]),
        ("[server]\nport = 'x'\n", [2], ["'server.port': "]),
        ("[server\n", [1], ["not valid TOML"]),
        ("[providers.new]\nmodels = []\n", [1, 1], ["'providers.new.kind' is missing", "base_url' is missing"]),
        ("\n[server]\nport = -1\nhots = 1\n", [3, 4], ["'server.port'", "Did you mean 'host'?"]),
        ('[providers.openai]\napi_key = "$NOBODY_SETS_THIS"\n', [2], ["variable NOBODY_SETS_THIS is not set"]),
    ],
)
def test_each_problem_has_its_line(text: str, lines: list[int], words: list[str]) -> None:
    found = problems_of(text, FILE, env={})
    assert [problem.line for problem in found] == lines
    for problem, word in zip(found, words, strict=True):
        assert word in problem.said
        assert str(FILE) not in str(problem)


def test_what_the_environment_has_wrong_is_in_no_line() -> None:
    (found,) = problems_of("", FILE, env={"MITMROUTER__SERVER__PORT": "many"})
    assert found.line is None
    assert "environment MITMROUTER__SERVER__PORT" in str(found)
    assert str(Problem(3, "wrong")) == "line 3: wrong"
