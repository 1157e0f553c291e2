"""A route of several targets: what one cannot answer, the next one of another format does.

Two hosts: `groq` is at a port where nobody listens, everything else at the simulator.
"""

import time
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from router_core.simulator import PlannedCall, PlannedReply
from router_core.tokens.token import Token
from router_core.wire.codec import codec
from router_core.wire.events import fold
from tests.laws.formats import answering
from tests.live.test_routed import ask, text_of
from tests.router_core.simulator.asking import claude_code_body
from tests.support.lab import CLAUDE_CODE, Lab, running_lab
from tests.support.router import free_port, wait_until

ROUTES = {
    "MITMROUTER__ROUTING__FALLBACKS": '["gemini/gemini-2.5-flash", "codex/gpt-5.5"]',
    "MITMROUTER__PROVIDERS__MISTRAL__ENABLED": "false",
}
SAID = "The next one answers."
SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
LOOK = PlannedCall("look", {"path": "/tmp"})


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    urls = {"groq": f"http://127.0.0.1:{free_port()}/openai/v1"}
    with running_lab(tmp_path_factory.mktemp("routes"), base_urls=urls, env=ROUTES) as running:
        yield running


def tried(lab: Lab) -> list[tuple[str, str, str]]:
    """(provider, outcome, action) of each attempt of the only request."""
    return [(a["provider"], a["outcome"], a["action"]) for a in lab.attempts(lab.rows(1)[0])]


def losses(row: dict[str, Any]) -> str:
    return str(row["losses"])


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_a_target_without_a_token_is_passed_over_and_only_the_winners_losses_are_told(lab: Lab, stream: bool) -> None:
    lab.fresh("gemini")
    lab.simulator.plan(PlannedReply(text=SAID))
    body = {
        "model": "claude/claude-opus-5", "stream": stream, "logit_bias": {"5": 1}, "seed": 7,
        "messages": [{"role": "user", "content": "hello"}],
    }  # fmt: skip
    answer = lab.http.post("/v1/chat/completions", json=body)
    assert text_of("openai-chat", answer, stream=stream) == SAID
    (row,) = lab.rows(1)
    assert (row["provider"], row["model"], row["state"]) == ("gemini", "gemini-2.5-flash", "ok")
    assert "logit_bias" in losses(row)
    assert "seed" not in losses(row)  # Claude could not have been told, Gemini can
    assert orjson.loads(lab.seen()[0].body)["generationConfig"]["seed"] == 7


@pytest.mark.parametrize(
    ("fault", "outcome", "times"),
    [
        ("rate_limit", "rate_limited", 1),
        ("unauthorized_401", "credential_refused", 1),
        ("timeout_504", "server_error", 2),
    ],
)
def test_when_its_only_token_fails_the_next_target_answers(lab: Lab, fault: str, outcome: str, times: int) -> None:
    lab.fresh("anthropic", "gemini", tokens=("first",))
    lab.simulator.plan(PlannedReply(text=SAID))
    lab.faults(lab.fault(fault, "anthropic-first"))
    answer = ask(lab, "openai-responses", "claude/claude-opus-5")
    assert text_of("openai-responses", answer, stream=False) == SAID
    *before, last = tried(lab)
    assert last == ("gemini", "answered", "done")
    assert before == [("claude", outcome, "same_token")] * (times - 1) + [("claude", outcome, "next_target")]
    (row,) = lab.rows(1)
    assert (row["provider"], row["upstream_format"]) == ("gemini", "gemini")


def test_when_both_tokens_meet_the_hosts_failure_the_next_target_answers(lab: Lab) -> None:
    lab.fresh("anthropic", "gemini")
    lab.simulator.plan(PlannedReply(text=SAID))
    lab.faults(lab.fault("server_error_500", "anthropic-first"), lab.fault("server_error_500", "anthropic-second"))
    answer = ask(lab, "anthropic", "claude/claude-opus-5")
    assert text_of("anthropic", answer, stream=False) == SAID
    assert tried(lab) == [
        ("claude", "server_error", "same_token"), ("claude", "server_error", "next_token"),
        ("claude", "server_error", "next_target"), ("gemini", "answered", "done"),
    ]  # fmt: skip


