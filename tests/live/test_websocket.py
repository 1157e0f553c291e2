"""Responses over WebSocket through a real mitmdump, with a provider that speaks it: turns, failover, both sides' ends.

Where a provider does not speak it: test_websocket_refused.py.
"""

from collections.abc import Iterator
from typing import Any

import openai
import orjson
import pytest

from router_core.simulator import Pace, PlannedReply, Script
from tests.router_core.simulator.asking import codex_body
from tests.support.lab import Lab, running_lab
from tests.support.router import wait_until
from tests.support.websocket import (
    TIMEOUT_S,
    UPGRADE,
    code_of_close,
    kinds,
    opened,
    rest,
    say,
    send,
    text_of,
    turn,
)

PREAMBLE = ["codex.rate_limits", "response.created", "response.in_progress"]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    env = {"MITMROUTER__SERVER__MAX_BODY_BYTES": "300000"}
    with running_lab(tmp_path_factory.mktemp("websocket"), Script(websocket=True), env=env) as running:
        yield running


def turns_seen(lab: Lab) -> list[dict[str, Any]]:
    """What the provider was sent as turns."""
    return [orjson.loads(seen.body) for seen in lab.seen() if seen.method == "WS"]


def handshakes(lab: Lab) -> int:
    return sum(1 for seen in lab.simulator.requests if seen.method == "GET" and seen.status == 101)


# ---- turns ----------------------------------------------------------------------------------------------------------


def test_a_turn_reaches_the_provider_and_its_events_the_client(lab: Lab) -> None:
    lab.fresh("codex")
    with opened(lab) as socket:
        assert socket.response is not None
        assert socket.response.headers["x-codex-turn-state"]  # what the provider says with its own 101
        events = turn(socket, input=say("hello there"))
    assert kinds(events)[:3] == PREAMBLE
    assert text_of(events).startswith("You said: hello there.")
    (seen,) = lab.seen()
    assert seen.method == "WS"
    sent = [orjson.loads(line) for line in seen.response_bytes.replace(b"}{", b"}\n{").splitlines()]
    assert events == sent  # nothing was changed on the way
    assert orjson.loads(seen.body) == {
        "type": "response.create",
        **codex_body(input=say("hello there")),
        "stream": True,
    }
    (row,) = lab.rows(1)
    assert (row["method"], row["path"], row["state"], row["status"]) == ("WS", "/codex/responses", "ok", 200)
    assert (row["token"], row["provider"], row["model"], row["session"]) == (
        "first",
        "codex",
        "gpt-5.5",
        "0199-session",
    )
    assert row["output_tokens"] > 0
    assert row["input_tokens"] > 0
    assert row["ttft_ms"] is not None
    assert {window.name: window.used for window in lab.token().windows} == {"5h": 0.22, "7d": 0.43}


def test_a_turn_is_asked_again_over_http(lab: Lab) -> None:
    lab.fresh("codex")
    with opened(lab) as socket:
        said = text_of(turn(socket, input=say("hello there")))
    (row,) = lab.rows(1)
    answer = lab.http.post(f"/api/traces/{row['id']}/replay", json={}, headers=lab.router.admin_headers)
    assert answer.status_code == 200, answer.text
    before, after = answer.json()["before"], answer.json()["after"]
    assert (after["status"], after["state"], after["text"], before["text"]) == (200, "ok", said, said)
    assert lab.rows(2)[1]["streamed"] == 1


def test_the_clients_credentials_stay_here(lab: Lab) -> None:
    lab.fresh("codex")
    gateway = lab.router.home.gateway_token()
    with opened(lab, chatgpt_account_id="the client's own", x_api_key=gateway, cookie="a=b") as socket:
        turn(socket)
    for seen in lab.simulator.requests:
        assert seen.token == lab.secrets["first"]
        assert gateway not in f"{seen.headers}{seen.body!r}"
        assert "cookie" not in {name.lower() for name, _ in seen.headers}
        assert seen.header("chatgpt-account-id").startswith("acc-first")
        assert seen.header("session-id") == "0199-session"


def test_a_second_turn_goes_by_the_id_of_the_first_on_the_same_socket(lab: Lab) -> None:
    lab.fresh("codex")
    with opened(lab) as socket:
        first = turn(socket, input=say("one"))
        previous = first[-1]["response"]["id"]
        second = turn(socket, input=say("two"), previous_response_id=previous)
        third = turn(socket, input=say("three"), previous_response_id=second[-1]["response"]["id"])
    assert text_of(third).startswith("You said: three.")
    assert [(body["input"], body.get("previous_response_id")) for body in turns_seen(lab)] == [
        (say("one"), None), (say("two"), previous), (say("three"), second[-1]["response"]["id"])
    ]  # fmt: skip
    assert handshakes(lab) == 1
    assert [row["state"] for row in lab.rows(3)] == ["ok"] * 3


