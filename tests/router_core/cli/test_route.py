"""`route explain`: the same answer that a running router would give, without sending anything."""

import json
import time
from dataclasses import replace
from typing import Any

import orjson
import pytest

from router_core.clock import SystemClock
from router_core.home import Home
from router_core.routing.lock import Lock, LockFile
from router_core.spend.prices import price_of
from router_core.state.conversations import Conversations
from router_core.store.affinity import Affined, write_affinity
from router_core.store.database import Writer, transaction
from router_core.store.state import StateStore, open_state
from router_core.store.tokens import TokenStore, open_tokens
from router_core.store.traces import open_traces, write_body, write_trace
from router_core.tokens.token import Cooldown, Token, Window
from router_core.trace.record import BodyRecord, TraceRecord, Usage
from tests.router_core.cli.conftest import Cli

OPUS = "claude-opus-5-5"
OPUS_5 = f"claude/{OPUS}"


@pytest.fixture
def store(home: Home) -> TokenStore:
    store = open_tokens(home.ensure(), SystemClock())
    for priority, name in enumerate(("work", "private", "spare")):
        store.add(Token("", name, "claude", f"sk-ant-api03-{name}", priority=priority))
    return store


def rest(store: TokenStore, name: str, for_s: float, model: str = "") -> None:
    now = time.time()
    cooldown = Cooldown(now + for_s, "window_exhausted", "429: used up", model, now)
    store.save_state(replace(store.named(name), cooldowns=(cooldown,)))


def bind(store: TokenStore, session: str, name: str, tokens: int) -> None:
    now = time.time()
    row = Affined(session, "claude", store.named(name).id, OPUS, now - 500, now - 5, tokens, now + 250, False)
    with transaction(store.database) as connection:
        write_affinity(connection, row)


def explained(cli: Cli, *arguments: str, **more: Any) -> dict[str, Any]:
    done = cli("route", "explain", "--json", *arguments, **more)
    assert done.exit_code == 0, done.output
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_each_token_has_its_place_or_a_reason(cli: Cli, store: TokenStore) -> None:
    rest(store, "work", 7200)
    store.save(replace(store.named("spare"), enabled=False))
    (target,) = explained(cli, "--model", OPUS)["targets"]
    found = {each["name"]: (each["place"], each["because"], each["taken"]) for each in target["tokens"]}
    assert found["private"] == (1, "private has priority 1", True)
    assert found["work"][0] is None
    assert found["work"][1].startswith("resting for ")
    assert found["spare"] == (None, "disabled", False)


def test_a_session_stays_and_the_price_of_leaving_is_told(cli: Cli, store: TokenStore) -> None:
    bind(store, "s1", "private", 100_000)
    stays = explained(cli, "--model", OPUS, "--session", "s1")
    assert "paid by private (affinity: " in stays["says"]
    assert stays["targets"][0]["affinity"]["kept_tokens"] == 100_000
    rest(store, "private", 7200)
    moves = explained(cli, "--model", OPUS, "--session", "s1")["targets"][0]
    assert (moves["chosen"], moves["bound"], moves["affinity"]["place"]) == ("work", "private", "move")
    assert (moves["affinity"]["lost_tokens"], moves["affinity"]["lost_nano_usd"]) == (100_000, 480_000_000)
    text = cli("route", "explain", "--model", OPUS, "--session", "s1").output
    assert "100000 cached tokens lost, 0.4800 USD to write them again" in text
    assert "-> work" in " ".join(text.split())


def test_a_body_on_standard_input_is_told_by_its_beginning(cli: Cli, store: TokenStore) -> None:
    body = {"model": OPUS, "max_tokens": 9, "messages": [{"role": "user", "content": "Why is the sky blue at noon?"}]}
    answer = explained(cli, "-", input=orjson.dumps(body).decode())
    assert answer["session"].startswith("beginning:")
    assert answer["targets"][0]["affinity"]["place"] == "new"
    assert answer["because"] == f"{OPUS} belongs to claude"


def test_nothing_is_changed_by_looking(cli: Cli, store: TokenStore) -> None:
    before = list(store.database.conn.iterdump())
    explained(cli, "--model", OPUS, "--session", "s1")
    assert list(store.database.conn.iterdump()) == before


