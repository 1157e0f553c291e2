"""`trace …`: requests and attempts as they are in the database, whether a router runs or not."""

import json
import signal
import sqlite3

import pytest

from router_core.cli.printing import bar
from router_core.store.database import transaction
from router_core.store.traces import open_traces, write_body, write_started, write_trace
from router_core.trace.record import AttemptRecord, BodyRecord, TraceRecord, Usage
from tests.router_core.cli.conftest import Cli

NOW = 1_795_204_850.0


def record(number: int, *, provider: str = "claude", state: str = "ok", model: str = "claude-opus-5-5") -> TraceRecord:
    """A finished request with a failed attempt before the good one; a running one when `state` says so."""
    begun = NOW + number
    running = state == "running"
    attempts = [
        AttemptRecord(1, provider, model, "t1", "first", "https://api.example.com/v1/messages", "priority: 10", begun,
                      begun + 0.1, 429, "window_exhausted", "next_token", "429: 5h is used up", 90),
        AttemptRecord(2, provider, model, "t2", "second", "https://api.example.com/v1/messages", "priority: 20",
                      begun + 0.1, begun + 2, 200, "answered", "done", "", 120),
    ]  # fmt: skip
    return TraceRecord(
        f"r0000000{number:08d}", begun, "POST", "/claude/v1/messages", "anthropic", "claude-code", "claude-cli/2",
        f"session-{number % 2}", True, provider, model, "second", "path /claude/", state, None if running else 200,
        None if running else 230, None if running else begun + 2,
        Usage() if running else Usage(10, 20, 11_000), "end_turn", "", [] if running else attempts,
    )  # fmt: skip


def seed(cli: Cli, *records: TraceRecord) -> None:
    database = open_traces(cli.home.ensure())
    with transaction(database) as connection:
        for one in records:
            (write_started if one.finished_at is None else write_trace)(connection, one)
            body = b'{"model":"m","text":"caf\xc3\xa9 \\u001b[2J","lines":[1,2,3,4,5,6,7,8,9]}'
            write_body(connection, BodyRecord(one.id, "request", body, len(body), False, "application/json"))
    database.conn.close()


def test_of_a_request_that_went_nowhere_the_model_is_named_alone(cli: Cli) -> None:
    seed(cli, record(1, provider="", state="refused", model="nobody-has-it"))
    assert cli("trace", "list").stdout.splitlines()[1].split()[3] == "nobody-has-it"
    assert "target         nobody-has-it\n" in cli("trace", "show", "last").stdout


def test_list_is_newest_first_one_line_each(cli: Cli) -> None:
    seed(cli, record(1), record(2), record(3, state="running"))
    heading, *lines = cli("trace", "list").stdout.splitlines()
    assert heading.split()[:3] == ["TIME", "ID", "CLIENT"]
    assert [line.split()[1] for line in lines] == ["000000000003", "000000000002", "000000000001"]
    assert lines[0].split()[5] == "running"
    columns = lines[1].split()
    assert columns[2:] == [
        "claude-code",
        "claude/claude-opus-5-5",
        "second",
        "ok",
        "200",
        "2",
        "230ms",
        "2.0s",
        "11k",
        "20",
    ]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (("--limit", "2"), [4, 3]),
        (("--provider", "codex"), [2]),
        (("--model", "gpt"), [2]),
        (("--state", "running"), [4]),
        (("--session", "session-1"), [3, 1]),
        (("--session", "session-1", "--state", "ok", "--limit", "1"), [3]),
        (("--provider", "nobody"), []),
    ],
    ids=lambda value: " ".join(map(str, value)),
)
def test_list_filters(cli: Cli, filters: tuple[str, ...], found: list[int]) -> None:
    seed(cli, record(1), record(2, provider="codex", model="gpt"), record(3), record(4, state="running"))
    rows = json.loads(cli("trace", "list", "--json", *filters).stdout)
    assert [int(row["id"][1:]) for row in rows] == found


def test_without_a_database_there_are_no_requests_yet(cli: Cli) -> None:
    assert cli("trace", "list").stdout == "No requests yet.\n"
    assert cli("trace", "list", "--json").stdout == "[]\n"
    assert cli("trace", "show", "last").exit_code == 1


