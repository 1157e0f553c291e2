"""Each login from its first page to its tokens, against authorization servers that refuse what the real ones refuse."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from router_core.clock import FixedClock
from router_core.config.schema import Config
from router_core.oauth.code_flow import Proof, new_proof
from router_core.oauth.flows import PASTE_ADDRESS, Way, flow_of
from router_core.oauth.http import HttpCall, send
from router_core.oauth.logins import renewal_of
from router_core.oauth.steps import Ask, Flow, OpenPage, Paste, Step, Wait
from router_core.oauth.token_set import LoginFailed, TokenSet
from router_core.simulator import Fault, OAuth, Script, SimulatorThread
from router_core.simulator import Person as SimulatedPerson
from router_core.tokens.token import Login, Token
from tests.router_core.oauth.walking import Person, config_for, walk

PEOPLE = [
    SimulatedPerson(plan="max"),
    SimulatedPerson(workspace="Work"),
    SimulatedPerson(email="n@example.com", plan="none"),
]
REDIRECTS: dict[Login, str] = {
    "codex": "http://localhost:1457/auth/callback",
    "gemini": "http://127.0.0.1:4711/oauth2callback",
    "antigravity": "http://localhost:51121/oauth-callback",
}


@pytest.fixture(scope="module")
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(scope="module")
def running(clock: FixedClock) -> Iterator[SimulatorThread]:
    with SimulatorThread(Script(oauth=OAuth(people=PEOPLE)), clock=clock) as simulator:
        yield simulator


@pytest.fixture
def sim(running: SimulatorThread) -> SimulatorThread:
    running.reset()
    return running


def begin(sim: SimulatorThread, clock: FixedClock, login: Login, way: Way, proof: Proof | None = None) -> Flow:
    redirect = REDIRECTS[login] if way == "browser" else ""
    return flow_of(login, way, config_for(sim.url), clock, proof or new_proof(), redirect)


def log_in(
    sim: SimulatorThread, clock: FixedClock, login: Login, way: Way, person: Person | None = None, **walking: Any
) -> TokenSet:
    """One login as it should go, but for what `walking` says."""
    someone = person or Person()
    usual = {
        "callback": lambda: someone.query,
        "paste": lambda _: someone.code_on_page or someone.location,
    }
    return walk(begin(sim, clock, login, way), someone, clock=clock, **{**usual, **walking})


WAYS: list[tuple[Login, Way]] = [
    ("claude", "paste"), ("codex", "browser"), ("codex", "paste"), ("codex", "device"), ("copilot", "device"),
    ("gemini", "browser"), ("gemini", "paste"), ("antigravity", "browser"), ("antigravity", "paste"),
]  # fmt: skip


@pytest.mark.parametrize(("login", "way"), WAYS)
def test_login_ends_with_tokens_that_can_be_renewed(
    sim: SimulatorThread, clock: FixedClock, login: Login, way: Way
) -> None:
    found = log_in(sim, clock, login, way)
    assert found.access_token
    assert found.refresh_token
    assert found.expires_at
    assert found.expires_at > clock.now()
    assert found.account_id
    assert found.facts["user" if login == "copilot" else "email"].startswith("person")
    token = found.put_into(Token("t", "mine", login, "", login=login), clock.now())
    renewal, config = renewal_of(login), config_for(sim.url)
    renewed = renewal.read_refresh(send(renewal.refresh_call(token, config, clock.now())), token, clock.now())
    assert renewed.access_token not in ("", found.access_token)


@pytest.mark.parametrize(("login", "way"), [one for one in WAYS if one[1] != "device"])
def test_page_asks_with_a_challenge_a_state_and_the_registered_redirect(
    sim: SimulatorThread, clock: FixedClock, login: Login, way: Way
) -> None:
    person, proof = Person(), new_proof()
    flow = begin(sim, clock, login, way, proof)
    step = next(flow)
    person(step)
    fields = {name: value for name, (value,) in parse_qs(urlsplit(step.url).query).items()}
    assert fields["response_type"] == "code"
    assert fields["code_challenge_method"] == "S256"
    assert fields["state"] == proof.state
    assert len(proof.state) >= 32
    assert 43 <= len(proof.verifier) <= 128
    assert proof.verifier not in step.url
    assert proof.verifier not in repr(proof)


def test_codex_page_has_the_parameters_that_simplify_it(sim: SimulatorThread, clock: FixedClock) -> None:
    person = Person()
    log_in(sim, clock, "codex", "browser", person)
    fields = parse_qs(urlsplit(person.seen[0].url).query)
    assert fields["codex_cli_simplified_flow"] == ["true"]
    assert fields["id_token_add_organizations"] == ["true"]
    assert "offline_access" in fields["scope"][0].split()


def test_google_page_asks_for_a_login_that_lasts(sim: SimulatorThread, clock: FixedClock) -> None:
    person = Person()
    log_in(sim, clock, "antigravity", "browser", person)
    fields = parse_qs(urlsplit(person.seen[0].url).query)
    assert fields["access_type"] == ["offline"]
    assert any(scope.endswith("/cclog") for scope in fields["scope"][0].split())


def test_two_logins_never_have_the_same_proof() -> None:
    proofs = [new_proof() for _ in range(50)]
    assert len({proof.verifier for proof in proofs} | {proof.state for proof in proofs}) == 100


@pytest.mark.parametrize(
    ("login", "way"), [one for one in WAYS if one not in (("claude", "paste"), ("gemini", "paste"))]
)  # theirs is a page that then shows nothing to paste
def test_declined_login_says_so_and_stores_nothing(
    sim: SimulatorThread, clock: FixedClock, login: Login, way: Way
) -> None:
    with pytest.raises(LoginFailed, match=r"declined.*Nothing was stored"):
        log_in(sim, clock, login, way, Person("deny"))
    assert sim.logins == []


@pytest.mark.parametrize("login", ["codex", "gemini", "antigravity"])
def test_answer_of_another_login_is_not_taken(sim: SimulatorThread, clock: FixedClock, login: Login) -> None:
    """Somebody else's code in our listener would log us in to their account."""
    theirs = Person()
    theirs(next(begin(sim, clock, login, "browser")))
    with pytest.raises(LoginFailed, match="belongs to another login"):
        log_in(sim, clock, login, "browser", callback=lambda: theirs.query)
    assert sim.logins == []


