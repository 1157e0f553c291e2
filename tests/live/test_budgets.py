"""Budgets through a running router: refused in each client's words, waited for, led elsewhere, warned of; counted on by
the next process, never exceeded by many requests at once, nothing left behind by a killed one."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlite_utils import Database

from router_core.config.load import load_config
from router_core.home import Home
from router_core.routing.lock import Lock, LockFile
from router_core.simulator import Pace, Script, SimulatorThread
from router_core.spend.budget import Amount, Spender, budgets_of
from router_core.store.spend import RESERVED_S, Ledger, Wanted, open_ledger
from tests.live.test_api_events import events
from tests.support.lab import ANTHROPIC, Lab, restarted, running_lab
from tests.support.router import add_token, running_router, wait_until
from tests.support.websocket import opened, turn


@pytest.fixture(scope="module")
def money(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("money"), Script(websocket=True)) as running:
        yield running


def configure(lab: Lab, text: str) -> None:
    """Put a configuration in force; nothing is used of its budgets yet."""
    before = lab.router.log().count("configuration reloaded")
    fresh = lab.router.home.config.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(lab.router.home.config)
    wait_until(lambda: lab.router.log().count("configuration reloaded") > before, every_s=0.01)
    standings(lab)  # what was used before the budget was written is known now …
    clear(lab.router.home)  # … and is not to count in these tests


def clear(home: Home) -> None:
    with contextlib.closing(open_ledger(home).database.conn) as connection:
        connection.execute("delete from used")
        connection.execute("delete from held")
        connection.commit()


def held(home: Home) -> int:
    """Reservations of requests under way."""
    with contextlib.closing(open_ledger(home).database.conn) as connection:
        count: int = connection.execute("select count(*) from held").fetchone()[0]
        return count


def standings(lab: Lab) -> list[dict[str, Any]]:
    answer = lab.http.get("/api/spend", headers=lab.router.admin_headers)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["budgets"]
    return found


def used(lab: Lab, kind: str = "requests") -> int:
    (only,) = standings(lab)
    assert set(only["reserved"].values()) == {0}
    return int(only["used"][kind])


@pytest.mark.parametrize(
    ("ask", "status", "shape", "headers"),
    [
        ("anthropic", 429, {"type": "error", "error": {"type": "rate_limit_error"}}, {"x-should-retry": "false"}),
        ("chat", 429, {"error": {"type": "rate_limit_error", "code": "budget_exceeded"}}, {"x-should-retry": "false"}),
        ("codex", 400, {"error": {"code": "budget_exceeded"}}, {"x-should-retry": "false"}),
        ("gemini", 403, {"error": {"code": 403, "status": "PERMISSION_DENIED"}}, {}),
    ],
)
def test_a_budget_that_is_used_up_is_said_in_the_form_at_which_that_client_stops(
    ask: str, status: int, shape: dict[str, Any], headers: dict[str, str], money: Lab
) -> None:
    configure(money, "[spend.per_day]\nrequests = 1\n")
    money.fresh(ask)
    own = {"user-agent": "codex_exec/0.169.0", "originator": "codex_exec"} if ask == "codex" else {}
    stream = {"stream": True} if ask == "codex" else {}
    assert money.ask(ask, headers=own, **stream).status_code == 200
    refused = money.ask(ask, headers=own, **stream)
    assert refused.status_code == status
    body = refused.json()
    for key, value in shape.items():
        assert value.items() <= body[key].items() if isinstance(value, dict) else value == body[key]
    for words in (
        "'[spend]' allows 1 request a day",
        "1 request used, this request is expected to need 1 request.",
        "It begins anew 20",
        "[spend] of config.toml",
    ):
        assert words in body["error"]["message"]
    assert headers.items() <= dict(refused.headers).items()
    if "retry-after" in refused.headers:
        assert 0 < int(refused.headers["retry-after"]) <= 90_000
    assert len(money.seen()) == 1  # the second one reached nobody
    rows = money.rows(2)
    assert (rows[1]["state"], rows[1]["cost_nano_usd"]) == ("refused", None)
    assert used(money) == 1


def test_failed_attempts_are_not_counted_and_the_one_after_failover_is(money: Lab) -> None:
    configure(money, "[spend.per_day]\nrequests = 10\nusd = 1\n")
    money.fresh("anthropic")
    money.faults(money.fault("rate_limit"))
    assert money.ask("anthropic").status_code == 200
    (row,) = money.rows()
    assert len(money.attempts(row)) == 2
    assert (used(money), used(money, "nano_usd")) == (1, row["cost_nano_usd"])
    assert used(money, "output_tokens") == row["output_tokens"]


@pytest.mark.parametrize(("ask", "costs"), [("anthropic", True), ("oauth", False)])
def test_what_a_subscription_pays_costs_nothing_but_its_tokens_count(ask: str, costs: bool, money: Lab) -> None:
    configure(money, "[spend.per_month]\nusd = 1\ninput_tokens = 100000\n")
    money.fresh(ask)
    assert money.ask(ask).status_code == 200
    (row,) = money.rows()
    assert row["cost_nano_usd"] > 0
    assert used(money, "nano_usd") == (row["cost_nano_usd"] if costs else 0)
    assert used(money, "input_tokens") > 0


def test_counting_tokens_is_free(money: Lab) -> None:
    configure(money, "[spend.per_day]\nrequests = 0\n")
    money.fresh("anthropic")
    body = {"model": "claude-sonnet-4-5", "messages": [{"role": "user", "content": "hi"}]}
    assert money.http.post("/v1/messages/count_tokens", json=body).status_code == 200
    assert money.ask("anthropic").status_code == 429


def test_a_request_that_is_too_large_by_itself_is_refused(money: Lab) -> None:
    configure(money, "[spend.per_request]\noutput_tokens = 100\nusd = 0.5\n")
    money.fresh("anthropic")
    assert money.ask("anthropic", max_tokens=100).status_code == 200
    answer = money.ask("anthropic", max_tokens=101)
    assert answer.status_code == 429
    assert "it may take 101 output tokens > 100" in answer.json()["error"]["message"]
    assert "retry-after" not in answer.headers
    dear = money.ask("anthropic", max_tokens=100, messages=[{"role": "user", "content": "word " * 200_000}])
    assert "about $" in dear.json()["error"]["message"]


def test_a_model_without_a_price_may_be_refused_where_usd_are_limited(money: Lab) -> None:
    configure(money, '[spend]\nunknown_price = "refuse"\n[spend.per_day]\nusd = 5\n')
    money.fresh("chat-only", tokens=("only",))
    answer = money.ask("chat-only", model="simulated-1")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "unknown_price")
    assert "no price for simulated-1: put one into [prices]" in answer.json()["error"]["message"]
    assert money.ask("chat-only", model="deepseek-chat").status_code == 200


def test_failover_passes_over_a_model_without_a_price_and_says_why_when_nothing_else_is_left(money: Lab) -> None:
    spend = '[spend]\nunknown_price = "refuse"\n[spend.per_day]\nusd = 5\n'
    body = {"model": "claude-opus-4-5", "max_tokens": 50, "messages": [{"role": "user", "content": "hi"}]}
    for fallbacks, status in (('"deepseek/simulated-1"', 403), ('"deepseek/simulated-1", "openai/gpt-5"', 200)):
        configure(money, f"[routing]\nfallbacks = [{fallbacks}]\n{spend}")
        money.fresh("anthropic", "chat-only", "chat", tokens=("only",))
        money.faults(money.fault("server_error_500", token="anthropic-only"))
        answer = money.http.post("/v1/messages", json=body, headers=ANTHROPIC)
        assert answer.status_code == status, answer.text
        (row,) = money.rows()
        if status == 403:
            assert "no price for simulated-1: put one into [prices]" in answer.json()["error"]["message"]
            assert "no price for simulated-1" in money.attempts(row)[-1]["reason"]
        assert row["provider"] == ("claude" if status == 403 else "openai")


def test_what_names_no_model_is_not_free(money: Lab) -> None:
    configure(money, "[spend.per_day]\nusd = 5\n")
    money.fresh("anthropic")
    body = b'\xef\xbb\xbf{"model": "claude-opus-4-5", "max_tokens": 5, "messages": []}'  # some parsers take it
    answer = money.http.post("/claude/v1/messages", content=body, headers=ANTHROPIC)
    assert (answer.status_code, "names no model to price it by" in answer.text) == (403, True)
    assert not money.seen()


def test_from_a_share_on_everybody_is_told(money: Lab) -> None:
    configure(money, '[[spend.budgets]]\nname = "mine"\nprovider = "claude"\nper_day = { requests = 5 }\n')
    money.fresh("anthropic")
    with events(money) as stream:
        answers = [money.ask("anthropic") for _ in range(4)]
        assert stream.until("budget.warned")["text"].startswith("mine: 80% of 5 requests a day used or reserved")
    assert [answer.headers.get("x-mitmrouter-budget", "")[:23] for answer in answers] == [
        *[""] * 3,
        "mine: 80% of 5 requests",
    ]
    rows = money.rows(4)
    assert ["80% of 5 requests" in money.attempts(row)[0]["because"] for row in rows] == [*[False] * 3, True]
    assert standings(money)[0]["warns"]
    assert money.http.get("/status").json()["budgets"][0].startswith("mine: 80% of 5 requests a day used or reserved")
    assert money.router.log().count("budget: mine: 80% of 5 requests a day") == 1


def test_a_cheaper_model_goes_on_when_the_dear_one_has_no_room(money: Lab) -> None:
    dear = '[[spend.budgets]]\nmodel = "claude-opus-*"\nper_day = { usd = 0 }\non_limit = "cheaper"\n'
    configure(money, dear)
    money.fresh("anthropic")
    body = {"model": "claude-opus-4-5", "max_tokens": 50, "messages": [{"role": "user", "content": "hi"}]}
    answer = money.http.post("/v1/messages", json=body, headers=ANTHROPIC)
    assert answer.status_code == 200
    (row,) = money.rows()
    assert row["provider"] == "claude"
    assert not row["model"].startswith("claude-opus")
    assert "model claude-opus-*" in money.attempts(row)[0]["because"]
    named = money.http.post(
        "/claude/v1/messages", json=body, headers=ANTHROPIC
    )  # this path is that provider and that model only
    assert named.status_code == 429


def test_what_is_locked_goes_to_nothing_cheaper_elsewhere(money: Lab) -> None:
    dear = '[[spend.budgets]]\nmodel = "claude-opus-*"\nper_day = { usd = 0 }\non_limit = "cheaper"\n'
    money.fresh("anthropic", "chat", tokens=("first",))
    configure(money, dear)
    lock = LockFile(money.router.home.model_lock)
    body = {"model": "claude-opus-5-5", "max_tokens": 50, "messages": [{"role": "user", "content": "hi"}]}
    try:
        lock.set(Lock("claude", "claude-opus-5-5"))
        assert money.http.post("/v1/messages", json=body, headers=ANTHROPIC).status_code >= 400
        lock.set(Lock("claude"))
        assert money.http.post("/v1/messages", json=body, headers=ANTHROPIC).status_code == 200
    finally:
        lock.release()
    _, second = money.rows(2)
    assert second["provider"] == "claude"
    assert {seen.token for seen in money.seen()} == {money.secrets["anthropic-first"]}


def test_the_routes_own_next_target_comes_before_cheaper_ones(money: Lab) -> None:
    text = '[routing]\nfallbacks = ["openai/gpt-5"]\n[spend]\non_limit = "cheaper"\n'
    configure(money, text + '[[spend.budgets]]\nprovider = "claude"\nper_day = { requests = 0 }\n')
    money.fresh("anthropic", "chat", tokens=("only",))
    body = {"model": "claude-opus-4-5", "max_tokens": 50, "messages": [{"role": "user", "content": "hi"}]}
    assert money.http.post("/v1/messages", json=body, headers=ANTHROPIC).status_code == 200
    (row,) = money.rows()
    assert (row["provider"], row["model"]) == ("openai", "gpt-5")


def test_another_token_pays_when_one_has_used_its_budget(money: Lab) -> None:
    configure(money, '[[spend.budgets]]\ntoken = "first"\nper_day = { requests = 1 }\n')
    money.fresh("anthropic")
    assert [money.ask("anthropic").status_code for _ in range(3)] == [200] * 3
    assert money.paid() == ["first", "second", "second"]


def test_a_request_may_wait_for_room(money: Lab) -> None:
    configure(money, '[spend]\non_limit = "wait"\n[spend.per_day]\noutput_tokens = 119\n[failover]\ndeadline_s = 20\n')
    money.fresh("anthropic")
    money.simulator.set_pace(Pace(delay_s=0.03))

    async def both() -> list[httpx.Response]:
        headers = money.router.client_headers
        async with httpx.AsyncClient(base_url=money.router.url, headers=headers, trust_env=False, timeout=20) as http:
            body = {
                "model": "claude-sonnet-4-5",
                "max_tokens": 60,
                "stream": True,
                "messages": [{"role": "user", "content": "hi"}],
            }
            return await asyncio.gather(*(http.post("/claude/v1/messages", json=body) for _ in range(2)))

    assert [answer.status_code for answer in asyncio.run(both())] == [200, 200]  # both at once would be 120
    late = max(money.rows(2), key=lambda row: row["finished_at"])
    assert "s for room in a budget" in money.attempts(late)[-1]["because"]


def test_the_target_after_a_failure_may_be_waited_for(money: Lab) -> None:
    text = '[routing]\nfallbacks = ["openai/gpt-5"]\n[[spend.budgets]]\nprovider = "openai"\non_limit = "wait"\n'
    configure(money, text + "per_day = { requests = 1 }\n")
    money.fresh("anthropic", "chat", tokens=("only",))
    money.faults(money.fault("billing_402", "anthropic-only"))
    (budget,) = budgets_of(load_config(money.router.home.config).spend)
    now = time.time()
    wanted = [Wanted(key, limit, Amount(1)) for key, limit in budget.keys(Spender(), now)]
    with contextlib.closing(open_ledger(money.router.home).database.conn) as connection:
        Ledger(Database(connection)).reserve("another", wanted, now - RESERVED_S + 1.0)  # for one second more
    body = {"model": "claude/claude-opus-4-5", "max_tokens": 50, "messages": [{"role": "user", "content": "hi"}]}
    assert money.http.post("/v1/messages", json=body, headers=ANTHROPIC).status_code == 200
    (row,) = money.rows()
    assert (row["provider"], row["total_ms"] > 800) == ("openai", True)
    assert len(money.attempts(row)) == 2


def test_waiting_ends_with_the_deadline(money: Lab) -> None:
    configure(money, '[spend]\non_limit = "wait"\n[spend.per_day]\nrequests = 0\n[failover]\ndeadline_s = 0.6\n')
    money.fresh("anthropic")
    began = time.monotonic()
    answer = money.ask("anthropic")
    assert (answer.status_code, 0.5 < time.monotonic() - began < 5) == (429, True)


def test_nobody_waits_for_a_client_that_has_gone(money: Lab) -> None:
    configure(money, '[spend]\non_limit = "wait"\n[spend.per_day]\nrequests = 0\n')
    money.fresh("anthropic")
    own = {**money.router.client_headers, **ANTHROPIC}
    body = {"model": "claude-opus-4-5", "max_tokens": 50, "messages": [{"role": "user", "content": "hi"}]}
    with (
        httpx.Client(base_url=money.router.url, headers=own, trust_env=False, timeout=0.3) as http,
        pytest.raises(httpx.TimeoutException),
    ):
        http.post("/claude/v1/messages", json=body)
    (row,) = money.rows()
    assert row["total_ms"] < 3000
    assert not money.seen()


def test_each_session_may_have_the_whole_budget(money: Lab) -> None:
    configure(money, '[[spend.budgets]]\nname = "one task"\neach = "session"\nper_day = { requests = 1 }\n')
    money.fresh("anthropic")
    statuses = [money.ask("anthropic", headers={"x-claude-code-session-id": session}).status_code for session in "abab"]
    assert statuses == [200, 200, 429, 429]
    assert {row["scope"]["session"] for row in standings(money)} == {"a", "b"}


def test_turns_of_a_websocket_count_and_the_refusal_leaves_it_open(money: Lab) -> None:
    configure(money, "[spend.per_day]\nrequests = 1\n")
    money.fresh("codex")
    with opened(money) as connection:
        assert turn(connection)[-1]["type"] == "response.completed"
        for _ in range(2):
            last = turn(connection)[-1]
            assert (last["type"], last["status"]) == ("error", 429)
            assert "allows 1 request a day" in last["error"]["message"]
    assert used(money) == 1


def test_targets_that_are_denied_are_left_out_or_refused(money: Lab) -> None:
    configure(money, '[routing]\nfallbacks = ["openai/gpt-5"]\n[spend]\ndeny = ["claude/*opus*", "codex"]\n')
    money.fresh("anthropic", "chat", tokens=("only",))
    body = {"model": "claude-opus-4-5", "max_tokens": 50, "messages": [{"role": "user", "content": "hi"}]}
    assert money.http.post("/v1/messages", json=body, headers=ANTHROPIC).status_code == 200
    (row,) = money.rows()
    assert (row["provider"], row["model"]) == ("openai", "gpt-5")
    assert "claude/claude-opus-4-5 is denied by [spend]" in row["because"]
    refused = money.http.post("/claude/v1/messages", json=body, headers=ANTHROPIC)
    assert (refused.status_code, refused.json()["error"]["type"]) == (403, "permission_error")


def test_what_is_used_counts_after_a_restart(tmp_path: Path) -> None:
    with running_lab(tmp_path) as lab:
        configure(lab, "[spend.per_day]\nrequests = 2\n")
        lab.fresh("anthropic")
        assert lab.ask("anthropic").status_code == 200
        lab.rows()
        lab.router.kill()
        with restarted(lab) as again:
            assert [again.ask("anthropic").status_code for _ in range(2)] == [200, 429]


def test_a_new_budget_begins_with_what_was_used_today(tmp_path: Path) -> None:
    with running_lab(tmp_path) as lab:
        lab.fresh("anthropic")
        assert lab.ask("anthropic").status_code == 200
        (row,) = lab.rows()
        lab.router.home.config.write_text("[spend.per_month]\nusd = 100\nrequests = 2\n")
        wait_until(lambda: "configuration reloaded" in lab.router.log())
        (found,) = standings(lab)
        assert (found["used"]["nano_usd"], found["used"]["requests"]) == (row["cost_nano_usd"], 1)
        assert [lab.ask("anthropic").status_code for _ in range(2)] == [200, 429]


def test_two_routers_that_share_a_home_keep_one_budget_under_100_requests_at_once(tmp_path: Path) -> None:
    """50 requests to each at once, the budget has room for 20; then one router is killed with some under way. (Of 200
    at once in four processes: tests/router_core/store/test_spend.py.)"""
    home = Home(tmp_path / "home").ensure()
    add_token(home, "only", "claude", "sk-ant-api03-shared-budget-000001")
    home.config.write_text("[spend.per_day]\nrequests = 20\noutput_tokens = 2000\n")
    with SimulatorThread(Script()) as simulator, contextlib.ExitStack() as stack:
        simulator.set_pace(Pace(delay_s=0.02))
        urls = {"claude": simulator.base_urls["claude"]}
        routers = [stack.enter_context(running_router(home, urls)) for _ in range(2)]
        headers = routers[0].client_headers
        body = {"model": "claude-sonnet-4-5", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}]}

        async def ask(count: int, *urls: str, stream: bool = False) -> list[int]:
            limits = httpx.Limits(max_connections=200)
            async with httpx.AsyncClient(headers=headers, trust_env=False, timeout=30, limits=limits) as http:
                asked = {**body, "stream": stream}
                posts = [http.post(f"{url}/claude/v1/messages", json=asked) for url in urls for _ in range(count)]
                return [
                    answer.status_code if isinstance(answer, httpx.Response) else 0
                    for answer in await asyncio.gather(*posts, return_exceptions=True)
                ]

        statuses = asyncio.run(ask(50, *(router.url for router in routers)))
        assert (statuses.count(200), statuses.count(429)) == (20, 80)
        assert len(simulator.requests) == 20

        wait_until(lambda: held(home) == 0)  # a client has its answer a moment before it is settled
        clear(home)
        simulator.set_pace(Pace(delay_s=5.0))

        async def kill_one() -> None:
            asking = asyncio.create_task(ask(6, routers[0].url, stream=True))
            while held(home) < 6:
                await asyncio.sleep(0.02)
            routers[0].kill()
            await asking

        asyncio.run(asyncio.wait_for(kill_one(), 30))
        assert held(home) == 6
        with contextlib.closing(open_ledger(home).database.conn) as connection:
            connection.execute("update held set expires_at = 1")  # a minute later
            connection.commit()
        simulator.set_pace(Pace())
        statuses = asyncio.run(ask(21, routers[1].url))
        assert (statuses.count(200), statuses.count(429)) == (20, 1)
        wait_until(lambda: held(home) == 0)
        with contextlib.closing(open_ledger(home).database.conn) as connection:
            assert connection.execute("select requests from used").fetchone() == (20,)


def looping(number: int, said: str = "") -> dict[str, Any]:
    """A conversation in which the model has called `ls` so often; `said`: and now a person speaks."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": "go"}]
    for index in range(number):
        call = {"type": "tool_use", "id": f"toolu_{index}", "name": "ls", "input": {"path": "."}}
        result = {"type": "tool_result", "tool_use_id": f"toolu_{index}", "content": "a b c"}
        messages += [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
    if said:
        messages[-1]["content"].append({"type": "text", "text": said})
    return {"messages": messages, "tools": [{"name": "ls", "input_schema": {"type": "object"}}]}


@pytest.mark.parametrize("action", ["warn", "stop", "off"])
def test_a_session_that_repeats_itself_is_warned_of_or_stopped(action: str, money: Lab) -> None:
    configure(money, f'[spend.loops]\naction = "{action}"\nsame_call = 3\n')
    money.fresh("anthropic")
    own = {"x-claude-code-session-id": f"loop-{action}"}
    answers = []
    for number in range(1, 6):
        answers.append(money.ask("anthropic", headers=own, **looping(number)))
        money.rows(number if action != "stop" else min(number, 5))
    warned = [answer.headers.get("x-mitmrouter-loop", "") for answer in answers]
    assert [answer.status_code for answer in answers] == ([200] * 3 + [429] * 2 if action == "stop" else [200] * 5)
    text = "the same call of 'ls' 3 times among the last 6"
    assert warned[3] == (text if action == "warn" else "")
    if action == "stop":
        assert f"This session was stopped: {text}" in answers[3].json()["error"]["message"]
        assert answers[3].headers["x-should-retry"] == "false"
        again = money.ask("anthropic", headers=own, **looping(5, said="Try something else."))
        assert again.status_code == 200
    other = money.ask("anthropic", headers={"x-claude-code-session-id": "other"}, **looping(4))
    assert (other.status_code, "x-mitmrouter-loop" in other.headers) == (200, False)
