"""ChatGPT logins that are renewed under a real router: turns over HTTP and over WebSocket."""

import itertools
import time
from collections.abc import Iterator

import orjson
import pytest

from router_core.oauth.ensure import wait_for
from router_core.oauth.want import Want
from router_core.simulator import Script, SimulatorThread
from router_core.tokens.token import Token
from tests.support.lab import Lab, running_lab
from tests.support.router import wait_until
from tests.support.websocket import opened, say, text_of, turn

TOKEN_PATH = "/oauth/token"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with SimulatorThread(Script(websocket=True)) as simulator:
        env = {"MITMROUTER__OAUTH__CODEX__BASE_URL": simulator.url}
        with running_lab(tmp_path_factory.mktemp("renewal"), simulator=simulator, env=env) as running:
            yield running


def _log_in(lab: Lab, left_s: float = 864_000.0) -> Token:
    """The simulator gives out the same tokens after each reset: not twice in one run of ours."""
    lab.fresh()
    lab.simulator.reset()
    chain = [lab.simulator.log_in("codex") for _ in range(next(_numbers))][-1]
    lab.secrets["first"] = chain.access_token
    token = lab.store.add(
        Token(
            "", "first", "codex", chain.access_token, chain.refresh_token, expires_at=time.time() + left_s,
            login="codex",
        )
    )  # fmt: skip
    wait_until(lambda: [found["name"] for found in lab.status()] == ["first"])
    return token


def _uses(lab: Lab) -> int:
    return sum(1 for seen in lab.simulator.requests if seen.path == TOKEN_PATH)


@pytest.mark.parametrize("streamed", [False, True])
def test_a_refused_login_is_renewed_within_the_request(lab: Lab, streamed: bool) -> None:
    _log_in(lab)
    lab.faults(lab.fault("unauthorized_401"))
    if streamed:
        with lab.stream("codex") as answer:
            assert b"response.completed" in answer.read()
    else:
        assert lab.ask("codex").status_code == 200
    assert lab.outcomes() == [("first", "credential_refused", "same_token"), ("first", "answered", "done")]
    assert _uses(lab) == 1


def test_a_login_that_has_run_out_is_renewed_before_the_turn(lab: Lab) -> None:
    _log_in(lab, left_s=-60)
    with opened(lab) as socket:
        assert text_of(turn(socket, input=say("good morning"))).startswith("You said: good morning.")
    assert lab.outcomes() == [("first", "answered", "done")]
    assert _uses(lab) == 1


def test_a_turn_over_websocket_whose_login_is_refused_goes_on_with_the_renewed_one(lab: Lab) -> None:
    _log_in(lab)
    lab.faults(lab.fault("unauthorized_401"))
    with opened(lab) as socket:
        assert text_of(turn(socket, input=say("hello there"))).startswith("You said: hello there.")
    assert lab.outcomes() == [("first", "credential_refused", "same_token"), ("first", "answered", "done")]
    assert _uses(lab) == 1


def test_a_handshake_whose_login_is_refused_is_made_with_the_renewed_one(lab: Lab) -> None:
    _log_in(lab)
    lab.faults(lab.fault("unauthorized_401", path="/backend-api/codex/responses"))
    with opened(lab) as socket:
        assert text_of(turn(socket, input=say("hello there"))).startswith("You said: hello there.")
    assert lab.outcomes() == [("first", "answered", "done")]  # a handshake has no row of its own
    assert _uses(lab) == 1


def test_a_session_over_websocket_outlives_the_renewal_of_its_token(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next turn needs a new socket, and no socket but the old one knows what it continues: it is sent in full."""
    monkeypatch.setenv("MITMROUTER__OAUTH__CODEX__BASE_URL", lab.simulator.url)
    token = _log_in(lab)
    with opened(lab) as socket:
        first = turn(socket, input=say("my name is Ada"))
        assert wait_for(lab.router.home, token.id, Want(refused=0)).state == "renewed"
        time.sleep(0.05)
        previous = first[-1]["response"]["id"]
        assert text_of(turn(socket, input=say("and now?"), previous_response_id=previous)).startswith(
            "You said: and now?"
        )
    turns = [orjson.loads(seen.body) for seen in lab.seen() if seen.method == "WS"]
    assert len(turns) == 2
    assert "previous_response_id" not in turns[1]
    assert "my name is Ada" in orjson.dumps(turns[1]["input"]).decode()
    tokens = {seen.token for seen in lab.seen() if seen.method == "WS"}
    assert len(tokens) == 2