def test_a_host_that_cannot_be_reached_is_left_for_the_next_target(lab: Lab) -> None:
    lab.fresh("gemini")
    add_groq(lab)
    lab.simulator.plan(PlannedReply(text=SAID))
    answer = ask(lab, "anthropic", "groq/some-model", stream=True)
    assert text_of("anthropic", answer, stream=True) == SAID
    assert [provider for provider, _, _ in tried(lab)] == ["groq", "groq", "gemini"]


def test_a_target_that_is_the_same_service_has_its_tokens_again(lab: Lab) -> None:
    """The tokens rest for one model only, and the fallback is another model of theirs."""
    lab.fresh("gemini")
    lab.simulator.plan(PlannedReply(text=SAID))
    lab.faults(lab.fault("overloaded_503", "*", model="gemini-3*"))
    answer = ask(lab, "anthropic", "gemini/gemini-3.5-flash")
    assert text_of("anthropic", answer, stream=False) == SAID
    assert lab.paid() == ["first", "second", "first"]
    assert lab.rows(1)[0]["model"] == "gemini-2.5-flash"


def test_a_next_target_that_cannot_be_told_leaves_the_first_ones_words(lab: Lab) -> None:
    """Google has no way to ask for several answers that Chat's client would read; the first target's 429 is what the
    client gets, in its own format and once."""
    lab.fresh("chat", "gemini", tokens=("first",))
    lab.faults(lab.fault("timeout_504", "chat-first", body="The reason 4711."))
    body = {
        "model": "openai/gpt-4.1", "n": 3, "modalities": ["text", "audio"],
        "audio": {"voice": "alloy", "format": "wav"}, "messages": [{"role": "user", "content": "hello"}],
    }  # fmt: skip
    answer = lab.http.post("/v1/chat/completions", json=body)
    assert answer.status_code == 504, answer.text
    assert "The reason 4711." in answer.json()["error"]["message"]
    *_, (provider, outcome, action) = tried(lab)
    assert (provider, outcome, action) == ("openai", "server_error", "give_up")
    (row,) = lab.rows(1)
    assert (row["provider"], row["model"], row["state"]) == ("openai", "gpt-4.1", "failed")


@pytest.mark.parametrize("client", ["anthropic", "openai-chat", "gemini"])
def test_when_no_target_answers_the_first_ones_reason_is_in_the_clients_format(lab: Lab, client: str) -> None:
    lab.fresh("gemini", tokens=("first",))
    lab.faults(lab.fault("timeout_504", "*", body="The reason 4711."))
    answer = ask(lab, client, "gemini/gemini-2.5-pro")
    assert answer.status_code in (502, 504), answer.text
    error = answer.json()["error"]
    assert "The reason 4711." in error["message"]
    assert {"anthropic": "type", "openai-chat": "param", "gemini": "status"}[client] in error
    assert len(lab.seen()) <= 5


def test_without_any_token_left_each_targets_wait_is_told_and_the_shortest_counts(lab: Lab) -> None:
    lab.fresh("anthropic", "gemini", tokens=("first",))
    lab.faults(
        lab.fault("rate_limit", "anthropic-first", retry_after_s=40),
        lab.fault("rate_limit", "gemini-first", retry_after_s=50),
    )
    answer = ask(lab, "anthropic", "claude/claude-opus-5")
    assert (answer.status_code, answer.json()["error"]["type"]) == (429, "rate_limit_error")
    assert lab.rows(1)[0]["state"] == "failed"
    again = ask(lab, "anthropic", "claude/claude-opus-5")
    for refused in (answer, again):
        assert int(refused.headers["retry-after"]) <= 40
        for words in ("'claude'", "'gemini'", "'codex'"):
            assert words in refused.json()["error"]["message"]
    row = lab.rows(2)[1]
    assert (row["provider"], row["state"]) == ("claude", "refused")


