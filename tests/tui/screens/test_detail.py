"""What the detail screen says of why a request went where it went, for whom, and for how much."""

import pytest

from router_core.trace.record import BodyRecord, Usage
from tests.tui.fake_router import FakeRouter
from tests.tui.screen import row_with, rows, shows, text, until
from tests.tui.seed import STREAM, Seeded, failed_over, finish
from tui.app import RouterApp
from tui.widgets.request_table import RequestTable

pytestmark = pytest.mark.slow  # each test draws a whole app many times

SMALL, MIDDLE, LARGE = (80, 24), (120, 40), (240, 70)


@pytest.mark.parametrize(("size", "light"), [(SMALL, False), (LARGE, True)], ids=["80x24-dark", "240x70-light"])
async def test_every_rule_that_was_tried_is_told_at_once_where_there_is_room_else_by_a_key(
    seeded: Seeded, router: FakeRouter, size: tuple[int, int], light: bool
) -> None:
    record = failed_over(seeded)
    record.tier, record.agent, record.client_key = "COMPLEX", "agent-7", "laptop"
    seeded.write(record)
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock, light=light).run_test(size=size) as pilot:
        await shows(pilot, "claude-opus-4-5")
        if size == LARGE:
            assert "SCENARIO" in text(pilot)
            assert " ~$0.05727 COMPLEX " in row_with(pilot, "claude-opus-4-5")
        await pilot.press("enter")
        await shows(pilot, "Asked for   claude-sonnet-4-5", "Answered by claude/claude-opus-4-5 with token max-anna")
        await shows(pilot, "Because     think: plan mode", "Cost        $0.05727 (at list prices")
        await shows(pilot, "Attempts  2", "0              2s" if size == SMALL else "2s")
        await shows(pilot, "1.62s to the first content, 7.31s in all", "50,142 in (48,200 from cache, 1,930 to")
        if size == SMALL:
            assert "6 rules, the last was: scenario; w shows all" in text(pilot)
            await pilot.press("w")
            await until(pilot, lambda: "Bearer" not in text(pilot))
        else:
            await shows(pilot, "Client key  laptop", "Subagent    agent-7", "Tier        COMPLEX")
        await shows(pilot, "Decision  6 rules tried", "  lock              nothing is locked")
        await shows(pilot, "▸ scenario          think: plan mode; [routing] think =")
        await pilot.press("1", "end")
        await shows(pilot, "target (model); maxtoken (max_tokens, thinking.budget_tokens)")
        await shows(pilot, "about 48,900 input tokens, 50,142 measured (2% too few)")
        if size == LARGE:
            await shows(pilot, "48200 tokens lost, 0.2772 USD", "away from max-ben: it rests for 47m")
        assert all(len(row) <= size[0] for row in rows(pilot))


async def test_each_tab_answers_its_question(seeded: Seeded, router: FakeRouter) -> None:
    failed_over(seeded)
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock).run_test(size=MIDDLE) as pilot:
        await shows(pilot, "claude-opus-4-5")
        await pilot.press("enter")
        await shows(pilot, "429 window_exhausted", "next_token · the 5h window is used up", "200 answered", "░", "█")
        await shows(pilot, "✓ ok 200  claude/claude-opus-4-5")
        await pilot.press("tab")
        await shows(pilot, "Tokens  why that one", "chosen   session 5f1c20de is bound to it")
        await pilot.press("tab")
        await shows(pilot, "Attempt 2  claude/claude-opus-4-5, max-anna, answered", "The bodies cannot be compared:")
        await shows(pilot, "thinking.budget_tokens", "[maxtoken]")
        await pilot.press("tab")
        await shows(pilot, "response", "1 of 2 bodies", "The failing test expects UTC.", "■ stopped: end")
        await pilot.press("v")
        await shows(pilot, "content_block_delta", '{"type":"message_stop"}')
        first = row_with(pilot, "content_block_start")
        assert int(first.split()[0].replace(",", "")) == STREAM.index(b"event: content_block_start")
        await pilot.press("v")
        await shows(pilot, "event: content_block_start")
        await pilot.press("v", "b")
        await shows(pilot, "attempt-1", "✗ rate_limit", "This request would exceed your limit")
        await pilot.press("tab")
        await shows(pilot, '"model": "claude-opus-4-5"', "of 198,344 bytes were kept")
        await pilot.press("tab")
        await shows(pilot, "read from cache", "48,200", "at list prices", "$0.05727", "of it real money")
        await shows(pilot, "Cache saved", "Cache lost  48,200 tokens, $0.2772 to write them again")
        await pilot.press("tab")
        await shows(pilot, "[redacted]", "retry-after", "anthropic-ratelimit-unified-5h-utilization")
        await pilot.press("tab")
        await shows(pilot, "State       ✓ ok 200")
        await pilot.press("escape")
        await shows(pilot, "Requests · ")


