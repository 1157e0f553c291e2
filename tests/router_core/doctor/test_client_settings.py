"""What leads a client past the router: every file and variable that can."""

import json
import os
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from router_core.doctor import client_settings
from router_core.doctor.client_settings import claude_settings_files, is_ours
from tests.router_core.doctor.conftest import Examine

ELSEWHERE = "https://relay.example/v1"
OURS = "http://127.0.0.1:8100"


def put(file: Path, content: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content))


CASES: list[tuple[str, str, Any, str, str]] = [
    ("work", ".claude/settings.json", {"env": {"ANTHROPIC_BASE_URL": ELSEWHERE}}, "problem", "past the router"),
    ("work", ".claude/settings.local.json", {"env": {"ANTHROPIC_BASE_URL": ELSEWHERE}}, "problem", "past the router"),
    ("user", ".claude/settings.json", {"env": {"ANTHROPIC_BASE_URL": ELSEWHERE}}, "problem", "past the router"),
    ("work", ".claude/settings.json", {"env": {"CLAUDE_CODE_USE_BEDROCK": "1"}}, "problem", "speaks to that cloud"),
    ("work", ".claude/settings.json", {"env": {"ANTHROPIC_API_KEY": "sk-ant-stray"}}, "warning", "ANTHROPIC_API_KEY"),
    ("work", ".claude/settings.json", {"apiKeyHelper": "pass show claude"}, "warning", "apiKeyHelper"),
    ("work", ".claude/settings.json", "{ not JSON", "warning", "cannot be read"),
    ("user", ".codex/config.toml", f'openai_base_url = "{ELSEWHERE}"', "warning", "leads a plain `codex`"),
    (
        "user",
        ".codex/config.toml",
        f'model_provider = "x"\n[model_providers.x]\nbase_url = "{ELSEWHERE}"',
        "warning",
        "leads a plain `codex`",
    ),
    ("work", ".env", "export OPENAI_API_KEY='sk-proj-stray'\n", "warning", "holds OPENAI_API_KEY"),
    ("work", ".env", f"ANTHROPIC_BASE_URL={ELSEWHERE}\n", "warning", "past the router"),
]


@pytest.mark.parametrize(("where", "file", "content", "verdict", "says"), CASES)
def test_each_is_named_with_its_file(
    examine: Examine, tmp_path: Path, where: str, file: str, content: Any, verdict: str, says: str
) -> None:
    put(tmp_path / where / file, content)
    (finding,) = client_settings.check(examine())
    assert finding.verdict == verdict
    assert str(tmp_path / where / file) in finding.says
    assert says in finding.says
    assert finding.remedy
    assert "stray" not in repr(finding)


WELL: list[tuple[str, Any]] = [
    (".claude/settings.json", {"env": {"ANTHROPIC_BASE_URL": f"{OURS}/claude", "CLAUDE_CODE_USE_VERTEX": "0"}}),
    (".claude/settings.json", {"env": {"ANTHROPIC_BASE_URL": "http://localhost:8100/"}, "permissions": {}}),
    (".claude/settings.json", {"apiKeyHelper": "cat ~/.mitmrouter/gateway.token"}),
    (".env", "OPENAI_API_KEY=$FROM_ELSEWHERE\nGEMINI_API_KEY=mitm-abc\nDEBUG=1\n"),
    (".codex/config.toml", f'openai_base_url = "{OURS}/v1"'),
    (".codex/config.toml", f'openai_base_url = "{ELSEWHERE}"'),  # Codex takes no address from a project
    ("sub/.claude/settings.json", {"env": {"ANTHROPIC_BASE_URL": ELSEWHERE}}),  # of another folder than this one
]


@pytest.mark.parametrize(("file", "content"), WELL)
def test_what_leads_here_or_nowhere_is_well(examine: Examine, tmp_path: Path, file: str, content: Any) -> None:
    put(tmp_path / "work" / file, content)
    assert [finding.verdict for finding in client_settings.check(examine())] == ["ok"]