def test_a_host_that_rests_is_passed_over(lab: Lab) -> None:
    lab.fresh()
    add_groq(lab)
    for _ in range(10):  # few enough that the last of them may find it resting
        assert ask(lab, "anthropic", "groq/some-model").status_code in (502, 503)
    resting = ask(lab, "anthropic", "groq/some-model")
    assert (resting.status_code, resting.json()["error"]["type"]) == (503, "overloaded_error")
    lab.fresh("gemini")
    add_groq(lab)
    lab.simulator.plan(PlannedReply(text=SAID))
    answer = ask(lab, "anthropic", "groq/some-model")
    assert text_of("anthropic", answer, stream=False) == SAID
    assert tried(lab) == [("gemini", "answered", "done")]


def test_a_mistake_of_the_clients_goes_to_no_other_target(lab: Lab) -> None:
    lab.fresh("anthropic", "gemini", tokens=("first",))
    lab.faults(lab.fault("bad_request_400", "*", body="The reason 4711."))
    answer = ask(lab, "openai-chat", "claude/claude-opus-5")
    assert (answer.status_code, len(lab.seen())) == (400, 1)
    assert "The reason 4711." in answer.json()["error"]["message"]


# ---- counts and listings ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "fields"),
    [
        ("rate_limit", {}), ("unauthorized_401", {}), ("bad_request_400", {}), ("bad_gateway_502_html", {}),
        ("garbage", {}), ("cut_stream", {}), ("status", {"status": 200, "body": '{"totalTokens": "many"}'}),
        ("status", {"status": 200, "body": "[5]"}),
    ],
)  # fmt: skip
def test_a_count_that_fails_is_an_estimate_at_once(fault: str, fields: dict[str, Any], lab: Lab) -> None:
    lab.fresh("gemini")
    lab.faults(lab.fault(fault, "*", path="*countTokens*", **fields))
    body = {"model": "gemini/gemini-2.5-flash", "messages": [{"role": "user", "content": "hello"}]}
    answer = lab.http.post("/v1/messages/count_tokens", json=body)
    assert (answer.status_code, answer.headers["x-mitmrouter-estimate"]) == (200, "input_tokens"), answer.text
    assert 0 < answer.json()["input_tokens"] < 100
    assert lab.rows(1)[0]["state"] == "ok"


def test_models_are_listed_though_no_provider_can_be_asked(lab: Lab) -> None:
    lab.fresh("anthropic", "gemini", tokens=("first",))
    lab.faults(lab.fault("server_error_500", "*", path="*models*"))
    answer = lab.http.get("/v1/models")
    lab.faults()
    assert answer.status_code == 200
    assert {entry["id"].partition("/")[0] for entry in answer.json()["data"]} == {"claude", "gemini", "auto"}


# ---- what never leaves ----------------------------------------------------------------------------------------------

PATHS = {
    "anthropic": ("/v1/messages", "claude/claude-opus-5"),
    "openai-chat": ("/v1/chat/completions", "claude/claude-opus-5"),
    "openai-responses": ("/v1/responses", "claude/claude-opus-5"),
    "gemini": ("/v1beta/models/claude/claude-opus-5:generateContent", ""),
    "count": ("/v1/messages/count_tokens", "gemini/gemini-2.5-flash"),
    "compact": ("/v1/responses/compact", "claude/claude-opus-5"),
}
DEEP = b"[" * 2000 + b"]" * 2000


def error_of(client: str, answer: Any) -> dict[str, Any]:
    """The error object; fails when it is not the client's own."""
    error: dict[str, Any] = answer.json()["error"]
    keys = {"anthropic": {"type", "message"}, "count": {"type", "message"}, "gemini": {"code", "message", "status"}}
    assert set(error) == keys.get(client, {"message", "type", "param", "code"})
    assert (answer.json().get("type") == "error") == (client in ("anthropic", "count"))
    return error


