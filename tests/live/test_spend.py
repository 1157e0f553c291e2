"""What requests cost, through a running router: won, broken off, left by the client, paid by a subscription."""

from decimal import Decimal
from typing import Any

import pytest

from router_core.simulator import Pace
from router_core.spend.cost import cost_of
from router_core.trace.record import Usage
from tests.live.test_broken_streams import events
from tests.support.lab import Lab
from tests.support.router import wait_until

USAGE = (
    "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens",
    "reasoning_tokens",
)  # fmt: skip


def usage_of(row: dict[str, Any]) -> Usage:
    return Usage(**{name: row[name] for name in USAGE})


@pytest.mark.parametrize(
    ("ask", "billing"),
    [("anthropic", "metered"), ("oauth", "subscription"), ("chat", "metered"), ("codex", "subscription")],
)
def test_an_answer_costs_its_usage_at_the_price_of_its_day(ask: str, billing: str, lab: Lab) -> None:
    lab.fresh(ask)
    lab.faults(lab.fault("rate_limit"))  # the first attempt is refused: that costs nothing
    model = {"model": "gpt-5", "stream_options": {"include_usage": True}} if ask == "chat" else {}
    assert lab.ask(ask, stream=True, **model).status_code == 200
    (row,) = lab.rows()
    lost, won = lab.attempts(row)
    expected = cost_of(usage_of(row), row["model"], at=row["started_at"] / 1000)
    assert expected.nano_usd
    assert (row["cost_nano_usd"], row["cost_basis"], row["billing"]) == (expected.nano_usd, "price", billing)
    assert (won["cost_nano_usd"], won["billing"]) == (expected.nano_usd, billing)
    assert (lost["cost_nano_usd"], lost["cost_basis"], lost["billing"]) == (None, "", "")


def test_a_model_without_a_price_is_not_free(lab: Lab) -> None:
    lab.fresh("chat-only")
    assert lab.ask("chat-only", model="simulated-1").status_code == 200
    (row,) = lab.rows()
    assert row["output_tokens"]
    assert (row["cost_nano_usd"], row["cost_basis"], row["billing"]) == (None, "", "metered")


def test_a_chat_stream_whose_client_does_not_ask_for_usage_is_estimated(lab: Lab) -> None:
    lab.fresh("chat")
    assert lab.ask("chat", stream=True, model="gpt-5").status_code == 200
    (row,) = lab.rows()
    assert (row["state"], row["output_tokens"], row["cost_basis"]) == ("ok", None, "estimated")
    assert 0 < row["cost_nano_usd"] < 10_000_000


def test_an_answer_that_broke_off_is_paid_for(lab: Lab) -> None:
    lab.fresh("chat")
    lab.faults(lab.fault("cut_stream", at_event=6))
    lab.simulator.set_pace(Pace(delay_s=0.002))
    assert lab.ask("chat", stream=True, model="gpt-5").status_code == 200
    (row,) = lab.rows()
    assert (row["state"], row["input_tokens"], row["output_tokens"]) == ("broken", None, None)
    assert row["cost_basis"] == "estimated"  # this provider tells its usage at the end, which never came
    assert 0 < row["cost_nano_usd"] < 10_000_000


def test_an_answer_whose_client_went_away_is_paid_for(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.simulator.set_pace(Pace(delay_s=0.05))
    with lab.stream("anthropic") as answer:
        for line in answer.iter_lines():
            if "content_block_delta" in line:
                break
    (row,) = lab.rows()
    assert row["state"] == "client_closed"
    assert row["cost_basis"] == "estimated"
    input_only = cost_of(Usage(input_tokens=row["input_tokens"]), row["model"])
    assert row["cost_nano_usd"] > (input_only.nano_usd or 0) > 0


@pytest.mark.parametrize("stream", [True, False])
def test_openrouters_own_cost_is_what_is_written_down(stream: bool, lab: Lab) -> None:  # 50
    """Its `cost` comes in the last chunk only, after the finish reason, and is not what list prices say."""
    lab.fresh("openrouter")
    answer = lab.ask("openrouter", model="z-ai/glm-5.3", stream=stream)
    last = events(answer.text)[-1] if stream else answer.json()
    cost = Decimal(repr(last["usage"]["cost"]))
    (row,) = lab.rows()
    assert (row["cost_nano_usd"], row["cost_basis"]) == (int(cost * 10**9), "reported")
    assert row["cost_nano_usd"] != cost_of(usage_of(row), "glm-5.3").nano_usd


def test_the_day_adds_up_what_is_money_and_what_is_not(lab: Lab) -> None:
    lab.fresh("anthropic", "codex", tokens=("only",))
    before = lab.http.get("/status").json()["today"]
    assert lab.ask("anthropic").status_code == lab.ask("codex", stream=True).status_code == 200
    rows = lab.rows(2)
    metered = sum(row["cost_nano_usd"] for row in rows if row["billing"] == "metered")
    listed = sum(row["cost_nano_usd"] for row in rows)

    def grown() -> tuple[int, ...]:
        today = lab.http.get("/status").json()["today"]
        return tuple(today[name] - before[name] for name in ("metered_nano_usd", "cost_nano_usd"))

    wait_until(lambda: grown() == (metered, listed))
    assert 0 < metered < listed


def test_what_a_providers_own_path_has_cost_is_known_by_folder_and_subagent(lab: Lab) -> None:
    lab.fresh("anthropic")
    system = "You are an agent.\n\n<env>\nWorking directory: /home/me/shop\n</env>"
    headers = {
        "user-agent": "claude-cli/2.1.0 (external, cli)", "x-claude-code-session-id": "s-1",
        "x-claude-code-agent-id": "sub-1",
    }  # fmt: skip
    assert lab.ask("anthropic", headers=headers, system=system).status_code == 200
    (row,) = lab.rows()
    assert (row["session"], row["project"], row["agent"]) == ("s-1", "/home/me/shop", "sub-1")
