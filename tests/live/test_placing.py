"""What decides besides scenarios, in a running router: the lock, the owner's function, auto, tags, measured turns."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from router_core.routing.lock import Lock, LockFile
from router_core.simulator import Fault, PlannedReply
from tests.support.lab import ANTHROPIC, Lab, running_lab
from tests.support.router import wait_until

CONFIG = """
[routing]
custom = "own.py:place"
custom_timeout_s = 0.3
long_context = "gemini/gemini-2.5-pro"
long_context_threshold = 4000
fallbacks = ["openai/gpt-5.5"]

[routing.auto.tiers]
SIMPLE = "claude/claude-haiku-4-5"
REASONING = "claude/claude-opus-5"
"""
FUNCTION = """
import asyncio, time

async def place(request, context):
    if context.model in ("slow", "claude/claude-sonnet-5"):
        await asyncio.sleep(5)
    if context.model == "broken":
        raise ValueError("not today")
    if context.model == "asked" and context.scenario == "long_context" and context.project == "/home/me/app":
        return "gemini/gemini-3.5-flash"
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("placing")
    home = folder / "home"
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text(CONFIG)
    (home / "own.py").write_text(FUNCTION)
    with running_lab(folder) as running:
        yield running


@pytest.fixture(autouse=True)
def clean(lab: Lab) -> Iterator[None]:
    lab.fresh("anthropic", "responses", "gemini", tokens=("first",))
    yield
    LockFile(lab.router.home.model_lock).release()


def ask(lab: Lab, model: str, words: str = "hello", **headers: str) -> httpx.Response:
    body = {"model": model, "max_tokens": 50, "messages": [{"role": "user", "content": words}]}
    answer = lab.http.post("/v1/messages", json=body, headers={**ANTHROPIC, **headers})
    assert answer.status_code == 200, answer.text
    return answer


def target(row: dict[str, Any]) -> str:
    return f"{row['provider']}/{row['model']}"


def said(row: dict[str, Any], rule: str) -> str:
    return str(dict(orjson.loads(row["decision"]))[rule])


def test_the_owner_s_function_chooses_and_may_change_at_any_time(lab: Lab) -> None:
    ask(lab, "asked", "word " * 6000, **{"x-mitmrouter-project": "/home/me/app"})
    file: Path = lab.router.home.path / "own.py"
    file.write_text("def place(request, context):\n    return ['claude/claude-opus-5', 'gemini/then']\n")
    try:
        ask(lab, "anything")
    finally:
        file.write_text(FUNCTION)
    first, second = lab.rows(2)
    assert target(first) == "gemini/gemini-3.5-flash"
    assert first["project"] == "/home/me/app"
    assert target(second) == "claude/claude-opus-5"
    assert second["because"] == "[routing] custom: own.py:place says claude/claude-opus-5"


@pytest.mark.parametrize(
    ("model", "why"), [("claude/claude-sonnet-5", ""), ("slow", "no answer within 0.3 s"), ("broken", "not today")]
)
def test_a_function_that_fails_leaves_it_to_the_next_rule_in_time(lab: Lab, model: str, why: str) -> None:
    words = "word " * 6000  # long_context decides then
    began = time.monotonic()
    ask(lab, model, words)
    assert time.monotonic() - began < 3
    (row,) = lab.rows(1)
    if not why:  # an earlier rule has decided: it is not even asked
        assert (target(row), "custom function" in row["decision"]) == ("claude/claude-sonnet-5", False)
    else:
        assert target(row) == "gemini/gemini-2.5-pro"
        assert why in said(row, "custom function")


def test_a_lock_holds_from_one_request_to_the_next_and_so_does_letting_go(lab: Lab) -> None:
    lock = LockFile(lab.router.home.model_lock)
    lock.set(Lock("gemini", "gemini-2.5-flash"))
    ask(lab, "claude/claude-opus-5")
    lock.set(Lock("claude"))
    ask(lab, "claude-sonnet-5")
    lock.release()
    ask(lab, "gemini/gemini-2.5-pro")
    rows = lab.rows(3)
    assert [target(row) for row in rows] == [
        "gemini/gemini-2.5-flash",
        "claude/claude-sonnet-5",
        "gemini/gemini-2.5-pro",
    ]
    assert rows[0]["because"] == "locked to gemini/gemini-2.5-flash"


