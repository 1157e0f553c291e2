"""Proofs of thinking, on their way through providers and tokens: own ones back, foreign ones out, refusals mended once.

The simulator signs its own, as each provider does, and binds encrypted reasoning to the account that got it.
"""

import zlib
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from router_core.simulator import PlannedCall, PlannedReply, Script
from router_core.wire.model import Proof
from router_core.wire.proof import is_sealed, seal
from tests.live.test_routed import events
from tests.router_core.simulator.asking_gemini import ANSWER, ASKING, TOOLS, called
from tests.support.lab import Lab, running_lab

VERSION = {"anthropic-version": "2023-06-01"}
SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
CALL = PlannedCall("look", {"path": "/tmp"})
CLAUDE, CODEX, PLATFORM, GEMINI = "claude/claude-opus-5", "codex/gpt-5.5", "openai/gpt-5.5", "gemini/gemini-3.5-flash"
BAD_SIGNATURE = "messages.1.content.0: Invalid `signature` in `thinking` block"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("proofs"), Script(bind_encrypted_content=True)) as running:
        yield running


def bodies(lab: Lab) -> list[dict[str, Any]]:
    """What the provider saw, request by request."""
    return [orjson.loads(seen.body) for seen in lab.seen()]


# ---- refusals are mended once ---------------------------------------------------------------------------------------


def claude_turn(signature: str) -> dict[str, Any]:
    """A tool turn of Claude's, with thinking of unknown origin."""
    thought = {"type": "thinking", "thinking": "hm", "signature": signature}
    call = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"path": "/tmp"}}
    return {
        "model": CLAUDE, "max_tokens": 2000,
        "tools": [{"name": "look", "description": "Look.", "input_schema": SCHEMA}],
        "messages": [
            {"role": "user", "content": "Look."},
            {"role": "assistant", "content": [thought, call]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "two files"}]},
        ],
    }  # fmt: skip


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_a_thought_that_claude_did_not_sign_is_taken_out_and_asked_again_once(lab: Lab, encoding: str) -> None:
    lab.fresh("anthropic")
    content = orjson.dumps({**claude_turn("from-somewhere-else"), "model": "claude-opus-5"})
    headers = {**VERSION, "content-type": "application/json"}
    if encoding:  # the client's own bytes pass as long as nothing of them changes
        content, headers["content-encoding"] = zlib.compress(content, wbits=31), encoding
    answer = lab.http.post("/v1/messages", content=content, headers=headers)
    assert answer.status_code == 200, answer.text
    assert lab.paid() == ["first", "first"]
    mended = orjson.loads(lab.seen()[-1].body)
    assert [block["type"] for block in mended["messages"][1]["content"]] == ["tool_use"]
    assert lab.seen()[-1].header("content-encoding") == ""
    assert int(lab.seen()[-1].header("content-length")) == lab.seen()[-1].body_size
    assert (lab.token().cooldowns, lab.token().health) == ((), "healthy")
    (row,) = lab.rows(1)
    assert row["state"] == "ok"
    assert "messages[1].content[0]" in row["losses"]
    assert lab.outcomes()[0] == ("first", "client_error", "same_token")


@pytest.mark.parametrize("client", ["anthropic", "openai-responses"])
def test_a_refusal_that_does_not_end_is_mended_once_and_then_told(lab: Lab, client: str) -> None:
    lab.fresh("anthropic")
    lab.faults(lab.fault("bad_request_400", "*", body=BAD_SIGNATURE))
    if client == "anthropic":
        answer = lab.http.post("/v1/messages", json=claude_turn("from-somewhere-else"), headers=VERSION)
        assert answer.json()["type"] == "error"
        assert lab.paid() == ["first", "first"]
    else:  # nothing in it to mend
        answer = lab.http.post("/v1/responses", json={"model": CLAUDE, "input": "hello"})
        assert answer.json()["error"]["type"] == "invalid_request_error"
        assert lab.paid() == ["first"]
    assert answer.status_code == 400
    assert BAD_SIGNATURE in answer.json()["error"]["message"]
    assert lab.token().cooldowns == ()
    assert lab.rows(1)[0]["state"] == "failed"


def test_a_thought_that_gemini_did_not_sign_is_taken_out_and_asked_again_once(lab: Lab) -> None:
    lab.fresh("gemini")
    body = {"contents": [ASKING, called("Zm9yZWlnbiBzaWduYXR1cmU="), ANSWER], "tools": TOOLS}
    answer = lab.http.post(f"/v1beta/models/{GEMINI}:generateContent", json=body)
    assert answer.status_code == 200, answer.text
    assert lab.paid() == ["first", "first"]
    assert "Zm9yZWlnbiBzaWduYXR1cmU=" not in lab.seen()[-1].body.decode()
    assert lab.token().cooldowns == ()


