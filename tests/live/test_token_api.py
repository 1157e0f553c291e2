"""Tokens over the admin API of a real router: added, changed, put in order, imported, logged in to, removed; and no
secret that goes in ever comes out."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from router_core.importing.environment_source import COPILOT, KEYS
from router_core.oauth.steps import OpenPage
from router_core.simulator import OAuth, Script
from router_core.simulator import Person as SimulatedPerson
from tests.router_core.oauth.walking import Person
from tests.router_core.vendors.logins import claude_profile, claude_text, put
from tests.support.canaries import canary
from tests.support.lab import Lab, running_lab
from tests.support.router import wait_until

YEAR_2100_MS = 4_102_444_800_000
CLAUDE = canary("claude code", "sk-ant-oat01-{}")
KEY = canary("environment", "sk-proj-{}")
TYPED = canary("typed", "sk-ant-api03-{}")
WRONG = canary("wrong", "sk-proj-\N{SNOWMAN}{}")
PASTED = canary("pasted")


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder with Claude Code's login."""
    folder = tmp_path_factory.mktemp("person")
    put(folder / ".claude.json", claude_profile())
    text = claude_text(access=CLAUDE.value, expiresAt=YEAR_2100_MS, refreshTokenExpiresAt=YEAR_2100_MS)
    put(folder / ".claude" / ".credentials.json", text)
    return folder


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, person: Path) -> Iterator[Lab]:
    """A router of a person, whose logins are made at the simulator."""
    folder = tmp_path_factory.mktemp("token-api")
    script = Script(oauth=OAuth(people=[SimulatedPerson(plan="plus")], device_interval_s=1))
    none = dict.fromkeys((*KEYS, *COPILOT, "CLAUDE_CONFIG_DIR", "CODEX_HOME", "GOOGLE_APPLICATION_CREDENTIALS"), "")
    env = {**none, "HOME": str(person), "OPENAI_API_KEY": KEY.value, "XDG_CONFIG_HOME": str(person / ".config")}
    with running_lab(folder, script, env=env) as lab:
        url = lab.simulator.url
        config = "".join(f'[oauth.{name}]\nbase_url = "{url}"\n' for name in ("claude", "codex", "copilot"))
        lab.router.home.config.write_text(config)
        wait_until(lambda: "configuration reloaded" in lab.router.log())
        yield lab
        _holds_no_secret(lab)


def _holds_no_secret(lab: Lab) -> None:
    for file in lab.router.home.path.rglob("*"):
        if file.is_file() and not file.name.startswith(("tokens.db", "admin.token", "gateway.token")):
            data = file.read_bytes()
            for planted in (CLAUDE, KEY, TYPED, WRONG, PASTED):
                assert not any(trace in data for trace in planted.traces), (planted.name, file)


def admin(lab: Lab, method: str, path: str, body: Any = None) -> httpx.Response:
    """A call as the TUI makes it; no answer holds a secret that was planted."""
    headers = {**lab.router.admin_headers, "content-type": "application/json"}
    answer = lab.http.request(method, path, json={} if body is None and method != "GET" else body, headers=headers)
    for planted in (CLAUDE, KEY, TYPED, WRONG, PASTED):
        assert not any(trace in answer.content for trace in planted.traces), (planted.name, path)
    return answer


def names(lab: Lab) -> list[str]:
    return [token["name"] for token in lab.status()]


def test_token_is_added_tried_and_at_work_at_once(own: Lab) -> None:
    own.fresh()
    given = {"name": "typed", "provider": "anthropic", "access_token": TYPED.value, "priority": 3, "test": True}
    added = admin(own, "POST", "/api/tokens", given)
    assert added.status_code == 201, added.text
    assert added.json()["token"]["name"] == "typed"
    assert added.json()["notes"] == ["anthropic is called claude here."]
    assert added.json()["tested"]
    assert own.ask("anthropic").status_code == 200
    assert own.seen()[-1].token == TYPED.value
    again = admin(own, "POST", "/api/tokens", {**given, "name": "twice"})
    assert (again.status_code, again.json()["error"]["message"]) == (
        400, "This credential is registered already, as 'typed'.",
    )  # fmt: skip