def test_a_warm_up_says_nothing_and_can_be_built_upon(lab: Lab) -> None:
    lab.fresh("codex")
    with opened(lab) as socket:
        warm = turn(socket, generate=False)
        assert kinds(warm) == ["response.created", "response.completed"]
        said = turn(socket, input=say("now"), previous_response_id=warm[-1]["response"]["id"])
    assert text_of(said).startswith("You said: now.")
    assert handshakes(lab) == 1


def test_turns_sent_ahead_are_answered_in_order(lab: Lab) -> None:
    lab.fresh("codex")
    with opened(lab) as socket:
        for word in ("one", "two", "three"):
            send(socket, input=say(word))
        said = [text_of(rest(socket)) for _ in range(3)]
    assert [text.split(".")[0] for text in said] == ["You said: one", "You said: two", "You said: three"]


async def test_the_official_sdk_reads_it(lab: Lab) -> None:
    lab.fresh("responses")
    key = lab.router.home.gateway_token()
    async with (
        openai.AsyncOpenAI(base_url=f"{lab.router.url}/openai/v1", api_key=key, max_retries=0) as client,
        client.responses.connect() as connection,
    ):
        await connection.response.create(model="gpt-5.5", input="hello there")
        async for event in connection:
            if event.type == "response.completed":
                break
    assert event.response.output_text.startswith("You said: hello there.")
    assert [seen.method for seen in lab.seen()] == ["WS"]


def test_each_turn_is_routed_by_its_model_and_those_without_websocket_go_over_http(lab: Lab) -> None:
    lab.fresh("codex", "anthropic")
    with opened(lab, "/v1/responses") as socket:
        first = turn(socket, input=say("one"))
        claude = turn(
            socket, model="claude/claude-opus-5", input=say("two"), previous_response_id=first[-1]["response"]["id"]
        )
        back = turn(socket, input=say("three"), previous_response_id=claude[-1]["response"]["id"])
    assert [text_of(events).split(".")[0] for events in (first, claude, back)] == [
        "You said: one", "You said: two", "You said: three"
    ]  # fmt: skip
    assert [(seen.method, seen.path.partition("?")[0]) for seen in lab.seen()] == [
        ("WS", "/backend-api/codex/responses"), ("POST", "/v1/messages"), ("WS", "/backend-api/codex/responses")
    ]  # fmt: skip
    asked = orjson.loads(lab.seen()[1].body)
    assert [message["role"] for message in asked["messages"]] == ["user", "assistant", "user"]
    assert len(turns_seen(lab)[1]["input"]) == 5  # the whole conversation, because Claude's answer is not known there
    assert [row["provider"] for row in lab.rows(3)] == ["codex", "claude", "codex"]


def test_a_warm_up_for_a_model_without_websocket_costs_nothing_and_is_remembered(lab: Lab) -> None:
    lab.fresh("codex", "anthropic")
    with opened(lab, "/v1/responses") as socket:
        warm = turn(socket, model="claude/claude-opus-5", input=say("the beginning"), generate=False)
        assert kinds(warm) == ["response.created", "response.completed"]
        said = turn(
            socket, model="claude/claude-opus-5", input=say("the end"), previous_response_id=warm[-1]["response"]["id"]
        )
    assert text_of(said).startswith("You said: the end.")
    (seen,) = lab.seen()
    assert b"the beginning" in seen.body


# ---- failover -------------------------------------------------------------------------------------------------------

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


# ---- after content --------------------------------------------------------------------------------------------------


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


def test_a_client_that_leaves_ends_its_turn_at_the_provider(lab: Lab) -> None:
    lab.fresh("codex")
    lab.simulator.set_pace(Pace(delay_s=0.03))
    with opened(lab) as socket:
        send(socket)
        while orjson.loads(socket.recv(timeout=TIMEOUT_S))["type"] != "response.output_text.delta":
            pass
    assert lab.rows(1)[0]["state"] == "client_closed"
    assert lab.seen()[0].outcome == "client_closed"
    assert lab.paid() == ["first"]


def test_when_the_client_closes_the_providers_socket_is_closed(lab: Lab) -> None:
    lab.fresh("codex")
    with opened(lab) as socket:
        turn(socket)
    assert [seen.outcome for seen in lab.simulator.wait_for_requests(2) if seen.method == "GET"] == ["complete"]