@pytest.mark.parametrize("client", ["openai-responses", "anthropic"])
def test_reasoning_of_another_account_is_taken_out_after_its_refusal(lab: Lab, client: str) -> None:
    """The first token got it, rests, and the second one cannot read it."""
    lab.fresh("codex")
    lab.simulator.plan(PlannedReply(thinking="Let me look.", calls=(CALL,)), PlannedReply(text="Done."))
    talk = Talk(lab, client)
    talk.say(CODEX, "Look.")
    lab.faults(lab.fault("rate_limit"))
    talk.tool_said("two files")
    answer = talk.go_on(CODEX)
    assert answer.status_code == 200, answer.text
    assert lab.paid() == ["first", "first", "second", "second"]
    (sent, *_, refused, mended) = bodies(lab)
    assert encrypted(refused)
    assert not encrypted(mended)
    assert sent["model"] == "gpt-5.5"
    assert [c.kind for c in lab.token("second").cooldowns] == []


def test_a_response_that_only_another_account_knows_is_told_in_full(lab: Lab) -> None:
    lab.fresh("responses")
    lab.simulator.plan(PlannedReply(text="I remember plums."), PlannedReply(text="Plums."))
    first = lab.http.post("/v1/responses", json={"model": PLATFORM, "input": "Remember plums."}).json()
    unknown = {"code": "previous_response_not_found", "body": f"Previous response with id '{first['id']}' not found."}
    lab.faults(lab.fault("rate_limit"), lab.fault("bad_request_400", "second", times=1, **unknown))
    again = {"model": PLATFORM, "input": "What?", "previous_response_id": first["id"]}
    answer = lab.http.post("/v1/responses", json=again)
    assert answer.status_code == 200, answer.text
    assert lab.paid() == ["first", "first", "second", "second"]
    *_, refused, mended = bodies(lab)
    assert refused["previous_response_id"] == first["id"]
    assert "previous_response_id" not in mended
    for words in ("Remember plums.", "I remember plums.", "What?"):
        assert words in orjson.dumps(mended).decode()
    assert lab.token("second").cooldowns == ()


# ---- a conversation that moves --------------------------------------------------------------------------------------


class Talk:
    """A conversation that keeps all it was told, as a client of its format does."""

    def __init__(self, lab: Lab, client: str) -> None:
        self.lab = lab
        self.client = client
        self.said: list[dict[str, Any]] = []
        self.calls: list[str] = []

    def say(self, model: str, words: str) -> Any:
        self.said.append({"role": "user", "content": words})
        return self.go_on(model)

    def tool_said(self, words: str) -> None:
        call = self.calls.pop()
        if self.client == "anthropic":
            result = {"type": "tool_result", "tool_use_id": call, "content": words}
            self.said.append({"role": "user", "content": [result]})
        else:
            self.said.append({"type": "function_call_output", "call_id": call, "output": words})

    def go_on(self, model: str) -> Any:
        if self.client == "anthropic":
            return self._messages(model)
        return self._responses(model)

    def _messages(self, model: str) -> Any:
        body = {
            "model": model, "max_tokens": 4000, "messages": self.said,
            "thinking": {"type": "adaptive"},
            "tools": [{"name": "look", "description": "Look.", "input_schema": SCHEMA}],
        }  # fmt: skip
        answer = self.lab.http.post("/v1/messages", json=body, headers=VERSION)
        if answer.status_code == 200:
            content = answer.json()["content"]
            self.said.append({"role": "assistant", "content": content})
            self.calls = [block["id"] for block in content if block["type"] == "tool_use"]
        return answer

    def _responses(self, model: str) -> Any:
        body = {
            "model": model, "input": self.said, "store": False, "stream": True,
            "reasoning": {"effort": "high", "summary": "auto"}, "include": ["reasoning.encrypted_content"],
            "tools": [{"type": "function", "name": "look", "parameters": SCHEMA, "strict": False}],
        }  # fmt: skip
        answer = self.lab.http.post("/v1/responses", json=body)
        if answer.status_code == 200:
            items = [event["item"] for event in events(answer.text) if event["type"] == "response.output_item.done"]
            self.said += items
            self.calls = [item["call_id"] for item in items if item["type"] == "function_call"]
        return answer