@pytest.mark.parametrize("login", ["claude", "codex", "gemini"])
def test_stolen_code_is_worth_nothing_without_its_verifier(
    sim: SimulatorThread, clock: FixedClock, login: Login
) -> None:
    proof = new_proof()
    owner = Person()
    owner(next(begin(sim, clock, login, "paste", proof)))
    thief = begin(sim, clock, login, "paste", replace(proof, verifier=new_proof().verifier))
    with pytest.raises(LoginFailed, match=r"refused \(HTTP 400, invalid_grant"):
        walk(thief, lambda _: None, paste=lambda _: owner.code_on_page or owner.location)
    assert sim.logins == []


@pytest.mark.parametrize("login", ["claude", "codex", "gemini"])
def test_code_that_comes_too_late_is_refused_with_what_to_do(
    sim: SimulatorThread, clock: FixedClock, login: Login
) -> None:
    person = Person()

    def late(step: Paste) -> str:
        clock.advance(601)
        return person.code_on_page or person.location

    with pytest.raises(LoginFailed, match="begin again"):
        log_in(sim, clock, login, "paste", person, paste=late)


def test_code_that_was_used_before_is_refused(sim: SimulatorThread, clock: FixedClock) -> None:
    person, proof = Person(), new_proof()
    flow = begin(sim, clock, "codex", "paste", proof)
    walk(flow, person, paste=lambda _: person.location)
    again = begin(sim, clock, "codex", "paste", proof)
    with pytest.raises(LoginFailed, match="a code works once"):
        walk(again, lambda _: None, paste=lambda _: person.location)


def test_person_who_pastes_the_wrong_thing_is_told_and_may_try_again(sim: SimulatorThread, clock: FixedClock) -> None:
    person = Person()
    asked: list[Paste] = []

    def paste(step: Paste) -> str:
        asked.append(step)
        return ["", "https://chatgpt.com/", person.location][len(asked) - 1]

    assert log_in(sim, clock, "codex", "paste", person, paste=paste).access_token
    assert [step.prompt for step in asked] == [PASTE_ADDRESS] * 3
    assert "Nothing was pasted" in asked[1].problem
    assert "holds no code" in asked[2].problem
    with pytest.raises(LoginFailed, match="Nothing was pasted"):
        log_in(sim, clock, "codex", "paste", person, paste=lambda _: "")


@pytest.mark.parametrize("body", ["{}", '{"access_token": ""}', "<html>", "[]"])
def test_answer_without_an_access_token_is_no_login(sim: SimulatorThread, clock: FixedClock, body: str) -> None:
    sim.set_faults([Fault.model_validate({"fault": "status", "status": 200, "path": "/oauth/token", "body": body})])
    with pytest.raises(LoginFailed, match="no access token"):
        log_in(sim, clock, "codex", "paste")


