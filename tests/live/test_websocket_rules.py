"""The routing rules and the turns of a WebSocket: each is placed as the same request over HTTP would be, also where it
holds only what is new."""

import base64
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from router_core.routing.tags import may_have_tag
from router_core.simulator import PlannedCall, PlannedReply, Script
from tests.support.lab import Lab, running_lab
from tests.support.pictures import PNG
from tests.support.websocket import UPGRADE, Events, opened, say, text_of, turn

CONFIG = """
[routing]
think = "claude/claude-opus-5"
image = "gemini/gemini-2.5-pro"
custom = "own.py:place"

[[routing.rules]]
project = "/srv/secret"
target = "deepseek/deepseek-v4-pro"

[spend.loops]
action = "stop"
same_call = 6

[providers.codex]
transformers = ["redact"]
"""
OWN = """
def place(request, context):
    return "gemini/gemini-2.5-flash" if request.model == "mine" and context.client == "codex" else None
"""
CODEX = {"user_agent": "codex_exec/0.169.0 (Debian)", "originator": "codex_exec"}
TOOL = {"type": "function", "name": "look", "parameters": {"type": "object"}, "strict": False}
LOOK = PlannedCall("look", {"path": "/tmp"})
PICTURE = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
PLANS = "<collaboration_mode># Plan Mode (Conversational)\nPlan.</collaboration_mode>"
TAG = "<CCR-SUBAGENT-MODEL>claude,claude-opus-5</CCR-SUBAGENT-MODEL>\nCount the files."


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("rules")
    (folder / "home").mkdir(mode=0o700)
    (folder / "home" / "config.toml").write_text(CONFIG)
    (folder / "home" / "own.py").write_text(OWN)
    with running_lab(folder, Script(websocket=True)) as running:
        yield running


@pytest.fixture(autouse=True)
def ready(lab: Lab) -> None:
    lab.fresh("codex", "anthropic", "gemini", "chat-only", tokens=("first",))


def asked(lab: Lab) -> list[tuple[str, str]]:
    """(how, model) of what the providers were asked."""
    names = [(seen, seen.model or seen.path.rpartition("/models/")[2].partition(":")[0]) for seen in lab.seen()]
    return [(seen.method, model) for seen, model in names]


