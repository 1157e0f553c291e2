"""A response that the router does not know is found in Codex's own session file: written by the real Codex CLI."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.test_routed import TARGETS
from tests.support.clients import TOOL_PROMPT, must_be_installed, run_codex
from tests.support.lab import Lab, running_lab

pytestmark = [pytest.mark.clients, pytest.mark.slow]


@pytest.fixture(scope="module")
def codex_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("codex")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, codex_folder: Path) -> Iterator[Lab]:
    env = {"CODEX_HOME": str(codex_folder / "codex-home")}
    with running_lab(tmp_path_factory.mktemp("lab"), env=env) as running:
        yield running


@pytest.fixture(scope="module")
def session(lab: Lab, codex_folder: Path) -> str:
    """The id of a session that the real Codex has had, and kept in its file."""
    must_be_installed("codex")
    lab.fresh("codex")
    assert run_codex(lab.router, codex_folder, TOOL_PROMPT, routed=True).exit_code == 0
    return lab.rows(2)[0]["session"]  # type: ignore[no-any-return]  # a text column


@pytest.mark.parametrize("target", ["codex", "anthropic", "gemini"])
def test_a_conversation_is_rebuilt_for_any_provider(lab: Lab, session: str, target: str) -> None:
    how, model = TARGETS[target]
    lab.fresh(how)
    asked = {"model": model, "input": "What did the tool say?", "previous_response_id": "resp_before_the_router"}
    answer = lab.http.post("/v1/responses", json=asked, headers={"session-id": session})
    assert answer.status_code == 200, answer.text
    sent = lab.seen()[-1].body.decode()
    for words in (TOOL_PROMPT, "echo tool-ok", "What did the tool say?"):
        assert words in sent
    assert "rebuilt from Codex's file of session" in lab.rows(1)[0]["because"]


def test_another_session_is_not_rebuilt(lab: Lab, session: str) -> None:
    lab.fresh("codex")
    other = session[:-4] + ("0000" if not session.endswith("0000") else "1111")
    asked = {"model": "codex/gpt-5.5", "input": "And now?", "previous_response_id": "resp_before_the_router"}
    answer = lab.http.post("/v1/responses", json=asked, headers={"session-id": other})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "previous_response_not_found")
