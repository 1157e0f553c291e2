"""Responses over WebSocket through a real mitmdump, with a provider that speaks it: turns, and how both sides end.

When something fails: test_websocket_failover.py; odd clients: test_websocket_odd.py; a provider that does not
speak it: test_websocket_refused.py.
"""

import openai
import orjson
import pytest

from router_core.simulator import Pace, PlannedReply
from tests.router_core.simulator.asking import codex_body
from tests.support.lab import Lab
from tests.support.router import wait_until
from tests.support.websocket import (
    PREAMBLE,
    TIMEOUT_S,
    handshakes,
    kinds,
    opened,
    rest,
    say,
    send,
    text_of,
    turn,
    turns_seen,
)


@pytest.fixture(scope="module")
def lab(sockets: Lab) -> Lab:
    return sockets


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