async def test_what_was_translated_and_what_was_lost_is_said(seeded: Seeded, router: FakeRouter) -> None:
    record = seeded.start(model="gemini-2.5-flash", provider="gemini", asked_model="fast")
    record.upstream_format = "gemini"
    record.losses = [("user", "Gemini is not told who asks"), ("messages[2].blocks[0].citations", "not said by Gemini")]
    seeded.write(finish(record, after_s=1, ttft_s=0.5, usage=Usage(1, 2)))
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock).run_test(size=MIDDLE) as pilot:
        await shows(pilot, "gemini-2.5-flash")
        await pilot.press("enter")
        await shows(pilot, "Asked for   fast", "anthropic to gemini and back", "2 in translation: Changes tells what")
        for key in ("2", "3"):
            await pilot.press(key)
            await shows(pilot, "Gemini is not told who asks", "messages[2].blocks[0].citations")


async def test_next_and_previous_without_leaving(seeded: Seeded, router: FakeRouter) -> None:
    for number in range(3):
        seeded.write(finish(seeded.start(model=f"model-{number}"), after_s=1, ttft_s=0.5, usage=Usage(1, 2)))
    app = RouterApp(seeded.home, first="Requests", clock=seeded.clock)
    async with app.run_test(size=SMALL, notifications=True) as pilot:
        await shows(pilot, "model-0")
        await pilot.press("3")
        await shows(pilot, "model-0", "/ to filter")
        await pilot.press("enter", "6")
        for key, seen in (("n", "model-1"), ("n", "model-0"), ("p", "model-1"), ("p", "model-2")):
            await pilot.press(key)
            await until(pilot, lambda seen=seen: seen in rows(pilot)[0])  # type: ignore[misc]
            await shows(pilot, "6 Cost")
        await pilot.press("p")
        await shows(pilot, "That is the first one.")
        await pilot.press("n", "escape")
        await shows(pilot, "Requests · ")
        row = app.page("Requests").query_one(RequestTable).selected
        assert row is not None
        assert row.model == "model-1"


async def test_a_request_is_copied_as_a_command_without_the_token(seeded: Seeded, router: FakeRouter) -> None:
    seeded.home.gateway_token_file.write_text("sesame-of-the-gateway")
    record = seeded.start()
    body = b'{"model":"claude-sonnet-4-5","messages":[{"role":"user","content":"hi"}]}'
    seeded.write(
        finish(record, after_s=1, ttft_s=0.5, usage=Usage(1, 2)),
        BodyRecord(record.id, "request", body, len(body), False, "application/json"),
    )
    app = RouterApp(seeded.home, first="Requests", clock=seeded.clock)
    async with app.run_test(size=MIDDLE) as pilot:
        await shows(pilot, "claude-sonnet-4-5")
        await pilot.press("enter")
        await shows(pilot, "Summary", "✓ ok 200")
        await pilot.press("c")
        await shows(pilot, f"http://{router.address}/v1/messages", "$(cat ", '"content":"hi"')
        await until(pilot, lambda: app.clipboard.startswith("curl -sSN"))
        assert body.decode() in app.clipboard
        assert "sesame" not in app.clipboard + text(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: "As curl" not in text(pilot))


