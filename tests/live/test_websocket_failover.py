"""A WebSocket's turn that fails: before content it goes on with another token or socket unseen, after it never."""

import orjson
import pytest

from tests.support.lab import Lab
from tests.support.websocket import PREAMBLE, handshakes, kinds, opened, say, text_of, turn, turns_seen


@pytest.fixture(scope="module")
def lab(sockets: Lab) -> Lab:
    return sockets


REFUSALS = ["usage_limit_reached", "unauthorized_401", "overloaded_503", "insufficient_quota"]


@pytest.mark.parametrize("fault", REFUSALS)
def test_an_error_before_content_goes_to_the_next_token_in_full(fault: str, lab: Lab) -> None:
    lab.fresh("codex")
    with opened(lab) as socket:
        first = turn(socket, input=say("one"))
        lab.faults(lab.fault(fault))
        second = turn(socket, input=say("two"), previous_response_id=first[-1]["response"]["id"])
        third = turn(socket, input=say("three"), previous_response_id=second[-1]["response"]["id"])
    assert kinds(second)[:3] == PREAMBLE  # of the winner alone
    assert text_of(second).startswith("You said: two.")
    assert text_of(third).startswith("You said: three.")
    assert lab.paid() == ["first", "first", "second", "second"]
    refused, resent, after = turns_seen(lab)[1:]
    assert refused["previous_response_id"] == first[-1]["response"]["id"]
    assert "previous_response_id" not in resent
    assert [item.get("role") for item in resent["input"]] == ["user", "assistant", "user"]
    assert after["previous_response_id"] == second[-1]["response"]["id"]  # the session stays where it is known
    assert [attempt["token"] for attempt in lab.attempts(lab.rows(3)[1])] == ["first", "second"]


@pytest.mark.parametrize("fault", ["close_before_headers", "reset", "websocket_limit_reached", "garbage"])
def test_a_socket_that_dies_before_content_is_replaced(fault: str, lab: Lab) -> None:
    lab.fresh("codex")
    with opened(lab) as socket:
        first = turn(socket, input=say("one"))
        lab.faults(lab.fault(fault, times=1))
        second = turn(socket, input=say("two"), previous_response_id=first[-1]["response"]["id"])
    assert text_of(second).startswith("You said: two.")
    assert lab.paid() == ["first", "first", "first"]  # it is not the token's fault
    resent = turns_seen(lab)[2]
    assert "previous_response_id" not in resent
    assert len(resent["input"]) == 3
    assert handshakes(lab) == 2
    assert lab.token().cooldowns == ()


def test_an_error_event_after_the_beginning_but_before_content_fails_over(lab: Lab) -> None:
    lab.fresh("codex")
    lab.faults(lab.fault("error_in_stream", at_event=0))
    with opened(lab) as socket:
        events = turn(socket)
    assert kinds(events).count("response.created") == 1
    assert text_of(events)
    assert lab.paid()[-1] == "second"


def test_a_handshake_that_one_token_cannot_have_is_made_with_the_next(lab: Lab) -> None:
    lab.fresh("codex")
    lab.faults(lab.fault("unauthorized_401", path="/backend-api/codex/responses"))
    with opened(lab) as socket:
        assert text_of(turn(socket))
    assert lab.paid() == ["second"]
    assert (lab.token("first").health, lab.token("second").health) == ("unhealthy", "healthy")
    assert len(lab.attempts(lab.rows(1)[0])) == 1


def test_when_no_token_is_left_the_client_is_told_in_its_own_words(lab: Lab) -> None:
    lab.fresh("codex")
    with opened(lab, originator="codex_exec") as socket:
        lab.faults(lab.fault("usage_limit_reached", "*", retry_after_s=7000))
        (error,) = turn(socket)
        assert (error["type"], error["status"], error["error"]["type"]) == ("error", 429, "usage_limit_reached")
        assert all(name in error["error"]["message"] for name in ("first", "second"))
        lab.faults()
        (again,) = turn(socket)  # the connection lives, the tokens rest
        assert again["status"] == 429
    with pytest.raises(Exception, match="426"), opened(lab):  # over HTTP it is told once more, and well
        pass
    assert [row["state"] for row in lab.rows(2)] == ["failed", "refused"]


def test_a_client_error_is_the_clients(lab: Lab) -> None:
    lab.fresh("codex")
    with opened(lab) as socket:
        (error,) = turn(socket, temperature=1)
        assert (error["status"], error["error"]["message"]) == (400, "Unsupported parameter: temperature")
        assert text_of(turn(socket))
    assert lab.paid() == ["first", "first"]


def test_an_id_of_an_earlier_socket_is_answered_in_full(lab: Lab) -> None:  # gotcha 28
    lab.fresh("codex")
    with opened(lab) as socket:
        first = turn(socket, input=say("one"))
    with opened(lab) as socket:
        second = turn(socket, input=say("two"), previous_response_id=first[-1]["response"]["id"])
    assert text_of(second).startswith("You said: two.")
    assert [item.get("role") for item in turns_seen(lab)[1]["input"]] == ["user", "assistant", "user"]
    (attempt,) = lab.attempts(lab.rows(2)[1])
    assert ("previous_response_id", "in full") in [(path, rule[:7]) for path, rule in attempt["edits"]]


def test_an_id_that_its_own_socket_has_forgotten_is_mended_unseen(lab: Lab) -> None:  # gotcha 29
    lab.fresh("codex")
    words = {"type": "invalid_request_error", "code": "previous_response_not_found", "message": "not found"}
    with opened(lab) as socket:
        first = turn(socket, input=say("one"))
        lab.faults(lab.fault("status", times=1, status=400, body=orjson.dumps({"error": words}).decode()))
        second = turn(socket, input=say("two"), previous_response_id=first[-1]["response"]["id"])
    assert text_of(second).startswith("You said: two.")
    assert lab.paid() == ["first"] * 3
    assert [len(body["input"]) for body in turns_seen(lab)] == [1, 1, 3]
    assert "previous_response_id" not in turns_seen(lab)[2]
    assert handshakes(lab) == 1


def test_an_id_that_nobody_knows_is_refused_in_the_words_clients_look_for(lab: Lab) -> None:
    lab.fresh("codex")
    with opened(lab) as socket:
        (error,) = turn(socket, previous_response_id="resp_never")
        assert (error["status"], error["error"]["code"]) == (400, "previous_response_not_found")
        assert text_of(turn(socket))


@pytest.mark.parametrize(("fault", "then"), [("cut_stream", "first"), ("error_in_stream", "second")])
def test_a_turn_is_never_replayed_after_content(fault: str, then: str, lab: Lab) -> None:
    lab.fresh("codex")
    lab.faults(lab.fault(fault, "*", times=1, at_event=4))
    with opened(lab) as socket:
        events = turn(socket)
        assert "response.output_text.delta" in kinds(events)
        assert events[-1]["type"] == "response.failed"
        assert text_of(turn(socket))  # the next one is fine, on a new socket if need be
    assert lab.paid() == ["first", then]  # once each; overloaded is about the token, a cut is not
    assert [row["state"] for row in lab.rows(2)] == ["broken", "ok"]
