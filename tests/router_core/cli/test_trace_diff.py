"""`trace diff`: every change with its sign, its values and the rule that made it."""

import json
from dataclasses import replace
from typing import Any

from router_core.cli.trace_diff import short
from router_core.store.database import transaction
from router_core.store.traces import open_traces, write_body, write_trace
from router_core.trace.record import AttemptRecord, BodyRecord, TraceRecord
from tests.router_core.cli.conftest import Cli

ASKED = {"model": "m", "max_tokens": 99, "top_k": 3, "messages": [{"role": "user", "content": "x" * 200}]}
SENT = {"model": "n", "max_tokens": 9, "messages": [{"role": "user", "content": "y"}], "user": "u"}
EDITS = [
    ("model", "model"), ("max_tokens", "maxtoken"), ("messages[0].content", "mine"), ("top_k", "sampling"),
    ("", "tooluse: the request has no tools"),
]  # fmt: skip


def seed(cli: Cli, edits: list[tuple[str, str]], bodies: dict[str, Any], **changes: Any) -> None:
    attempt = AttemptRecord(1, "p", "n", "t1", "first", "https://p.example/v1/messages", "only one", 1.0, 2.0, 200,
                            "answered", "done", edits=edits)  # fmt: skip
    record = TraceRecord("r1", 1.0, "POST", "/v1/messages", "anthropic", provider="p", model="n", state="ok",
                         finished_at=2.0, attempts=[attempt])  # fmt: skip
    database = open_traces(cli.home.ensure())
    with transaction(database) as connection:
        write_trace(connection, replace(record, **changes))
        for kind, value in bodies.items():
            content = json.dumps(value).encode()
            write_body(connection, BodyRecord("r1", kind, content, len(content), False, "application/json"))
    database.conn.close()


def test_each_field_has_sign_values_and_rule(cli: Cli) -> None:
    seed(cli, EDITS, {"request": ASKED, "upstream-request": SENT})
    lines = [line.strip() for line in cli("trace", "diff", "last").stdout.splitlines()]
    assert lines == [
        "r1  POST /v1/messages  anthropic",
        "",
        "Attempt 1, p/n, token first: answered",
        "5 fields differ.",
        '~ model  "m" → "n"  [model]',
        "~ max_tokens  99 → 9  [maxtoken]",
        "- top_k  3  [sampling]",
        f'~ messages[0].content  "{"x" * 59}…" (200 characters) → "y"  [mine]',
        '+ user  "u"  [no rule has told]',
        ". tooluse: the request has no tools",
    ]


def test_a_translated_body_says_so_and_lists_losses(cli: Cli) -> None:
    edits = [("max_tokens", "maxtoken"), ("$", "groq: Chat in this service's dialect"), ("answer", "enhancetool"),
             ("answer.f", "enhancetool: broken JSON was repaired")]  # fmt: skip
    losses = [("top_k", "the service has none")]
    seed(cli, edits, {"upstream-request": SENT}, upstream_format="openai-chat", losses=losses)
    lines = [line.strip() for line in cli("trace", "diff", "r1").stdout.splitlines()][3:]
    assert lines == [
        "Translated from anthropic to openai-chat: the whole body was written anew.",
        "= max_tokens  9  [maxtoken]",
        "* the whole body  [groq: Chat in this service's dialect]",
        "! top_k is lost: the service has none",
        "< the answer is read and written anew  [enhancetool]",
        "< answer.f  [enhancetool: broken JSON was repaired]",
    ]


def test_without_bodies_it_says_so_and_names_the_rules(cli: Cli) -> None:
    seed(cli, EDITS, {})
    out = cli("trace", "diff", "r1").stdout
    assert "The bodies cannot be compared: the client's body was not kept. See bodies and body_limit_bytes" in out
    assert "= max_tokens  [maxtoken]" in out


def test_a_body_that_was_not_changed_and_one_that_was_not_sent(cli: Cli) -> None:
    seed(cli, [], {"request": ASKED})
    assert "sent as the client's, byte for byte" in cli("trace", "diff", "r1").stdout
    seed(cli, [], {}, id="r2", attempts=[])
    assert "Nothing was sent" in cli("trace", "diff", "r2").stdout


def test_json_has_whole_values(cli: Cli) -> None:
    seed(cli, EDITS, {"request": ASKED, "upstream-request": SENT})
    found = json.loads(cli("trace", "diff", "r1", "--json").stdout)
    (attempt,) = found["attempts"]
    assert (found["id"], found["format"], attempt["compared"]) == ("r1", "anthropic", "fields")
    changed = {change["path"]: change for change in attempt["changes"]}
    assert changed["messages[0].content"]["before"] == "x" * 200
    assert changed["max_tokens"]["rules"] == ["maxtoken"]
    assert attempt["idle"] == ["tooluse: the request has no tools"]


def test_what_changed_is_in_trace_show_too(cli: Cli) -> None:
    seed(cli, EDITS, {})
    out = cli("trace", "show", "r1").stdout
    assert "model (model); maxtoken (max_tokens); mine (messages[0].content); sampling (top_k)" in out


def test_an_unknown_request_is_an_error_with_the_way_to_the_list(cli: Cli) -> None:
    done = cli("trace", "diff", "nope")
    assert done.exit_code == 1
    assert "There is no request 'nope'" in done.output
    assert "trace list" in done.output


def test_large_values_are_shortened() -> None:
    assert short("a\x1b[31mb") == '"a\\u001b[31mb"'
    assert short([0] * 50) == "[…] (50 items)"
    assert short({f"name{number}": "x" * 20 for number in range(6)}) == "{name0, name1, name2, name3, …} (6 fields)"
