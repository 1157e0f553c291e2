"""Which file is of which program, and where it is looked for."""

from pathlib import Path

import pytest

from router_core.errors import ConfigError
from router_core.migrating.programs import PROGRAMS, find_file, read_document
from tests.router_core.migrating.conftest import FILES

ALL = tuple(PROGRAMS)


@pytest.mark.parametrize(
    ("name", "program"),
    [
        ("ccr_v1.json", "claude-code-router"),
        ("ccr_v2.json", "claude-code-router"),
        ("litellm.yaml", "litellm"),
        ("openclaw.json5", "openclaw"),
    ],
)
def test_a_file_says_what_it_is(name: str, program: str) -> None:
    assert read_document(FILES / name, ALL)[0] == program


@pytest.mark.parametrize(
    ("text", "names", "says"),
    [
        ("{}", ALL, "no configuration of claude-code-router or LiteLLM or OpenClaw"),
        ("model_list:\n  - a: [1\n  secret-word: {", ("litellm",), "line 3"),
        ("\x00\xff", ALL, "no configuration"),
        ("model_list: []", ("openclaw",), "no configuration of OpenClaw"),
        ("x" * (4 * 1024 * 1024 + 1), ALL, "bytes"),
    ],
    ids=["empty", "broken yaml", "binary", "another program's", "huge"],
)
def test_what_it_is_not_is_said(tmp_path: Path, text: str, names: tuple[str, ...], says: str) -> None:
    file = tmp_path / "config"
    file.write_text(text, encoding="latin-1")
    with pytest.raises(ConfigError, match=says) as caught:
        read_document(file, names)
    assert "secret-word" not in caught.value.message


def test_the_usual_places_are_searched_and_two_finds_are_a_question(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"No file was found.*openclaw\.json"):
        find_file(ALL, tmp_path, {})
    ccr = tmp_path / ".claude-code-router" / "config.json"
    ccr.parent.mkdir()
    ccr.write_text("{}")
    assert find_file(ALL, tmp_path, {}) == ("claude-code-router", ccr)
    claw = tmp_path / "elsewhere.json"
    claw.write_text("{}")
    assert find_file(("openclaw",), tmp_path, {"OPENCLAW_CONFIG_PATH": str(claw)}) == ("openclaw", claw)
    with pytest.raises(ConfigError, match="claude-code-router or openclaw"):
        find_file(ALL, tmp_path, {"OPENCLAW_CONFIG_PATH": str(claw)})


def test_yaml_tags_run_nothing(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    mark = tmp_path / "ran"
    file.write_text(f'model_list: !!python/object/apply:os.system ["touch {mark}"]\n')
    with pytest.raises(ConfigError):
        read_document(file, ("litellm",))
    assert not mark.exists()
