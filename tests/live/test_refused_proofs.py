"""Proofs that a provider refuses, as users of other routers met it: the numbers are those of our list of reports
(tests/router_core/test_gotchas_index.py). The request goes out once more without them, on the same account.
"""

from contextlib import closing
from typing import Any

import orjson
import pytest

from router_core.store.database import open_read_only
from router_core.store.traces import attempts_of, bodies_of
from router_core.trace.difference import AttemptDifference, difference
from tests.live.test_gotchas import events
from tests.router_core.simulator.asking import codex_body, message_body
from tests.support.lab import ANTHROPIC, Lab

WHERE = pytest.mark.parametrize("way", ["isolated", "routed"])
SIGNED = [
    {"role": "user", "content": "hello"},
    {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "A greeting.", "signature": "c2lnbmVkIGJ5IHNvbWVib2R5IGVsc2U="},
            {"type": "text", "text": "Hello!"},
        ],
    },
    {"role": "user", "content": "and again"},
]


def differences(lab: Lab) -> list[AttemptDifference]:
    """Of each attempt of the only request."""
    (row,) = lab.rows(1)
    with closing(open_read_only(lab.router.home.traces_db)) as traces:
        return difference(row, attempts_of(traces, row["id"]), list(bodies_of(traces, row["id"])))


def unpunished(lab: Lab) -> None:
    """The first token paid every time, and nothing was held against it."""
    assert set(lab.paid()) == {"first"}
    assert (lab.token().health, lab.token().cooldowns) == ("healthy", ())


@WHERE
def test_replayed_reasoning_is_refused_and_rotating_accounts_does_not_help(way: str, lab: Lab) -> None:  # 30
    lab.fresh("codex")
    include: Any = {"include": ["reasoning.encrypted_content"], "reasoning": {"effort": "low"}}
    made = [event for event in events(lab.ask("codex", **include)) if event["type"] == "response.output_item.done"]
    done = [event["item"] for event in made]
    assert [item["type"] for item in done] == ["reasoning", "message"]
    question = codex_body()["input"][0]
    body = codex_body(input=[question, *done, question], **include)
    words = "The encrypted content could not be verified."
    lab.faults(lab.fault("bad_request_400", "*", code="invalid_encrypted_content", body=words, times=1))
    path = "/codex/responses" if way == "isolated" else "/v1/responses"
    answer = lab.http.post(path, json={**body, "model": "gpt-5.5" if way == "isolated" else "codex/gpt-5.5"})
    assert answer.status_code == 200, answer.text
    assert events(answer)[-1]["type"] == "response.completed"
    refused, mended = lab.seen()[1:]
    assert (refused.status, mended.status) == (400, 200)
    secret = done[0]["encrypted_content"].encode()
    assert (secret in refused.body, secret in mended.body) == (True, False)
    assert orjson.dumps(done[1]["content"][0]["text"]) in mended.body  # what was said stays
    unpunished(lab)


@WHERE
def test_invalid_signature_in_thinking_block(way: str, lab: Lab) -> None:  # 31
    lab.fresh("anthropic")
    words = "messages.1.content.0: Invalid `signature` in `thinking` block"
    lab.faults(lab.fault("bad_request_400", "*", body=words, times=1))
    path, model = (
        ("/claude/v1/messages", "claude-sonnet-5") if way == "isolated" else ("/v1/messages", "claude/claude-sonnet-5")
    )
    body = message_body(messages=SIGNED, model=model, thinking={"type": "adaptive"}, max_tokens=4000)
    answer = lab.http.post(path, json=body, headers=ANTHROPIC)
    assert answer.status_code == 200, answer.text
    refused, mended = lab.seen()
    assert (refused.status, mended.status) == (400, 200)
    assert (b'"signature"' in refused.body, b'"signature"' in mended.body) == (True, False)
    assert b"Hello!" in mended.body
    unpunished(lab)
    changes = differences(lab)[-1].changes  # `trace diff` says what was taken out, and why
    taken_out = [change for change in changes if change.path.startswith("messages[1]")]
    assert taken_out
    assert all("repair: " in change.rules[0] for change in taken_out)


def test_what_cannot_be_mended_is_asked_once_more_only(lab: Lab) -> None:  # 30, 31
    lab.fresh("anthropic")
    words = "messages.1.content.0: Invalid `signature` in `thinking` block"
    lab.faults(lab.fault("bad_request_400", "*", body=words))
    body = message_body(messages=SIGNED, model="claude/claude-sonnet-5")
    answer = lab.http.post("/v1/messages", json=body, headers=ANTHROPIC)
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, words)
    assert len(lab.seen()) == 2
    unpunished(lab)