def test_within_a_lock_to_a_provider_the_function_and_auto_choose_its_model(lab: Lab) -> None:
    LockFile(lab.router.home.model_lock).set(Lock("claude"))
    ask(lab, "auto")
    file: Path = lab.router.home.path / "own.py"
    file.write_text("def place(request, context):\n    return ['gemini/first', 'claude/claude-opus-5']\n")
    try:
        ask(lab, "anything")
    finally:
        file.write_text(FUNCTION)
    first, second = lab.rows(2)
    assert target(first) == "claude/claude-haiku-4-5"
    assert first["because"].startswith("locked to claude; there: auto: SIMPLE")
    assert target(second) == "claude/claude-opus-5"
    assert second["because"].startswith("locked to claude; there: [routing] custom: own.py:place says")


def test_auto_places_by_tier_and_a_session_stays_there(lab: Lab) -> None:
    hard = "Prove step by step that the square root of 2 is irrational, and derive the general theorem from it."
    ask(lab, "auto")
    ask(lab, "auto", hard, **{"x-session-id": "one"})
    ask(lab, "auto", "thanks", **{"x-session-id": "one"})
    rows = lab.rows(3)
    assert [(row["tier"], target(row)) for row in rows] == [
        ("SIMPLE", "claude/claude-haiku-4-5"),
        ("REASONING", "claude/claude-opus-5"),
        ("REASONING", "claude/claude-opus-5"),
    ]
    assert all(row["estimated_input_tokens"] for row in rows)


def test_a_measured_turn_makes_the_next_one_long(lab: Lab) -> None:
    words = "word " * 1600
    lab.simulator.plan(PlannedReply("Yes.", input_tokens=4500))
    ask(lab, "claude-opus-5", words, **{"x-session-id": "grows"})
    ask(lab, "claude-opus-5", words, **{"x-session-id": "grows"})
    ask(lab, "claude-opus-5", words, **{"x-session-id": "other"})
    rows = lab.rows(3)
    assert [row["scenario"] for row in rows] == ["default", "long_context", "default"]
    assert "4500 > 4000 input tokens at the session's last turn" in rows[1]["because"]


def test_what_claude_code_asks_beside_a_conversation_changes_nothing_of_it(lab: Lab) -> None:
    hard = "Prove step by step that the square root of 2 is irrational, and derive the general theorem from it."
    headers = {"user-agent": "claude-cli/2.1.329 (external, cli)", "x-claude-code-session-id": "with-titles"}
    tools = [{"name": "Bash", "input_schema": {"type": "object"}}]

    def main(words: str) -> None:
        body = {"model": "auto", "max_tokens": 50, "tools": tools, "messages": [{"role": "user", "content": words}]}
        lab.http.post("/v1/messages", json=body, headers={**ANTHROPIC, **headers})

    main(hard)
    ask(lab, "auto", "Write a title: hi", **headers)
    main("word " * 3000)
    lab.simulator.plan(PlannedReply("Yes.", input_tokens=4500))
    main("word " * 3000)
    ask(lab, "auto", "Write a title: hi", **headers)
    main("word " * 3000)
    assert [(row["tier"], row["scenario"]) for row in lab.rows(6)] == [
        ("REASONING", "default"), ("SIMPLE", "default"), ("REASONING", "default"),
        ("REASONING", "default"), ("SIMPLE", "default"), ("", "long_context"),
    ]  # fmt: skip


def test_a_tag_goes_and_every_other_byte_reaches_the_provider(lab: Lab) -> None:
    rest = (
        b'"max_tokens": 50 , "metadata":{"user_id" : "u\\u0031"}, "messages":[{"role":"user","content":[{"type":"text",'
        b'"text":"%s Gr\\u00fc\\u00dfe \xc3\xa9","cache_control": {"type" :"ephemeral"}}]}]}'
    )
    tag = b"<mitmrouter-model>claude/claude-opus-5</mitmrouter-model>"
    headers = {**ANTHROPIC, "content-type": "application/json"}
    sent = b'{"model":"claude-opus-5", ' + rest % (tag + b"\\n")
    answer = lab.http.post("/v1/messages", content=sent, headers=headers)
    assert answer.status_code == 200, answer.text
    (row,) = lab.rows(1)
    assert said(row, "subagent tag") == "the subagent's tag says claude/claude-opus-5"
    body = lab.seen()[0].body
    assert b"mitmrouter-model" not in body
    for kept in (b'{"user_id" : "u\\u0031"}', b'"text":"Gr\\u00fc\\u00dfe \xc3\xa9"', b'{"type" :"ephemeral"}'):
        assert kept in body
    (attempt,) = lab.attempts(row)
    assert ["messages[0].content[0].text", "subagent tag"] in [list(edit) for edit in attempt["edits"]]