@pytest.mark.parametrize("reference", ["last", "r000000000000002", "000000000002"])
def test_show_tells_each_attempt_and_why_it_ended(cli: Cli, reference: str) -> None:
    seed(cli, record(1), record(2))
    shown = cli("trace", "show", reference).stdout
    assert "r000000000000002" in shown
    assert "10 input, 11000 read from cache, 20 output" in shown
    first, second = shown.split("Attempt ")[1:]
    assert "1: first" in first
    assert "window_exhausted (429)" in first
    assert "next_token" in first
    assert "429: 5h is used up" in first
    assert "answered (200)" in second


def test_show_lists_what_was_lost_in_translation(cli: Cli) -> None:
    lost = [("stop", "Responses has no stop sequences"), ("messages[0].blocks[1]", "an image by URL")]
    translated = record(1)
    translated.asked_model, translated.upstream_format, translated.losses = "fast", "gemini", lost
    seed(cli, translated)
    shown = cli("trace", "show", "last").stdout
    assert "anthropic -> gemini" in shown
    assert "fast" in shown
    assert "Lost in translation: 2\n  stop: Responses has no stop sequences\n" in shown
    assert "messages[0].blocks[1]: an image by URL" in shown


def test_show_tells_how_it_was_decided_for_whom_and_what_was_expected(cli: Cli) -> None:
    decided = record(1)
    decided.scenario, decided.tier, decided.project, decided.agent = "think", "COMPLEX", "/src/clock", "a1f"
    decided.client_key, decided.estimated_input_tokens = "laptop", 11_561
    decided.decision = [("lock", "nothing is locked"), ("scenario", "think: plan mode")]
    decided.attempts[1].edits = [("model", "target")]
    decided.attempts[1].billing = "metered"
    seed(cli, decided)
    lines = [" ".join(line.split()) for line in cli("trace", "show", "last").stdout.splitlines()]
    for line in (
        "scenario think", "tier COMPLEX", "project /src/clock", "subagent a1f", "client key laptop",
        "estimate about 11,561 input tokens, 11,010 measured (5% too many)", "changed target (model)",
        "cost not known: there is no price for this model (put one into [prices])",
    ):  # fmt: skip
        assert line in lines
    place = lines.index("Decision")
    assert lines[place + 1 : place + 3] == ["lock nothing is locked", "scenario think: plan mode"]


def test_show_prints_the_beginning_of_bodies_and_all_of_them_on_request(cli: Cli) -> None:
    seed(cli, record(1))
    brief = cli("trace", "show", "last").stdout
    assert '"text": "café \\u001b[2J",' in brief
    assert "more lines (--bodies)" in brief
    assert "\n    9\n" not in brief
    whole = cli("trace", "show", "last", "--bodies").stdout
    assert "      9\n" in whole
    assert "\x1b" not in brief + whole


def test_show_as_json_has_bodies_only_on_request(cli: Cli) -> None:
    seed(cli, record(1))
    shown = json.loads(cli("trace", "show", "last", "--json").stdout)
    assert [attempt["outcome"] for attempt in shown["attempts_made"]] == ["window_exhausted", "answered"]
    assert "content" not in shown["bodies"][0]
    shown = json.loads(cli("trace", "show", "last", "--json", "--bodies").stdout)
    assert shown["bodies"][0]["content"].startswith('{"model":"m"')


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["model:opus"], [4, 2, 1]),
        (["provider:CLAUDE", "state:ok"], [3, 2]),
        (["status:2xx", "session:session-0"], [4, 2]),
        (["second", "opus"], [4, 2, 1]),
        (["model:haiku", "--state", "ok"], [3]),
        (["token:sec", "--sort", "duration", "--limit", "2"], [4, 3]),
        (["key:nobody"], []),
        (["until:2000-01-01"], []),
    ],
)
def test_list_understands_what_the_tui_does(cli: Cli, arguments: list[str], expected: list[int]) -> None:
    seed(cli, record(1, state="failed"), record(2), record(3, model="claude-haiku-5"), record(4, provider="openrouter"))
    rows = json.loads(cli("trace", "list", "--json", *arguments).stdout)
    assert [int(row["id"][-8:]) for row in rows] == expected