def developer(words: str) -> dict[str, Any]:
    return {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": words}]}


def result_of(events: Events) -> list[dict[str, Any]]:
    """What the client sends next: the output of the tool that was called, and nothing else."""
    (call,) = (item for item in events[-1]["response"]["output"] or items_of(events) if item["type"] == "function_call")
    return [{"type": "function_call_output", "call_id": call["call_id"], "output": "two files"}]


def items_of(events: Events) -> list[dict[str, Any]]:
    return [event["item"] for event in events if event["type"] == "response.output_item.done"]


def id_of(events: Events) -> str:
    return str(events[-1]["response"]["id"])


CODEX_GPT = ("WS", "gpt-5.5")
CASES: list[tuple[str, list[dict[str, Any]], tuple[str, str], str]] = [
    # what it is, the conversation's beginning, who answers, the rule
    ("plain", say("look"), CODEX_GPT, "model's provider"),
    ("project", [*say("<environment_context>\n<cwd>/srv/secret/app</cwd>"), *say("look")],
     ("POST", "deepseek-v4-pro"), "rules"),
    ("plan mode", [developer(PLANS), *say("look")], ("POST", "claude-opus-5"), "scenario"),
    ("image", [{"role": "user", "content": [{"type": "input_image", "image_url": PICTURE},
                                            {"type": "input_text", "text": "look"}]}],
     ("POST", "gemini-2.5-pro"), "scenario"),
    ("tag", say(TAG), ("POST", "claude-opus-5"), "subagent tag"),
    ("tag of another model", say("<mitmrouter-model>codex/gpt-5.4</mitmrouter-model> Count."), ("WS", "gpt-5.4"),
     "subagent tag"),
]  # fmt: skip


@pytest.mark.parametrize(("beginning", "who", "rule"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_turn_that_brings_only_a_tools_output_stays_where_its_conversation_is(
    beginning: list[dict[str, Any]], who: tuple[str, str], rule: str, lab: Lab
) -> None:
    calling = PlannedReply(thinking="Hm.", calls=(LOOK,))
    lab.simulator.plan(calling, calling, PlannedReply(text="Two files."))
    with opened(lab, "/v1/responses", **CODEX) as socket:
        events = turn(socket, input=beginning, tools=[TOOL])
        for _ in range(2):
            events = turn(socket, input=result_of(events), tools=[TOOL], previous_response_id=id_of(events))
    assert text_of(events) == "Two files."
    assert asked(lab) == [who] * 3
    assert not may_have_tag(b"".join(seen.body for seen in lab.seen()))
    assert [orjson.loads(row["decision"])[-1][0] for row in lab.rows(3)] == [rule] * 3


def test_a_lock_and_the_owners_function_place_each_turn(lab: Lab) -> None:
    admin = lab.router.admin_headers
    with opened(lab, "/v1/responses", **CODEX) as socket:
        events = turn(socket, input=say("one"))
        try:
            assert lab.http.put("/api/lock", json={"target": "claude/claude-opus-5"}, headers=admin).status_code == 200
            events = turn(socket, input=say("two"), previous_response_id=id_of(events))
        finally:
            lab.http.put("/api/lock", json={"target": None}, headers=admin)
        events = turn(socket, input=say("three"), model="mine", previous_response_id=id_of(events))
        events = turn(socket, input=say("four"), previous_response_id=id_of(events))
    assert text_of(events).startswith("You said: four.")
    assert asked(lab) == [CODEX_GPT, ("POST", "claude-opus-5"), ("POST", "gemini-2.5-flash"), CODEX_GPT]
    assert [row["because"].partition(";")[0] for row in lab.rows(4)[1:3]] == [
        "locked to claude/claude-opus-5", "[routing] custom: own.py:place says gemini/gemini-2.5-flash"
    ]  # fmt: skip


@pytest.mark.parametrize("told", [{}, {"x-codex-turn-metadata": '{"model": "gpt-5.5"}'}], ids=["unknown", "told"])
@pytest.mark.parametrize("lock", [b'{"provider": "claude"}', b"{"], ids=["elsewhere", "unreadable"])
def test_while_all_is_locked_to_another_provider_no_socket_is_opened(
    lock: bytes, told: dict[str, str], lab: Lab
) -> None:
    lab.router.home.model_lock.write_bytes(lock)
    try:
        answer = lab.http.get("/v1/responses", headers={**UPGRADE, **told})
    finally:
        lab.router.home.model_lock.unlink()
    assert answer.status_code == 426, answer.text
    assert lab.simulator.requests == []


def test_turns_that_make_the_same_call_again_and_again_are_stopped(lab: Lab) -> None:
    with opened(lab, path="/v1/responses", session_id="0199-loop", **CODEX) as socket:
        events, sent = turn_that_looks(lab, socket, input=say("look around"), tools=[TOOL]), 1
        while events[-1]["type"] == "response.completed" and sent < 12:
            answer = result_of(events)
            events = turn_that_looks(lab, socket, input=answer, tools=[TOOL], previous_response_id=id_of(events))
            sent += 1
            lab.rows(sent)
        assert (events[-1]["type"], sent) == ("error", 7), events[-1]
        assert "This session was stopped: the same call of 'look' 6 times" in events[-1]["error"]["message"]
    assert len(lab.seen()) == 6


def turn_that_looks(lab: Lab, socket: Any, **changes: Any) -> Events:
    """A turn to which the model answers with the same call, whatever it is told."""
    lab.simulator.plan(PlannedReply(calls=(LOOK,)))
    return turn(socket, **changes)


def test_credentials_in_a_turn_are_hidden_and_stand_in_its_answer_again(lab: Lab) -> None:
    secret = "ghp_" + "MadeUp0123456789" * 2 + "abcd"
    with opened(lab, "/v1/responses", **CODEX) as socket:
        first = turn(socket, input=say(f"use {secret}"))
        second = turn(socket, input=say(f"and {secret} again"), previous_response_id=id_of(first))
    assert secret in text_of(first)
    assert secret in text_of(second)
    assert asked(lab) == [CODEX_GPT] * 2
    assert all(secret.encode() not in seen.body and b"REDACTED_" in seen.body for seen in lab.seen())
