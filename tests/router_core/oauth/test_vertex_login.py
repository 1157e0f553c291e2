"""Google Cloud credentials: which file is found, what it proves, and what is refused."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from router_core.clock import FixedClock
from router_core.oauth import vertex
from router_core.oauth.http import send
from router_core.oauth.token_set import LoginFailed, RefreshFailed
from router_core.oauth.vertex_login import default_credentials, file_flow, metadata_flow, read_file
from router_core.simulator import OAuth, Script, ServiceAccount, SimulatorThread
from router_core.tokens.token import Token
from tests.router_core.oauth.walking import GOOGLE, config_for, walk
from tests.router_core.simulator.asking_oauth import key_pair

EMAIL = "robot@p-1.iam.gserviceaccount.com"
PRIVATE, PUBLIC = key_pair()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def sim(clock: FixedClock) -> Iterator[SimulatorThread]:
    oauth = OAuth(service_accounts=[ServiceAccount(email=EMAIL, public_key=PUBLIC)])
    with SimulatorThread(Script(oauth=oauth), clock=clock) as simulator:
        yield simulator


def key_file(**changes: str) -> str:
    info = {"type": "service_account", "client_email": EMAIL, "private_key": PRIVATE, "project_id": "p-1"}
    return json.dumps({**info, "token_uri": "https://oauth2.googleapis.com/token", **changes})


def test_service_account_is_proved_and_renewed(sim: SimulatorThread, clock: FixedClock) -> None:
    config = config_for(sim.url)
    found = walk(file_flow(key_file(), "", "europe-west1", config, clock), lambda _: None)
    assert found.access_token.startswith("ya29.")
    assert (found.account_id, found.facts["project"], found.facts["location"]) == (EMAIL, "p-1", "europe-west1")
    token = found.put_into(Token("t", "cloud", "vertex", "", login="vertex"), clock.now())
    clock.advance(3600)
    answer = send(vertex.refresh_call(token, config, clock.now()))
    assert vertex.read_refresh(answer, token, clock.now()).access_token != found.access_token


def test_gcloud_login_is_renewed_by_its_own_refresh_token(sim: SimulatorThread, clock: FixedClock) -> None:
    chain = sim.log_in("google")
    info = {"type": "authorized_user", **GOOGLE, "refresh_token": chain.refresh_token, "quota_project_id": "p-2"}
    found = walk(file_flow(json.dumps(info), "", "", config_for(sim.url), clock), lambda _: None)
    assert found.access_token.startswith("ya29.")
    assert found.facts["project"] == "p-2"


def test_machine_in_googles_cloud_needs_no_file(sim: SimulatorThread, clock: FixedClock) -> None:
    config = config_for(sim.url)
    found = walk(metadata_flow("", "", config, clock), lambda _: None)
    assert (found.account_id, found.facts["project"]) == ("machine@sim-project.iam.gserviceaccount.com", "sim-project")
    token = found.put_into(Token("t", "cloud", "vertex", "", login="vertex"), clock.now())
    assert vertex.read_refresh(send(vertex.refresh_call(token, config, clock.now())), token, clock.now()).access_token


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"private_key": "not a key"}, "no RSA key", id="no key"),
        pytest.param({"private_key": ""}, "no client_email or no private_key", id="empty key"),
        pytest.param(
            {"token_uri": "https://evil.example/token"}, "no address of Google's", id="somebody else's server"
        ),
        pytest.param({"token_uri": "http://oauth2.googleapis.com/token"}, "no address of Google's", id="plain http"),
        pytest.param({"type": "external_account"}, "external_account", id="other type"),
        pytest.param({"client_email": "stranger@p-1.iam"}, "refused", id="unknown account"),
    ],
)
def test_credentials_that_cannot_work_are_refused_without_repeating_them(
    sim: SimulatorThread, clock: FixedClock, changes: dict[str, str], message: str
) -> None:
    with pytest.raises(LoginFailed, match=message) as failed:
        walk(file_flow(key_file(**changes), "", "", config_for(sim.url), clock), lambda _: None)
    assert "PRIVATE KEY" not in failed.value.message


def test_token_without_credentials_says_that_only_a_login_helps(clock: FixedClock) -> None:
    token = Token("t", "cloud", "vertex", "a", login="vertex", extra={"service_account": "{"})
    with pytest.raises(RefreshFailed, match="auth login vertex"):
        vertex.refresh_call(token, config_for("http://127.0.0.1:9"), clock.now())


def test_file_of_the_variable_comes_first_then_that_of_gcloud(tmp_path: Path) -> None:
    gcloud = tmp_path / ".config/gcloud/application_default_credentials.json"
    assert default_credentials({"HOME": str(tmp_path)}) is None
    gcloud.parent.mkdir(parents=True)
    gcloud.write_text("{}")
    assert default_credentials({"HOME": str(tmp_path)}) == gcloud
    assert default_credentials({"CLOUDSDK_CONFIG": str(gcloud.parent)}) == gcloud
    key = tmp_path / "key.json"
    key.write_text("{}")
    assert default_credentials({"HOME": str(tmp_path), "GOOGLE_APPLICATION_CREDENTIALS": str(key)}) == key
    with pytest.raises(LoginFailed, match="not there"):
        default_credentials({"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "gone.json")})


@pytest.mark.parametrize("text", ["", "[]", "{}", "not json", '{"type": ""}'])
def test_file_that_is_no_credentials_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "key.json").write_text(text)
    with pytest.raises(LoginFailed, match="no file of Google Cloud credentials"):
        read_file(tmp_path / "key.json")
    with pytest.raises(LoginFailed, match="cannot be read"):
        read_file(tmp_path / "gone.json")