def test_a_subscription_that_serves_claude_code_only_says_so(cli: Cli, store: TokenStore) -> None:
    store.add(Token("", "plan", "claude", "sk-ant-oat01-x", priority=-5))
    found = {each["name"]: each["because"] for each in explained(cli, "--model", OPUS)["targets"][0]["tokens"]}
    assert found["plan"] == "a subscription token serves Claude Code only (token edit plan --claude-code-compat)"
    (target,) = explained(cli, "--model", OPUS, "--provider", "claude")["targets"]
    assert target["chosen"] == "plan"


def test_windows_decide_under_quota(cli: Cli, store: TokenStore, home: Home) -> None:
    home.config.write_text('[selection]\nstrategy = "quota"\n')
    now = time.time()
    half = (Window("5h", 0.4, now + 900, 18_000, "", now), Window("7d", 0.6, now + 90_000, 604_800, "", now))
    store.save_state(replace(store.named("work"), windows=half))
    (target,) = explained(cli, "--model", OPUS)["targets"]
    assert [(each["name"], each["because"]) for each in target["tokens"]] == [
        ("private", "private is untouched"),
        ("spare", "spare is untouched"),
        ("work", "work is 60% used, its week ends in 25h00m"),
    ]


def test_what_cannot_be_explained_says_what_to_do(cli: Cli) -> None:
    assert cli("route", "explain").exit_code == 2
    nowhere = cli("route", "explain", "--model", OPUS)
    assert nowhere.exit_code == 1
    assert "token add" in nowhere.output
    assert "There is no request" in cli("route", "explain", "--trace", "last").output
    assert "no provider 'x'" in cli("route", "explain", "--model", "m", "--provider", "x").output


def test_without_any_store_a_provider_can_still_be_named(cli: Cli) -> None:
    answer = explained(cli, "--model", "m", "--provider", "claude")
    assert answer["says"] == "no token can pay now"
    assert answer["targets"][0]["tokens"] == []


def test_transformers_say_what_they_would_do(cli: Cli, store: TokenStore, home: Home) -> None:
    home.config.write_text(
        '[providers.claude]\ntransformers = [["maxtoken", { max_tokens = 5 }], "cleancache", "enhancetool"]\n'
        '[providers.claude.model_transformers]\n"gpt-*" = ["groq"]\n'
    )
    tools = [{"name": "f", "input_schema": {"type": "object"}}]
    body = {"model": OPUS, "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}], "tools": tools}
    (target,) = explained(cli, "-", input=json.dumps(body))["targets"]
    assert target["transformers"] == [
        {"name": "maxtoken", "does": "changes max_tokens"},
        {"name": "cleancache", "does": "there is no cache_control"},
        {"name": "enhancetool", "does": "the answer goes through it"},
    ]
    text = cli("route", "explain", "-", input=json.dumps(body)).output
    assert "changes max_tokens" in text
    strange = {"role": "user", "content": [{"type": "text", "text": 5}]}
    (target,) = explained(cli, "-", input=json.dumps({**body, "messages": [strange]}))["targets"]
    assert "of the request this is not understood" in target["transformers"][-1]["does"]


RULES = """
[routing]
think = { primary = "claude/claude-opus-5-5", fallback = ["gemini/gemini-2.5-pro"] }
image = "gemini/gemini-3.5-flash"

[[routing.rules]]
project = "/elsewhere"
target = "gemini/gemini-2.5-flash"
"""


def test_every_rule_that_was_tried_is_told_with_its_reason(cli: Cli, store: TokenStore, home: Home) -> None:
    home.config.write_text(RULES)
    body = {"model": "claude-sonnet-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Why?"}]}
    answer = explained(cli, "-", input=json.dumps({**body, "thinking": {"type": "enabled", "budget_tokens": 2000}}))
    assert [(each["rule"], each["said"]) for each in answer["decision"]] == [
        ("lock", "nothing is locked"),
        ("explicit target", "'claude-sonnet-5' names no provider"),
        ("subagent tag", "no tag"),
        ("custom function", "none is set"),
        ("rules", "none of 1 fits"),
        ("scenario", "think: thinking.type is enabled; [routing] think = claude/claude-opus-5-5"),
    ]
    assert answer["scenario"] == "think"
    assert [f"{each['provider']}/{each['model']}" for each in answer["targets"]] == [OPUS_5, "gemini/gemini-2.5-pro"]
    assert 5 < answer["estimated_input_tokens"] < 40