def test_list_says_what_it_does_not_understand(cli: Cli) -> None:
    done = cli("trace", "list", "colour:red")
    assert done.exit_code == 2
    assert "there is no colour: to filter by; there are model," in done.stderr


def test_show_has_the_bill_by_kinds_of_tokens(cli: Cli) -> None:
    one = record(1, model="claude-opus-4-5")
    one.attempts[1].cost_nano_usd, one.attempts[1].billing, one.attempts[1].cost_basis = 6_050_000, "metered", "price"
    one.cost_nano_usd, one.billing, one.cost_basis = 6_050_000, "metered", "price"
    seed(cli, one)
    lines = [" ".join(line.split()) for line in cli("trace", "show", "last").stdout.splitlines()]
    place = lines.index("Bill prices in USD per million tokens")
    assert lines[place + 1 : place + 5] == [
        "input 10 $5.00 $0.00005000",
        "read from cache 11,000 $0.5000 $0.005500",
        "output 20 $25.00 $0.0005000",
        "the prompt cache saved $0.04950 of what the same costs without one",
    ]


def test_show_prints_one_body_byte_for_byte(cli: Cli) -> None:
    seed(cli, record(1))
    shown = cli("trace", "show", "last", "--body", "request").stdout
    assert shown == '{"model":"m","text":"café \\u001b[2J","lines":[1,2,3,4,5,6,7,8,9]}'
    missing = cli("trace", "show", "last", "--body", "response")
    assert missing.exit_code == 1
    assert "There is no body 'response' of it. Kept: request" in missing.stderr


def test_show_as_curl_names_the_file_of_the_token_and_not_the_token(cli: Cli) -> None:
    seed(cli, record(1))
    cli.home.gateway_token_file.write_text("sesame-of-the-gateway")
    shown = cli("trace", "show", "last", "--curl").stdout
    assert "curl -sSN -X POST http://127.0.0.1:8100/claude/v1/messages" in shown
    assert f'-H "Authorization: Bearer $(cat {cli.home.gateway_token_file})"' in shown
    assert '{"model":"m","text":"café \\u001b[2J"' in shown
    assert "sesame" not in shown


def test_show_of_an_unknown_id_is_one_line(cli: Cli) -> None:
    seed(cli, record(1))
    done = cli("trace", "show", "zzz")
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: There is no request 'zzz'.")


def test_tail_waits_for_the_first_router_and_follows_what_begins_and_ends(cli: Cli) -> None:
    with cli.start("trace", "tail", "--json") as process:
        assert process.stdout is not None
        seed(cli, record(1, state="running"))
        assert json.loads(process.stdout.readline())["state"] == "running"
        seed(cli, record(2))
        assert json.loads(process.stdout.readline())["id"] == record(2).id
        seed(cli, record(1))
        row = json.loads(process.stdout.readline())
        assert (row["id"], row["state"]) == (record(1).id, "ok")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_tail_begins_with_the_newest_in_order(cli: Cli) -> None:
    seed(cli, *(record(number) for number in range(1, 6)))
    with cli.start("trace", "tail", "--limit", "2") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("TIME")
        assert "000000000004" in process.stdout.readline()
        assert "000000000005" in process.stdout.readline()
        process.terminate()


def test_looking_changes_nothing(cli: Cli) -> None:
    seed(cli, record(1))
    cli("trace", "list")
    with sqlite3.connect(cli.home.traces_db) as connection:
        assert connection.execute("select count(*) from requests").fetchone() == (1,)
    connection.close()


@pytest.mark.parametrize(
    ("fraction", "shown"),
    [(0, "▱▱▱▱▱▱"), (0.01, "▰▱▱▱▱▱"), (0.5, "▰▰▰▱▱▱"), (0.99, "▰▰▰▰▰▱"), (1, "▰▰▰▰▰▰"), (3, "▰▰▰▰▰▰")],
)
def test_bar_is_full_only_when_the_window_is(fraction: float, shown: str) -> None:
    assert bar(fraction) == shown
