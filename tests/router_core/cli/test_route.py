"""`route explain`: the same answer that a running router would give, without sending anything."""

import json
import time
from dataclasses import replace
from typing import Any

import orjson
import pytest

from router_core.clock import SystemClock
from router_core.home import Home
from router_core.store.affinity import Affined, write_affinity
from router_core.store.database import transaction
from router_core.store.tokens import TokenStore, open_tokens
from router_core.tokens.token import Cooldown, Token, Window
from tests.router_core.cli.conftest import Cli

OPUS = "claude-opus-5-5"


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