# ---- hostile and odd clients ----------------------------------------------------------------------------------------


STRANGERS = {
    "origin": {"origin": "https://evil.example"},
    "fetch site": {"sec-fetch-site": "cross-site"},
    "token": {"authorization": "Bearer wrong"},
    "host": {"host": "evil.example"},
}


@pytest.mark.parametrize("headers", STRANGERS.values(), ids=STRANGERS)
def test_a_handshake_of_a_stranger_is_refused(headers: dict[str, str], lab: Lab) -> None:
    lab.fresh("codex")
    answer = lab.http.get("/codex/responses", headers=UPGRADE | headers)
    assert answer.status_code == 403
    assert lab.simulator.requests == []


@pytest.mark.parametrize(
    ("path", "changes"),
    [
        ("/codex/models", {}),
        ("/claude/v1/responses", {}),
        ("/nobody/responses", {}),
        ("/v1/messages", {}),
        ("/codex/responses", {"sec-websocket-version": "8"}),
        ("/codex/responses", {"sec-websocket-key": ""}),
    ],
)
def test_other_handshakes_are_answered_426_without_asking_anybody(path: str, changes: dict[str, str], lab: Lab) -> None:
    lab.fresh("codex")
    assert lab.http.get(path, headers=UPGRADE | changes).status_code == 426
    assert lab.simulator.requests == []


def test_messages_that_are_no_turns_are_answered_and_the_connection_lives(lab: Lab) -> None:
    lab.fresh("codex")
    with opened(lab) as socket:
        for text in ("{", "[]", '{"type": 5}', '{"type": null}', '"x"', "[" * 5000):
            socket.send(text)
            error = orjson.loads(socket.recv(timeout=TIMEOUT_S))
            assert (error["type"], error["status"], error["error"]["code"]) == ("error", 400, "invalid_event")
        assert text_of(turn(socket))


def test_a_message_for_the_provider_alone_reaches_it(lab: Lab) -> None:
    lab.fresh("codex")
    with opened(lab) as socket:
        id_ = turn(socket)[-1]["response"]["id"]
        socket.send(orjson.dumps({"type": "response.processed", "response_id": id_}).decode())
        assert text_of(turn(socket))  # the simulator takes it and says nothing, as the provider does


def test_a_huge_message_ends_the_connection_with_the_code_for_it(lab: Lab) -> None:
    lab.fresh("codex")
    with opened(lab) as socket:
        send(socket, input=say("x" * 400_000))
        assert code_of_close(socket) == 1009
    assert lab.seen() == []


def test_a_binary_message_ends_the_connection_with_the_code_for_it(lab: Lab) -> None:
    lab.fresh("codex")
    with opened(lab) as socket:
        socket.send(b"\x00\x01")
        assert code_of_close(socket) == 1003


def test_more_turns_ahead_than_anyone_needs_end_the_connection(lab: Lab) -> None:
    lab.fresh("codex")
    lab.faults(lab.fault("stall_before_headers", "*", times=1, delay_s=3))
    with opened(lab) as socket:
        for _ in range(18):
            send(socket)
        assert code_of_close(socket) == 1008


def test_a_ping_is_answered(lab: Lab) -> None:
    lab.fresh("codex")
    with opened(lab) as socket:
        assert socket.ping().wait(TIMEOUT_S)


def test_a_long_answer_comes_whole(lab: Lab) -> None:
    lab.fresh("codex")
    lab.simulator.plan(PlannedReply("long ünïcödé " * 20_000))
    with opened(lab) as socket:
        assert text_of(turn(socket)) == "long ünïcödé " * 20_000


def test_nothing_is_left_behind(lab: Lab) -> None:
    lab.fresh("codex")
    for _ in range(5):
        with opened(lab) as socket:
            turn(socket)
    wait_until(lambda: all(seen.outcome != "running" for seen in lab.simulator.requests))
    assert "internal error" not in lab.router.log()
    assert "Traceback" not in (lab.router.home.path / "mitmdump.out").read_text()


def test_a_providers_own_path_knows_the_folder_and_the_line_of_work_too(lab: Lab) -> None:
    lab.fresh("codex")
    environment = say("<environment_context>\n  <cwd>/home/me/shop</cwd>\n</environment_context>")
    with opened(lab, user_agent="codex_cli_rs/0.169", originator="codex_cli_rs", thread_id="0199-subagent") as socket:
        first = turn(socket, input=environment)
        turn(socket, input=say("and then?"), previous_response_id=first[-1]["response"]["id"])
    assert [(row["project"], row["agent"]) for row in lab.rows(2)] == [("/home/me/shop", "0199-subagent")] * 2
