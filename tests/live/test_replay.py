"""A traced request is asked again by a real router: of another target, by a chosen token, by no client's choice."""

import json
import subprocess
import sys
from typing import Any

import pytest

from router_core.trace.tickets import HEADER, Tickets
from tests.live.test_admin_api import admin
from tests.router_core.cli.conftest import ROOT
from tests.support.lab import ANTHROPIC, Lab


def _again(lab: Lab, id: str = "last", status: int = 200, **change: Any) -> Any:
    answer = admin(lab, "POST", f"/api/traces/{id}/replay", change)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_the_same_is_asked_again_in_a_session_of_its_own(lab: Lab) -> None:
    lab.fresh("anthropic")
    first = lab.ask("anthropic", headers={"x-claude-code-session-id": "mine"})
    lab.rows(1)
    told = _again(lab)
    before, after = told["before"], told["after"]
    assert before["id"] != after["id"]
    assert (after["status"], after["state"], after["provider"]) == (200, "ok", "claude")
    assert before["text"] == first.json()["content"][0]["text"]
    assert after["text"]
    assert after["usage"]["output_tokens"] > 0
    assert after["cost_nano_usd"] > 0
    old, new = lab.rows(2)
    assert (old["session"], new["session"].partition("-")[0]) == ("mine", "replay")
    one, two = lab.seen()
    assert json.loads(one.body) == json.loads(two.body)


def test_a_streamed_request_is_streamed_again(lab: Lab) -> None:
    lab.fresh("anthropic")
    with lab.stream("anthropic") as answer:
        answer.read()
    lab.rows(1)
    after = _again(lab)["after"]
    assert lab.rows(2)[1]["streamed"] == 1
    assert after["ttft_ms"] is not None
    assert after["stop_reason"] == "end_turn"


def test_only_the_named_token_pays_and_it_fails_with_it(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.ask("anthropic")
    lab.rows(1)
    assert _again(lab, token="second")["after"]["token"] == "second"
    assert _again(lab)["after"]["token"] == "first"
    assert lab.paid() == ["first", "second", "first"]
    lab.faults(lab.fault("overloaded_529", token="second"))
    failed = _again(lab, token="second")["after"]
    assert (failed["state"], failed["status"]) != ("ok", 200)
    assert "first" not in lab.paid()[3:]
    assert _again(lab, token="nobody", status=404)["error"]["code"] == "not_found"


def test_another_target_answers_in_the_format_that_was_asked(lab: Lab) -> None:
    lab.fresh("anthropic", "responses")
    lab.ask("anthropic")
    lab.rows(1)
    told = _again(lab, target="openai/gpt-5.5")
    assert (told["after"]["provider"], told["after"]["model"]) == ("openai", "gpt-5.5")
    assert told["after"]["text"]
    assert lab.seen()[1].path.endswith("/responses")
    assert _again(lab, target="gpt", status=400)["error"]["code"] == "bad_target"


def test_a_target_that_does_not_exist_is_refused_in_the_routers_words(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.ask("anthropic")
    lab.rows(1)
    after = _again(lab, target="nowhere/m")["after"]
    assert (after["state"], after["status"], after["provider"]) == ("refused", 404, "")
    assert after["text"].startswith("not_found_error: No provider with a token is known to serve the model 'nowhere/m'")


@pytest.mark.parametrize("ticket", ["", "made-up", "forged"])
def test_a_client_cannot_choose_who_pays(lab: Lab, ticket: str) -> None:
    lab.fresh("anthropic")
    forged = Tickets().give(lab.store.named("second").id, lab.router.home.gateway_token(), 4e9)
    answer = lab.ask("anthropic", headers={HEADER: forged if ticket == "forged" else ticket})
    assert (answer.status_code, answer.json()["error"]["type"]) == (403, "permission_error")
    assert lab.paid() == []


def test_the_gateway_token_does_not_open_the_endpoint(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.ask("anthropic")
    answer = lab.http.post("/api/traces/last/replay", json={})
    assert answer.status_code == 403
    assert lab.paid() == ["first"]


def test_a_ticket_never_reaches_a_provider_or_the_trace(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.ask("anthropic")
    lab.rows(1)
    _again(lab, token="second")
    assert HEADER not in {name.lower() for seen in lab.seen() for name, _ in seen.headers}
    assert HEADER not in str([lab.attempts(row) for row in lab.rows(2)])


def test_what_was_redacted_is_not_asked_again(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.ask("anthropic", messages=[{"role": "user", "content": "sk-ant-api03-" + "aB3x" * 12}])
    lab.rows(1)
    assert "secret" in _again(lab, status=409)["error"]["message"]
    assert _again(lab, "nothing-of-it", 404)["error"]["code"] == "not_found"


def test_the_command_shows_both_side_by_side(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.http.post(
        "/claude/v1/messages", headers=ANTHROPIC,
        json={"model": "claude-haiku-4-5", "max_tokens": 50, "messages": [{"role": "user", "content": "hi"}]},
    )  # fmt: skip
    lab.rows(1)
    command = [sys.executable, "-P", "-m", "router_core.cli", "--home", str(lab.router.home.path), "trace"]

    def run(*arguments: str) -> str:
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, cwd=ROOT, check=False, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    shown = run("replay", "last", "--token", "second", "--count", "2")
    lines = shown.splitlines()
    assert lines[0].split() == ["first", "again", "1", "again", "2"]
    assert [line.split()[1:] for line in lines if line.startswith("token ")] == [["first", "second", "second"]]
    assert any(line.startswith("cost ") and line.count("$") == 3 for line in lines)
    pair = json.loads(run("diff", lab.rows(3)[0]["id"], "last", "--json"))
    assert pair["asked"] == {"why": "", "changes": []}
    assert (pair["before"]["token"], pair["after"]["token"]) == ("first", "second")
