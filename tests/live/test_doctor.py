"""`doctor` with a real router, a simulated provider and the real clients: the whole way, and one that leads past it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from router_core.applying import codex_cli
from router_core.applying.change import carry_out, plan_apply
from router_core.applying.settings import Lead, Person
from tests.support.clients import find_client, must_be_installed
from tests.support.lab import Lab, running_lab
from tests.support.router import ROOT, free_port

pytestmark = [pytest.mark.clients, pytest.mark.slow]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


def diagnose(lab: Lab, folder: Path, more: Mapping[str, str] | None = None) -> dict[str, dict[str, Any]]:
    """What `doctor --json` finds, by check (the first finding of each)."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    clients = {f"MITMROUTER_{name.upper()}": str(find_client(name)) for name in ("claude", "codex")}
    environment = {
        **kept, **lab.router.env, **clients, "HOME": str(folder), "PYTHONPATH": str(ROOT),
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "CODEX_HOME": str(folder / "codex"), **(more or {}),
    }  # fmt: skip
    (folder / "codex").mkdir(exist_ok=True)
    command = [sys.executable, "-P", "-m", "router_core.cli", "--home", str(lab.router.home.path), "doctor", "--json"]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode in (0, 1), done.stderr
    return {finding["check"]: finding for finding in reversed(json.loads(done.stdout)["findings"])}


def test_each_client_reaches_the_router_and_the_trace_says_who_paid(lab: Lab, tmp_path: Path) -> None:
    must_be_installed("claude")
    must_be_installed("codex")
    lab.fresh("oauth", "codex", tokens=("work",))
    found = diagnose(lab, tmp_path)
    assert found["router"]["verdict"] == "ok"
    for check, paid in (("client claude", "oauth-work"), ("client codex", "codex-work")):
        assert found[check]["verdict"] == "ok", found[check]
        assert f"paid by {paid}" in found[check]["says"]
    assert found["token oauth-work"]["verdict"] == found["token codex-work"]["verdict"] == "ok"


def test_codex_reaches_it_too_when_its_own_settings_lead_here(lab: Lab, tmp_path: Path) -> None:
    """After `apply`: Codex refuses to start when it is given its token in two ways."""
    must_be_installed("codex")
    lab.fresh("codex", tokens=("work",))
    person = Person(tmp_path, {"CODEX_HOME": str(tmp_path / "codex")}, tmp_path)
    lead = Lead(lab.router.url, lab.router.home.gateway_token_file, lab.router.home.gateway_token())
    carry_out(
        lab.router.home, "codex", plan_apply(lab.router.home, "codex", codex_cli.edits(person, lead)), undoing=False
    )
    found = diagnose(lab, tmp_path, {"MITMROUTER_CLAUDE": "/nowhere/claude"})
    assert found["client codex"]["verdict"] == "ok", found["client codex"]


def test_a_setting_that_leads_claude_code_past_the_router_is_found_and_proven(lab: Lab, tmp_path: Path) -> None:
    must_be_installed("claude")
    lab.fresh("oauth", tokens=("work",))
    (tmp_path / ".claude").mkdir()
    elsewhere = f"http://127.0.0.1:{free_port()}"
    settings = {"env": {"ANTHROPIC_BASE_URL": elsewhere, "CLAUDE_CODE_MAX_RETRIES": "0"}}
    (tmp_path / ".claude" / "settings.json").write_text(json.dumps(settings))
    found = diagnose(lab, tmp_path, {"MITMROUTER_CODEX": "/nowhere/codex"})
    assert found["client settings"]["verdict"] == "problem"
    assert elsewhere in found["client settings"]["says"]
    assert found["client claude"]["verdict"] == "problem"
    assert "never came to the router" in found["client claude"]["says"]
    assert found["client codex"]["verdict"] == "skipped"


def test_a_client_whose_request_fails_is_told_from_one_that_never_came(lab: Lab, tmp_path: Path) -> None:
    must_be_installed("claude")
    lab.fresh("oauth", tokens=("work",))
    lab.faults(lab.fault("unauthorized_401", "work"))
    found = diagnose(lab, tmp_path, {"MITMROUTER_CODEX": "/nowhere/codex"})
    assert found["token work"]["verdict"] == "problem"
    assert found["client claude"]["verdict"] == "problem"
    assert "reaches the router; its request for claude/claude-" in found["client claude"]["says"]
    assert "401 authentication_error" in found["client claude"]["says"]
    assert "trace show r" in found["client claude"]["remedy"]