@pytest.mark.parametrize("client", PATHS)
def test_a_body_that_cannot_be_read_is_refused_here(lab: Lab, client: str) -> None:
    lab.fresh("anthropic", tokens=("first",))
    path, _ = PATHS[client]
    bodies = [b"", b"not json", b"[]", b"5", b"null", DEEP, b'{"model": ' + DEEP + b"}", b"\xff\xfe", b'{"a":1}{']
    for body in bodies:
        answer = lab.http.post(path, content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 400, (body[:20], answer.text)
        error_of(client, answer)
    assert lab.seen() == []


WRONG = {
    "anthropic": [
        ("messages", 5), ("messages", [5]), ("messages", [{"role": "user", "content": 5}]), ("max_tokens", "x"),
        ("system", 5), ("tools", {"a": 1}), ("tools", [5]), ("stop_sequences", 5), ("temperature", "hot"),
    ],
    "openai-chat": [
        ("messages", "x"), ("messages", [[]]), ("messages", [{"role": "user", "content": 5}]), ("tools", 5),
        ("tools", [{"type": "function", "function": 5}]), ("stop", 5), ("temperature", {}), ("response_format", 5),
    ],
    "openai-responses": [
        ("input", 5), ("input", [5]), ("tools", 5), ("tools", [5]), ("instructions", 5), ("reasoning", 5), ("text", 5),
    ],
    "gemini": [
        ("contents", 5), ("contents", [5]), ("contents", [{"role": "user", "parts": 5}]), ("tools", 5),
        ("generationConfig", 5), ("systemInstruction", 5),
    ],
}  # fmt: skip
BODIES: dict[str, dict[str, Any]] = {
    "anthropic": {"max_tokens": 50, "messages": [{"role": "user", "content": "hello"}]},
    "openai-chat": {"messages": [{"role": "user", "content": "hello"}]},
    "openai-responses": {"input": "hello"},
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]},
}


@pytest.mark.parametrize("client", WRONG)
def test_a_field_of_the_wrong_type_is_named_in_the_clients_format(lab: Lab, client: str) -> None:
    lab.fresh("codex", tokens=("first",))
    path, _ = PATHS[client]
    path = path.replace("claude/claude-opus-5", "codex/gpt-5.5")
    if client == "openai-responses":  # another format than the backend's
        lab.fresh("anthropic", tokens=("first",))
    model = "claude/claude-opus-5" if client == "openai-responses" else "codex/gpt-5.5"
    for field, value in WRONG[client]:
        answer = lab.http.post(path, json={**BODIES[client], "model": model, field: value})
        assert answer.status_code == 400, (field, value, answer.text)
        assert field in error_of(client, answer)["message"], (field, value, answer.text)
    assert lab.seen() == []
    rows = lab.rows(len(WRONG[client]))
    assert {(row["state"], row["status"], row["attempts"]) for row in rows} == {("refused", 400, 0)}
    assert all(row["error"] for row in rows)


@pytest.mark.parametrize("client", ["anthropic", "openai-chat", "openai-responses"])
@pytest.mark.parametrize("model", [5, None, ["x"]], ids=str)
def test_a_model_that_is_no_text_is_refused(lab: Lab, client: str, model: Any) -> None:
    lab.fresh("anthropic", tokens=("first",))
    answer = lab.http.post(PATHS[client][0], json={**BODIES[client], "model": model})
    assert answer.status_code in (400, 404), answer.text
    assert "model" in error_of(client, answer)["message"]
    assert lab.seen() == []


@pytest.mark.parametrize("client", BODIES)
@pytest.mark.parametrize("model", ["nobody-knows-9", "mistral/large", "nowhere/large"])
def test_a_model_that_nobody_serves_is_404_with_the_remedy(lab: Lab, client: str, model: str) -> None:
    """`mistral` is known and switched off."""
    lab.fresh("anthropic", tokens=("first",))
    path = PATHS[client][0].replace("claude/claude-opus-5", model)
    answer = lab.http.post(path, json={**BODIES[client], "model": model})
    assert answer.status_code == 404, answer.text
    assert "claude/" in error_of(client, answer)["message"]
    assert lab.seen() == []


def add_groq(lab: Lab) -> None:
    lab.store.add(Token("", "groq", "groq", f"gsk_x-0123456789-{time.monotonic_ns()}"))
    wait_until(lambda: "groq" in {token["name"] for token in lab.status()})
    time.sleep(0.002)
    lab.began_ms = int(time.time() * 1000)


