"""A request asked again from its detail: the choice, the comparison, the way to the new one."""

import pytest

from router_core.tokens.token import Token
from router_core.trace.record import Usage
from tests.tui.fake_router import FakeRouter
from tests.tui.screen import row_with, rows, shows, text, until
from tests.tui.seed import Seeded, add_tokens, failed_over, finish
from tui.app import RouterApp
from tui.lock_choices import Targets
from tui.replay_choices import again_choices

SMALL, MIDDLE = (80, 24), (120, 40)
TOKENS = [
    Token("1", "max-anna", "claude", "x"),
    Token("2", "max-ben", "claude", "x"),
    Token("3", "spare", "claude", "x", enabled=False),
    Token("4", "plus", "codex", "x"),
]
TARGETS = Targets(("claude", "codex"), ("codex/gpt-5.2", "claude/claude-opus-4-5", "claude/claude-haiku-4-5"))


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        (
            "",
            [("as it was", None, None), ("token max-anna", None, "max-anna"), ("token max-ben", None, "max-ben"),
             ("claude/claude-haiku-4-5", "claude/claude-haiku-4-5", None),
             ("claude/claude-opus-4-5", "claude/claude-opus-4-5", None), ("codex/gpt-5.2", "codex/gpt-5.2", None)],
        ),
        (
            "BEN",
            [("token max-ben", None, "max-ben"),
             ("claude/claude-haiku-4-5 by token max-ben", "claude/claude-haiku-4-5", "max-ben"),
             ("claude/claude-opus-4-5 by token max-ben", "claude/claude-opus-4-5", "max-ben")],
        ),
        (
            "5.2",
            [("codex/gpt-5.2", "codex/gpt-5.2", None), ("codex/gpt-5.2 by token plus", "codex/gpt-5.2", "plus")],
        ),
        ("haiku anna", [("claude/claude-haiku-4-5 by token max-anna", "claude/claude-haiku-4-5", "max-anna")]),
        ("spare", []),
        ("nobody", []),
    ],
)  # fmt: skip
def test_choices_begin_with_what_is_nearest_to_the_first_request(
    typed: str, found: list[tuple[str, str | None, str | None]]
) -> None:
    choices = again_choices("claude", "claude-opus-4-5", "max-anna", TARGETS, TOKENS, typed)
    assert [(choice.label(), choice.target, choice.token) for choice in choices] == found


@pytest.mark.slow
@pytest.mark.parametrize("size", [SMALL, MIDDLE], ids=["80x24", "120x40"])
async def test_old_and_new_stand_side_by_side_and_the_new_one_opens(
    seeded: Seeded, router: FakeRouter, size: tuple[int, int]
) -> None:
    add_tokens(seeded)
    record = failed_over(seeded)
    again = seeded.write(
        finish(seeded.start(model="gpt-5.2", token="plus-anna"), after_s=1, ttft_s=1, usage=Usage(1, 2))
    )
    router.replayed_as = again.id
    app = RouterApp(seeded.home, first="Requests", clock=seeded.clock)
    async with app.run_test(size=size) as pilot:
        await shows(pilot, "claude-opus-4-5", router.address)
        await pilot.press("down", "enter")
        await shows(pilot, "with token max-anna")
        router.may_answer.clear()
        await pilot.press("R")
        await shows(pilot, "▸ as it was", "token max-anna  paid the first one", "codex/gpt-5.2-codex")
        await pilot.press(*"gpt-5.2", "down", "enter")
        await shows(pilot, "Asked again: codex/gpt-5.2", "waiting for the answer")
        router.may_answer.set()
        await shows(pilot, "BEFORE", "NOW", "The answers differ.")
        assert router.calls[-1] == (
            "POST",
            f"/api/traces/{record.id}/replay",
            {"target": "codex/gpt-5.2", "token": None},
        )
        assert "codex/gpt-5.2" in row_with(pilot, "Went to")
        assert "-800ms" in row_with(pilot, "First content")
        assert "+2.00s" in row_with(pilot, "Took  ")
        assert "50,142" in row_with(pilot, "Input tokens")
        assert "–" in row_with(pilot, "$0.05727  ")
        if size == MIDDLE:
            line = row_with(pilot, "Set TZ.")
            assert "Use a fixed clock." in line
        else:
            await pilot.press("end")
            await shows(pilot, "Use a fixed clock.")
        await pilot.press("v", "end")
        await shows(pilot, "- Set TZ.", "+ Use a fixed clock.")
        assert all(len(row) <= size[0] for row in rows(pilot))
        await pilot.press("o")
        await until(pilot, lambda: "gpt-5.2" in rows(pilot)[0] and "Asked again" not in text(pilot))


@pytest.mark.slow
async def test_one_token_alone_may_pay_and_a_refusal_is_said(seeded: Seeded, router: FakeRouter) -> None:
    add_tokens(seeded)
    record = failed_over(seeded)
    async with RouterApp(seeded.home, first="Requests", clock=seeded.clock).run_test(size=MIDDLE) as pilot:
        await shows(pilot, "claude-opus-4-5", router.address)
        await pilot.press("enter", "R")
        await shows(pilot, "token max-ben")
        router.refuse_with = "This request cannot be asked again: its body was not kept."
        await pilot.press(*"max-ben", "enter")
        await shows(pilot, "Asked again: token max-ben", "its body was not kept")
        assert router.calls[-1] == ("POST", f"/api/traces/{record.id}/replay", {"target": None, "token": "max-ben"})
        await pilot.press("escape", "escape")
        await shows(pilot, "1 Summary")