def test_the_cost_is_told_at_list_prices_and_whether_it_is_money(cli: Cli, store: TokenStore, home: Home) -> None:
    words = {"role": "user", "content": "one two three " * 3000}
    body = {"model": "claude-opus-4-8", "max_tokens": 1000, "messages": [words]}
    answer = explained(cli, "-", input=json.dumps(body))
    (target,) = answer["targets"]
    price = price_of("claude-opus-4-8", 0)
    assert price is not None
    least = answer["estimated_input_tokens"] * price.input + 1000 * price.output
    assert least / 1e6 <= target["expected_nano_usd"] <= 1.5 * least / 1e6
    assert target["billing"] == "metered"
    text = cli("route", "explain", "-", input=json.dumps(body)).output
    assert "with as much output as a budget would reserve" in text
    (unknown,) = explained(cli, "--model", "claude/claude-opus-4-8")["targets"]
    assert unknown["expected_nano_usd"] is None


def traced(home: Home, record: TraceRecord, body: dict[str, Any], *, truncated: bool = False) -> None:
    with transaction(open_traces(home)) as connection:
        write_trace(connection, record)
        content = orjson.dumps(body)
        write_body(connection, BodyRecord(record.id, "request", content, len(content), truncated))


def test_a_request_of_the_trace_is_explained_as_from_a_file(cli: Cli, store: TokenStore, home: Home) -> None:
    home.config.write_text(RULES)
    thinking = {"type": "enabled", "budget_tokens": 2000}
    words = [{"role": "user", "content": "Why?"}]
    body = {"model": "claude-sonnet-5", "max_tokens": 9, "messages": words, "thinking": thinking}
    began = TraceRecord("r-1", 1.0, "POST", "/v1/messages", "anthropic", session="s", finished_at=2.0)
    traced(home, replace(began, asked_model="claude-sonnet-5", project="/srv/app"), body)
    answer = explained(cli, "--trace", "r-1")
    assert answer.pop("project") == "/srv/app"
    from_file = explained(cli, "-", "--session", "s", input=json.dumps(body))
    assert from_file.pop("project") == ""
    assert answer == from_file
    assert answer["targets"][0]["expected_nano_usd"] > 0

    traced(home, replace(began, id="r-2", asked_model="claude-sonnet-5"), {"model": "x"}, truncated=True)
    done = cli("route", "explain", "--trace", "r-2", "--json")
    assert "not kept whole" in done.stderr
    assert json.loads(done.stdout)["scenario"] == "default"