def test_without_a_tag_the_body_passes_as_it_came(lab: Lab) -> None:
    sent = b'{ "model" : "claude/claude-opus-5" ,"max_tokens":50,"messages":[{"role":"user","content":"hi"}]}'
    for body in (sent, sent.replace(b"claude/", b"")):
        headers = {**ANTHROPIC, "content-type": "application/json"}
        assert lab.http.post("/v1/messages", content=body, headers=headers).status_code == 200
    assert lab.seen()[1].body == sent.replace(b"claude/", b"")


@pytest.mark.parametrize(
    ("agent", "model", "status", "says"),
    [
        ("claude-cli/2.1.329 (external, cli)", "openai/gpt-9-nano", 400, "openai/gpt-9-nano: 404"),
        ("python-httpx/1", "openai/gpt-9-nano", 404, "gpt-9-nano"),
        ("claude-cli/2.1.329 (external, cli)", "nobody-has-it", 400, "is known to serve the model 'nobody-has-it'"),
        ("codex_exec/0.169.0 (Debian 12.0.0; x86_64)", "nobody-has-it", 400, "is known to serve the model"),
        ("python-httpx/1", "nobody-has-it", 404, "is known to serve the model"),
    ],
    ids=["a model that is not there", "told to others as it is", "no route", "nor for Codex", "no route of others"],
)
def test_clients_are_shown_why_another_model_cannot_answer(
    agent: str, model: str, status: int, says: str, lab: Lab
) -> None:
    lab.simulator.set_faults([Fault(fault="not_found_404", times=0)])
    body = {"model": model, "max_tokens": 50, "messages": [{"role": "user", "content": "hello"}]}
    answer = lab.http.post("/v1/messages", json=body, headers={**ANTHROPIC, "user-agent": agent})
    assert says in answer.text
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("path", "says"), [("/responses", "ends with /v1"), ("/v1/v1/messages?beta=true", "before /v1")]
)
def test_a_base_url_that_is_nearly_right_is_told(path: str, says: str, lab: Lab) -> None:
    answer = lab.http.post(path, json={"model": "claude-opus-5"}, headers=ANTHROPIC)
    assert (answer.status_code, says in answer.text) == (404, True)


def test_what_goes_nowhere_is_in_the_trace(lab: Lab) -> None:
    lab.fresh("anthropic", tokens=("first",))
    body = {"model": "nobody-has-it", "max_tokens": 50, "messages": [{"role": "user", "content": "hello"}]}
    answer = lab.http.post("/v1/messages", json=body, headers=ANTHROPIC)
    (row,) = lab.rows(1)
    assert (row["state"], row["status"], row["provider"], row["model"]) == ("refused", 404, "", "nobody-has-it")
    assert answer.json()["error"]["message"] == row["error"]
    assert said(row, "model's provider") == "no provider with a token is known to serve 'nobody-has-it'"
    kept = lab.http.get(f"/api/traces/{row['id']}/bodies/request", headers=lab.router.admin_headers)
    assert kept.json() == body


def test_who_cannot_be_served_is_told_which_rule_sent_the_request_there(lab: Lab) -> None:
    lab.fresh("anthropic", tokens=("first",))
    config = lab.router.home.config
    before = config.read_text()
    config.write_text(before.replace("fallbacks =", "image =").replace('["openai/gpt-5.5"]', '"copilot/gpt-4.1"'))
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}
    body = {"model": "claude-opus-5", "max_tokens": 50, "messages": [{"role": "user", "content": [image]}]}
    try:
        words = "No token for provider 'copilot'. Log in: mitmrouter auth login copilot. It is asked because: image: "
        assert wait_until(lambda: words in lab.http.post("/v1/messages", json=body, headers=ANTHROPIC).text)
    finally:
        config.write_text(before)