def test_credential_that_does_not_work_is_not_stored(own: Lab) -> None:
    own.fresh()
    own.faults(own.fault("unauthorized_401", "*"))
    given = {"name": "bad", "provider": "claude", "access_token": TYPED.value, "test": True}
    answer = admin(own, "POST", "/api/tokens", given)
    assert (answer.status_code, answer.json()["stored"], answer.json()["token"]) == (200, False, None)
    assert "credential_refused" in answer.json()["tested"]
    assert names(own) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"access_token": WRONG.value}, "non-ASCII characters"),
        ({"access_token": ""}, "The access token is empty."),
        ({"name": "demo-x"}, "belong to the demo"),
        ({"provider": "nowhere"}, "There is no provider 'nowhere'"),
        ({"claude_code_compat": True, "access_token": TYPED.value}, "for Claude subscription tokens"),
        ({"acces_token": TYPED.value}, "acces_token"),
        ({"access_token": [TYPED.value]}, "access_token"),
        ({"priority": TYPED.value}, "priority"),
    ],
    ids=["odd", "empty", "demo", "provider", "compat", "unknown field", "list", "number"],
)
def test_what_cannot_be_a_token_is_told_without_repeating_it(own: Lab, change: dict[str, Any], says: str) -> None:
    given = {"name": "new", "provider": "claude", "access_token": "sk-ant-api03-good-enough", **change}
    answer = admin(own, "POST", "/api/tokens", given)
    assert answer.status_code == 400
    assert says in answer.json()["error"]["message"]


def test_a_token_is_edited_renamed_given_a_new_credential_and_removed(own: Lab) -> None:
    own.fresh("anthropic", tokens=("old",))
    wanted = {"name": "new", "weight": 2.5, "max_concurrent": 4, "access_token": TYPED.value}
    changed = admin(own, "PATCH", "/api/tokens/old", wanted).json()
    assert (changed["name"], changed["weight"], changed["max_concurrent"]) == ("new", 2.5, 4)
    assert admin(own, "PATCH", "/api/tokens/new", {"max_concurrent": 0}).json()["max_concurrent"] is None
    own.ask("anthropic")
    assert own.seen()[-1].token == TYPED.value
    refused = admin(own, "PATCH", "/api/tokens/new", {"claude_code_compat": True})
    assert "for Claude subscription tokens" in refused.json()["error"]["message"]
    assert admin(own, "DELETE", "/api/tokens/new").json() == {"name": "new", "provider": "claude"}
    assert names(own) == []
    assert admin(own, "DELETE", "/api/tokens/new").status_code == 404


def test_order_counts_from_the_next_request_on(own: Lab) -> None:
    own.fresh("anthropic", "codex", tokens=("a", "b", "c"))
    order = [f"anthropic-{name}" for name in ("c", "a", "b")]
    answer = admin(own, "PUT", "/api/tokens/order", {"names": order}).json()
    assert [(token["name"], token["priority"]) for token in answer["tokens"]] == list(zip(order, range(3), strict=True))
    own.ask("anthropic")
    assert own.paid() == ["anthropic-c"]
    mixed = admin(own, "PUT", "/api/tokens/order", {"names": ["anthropic-a", "codex-a"]})
    assert "one of a single provider's tokens" in mixed.json()["error"]["message"]


def test_rest_is_ended_by_its_owner_and_one_token_is_told_in_full(own: Lab) -> None:
    own.fresh("anthropic", tokens=("only",))
    own.faults(own.fault("window_exhausted", "only", times=1))
    session = {"x-claude-code-session-id": "bound"}
    assert own.ask("anthropic", headers=session).status_code == 429
    assert own.status()[0]["status"] == "resting"
    assert admin(own, "DELETE", "/api/tokens/only/cooldowns?model=another").json()["status"] == "resting"
    assert admin(own, "DELETE", "/api/tokens/only/cooldowns").json()["cooldowns"] == []
    assert own.ask("anthropic", headers=session).status_code == 200
    own.rows(2)

    def told() -> Any:
        detail = admin(own, "GET", "/api/tokens/only").json()
        return detail if detail["sessions"] and detail["used"]["today"]["requests"] else None

    detail = wait_until(told)
    assert (detail["name"], detail["in_flight"]) == ("only", 0)
    assert [bound["session"] for bound in detail["sessions"]] == ["bound"]
    assert detail["used"]["days_30"]["requests"] >= detail["used"]["today"]["requests"] >= 1
    assert set(detail["samples"]) <= {window["name"] for window in detail["windows"]}


