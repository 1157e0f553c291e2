"""What of a project the real clients read that could lead them past the router: as we say, and not more."""

import json
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from router_core.applying.claude_code import project_files
from tests.support.clients import must_be_installed, run_as_configured

pytestmark = [pytest.mark.clients, pytest.mark.slow]


class Place(ThreadingHTTPServer):
    """Refuses everything, and counts."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Refusing)
        self.asked = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Refusing(BaseHTTPRequestHandler):
    server: Place

    def do_POST(self) -> None:
        self.server.asked += 1
        self.rfile.read(int(self.headers.get("content-length", 0)))
        said = b'{"type": "error", "error": {"type": "invalid_request_error", "message": "no"}}'
        self.send_response(400)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def places() -> Iterator[tuple[Place, Place]]:
    """Where a person's own settings lead, and where a project's do."""
    made = (Place(), Place())
    for place in made:
        threading.Thread(target=place.serve_forever, kwargs={"poll_interval": 0.05}).start()
    yield made
    for place in made:
        place.shutdown()
        place.server_close()


def git(folder: Path, *arguments: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    named = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *named, *arguments], cwd=folder, check=True, capture_output=True)


CASES = {
    "beside it": ("main/deep", "main/deep/.claude/settings.json"),
    "between": ("main/deep/down", "main/deep/.claude/settings.local.json"),
    "at the root, for everybody": ("main/deep", "main/.claude/settings.json"),
    "at the root, for this machine": ("main/deep", "main/.claude/settings.local.json"),
    "of the main checkout": ("tree/deep", "main/.claude/settings.local.json"),
    "of the worktree": ("tree/deep", "tree/.claude/settings.local.json"),
}


@pytest.mark.parametrize(("started_in", "file"), CASES.values(), ids=CASES)
def test_claude_code_reads_of_a_project_what_we_look_at(
    places: tuple[Place, Place], tmp_path: Path, started_in: str, file: str
) -> None:
    must_be_installed("claude")
    git(tmp_path / "main", "init", "-q")
    git(tmp_path / "main", "commit", "-q", "--allow-empty", "-m", "first")
    git(tmp_path / "main", "worktree", "add", "-q", str(tmp_path / "tree"))
    work, person = tmp_path / started_in, tmp_path / "person"
    work.mkdir(parents=True)
    own, elsewhere = places
    env = {"ANTHROPIC_AUTH_TOKEN": "x", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "CLAUDE_CODE_MAX_RETRIES": "0"}
    for path, place in ((person / ".claude" / "settings.json", own), (tmp_path / file, elsewhere)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"env": {**env, "ANTHROPIC_BASE_URL": place.url}}))
    run_as_configured("claude", person, "-p", "hi", work=work)
    assert (own.asked > 0) != (elsewhere.asked > 0)
    assert (elsewhere.asked > 0) == (tmp_path / file in project_files(work, person))


def test_codex_takes_no_provider_from_a_trusted_project(places: tuple[Place, Place], tmp_path: Path) -> None:
    must_be_installed("codex")
    project, person = tmp_path / "project", tmp_path / "person"
    git(project, "init", "-q")
    for folder, place, more in ((person, places[0], f'[projects."{project}"]\ntrust_level = "trusted"\n'),
                                (project, places[1], "")):  # fmt: skip
        (folder / ".codex").mkdir(parents=True)
        table = f'[model_providers.x]\nname = "x"\nbase_url = "{place.url}/v1"\nwire_api = "responses"\n'
        (folder / ".codex" / "config.toml").write_text(f'model = "gpt-5.5"\nmodel_provider = "x"\n{table}{more}')
    done = run_as_configured("codex", person, "exec", "--skip-git-repo-check", "hi", work=project)
    assert (places[0].asked > 0, places[1].asked) == (True, 0)
    assert "Ignored unsupported project-local config keys" in done.log