def test_a_request_that_continues_a_response_is_placed_by_the_whole_conversation(
    cli: Cli, store: TokenStore, home: Home
) -> None:
    home.config.write_text(RULES)
    picture = {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="}
    call = {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}"}
    database = open_state(home)
    writer = Writer(database, "state")
    conversations = Conversations(StateStore(database), writer, SystemClock())
    seen = [{"role": "user", "content": [picture]}]
    conversations.remember("resp_1", seen, [call], provider="codex", token_id="t")
    writer.close()
    result = {"type": "function_call_output", "call_id": "c1", "output": "ok"}
    body = {"model": "m", "input": [result], "previous_response_id": "resp_1"}
    assert explained(cli, "-", input=json.dumps(body))["scenario"] == "image"
    unknown = explained(cli, "-", "--model", OPUS, input=json.dumps({**body, "previous_response_id": "resp_9"}))
    assert unknown["scenario"] == "default"


def test_what_a_request_by_a_provider_s_path_would_cost_is_told_too(cli: Cli, store: TokenStore) -> None:
    body = {"model": OPUS, "max_tokens": 1000, "messages": [{"role": "user", "content": "Hello"}]}
    (routed,) = explained(cli, "-", input=json.dumps(body))["targets"]
    (by_path,) = explained(cli, "-", "--provider", "claude", input=json.dumps(body))["targets"]
    assert by_path["expected_nano_usd"] == routed["expected_nano_usd"] > 0


def test_a_target_that_the_lists_deny_is_not_taken(cli: Cli, store: TokenStore, home: Home) -> None:
    store.add(Token("", "google", "gemini", "AIza-x"))
    home.config.write_text(f'{RULES}\n[spend]\ndeny = ["{OPUS_5}"]\n')
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Why?"}]}
    asked = json.dumps({**body, "thinking": {"type": "enabled", "budget_tokens": 2000}})
    answer = explained(cli, "-", input=asked)
    assert answer["says"].startswith("gemini/gemini-2.5-pro, paid by google")
    why = f"{OPUS_5} is denied by [spend] ('{OPUS_5}')"
    assert [target["denied"] for target in answer["targets"]] == [why, ""]
    assert f"not allowed: {why}" in cli("route", "explain", "-", input=asked).output
    assert explained(cli, "--model", OPUS_5)["says"] == f"refused: {why}"


def test_a_tag_a_lock_and_the_owner_s_function_are_told(cli: Cli, store: TokenStore, home: Home) -> None:
    (home.path / "own.py").write_text("def place(request, context):\n    return 'claude/' + context.model + '-own'\n")
    home.config.write_text('[routing]\ncustom = "own.py:place"\n')
    words = "<CCR-SUBAGENT-MODEL>claude,tagged</CCR-SUBAGENT-MODEL>Hello, count the files"
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": words}]}
    answer = explained(cli, "-", input=json.dumps(body))
    assert answer["tag"] == {"target": "claude,tagged", "path": "messages[0].content"}
    assert answer["because"] == "the subagent's tag says claude/tagged"
    assert "taken out before sending" in cli("route", "explain", "-", input=json.dumps(body)).output

    body["messages"] = [{"role": "user", "content": "Hello"}]
    answer = explained(cli, "-", input=json.dumps(body))
    assert answer["because"] == "[routing] custom: own.py:place says claude/m-own"

    LockFile(home.model_lock).set(Lock("claude", "locked"))
    answer = explained(cli, "-", input=json.dumps(body))
    assert (answer["because"], answer["decision"]) == (
        "locked to claude/locked",
        [{"rule": "lock", "said": "locked to claude/locked"}],
    )


def test_auto_tells_its_tier_and_remembers_nothing(cli: Cli, store: TokenStore, home: Home) -> None:
    home.config.write_text('[routing.auto.tiers]\nSIMPLE = "claude/claude-haiku-4-5"\n')
    body = {"model": "auto", "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]}
    for _ in range(2):
        answer = explained(cli, "-", input=json.dumps(body))
        assert (answer["tier"], answer["decision"][-1]["rule"]) == ("SIMPLE", "auto")
        assert answer["targets"][0]["model"] == "claude-haiku-4-5"


def test_a_model_on_the_command_line_stands_for_the_body_s(cli: Cli, store: TokenStore, home: Home) -> None:
    home.config.write_text('[routing.auto.tiers]\nREASONING = "claude/claude-opus-4-5"\n')
    prompt = {"messages": [{"role": "user", "content": "Prove that the square root of 2 is irrational."}]}
    for body in (prompt, {**prompt, "model": "claude-haiku-4-5"}):
        done = cli("route", "explain", "-", "--model", "auto", "--json", input=json.dumps(body))
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout)["tier"] == "REASONING"


def test_auto_without_a_prompt_cannot_be_explained(cli: Cli) -> None:
    done = cli("route", "explain", "--model", "auto-best")
    assert done.exit_code == 2
    assert "auto-best goes by the prompt" in done.stderr


def test_a_session_that_was_long_is_still_long(cli: Cli, store: TokenStore, home: Home) -> None:
    home.config.write_text('[routing]\nlong_context = "gemini/gemini-2.5-pro"\nlong_context_threshold = 2000\n')
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "one two " * 800}]}
    record = TraceRecord("r1", 1.0, "POST", "/v1/messages", "anthropic", session="s-1", finished_at=2.0)
    record.usage = Usage(input_tokens=10, cache_read_tokens=2500)
    with transaction(open_traces(home)) as connection:
        write_trace(connection, record)
    answer = explained(cli, "-", "--session", "s-1", input=json.dumps(body))
    assert answer["scenario"] == "long_context"
    assert "2510 > 2000 input tokens at the session's last turn" in answer["because"]
    assert explained(cli, "-", "--session", "s-2", "--provider", "claude", input=json.dumps(body))["targets"]


def test_a_request_in_a_file_is_read_as_its_client_s_where_that_is_told(
    cli: Cli, store: TokenStore, home: Home
) -> None:
    home.config.write_text('[routing]\nbackground = "openai/gpt-5-mini"\n')
    body = json.dumps({"model": OPUS, "max_tokens": 5, "messages": [{"role": "user", "content": "Write a title: hi"}]})
    assert explained(cli, "-", input=body)["scenario"] == "default"
    assert (
        explained(cli, "-", "--user-agent", "claude-cli/2.1.329 (external, cli)", input=body)["scenario"]
        == "background"
    )