# ---- device codes ---------------------------------------------------------------------------------------------------


def waited(steps: list[Step]) -> list[float]:
    return [step.seconds for step in steps if isinstance(step, Wait)]


@pytest.mark.parametrize("login", ["codex", "copilot"])
def test_device_login_asks_no_faster_than_told_and_ends_when_the_person_has_typed_the_code(
    sim: SimulatorThread, clock: FixedClock, login: Login
) -> None:
    steps: list[Step] = []
    shown: list[OpenPage] = []
    person = Person()

    class SlowClock(FixedClock):
        """Its person types the code after the third question."""

        def advance(self, seconds: float) -> None:
            clock.advance(seconds)
            if len(waited(steps)) == 4:
                person(shown[0])

    flow = begin(sim, clock, login, "device")
    assert walk(flow, shown.append, clock=SlowClock(), steps=steps).access_token
    assert waited(steps) == [5.0] * 4
    assert shown[0].user_code
    assert shown[0].user_code not in shown[0].url


@pytest.mark.parametrize("login", ["codex", "copilot"])
def test_server_that_wants_fewer_questions_gets_fewer(sim: SimulatorThread, clock: FixedClock, login: Login) -> None:
    path = "/login/oauth/access_token" if login == "copilot" else "/api/accounts/deviceauth/token"
    body = '{"error": "slow_down", "interval": 12}' if login == "copilot" else '{"error": {"code": "slow_down"}}'
    status = 200 if login == "copilot" else 429
    sim.set_faults([Fault.model_validate({"fault": "status", "status": status, "path": path, "body": body})])
    steps: list[Step] = []
    assert log_in(sim, clock, login, "device", steps=steps).access_token
    assert waited(steps) == [5.0, 12.0 if login == "copilot" else 10.0]


@pytest.mark.parametrize("login", ["codex", "copilot"])
def test_device_code_that_nobody_types_expires(sim: SimulatorThread, clock: FixedClock, login: Login) -> None:
    began = clock.now()
    with pytest.raises(LoginFailed, match="expired before it was typed in"):
        walk(begin(sim, clock, login, "device"), lambda _: None, clock=clock)
    assert 880 < clock.now() - began <= 905


@pytest.mark.parametrize("login", ["codex", "copilot"])
def test_moment_without_network_ends_no_device_login(sim: SimulatorThread, clock: FixedClock, login: Login) -> None:
    path = "/login/oauth/access_token" if login == "copilot" else "/api/accounts/deviceauth/token"
    sim.set_faults([Fault.model_validate({"fault": "close_before_headers", "path": path, "times": 2})])
    assert log_in(sim, clock, login, "device").access_token


def test_copilot_login_of_an_account_without_copilot_says_so(sim: SimulatorThread, clock: FixedClock) -> None:
    with pytest.raises(LoginFailed, match="licence"):
        log_in(sim, clock, "copilot", "device", Person(number="2"))


def test_copilot_login_keeps_the_github_token_and_knows_where_its_api_is(
    sim: SimulatorThread, clock: FixedClock
) -> None:
    found = log_in(sim, clock, "copilot", "device")
    assert found.access_token.startswith("tid=")
    assert (found.refresh_token or "").startswith("ghu_")
    assert (found.facts["api_base"], found.facts["user"]) == (f"{sim.url}/copilot-api", "person")


def test_google_login_without_a_client_says_where_it_would_come_from(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PATH", "HOME"):
        monkeypatch.setenv(name, "/nowhere")
    flow = flow_of("gemini", "browser", Config(), clock, new_proof(), REDIRECTS["gemini"])
    with pytest.raises(LoginFailed, match=r"\[oauth\.gemini\].*GEMINI_OAUTH_CLIENT_ID"):
        next(flow)


def test_google_login_that_brings_no_refresh_token_is_refused(sim: SimulatorThread, clock: FixedClock) -> None:
    body = '{"access_token": "ya29.x", "expires_in": 3599}'
    sim.set_faults([Fault.model_validate({"fault": "status", "status": 200, "path": "/token", "body": body})])
    with pytest.raises(LoginFailed, match="no refresh token"):
        log_in(sim, clock, "gemini", "browser")


def test_no_step_shows_a_secret() -> None:
    call = HttpCall("POST", "https://example.com", (), b"code_verifier=secret")
    assert "secret" not in repr(Ask(call))