# ---- a conversation along a chain -----------------------------------------------------------------------------------


class ClaudeCode:
    """A conversation that keeps its thinking, and calls a tool in each turn."""

    def __init__(self, lab: Lab, *, stream: bool) -> None:
        self.lab, self.stream = lab, stream
        self.said: list[dict[str, Any]] = [{"role": "user", "content": "Look."}]

    def turn(self) -> None:
        body = claude_code_body(
            model="claude/claude-opus-5", max_tokens=4000, stream=self.stream, messages=self.said,
            thinking={"type": "adaptive"}, tools=[{"name": "look", "description": "Look.", "input_schema": SCHEMA}],
        )  # fmt: skip
        answer = self.lab.http.post("/v1/messages", json=body, headers=CLAUDE_CODE)
        assert answer.status_code == 200, answer.text
        content = (message_of(answer.content) if self.stream else answer.json())["content"]
        assert content[0]["type"] == "thinking"
        (call,) = (block["id"] for block in content if block["type"] == "tool_use")
        found = {"type": "tool_result", "tool_use_id": call, "content": f"file {len(self.said)}"}
        self.said += [{"role": "assistant", "content": content}, {"role": "user", "content": [found]}]


def message_of(stream: bytes) -> dict[str, Any]:
    """The message that a stream of Anthropic's format is."""
    anthropic = codec("anthropic")
    decoder = anthropic.stream_decoder()
    return anthropic.encode_response(fold([*decoder.feed(stream), *decoder.close()]), answering())


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_a_tool_conversation_goes_along_a_chain_of_three_formats_each_hop_traced(lab: Lab, stream: bool) -> None:
    """Claude's window is used up, Google has no capacity, Codex answers: without Claude's signed thought, which it
    could not read, and with every call and result. Its own thought it gets back with the next turn."""
    lab.fresh("oauth", "gemini", "codex", tokens=("first",))
    lab.simulator.plan(*(PlannedReply(thinking=f"Thought {n}.", calls=(LOOK,)) for n in range(3)))
    talk = ClaudeCode(lab, stream=stream)
    talk.turn()
    lab.faults(
        lab.fault("window_exhausted", "oauth-first", retry_after_s=900), lab.fault("overloaded_503", "gemini-first")
    )
    talk.turn()
    talk.turn()

    first, second, third = lab.rows(3)
    assert [attempt["provider"] for attempt in lab.attempts(first)] == ["claude"]
    hops = lab.attempts(second)
    assert [(hop["provider"], hop["model"], hop["outcome"], hop["action"]) for hop in hops] == [
        ("claude", "claude-opus-5", "window_exhausted", "next_target"),
        ("gemini", "gemini-2.5-flash", "overloaded", "next_target"),
        ("codex", "gpt-5.5", "answered", "done"),
    ]
    assert [hop["status"] for hop in hops] == [429, 503, 200]
    assert all(hop["reason"] and hop["because"] for hop in hops[:2])
    assert (second["provider"], second["model"], second["upstream_format"]) == ("codex", "gpt-5.5", "openai-responses")
    assert [hop["provider"] for hop in lab.attempts(third)] == ["codex"]  # the two others rest

    claude, refused, google, codex, again = (orjson.loads(seen.body) for seen in lab.seen())
    assert "signature" not in str(claude["messages"])
    (signature,) = (block["signature"] for block in talk.said[1]["content"] if block["type"] == "thinking")
    assert signature in str(refused["messages"])  # its own
    for body in (google, codex, again):
        assert signature not in str(body)
        assert "file 1" in str(body)
    assert [item["type"] for item in codex["input"] if item["type"] != "message"] == [
        "function_call", "function_call_output"
    ]  # fmt: skip
    assert [item["type"] for item in again["input"] if item["type"] != "message"] == [
        "function_call", "function_call_output", "reasoning", "function_call", "function_call_output"
    ]  # fmt: skip
    assert "file 3" in str(again)
    assert all(seen.fault in ("", "window_exhausted", "overloaded_503") for seen in lab.seen())  # nothing to be mended