@pytest.mark.parametrize(
    ("environ", "verdict"),
    [
        ({"ANTHROPIC_BASE_URL": ELSEWHERE}, "warning"),
        ({"OPENAI_BASE_URL": ELSEWHERE}, "warning"),
        ({"CLAUDE_CODE_USE_VERTEX": "true"}, "problem"),
        ({"ANTHROPIC_API_KEY": "sk-ant-stray"}, "warning"),
        ({"ANTHROPIC_BASE_URL": OURS, "OPENAI_API_KEY": "mitm-abc"}, "ok"),
    ],
)
def test_a_shell_that_leads_past_the_router_is_named(examine: Examine, environ: dict[str, str], verdict: str) -> None:
    (finding,) = client_settings.check(examine(environ=environ))
    assert finding.verdict == verdict
    assert "stray" not in repr(finding)


def test_a_gateway_token_that_was_rejected_as_a_key_is_named_without_it(examine: Examine, tmp_path: Path) -> None:
    token = examine().home.gateway_token()
    put(tmp_path / "user" / ".claude.json", {"customApiKeyResponses": {"rejected": [token[-20:]]}})
    (finding,) = client_settings.check(examine())
    assert finding.verdict == "warning"
    assert token[-20:] not in repr(finding)


def test_other_places_of_the_clients_settings_are_looked_at(examine: Examine, tmp_path: Path) -> None:
    environ = {"CLAUDE_CONFIG_DIR": str(tmp_path / "elsewhere")}
    assert tmp_path / "elsewhere" / "settings.json" in claude_settings_files(examine(environ=environ))


def test_an_address_that_only_begins_like_ours_is_not_ours() -> None:
    assert not is_ours(f"{OURS}0/v1", (OURS,))
    assert not is_ours(f"{OURS}.example", (OURS,))
    assert is_ours(f"{OURS}/", (OURS,))


def test_settings_at_the_root_of_the_repository_are_found(examine: Examine, tmp_path: Path) -> None:
    (tmp_path / "work" / ".git").mkdir()
    deep = tmp_path / "work" / "src" / "deep"
    deep.mkdir(parents=True)
    put(tmp_path / "work" / ".claude" / "settings.local.json", {"env": {"ANTHROPIC_BASE_URL": ELSEWHERE}})
    put(tmp_path / "work" / "src" / ".claude" / "settings.local.json", {"env": {"ANTHROPIC_BASE_URL": ELSEWHERE}})
    (finding,) = client_settings.check(examine(folder=deep))
    assert (finding.verdict, str(tmp_path / "work" / ".claude") in finding.says) == ("problem", True)


@pytest.mark.parametrize("file", ["work/.env", "work/.claude/settings.json", "user/.codex/config.toml"])
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(examine: Examine, tmp_path: Path, file: str) -> None:
    pipe = tmp_path / file
    pipe.parent.mkdir(exist_ok=True)
    os.mkfifo(pipe)
    checked = Thread(target=lambda: list(client_settings.check(examine())), daemon=True)
    checked.start()
    checked.join(5)
    assert not checked.is_alive()


def test_of_an_address_no_secret_is_shown(examine: Examine, tmp_path: Path) -> None:
    url = "https://me:hunter2@relay.example/v1?key=hunter2"
    put(tmp_path / "work" / ".claude" / "settings.json", {"env": {"ANTHROPIC_BASE_URL": url}})
    put(tmp_path / "work" / ".env", f"OPENAI_BASE_URL={url}")
    put(tmp_path / "user" / ".codex" / "config.toml", f'openai_base_url = "{url}"')
    told = [each.says for each in client_settings.check(examine(environ={"ANTHROPIC_BASE_URL": url}))]
    assert len(told) == 4
    for says in told:
        assert "https://relay.example/v1" in says
        assert "hunter2" not in says
