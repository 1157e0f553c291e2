"""Budgets through a running router: what counts and what does not, and refusals in each client's own words."""

from typing import Any

import pytest

from tests.live.budgeting import configure, standings, used
from tests.live.test_api_events import events
from tests.support.lab import ANTHROPIC, Lab
from tests.support.websocket import opened, turn


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
