"""What the detail screen says of why a request went where it went, for whom, and for how much."""

import pytest

from router_core.trace.record import Usage
from tests.tui.fake_router import FakeRouter
from tests.tui.screen import row_with, rows, shows, text, until
from tests.tui.seed import Seeded, failed_over, finish
from tui.app import RouterApp

pytestmark = pytest.mark.slow  # each test draws a whole app many times

SMALL, LARGE = (80, 24), (240, 70)


@pytest.mark.parametrize("light", [False, True], ids=["dark", "light"])
@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "240x70"])
async def test_every_rule_that_was_tried_is_told_at_once_where_there_is_room_else_by_a_key(
    seeded: Seeded, router: FakeRouter, size: tuple[int, int], light: bool
) -> None:
    record = failed_over(seeded)
    record.tier, record.agent, record.client_key = "COMPLEX", "agent-7", "laptop"
    seeded.write(record)
    async with RouterApp(seeded.home, clock=seeded.clock, light=light).run_test(size=size) as pilot:
        await shows(pilot, "claude-opus-4-5")
        if size == LARGE:
            assert "SCENARIO" in text(pilot)
            assert " ~$0.05724 COMPLEX " in row_with(pilot, "claude-opus-4-5")
        await pilot.press("enter")
        await shows(pilot, "Scenario    think", "Tier        COMPLEX", "Project     /home/anna/clock")
        await shows(pilot, "Subagent    agent-7", "Client key  laptop", "Cost        $0.05724 (at list prices")
        await shows(pilot, "about 48,900 input tokens, 50,142 measured (2% too few)")
        if size == SMALL:
            assert "6 rules, the last was: scenario; w shows all" in text(pilot)
            await pilot.press("w")
            await until(pilot, lambda: "Decision" in rows(pilot)[2])
        await shows(pilot, "Decision  6 rules tried", "  lock              nothing is locked")
        await shows(pilot, "▸ scenario          think: plan mode; [routing] think =")
        await pilot.press("end")
        await shows(pilot, "target (model); maxtoken (max_tokens, thinking.budget_tokens)")
        await shows(pilot, "48200 tokens lost, 0.2772 USD", "away from max-ben: it rests for 47m")
        assert all(len(row) <= size[0] for row in rows(pilot))
        await pilot.press("w")
        await until(pilot, lambda: "nothing is locked" not in text(pilot))


async def test_a_cost_that_nobody_knows_is_told_as_that(seeded: Seeded, router: FakeRouter) -> None:
    record = seeded.start(model="unheard-of", billing="metered")
    finish(record, after_s=1, ttft_s=0.5, usage=Usage(10, 20))
    record.attempts[0].billing = "metered"
    seeded.write(record)
    async with RouterApp(seeded.home, clock=seeded.clock).run_test(size=LARGE) as pilot:
        await shows(pilot, "unheard-of")
        assert " ? " in row_with(pilot, "unheard-of")
        await pilot.press("enter")
        await shows(pilot, "Cost        not known: there is no price", "cost     not known: there is no price")


async def test_requests_of_an_older_schema_are_shown(seeded: Seeded, router: FakeRouter) -> None:
    failed_over(seeded)
    for table, columns in (("attempts", ("edits", "cost_nano_usd", "billing")), ("requests", ("decision", "billing"))):
        for column in columns:
            seeded.traces.execute(f"alter table {table} drop column {column}")
    async with RouterApp(seeded.home, clock=seeded.clock).run_test(size=SMALL) as pilot:
        await shows(pilot, "claude-opus-4-5")
        await pilot.press("enter")
        await shows(pilot, "Scenario    think", "Attempts  2")


async def test_money_of_today_stands_on_the_first_line(seeded: Seeded, router: FakeRouter) -> None:
    for cost, billing, metered in ((1_500_000_000, "metered", 1_500_000_000), (250_000_000, "subscription", 0)):
        record = seeded.start(cost_nano_usd=cost, billing=billing, metered_nano_usd=metered)
        seeded.write(finish(record, after_s=1, ttft_s=0.5, usage=Usage(10, 20)))
    async with RouterApp(seeded.home, clock=seeded.clock).run_test(size=(120, 24)) as pilot:
        await until(pilot, lambda: "today 2 requests   $1.50 spent" in rows(pilot)[0])
        await until(pilot, lambda: "~$0.2500 by subscriptions" in rows(pilot)[0])
