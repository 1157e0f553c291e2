"""How the project behind a Google login is found, by the answers of the service."""

from typing import Any

import orjson
import pytest

from router_core.oauth.http import HttpAnswer, HttpCall
from router_core.providers.code_assist_project import Found, GoogleKind, NoProject, find_project, follow
from router_core.simulator import SimulatorThread
from router_core.simulator.script import Account, Script

BASE = "https://cloudcode-pa.googleapis.com"
FREE = {"id": "free-tier", "isDefault": True}
STANDARD = {"id": "standard-tier", "userDefinedCloudaicompanionProject": True}


class Service:
    """Gives the answers of a list, and notes what it is asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.calls: list[HttpCall] = []
        self.slept: list[float] = []

    def send(self, call: HttpCall) -> HttpAnswer:
        self.calls.append(call)
        answer = self.answers.pop(0)
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        return HttpAnswer(status, {}, orjson.dumps(body))

    def find(self, kind: GoogleKind = "code-assist") -> Found:
        return follow(find_project(BASE, kind, "ya29.secret", 1000.0), self.send, self.slept.append)

    def bodies(self) -> list[Any]:
        return [orjson.loads(call.body) for call in self.calls if call.body]


def test_an_account_that_is_set_up_is_asked_once() -> None:
    service = Service({"currentTier": STANDARD, "cloudaicompanionProject": "proj"})
    found = service.find()
    assert (found, found.facts) == (Found("proj", "standard-tier"), {"project": "proj", "plan": "standard-tier"})
    (call,) = service.calls
    assert (call.method, call.url) == ("POST", f"{BASE}/v1internal:loadCodeAssist")
    assert ("authorization", "Bearer ya29.secret") in call.headers
    assert "secret" not in repr(call.body)


def test_a_new_account_is_set_up_and_waited_for() -> None:
    done = {"name": "operations/x", "done": True, "response": {"cloudaicompanionProject": {"id": "made"}}}
    service = Service({"allowedTiers": [FREE]}, {"name": "operations/x"}, {"name": "operations/x", "done": False}, done)
    assert service.find("antigravity") == Found("made", "free-tier")
    assert service.slept == [5.0, 5.0]
    assert service.bodies()[1] == {
        "tierId": "free-tier",
        "metadata": {"ideType": "ANTIGRAVITY", "platform": "PLATFORM_UNSPECIFIED", "pluginType": "GEMINI"},
    }
    assert [call.url for call in service.calls[2:]] == [f"{BASE}/v1internal/operations/x"] * 2


REFUSED = {"reasonCode": "UNSUPPORTED_CLIENT", "reasonMessage": "This client is no longer supported."}
LINK = "https://accounts.google.com/v"
UNVERIFIED = {"reasonCode": "VALIDATION_REQUIRED", "reasonMessage": "Verify.", "validationUrl": LINK}
ERROR = {"error": {"code": 401, "message": "bad", "status": "UNAUTHENTICATED"}}


@pytest.mark.parametrize(
    ("answers", "permanent", "words"),
    [
        ([{"allowedTiers": [STANDARD], "ineligibleTiers": [REFUSED]}], True, "2026-06-18"),
        ([{"allowedTiers": [FREE], "ineligibleTiers": [UNVERIFIED]}], True, "Open https://accounts.google.com/v"),
        ([{"allowedTiers": [STANDARD]}], True, "[providers.gemini-cli] project"),
        ([{"currentTier": STANDARD}], True, "[providers.gemini-cli] project"),
        ([(401, ERROR)], False, "UNAUTHENTICATED"),
        ([(503, {})], False, "503"),
        ([{"allowedTiers": [FREE]}, {"done": True}], True, "without a project"),
        ([{"allowedTiers": [FREE]}, *[{"name": "operations/x"}] * 30], False, "still setting"),
        ([{"allowedTiers": [FREE]}, {"name": "https://evil.test/"}], False, "still setting"),
    ],
    ids=["shut-down", "unverified", "own-project", "no-project", "401", "503", "empty", "slow", "foreign-name"],
)
def test_an_account_without_a_project_is_told_why(answers: list[Any], permanent: bool, words: str) -> None:
    with pytest.raises(NoProject) as refused:
        Service(*answers).find()
    assert refused.value.permanent is permanent
    assert words in refused.value.message


@pytest.mark.parametrize(("plan", "tier"), [("", "standard-tier"), ("free-tier", "free-tier"), ("new", "free-tier")])
def test_it_works_with_the_simulated_service(plan: str, tier: str) -> None:
    from router_core.oauth.http import send

    account = Account(token="ya29.account", kind="code-assist", plan=plan, project="proj")
    with SimulatorThread(Script(accounts=[account])) as simulator:
        steps = find_project(simulator.url, "code-assist", account.token, 1000.0)
        assert follow(steps, send, lambda seconds: None) == Found("proj", tier)