async def test_sanitized_nothing_of_the_owner_is_seen(seeded: Seeded, router: FakeRouter) -> None:
    record = failed_over(seeded)
    record.agent, record.client_key = "agent-7", "laptop"
    seeded.write(record)
    app = RouterApp(seeded.home, first="Requests", clock=seeded.clock, sanitized=True)
    secret = (
        "max-anna",
        "max-ben",
        "5f1c20de",
        "/home/anna",
        "laptop",
        "agent-7",
        "failing test",
        "test_clock",
        record.id,
    )
    async with app.run_test(size=LARGE) as pilot:
        await shows(pilot, "claude-opus-4-5")
        await pilot.press("3")
        await shows(pilot, "/ to filter", "claude-opus-4-5")
        await pilot.press("enter")
        for key in "1234567":
            await pilot.press(key)
            await until(pilot, lambda: "Reading …" not in text(pilot))
            await pilot.pause(0.05)
            for part in secret:
                assert part not in text(pilot), (key, part, text(pilot))
        await pilot.press("escape", "equals_sign", "s")
        await shows(pilot, "of 1 matching", "••••••••")
        assert "5f1c20de" not in text(pilot)
        await pilot.press("enter", "4", "v")
        await shows(pilot, "content_block_delta", "••••")
        await pilot.press("c")
        await shows(pilot, "As curl", "••••")
        for part in secret:
            assert part not in text(pilot), part


async def test_a_cost_that_nobody_knows_is_told_as_that(seeded: Seeded, router: FakeRouter) -> None:
    record = seeded.start(model="unheard-of", billing="metered")
    finish(record, after_s=1, ttft_s=0.5, usage=Usage(10, 20))
    record.attempts[0].billing = "metered"
    seeded.write(record)
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock).run_test(size=LARGE) as pilot:
        await shows(pilot, "unheard-of")
        assert " ? " in row_with(pilot, "unheard-of")
        await pilot.press("enter")
        await shows(pilot, "Cost        not known: there is no price", "cost     not known: there is no price")


async def test_a_request_that_no_rule_placed_is_said_to_have_gone_nowhere(seeded: Seeded, router: FakeRouter) -> None:
    record = seeded.start(model="nobody-has-it", provider="", asked_model="nobody-has-it", because="", attempts=[])
    record.decision = [("model's provider", "no provider with a token is known to serve 'nobody-has-it'")]
    record.state, record.status, record.error = "refused", 404, "No provider is known to serve it."
    record.finished_at = record.started_at
    seeded.write(record)
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock).run_test(size=LARGE) as pilot:
        await shows(pilot, "nobody-has-it")
        await pilot.press("enter", "w")
        await shows(
            pilot, "Asked for   nobody-has-it", "Went        nowhere", "Because     No provider is known to serve it."
        )


async def test_requests_of_an_older_schema_are_shown(seeded: Seeded, router: FakeRouter) -> None:
    failed_over(seeded)
    for table, columns in (("attempts", ("edits", "cost_nano_usd", "billing")), ("requests", ("decision", "billing"))):
        for column in columns:
            seeded.traces.execute(f"alter table {table} drop column {column}")
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock).run_test(size=SMALL) as pilot:
        await shows(pilot, "claude-opus-4-5")
        await pilot.press("enter")
        await shows(pilot, "Because     think", "Cost        $0.05727")


async def test_money_of_today_stands_on_the_first_line(seeded: Seeded, router: FakeRouter) -> None:
    for cost, billing, metered in ((1_500_000_000, "metered", 1_500_000_000), (250_000_000, "subscription", 0)):
        record = seeded.start(cost_nano_usd=cost, billing=billing, metered_nano_usd=metered)
        seeded.write(finish(record, after_s=1, ttft_s=0.5, usage=Usage(10, 20)))
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock).run_test(size=(120, 24)) as pilot:
        await until(pilot, lambda: "today 2 requests   $1.50 spent" in rows(pilot)[0])
        await until(pilot, lambda: "~$0.2500 by subscriptions" in rows(pilot)[0])