def test_what_other_programs_have_is_listed_and_what_is_chosen_is_imported(own: Lab) -> None:
    own.fresh()
    found = {(each["source"], each["provider"]): each for each in admin(own, "GET", "/api/imports").json()["found"]}
    claude, key = found["claude", "claude"], found["env", "openai"]
    assert claude["shared_with"].startswith("Claude Code (")
    assert (claude["action"], claude["account"].partition(" ")[0]) == ("add", "me@example.com")
    assert (key["action"], key["where"], key["shared_with"]) == ("add", "$OPENAI_API_KEY", "")
    done = admin(own, "POST", "/api/imports", {"ids": [claude["id"]], "priority": 9}).json()["imported"]
    assert [(each["name"], each["action"]) for each in done] == [("claude-me", "add")]
    assert "is shared with Claude Code" in done[0]["notes"][0]
    assert own.ask("oauth").status_code == 200
    assert own.seen()[-1].token == CLAUDE.value
    assert admin(own, "GET", "/api/tokens/claude-me").json()["login"]["shared_with"].startswith("Claude Code (")
    again = admin(own, "POST", "/api/imports", {"ids": [claude["id"]]})
    assert "It is there already." in again.json()["error"]["message"]
    assert "look again" in admin(own, "POST", "/api/imports", {"ids": ["0" * 16]}).json()["error"]["message"]


def test_a_login_is_begun_finished_and_renewed_over_the_api(own: Lab) -> None:
    own.fresh()
    begun = admin(own, "POST", "/api/logins", {"provider": "claude", "name": "mine"}).json()
    assert (begun["state"], begun["way"], begun["user_code"]) == ("waiting", "paste", "")
    assert "claude setup-token" in begun["notes"][0]
    assert re.match(r"http://127\.0\.0\.1:\d+/", begun["url"])
    wrong = admin(own, "POST", f"/api/logins/{begun['id']}", {"code": f"{PASTED.value}#another-state"}).json()
    assert "its state is not the one that was sent" in wrong["problem"]
    person = Person()
    person(OpenPage(begun["url"]))
    admin(own, "POST", f"/api/logins/{begun['id']}", {"code": person.code_on_page})
    done = wait_until(lambda: _ended(own, begun["id"]))
    assert (done["state"], done["token"], done["renewed"]) == ("done", "mine", False)
    (chain,) = own.simulator.logins
    assert [token.access_token for token in own.store.all()] == [chain.access_token]
    assert own.ask("oauth").status_code == 200
    assert own.seen()[-1].token == chain.access_token
    renewed = admin(own, "POST", "/api/tokens/mine/refresh").json()
    assert (renewed["ok"], renewed["state"]) == (True, "renewed")
    assert renewed["expires_at"]
    for secret in (chain.access_token, chain.refresh_token, person.code_on_page.partition("#")[0]):
        assert secret not in json.dumps([begun, wrong, done, renewed])
        assert secret not in own.router.log()


def test_a_device_code_is_shown_and_the_login_can_be_given_up(own: Lab) -> None:
    own.fresh()
    begun = admin(own, "POST", "/api/logins", {"provider": "codex", "way": "device"}).json()
    assert begun["user_code"]
    assert begun["prompt"] == ""
    told = admin(own, "POST", f"/api/logins/{begun['id']}", {"code": "x"})
    assert "waits for nothing" in told.json()["error"]["message"]
    assert admin(own, "POST", f"/api/logins/{begun['id']}", {}).status_code == 400
    assert admin(own, "DELETE", f"/api/logins/{begun['id']}").json()["state"] == "cancelled"
    assert next(login["id"] for login in admin(own, "GET", "/api/logins").json()["logins"]) == begun["id"]
    assert admin(own, "GET", "/api/logins/nothing").status_code == 404
    assert names(own) == []


def test_a_key_is_not_renewed_and_says_so(own: Lab) -> None:
    own.fresh("anthropic", tokens=("only",))
    answer = admin(own, "POST", "/api/tokens/only/refresh")
    assert (answer.status_code, "no login that could be renewed" in answer.text) == (400, True)


def test_services_say_how_one_gets_in(own: Lab) -> None:
    own.fresh("anthropic", tokens=("only",))
    known = {each["name"]: each for each in admin(own, "GET", "/api/providers").json()["providers"]}
    assert (known["claude"]["title"], known["claude"]["ways"], known["claude"]["tokens"]) == ("Anthropic", ["paste"], 1)
    assert known["codex"]["ways"] == ["browser", "paste", "device"]
    assert (known["openai"]["login"], known["openai"]["ways"]) == ("", [])


def _ended(lab: Lab, login_id: str) -> Any:
    login = admin(lab, "GET", f"/api/logins/{login_id}").json()
    return login if login["state"] in ("done", "failed", "cancelled") else None