def encrypted(body: dict[str, Any]) -> list[str]:
    """The encrypted reasoning in a request to the Responses API."""
    return [item["encrypted_content"] for item in body["input"] if item.get("encrypted_content")]


def signatures(body: dict[str, Any]) -> list[str]:
    """The signatures in a request to Claude."""
    blocks = [b for m in body["messages"] if isinstance(m["content"], list) for b in m["content"]]
    return [block["signature"] for block in blocks if block["type"] == "thinking"]


@pytest.mark.parametrize("client", ["anthropic", "openai-responses"])
@pytest.mark.parametrize(("home", "abroad"), [(CLAUDE, CODEX), (CODEX, CLAUDE)], ids=["claude", "codex"])
def test_a_conversation_that_goes_abroad_and_comes_home_finds_its_own_thoughts(
    lab: Lab, home: str, abroad: str, client: str
) -> None:
    lab.fresh("anthropic", "codex", tokens=("first",))
    thinking = [PlannedReply(thinking=f"Thought {n}.", calls=(CALL,)) for n in range(3)]
    lab.simulator.plan(*thinking, PlannedReply(text="Done."))
    talk = Talk(lab, client)
    assert talk.say(home, "Look.").status_code == 200
    for model in (abroad, home, abroad):
        talk.tool_said("two files")
        answer = talk.go_on(model)
        assert answer.status_code == 200, answer.text
    first, second, third, fourth = bodies(lab)
    at_home, elsewhere = (signatures, encrypted) if home == CLAUDE else (encrypted, signatures)
    assert at_home(first) == []
    assert elsewhere(second) == []  # the first thought is home's alone
    assert len(at_home(third)) == 1  # home's own is back, the one from abroad is not told
    assert len(elsewhere(fourth)) == 1  # and the other way round
    assert elsewhere(fourth) != at_home(third)
    for seen in lab.seen():
        assert not any(is_sealed(value) for value in strings(orjson.loads(seen.body)))
        assert seen.fault == ""
    assert len(lab.seen()) == 4  # nothing had to be mended


def strings(value: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def test_an_envelope_is_found_however_its_slashes_are_written(lab: Lab) -> None:
    lab.fresh("anthropic")
    envelope = seal(Proof("openai", "???" * 20))
    content = orjson.dumps({**claude_turn(envelope), "model": "claude-opus-5"}).replace(b"/", b"\\/")
    assert envelope.encode() not in content
    answer = lab.http.post("/v1/messages", content=content, headers=VERSION)
    assert answer.status_code == 200, answer.text
    assert lab.paid() == ["first"]
    assert signatures(bodies(lab)[0]) == []


# ---- the backend's session ------------------------------------------------------------------------------------------


def codex_turn(lab: Lab, state: str = "") -> Any:
    headers = {"x-codex-turn-state": state} if state else {}
    return lab.http.post("/v1/responses", json={"model": CODEX, "input": "hello", "stream": True}, headers=headers)


def test_a_turn_state_goes_to_the_token_that_got_it_and_to_no_other(lab: Lab) -> None:
    lab.fresh("codex")
    state = codex_turn(lab).headers["x-codex-turn-state"]
    codex_turn(lab, state)
    lab.faults(lab.fault("rate_limit", times=1))
    codex_turn(lab, state)  # first refuses, second answers
    codex_turn(lab, state)  # first rests
    seen = [
        (name, request.header("x-codex-turn-state") == state)
        for name, request in zip(lab.paid(), lab.seen(), strict=True)
    ]
    assert seen == [("first", False), ("first", True), ("first", True), ("second", False), ("second", False)]


def test_a_turn_state_of_unknown_origin_goes_to_the_first_token_only(lab: Lab) -> None:
    lab.fresh("codex")
    lab.faults(lab.fault("rate_limit", times=1))
    codex_turn(lab, "from-before-the-restart")
    assert [request.header("x-codex-turn-state") for request in lab.seen()] == ["from-before-the-restart", ""]


@pytest.mark.parametrize("model", [CLAUDE, GEMINI])
def test_a_turn_state_reaches_no_other_provider(lab: Lab, model: str) -> None:
    lab.fresh("anthropic", "gemini", tokens=("first",))
    answer = lab.http.post(
        "/v1/responses", json={"model": model, "input": "hello"}, headers={"x-codex-turn-state": "state"}
    )
    assert answer.status_code == 200
    assert [request.header("x-codex-turn-state") for request in lab.seen()] == [""]
