"""The real Claude Code and the real Codex CLI with models of providers that do not speak their format.

A plain turn, and a turn in which the model reads a file, edits it and looks at the result, thinking before each call.
What counts is what the user has afterwards: the file with the edit, the right words, no error; and that the client
asked exactly as often as it had to, so that nothing it was told made it try again.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from router_core.simulator import PlannedCall, PlannedReply
from tests.support.clients import Client, Run, must_be_installed, run_claude_code, run_codex
from tests.support.lab import Lab

pytestmark = [pytest.mark.clients, pytest.mark.slow]

BEFORE = "# notes\nhello wörld\nthe end\n"
AFTER = BEFORE.replace("hello wörld", 'hello "router" 你好')
PLAIN = PlannedReply("Hi from the other side: Grüße, 你好.", thinking="A greeting.", input_tokens=11_111)
DONE = "The greeting in notes.md is changed."


@dataclass(frozen=True)
class Target:
    """A provider that speaks one format only."""

    ask: str
    model: str
    format: str
    proof: str
    """The field in which its thinking must come back to it."""


CHAT = Target("chat-only", "deepseek/deepseek-v4-pro", "openai-chat", "reasoning_content")
CODEX = Target("codex", "codex/gpt-5.5", "openai-responses", "encrypted_content")
GEMINI = Target("gemini", "gemini/gemini-3.5-flash", "gemini", "thoughtSignature")
ANTHROPIC = Target("anthropic", "claude/claude-sonnet-5", "anthropic", "signature")

PAIRS = [
    pytest.param("claude", CHAT, id="claude-code-chat"),
    pytest.param("claude", CODEX, id="claude-code-codex"),
    pytest.param("claude", GEMINI, id="claude-code-gemini"),
    pytest.param("codex", ANTHROPIC, id="codex-anthropic"),
    pytest.param("codex", CHAT, id="codex-chat"),
]


@pytest.fixture(autouse=True)
def installed(request: pytest.FixtureRequest) -> None:
    """The real program, which CI must have."""
    callspec = getattr(request.node, "callspec", None)
    client: Client = callspec.params["client"] if callspec else "codex"
    must_be_installed(client)


def run(client: Client, lab: Lab, folder: Path, target: Target, prompt: str) -> Run:
    if client == "claude":
        return run_claude_code(lab.router, folder, prompt, model=target.model)
    catalogue = lab.http.get("/v1/models", params={"client_version": "0.169.0"}).json()
    # the harder way: its tool without a schema, which it gives its own vendor's models only
    entry = {**catalogue["models"][0], "slug": target.model, "apply_patch_tool_type": "freeform"}
    return run_codex(lab.router, folder, prompt, model=target.model, catalogue={"models": [entry]})


def calls_of(client: Client, file: Path) -> list[tuple[PlannedCall, ...]]:
    """What the model does, step by step: look twice at once, edit, look again."""
    if client == "claude":
        edit = {"file_path": str(file), "old_string": "hello wörld", "new_string": 'hello "router" 你好'}
        return [
            (
                PlannedCall("Read", {"file_path": str(file)}),
                PlannedCall("Bash", {"command": "echo 'two at once'", "description": "say it"}),
            ),
            (PlannedCall("Edit", edit),),
            (PlannedCall("Bash", {"command": f"cat '{file}'", "description": "look again"}),),
        ]
    patch = (
        '*** Begin Patch\n*** Update File: notes.md\n@@\n # notes\n-hello wörld\n+hello "router" 你好\n*** End Patch\n'
    )
    return [
        (
            PlannedCall("exec_command", {"cmd": "cat notes.md"}),
            PlannedCall("exec_command", {"cmd": "echo two at once"}),
        ),
        (PlannedCall("apply_patch", text=patch),),
        (PlannedCall("exec_command", {"cmd": "cat notes.md"}),),
    ]


def values_of(key: str, body: Any) -> list[str]:
    """Every text that stands under a key, at any depth, in order."""
    if isinstance(body, list):
        return [value for item in body for value in values_of(key, item)]
    if not isinstance(body, dict):
        return []
    own = body.get(key)
    return ([own] if isinstance(own, str) and own else []) + [v for item in body.values() for v in values_of(key, item)]


def texts_of(body: Any) -> list[str]:
    """Every text of a body."""
    if isinstance(body, str):
        return [body]
    items = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    return [text for item in items for text in texts_of(item)]


def check_rows(client: Client, target: Target, lab: Lab, count: int) -> list[dict[str, Any]]:
    """The client asked that often, each time once, and each answer was paid for and counted."""
    rows = lab.rows(count)
    spoken = {"claude": "anthropic", "codex": "openai-responses"}[client]
    for row in rows:
        assert (row["state"], row["status"], row["attempts"], row["error"]) == ("ok", 200, 1, ""), row
        assert (row["asked_model"], row["format"], row["upstream_format"]) == (target.model, spoken, target.format)
        assert row["client"] == {"claude": "claude-code", "codex": "codex"}[client]
        assert row["output_tokens"] > 0
        assert row["reasoning_tokens"] > 0
    assert len({row["session"] for row in rows}) == 1
    assert [seen.status for seen in lab.seen()] == [200] * count
    return rows


def prompt_tokens(row: dict[str, Any]) -> int:
    """The whole prompt: what was read from the cache and what was written to it included."""
    return sum(row[name] or 0 for name in ("input_tokens", "cache_read_tokens", "cache_write_tokens"))


@pytest.mark.parametrize(("client", "target"), PAIRS)
def test_a_plain_turn(client: Client, target: Target, lab: Lab, tmp_path: Path) -> None:
    lab.fresh(target.ask)
    lab.simulator.plan(PLAIN)
    done = run(client, lab, tmp_path, target, "say hi")
    assert (done.exit_code, done.output) == (0, PLAIN.text), done.log
    (row,) = check_rows(client, target, lab, 1)
    assert prompt_tokens(row) == PLAIN.input_tokens


@pytest.mark.parametrize(("client", "target"), PAIRS)
def test_the_model_edits_a_file(client: Client, target: Target, lab: Lab, tmp_path: Path) -> None:
    lab.fresh(target.ask)
    file = tmp_path / "work" / "notes.md"
    file.parent.mkdir()
    file.write_text(BEFORE)
    steps = calls_of(client, file)
    thoughts = [f"Thought {number}." for number in range(len(steps))]
    plans = [
        PlannedReply(f"Step: {thought}", thinking=thought, calls=calls, argument_pieces=7)
        for thought, calls in zip(thoughts, steps, strict=True)
    ]
    lab.simulator.plan(*plans, PlannedReply(DONE, thinking="All done."))
    done = run(client, lab, tmp_path, target, "change the greeting in notes.md")
    assert (done.exit_code, done.output) == (0, DONE), done.log
    assert file.read_text() == AFTER
    check_rows(client, target, lab, len(plans) + 1)

    *before, last = lab.seen()
    assert last.body_size == len(last.body)  # the whole of it was kept
    body = orjson.loads(last.body)
    told = [text for text in texts_of(body) if 'hello "router" 你好' in text and "the end" in text]
    assert told, "the model was not told what the file looks like now"
    both = [text for text in texts_of(body) if "two at once" in text and "echo" not in text]
    assert both, "the second of two calls at once was lost"
    proofs = values_of(target.proof, body)
    assert len(proofs) == len(steps)
    if target is CHAT:
        assert proofs == thoughts
    else:
        answers = b"".join(seen.response_bytes for seen in before)
        assert all(orjson.dumps(proof)[1:-1] in answers for proof in proofs)


@pytest.mark.parametrize(("client", "target"), PAIRS)
def test_the_client_does_not_notice_that_the_first_token_failed(
    client: Client, target: Target, lab: Lab, tmp_path: Path
) -> None:
    lab.fresh(target.ask)
    lab.faults(lab.fault("error_in_stream", at_event=0))
    lab.simulator.plan(PLAIN)
    done = run(client, lab, tmp_path, target, "say hi")
    assert (done.exit_code, done.output) == (0, PLAIN.text), done.log
    assert lab.paid() == ["first", "second"]
    (row,) = lab.rows(1)
    assert (row["state"], row["token"], row["attempts"]) == ("ok", "second", 2)


@pytest.mark.parametrize(("client", "target"), PAIRS)
def test_a_stream_that_breaks_is_understood_as_broken(client: Client, target: Target, lab: Lab, tmp_path: Path) -> None:
    """The client asks again by itself, and shows the second answer only."""
    lab.fresh(target.ask)
    lab.faults(lab.fault("cut_stream", at_event=4, times=1))
    lab.simulator.plan(PLAIN, PLAIN)
    done = run(client, lab, tmp_path, target, "say hi")
    assert (done.exit_code, done.output) == (0, PLAIN.text), done.log
    assert [(row["state"], row["attempts"]) for row in lab.rows(2)] == [("broken", 1), ("ok", 1)]


OVERFLOWS = {
    "anthropic": "prompt is too long: 213462 tokens > 200000 maximum",
    "openai-chat": "This model's maximum context length is 200000 tokens. However, you requested 213462 tokens.",
    "openai-responses": "Your input exceeds the context window of this model. Please adjust your input and try again.",
    "gemini": "The input token count (213462) exceeds the maximum number of tokens allowed (200000).",
}


@pytest.mark.parametrize(("client", "target"), PAIRS)
def test_the_client_knows_that_its_context_is_full(client: Client, target: Target, lab: Lab, tmp_path: Path) -> None:
    lab.fresh(target.ask)
    code = "context_length_exceeded" if target.format.startswith("openai") else None
    lab.faults(lab.fault("bad_request_400", "*", body=OVERFLOWS[target.format], code=code))
    done = run(client, lab, tmp_path, target, "say hi")
    assert done.exit_code == 1
    if client == "claude":
        assert done.output.startswith("Prompt is too long")
        assert ("~213462 tokens (limit 200000)" in done.output) == (target is not CODEX)  # that one names no numbers
    else:
        assert "Codex ran out of room in the model's context window" in done.log
    assert [seen.status for seen in lab.seen()] == [400]


@pytest.mark.parametrize(("client", "target"), PAIRS)
def test_with_no_token_left_the_client_stops_at_once_and_says_why(
    client: Client, target: Target, lab: Lab, tmp_path: Path
) -> None:
    lab.fresh(target.ask)
    lab.faults(lab.fault("unauthorized_401", "*", body="the key is bad"))
    done = run(client, lab, tmp_path, target, "say hi")
    assert done.exit_code == 1
    assert "second: unhealthy" in done.output + done.log
    assert "the key is bad" in done.output + done.log
    assert len(lab.rows(1)) == 1


def test_codex_reads_what_it_must_know_of_other_providers_models_from_the_router(lab: Lab, tmp_path: Path) -> None:
    """Without the router's catalogue it warns and guesses the size of the context window."""
    lab.fresh("anthropic")
    lab.simulator.plan(PlannedReply("Hi."), PlannedReply("Hi."))
    unaware = run_codex(lab.router, tmp_path / "unaware", "say hi", model=ANTHROPIC.model)
    assert "Model metadata for `claude/claude-sonnet-5` not found" in unaware.log
    aware = run_codex(lab.router, tmp_path / "aware", "say hi", model=ANTHROPIC.model, discovers=True)
    assert (unaware.output, aware.output) == ("Hi.", "Hi.")
    assert "metadata" not in aware.log
