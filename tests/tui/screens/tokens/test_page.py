"""The Tokens page: what needs a look is seen at once, and everything can be done with keys and with the mouse."""

from collections.abc import Iterator

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from router_core.clock import FixedClock
from tests.tui.screen import row_with, rows, shows, text, until
from tests.tui.screens.tokens.router import ADDRESS, TokenRouter
from tests.tui.screens.tokens.seed import add_logins
from tests.tui.seed import Seeded, add_requests, add_tokens
from tui.app import RouterApp
from tui.screens.tokens.page import TokensPage
from tui.widgets.text_pane import TextPane
from tui.widgets.token_table import TokenTable

pytestmark = pytest.mark.slow  # each test draws a whole app many times

SMALL, USUAL, LARGE = (80, 24), (120, 40), (240, 70)
SECRET = "sk-proj-typed-into-the-field-0123456789"


@pytest.fixture
def router(seeded: Seeded) -> Iterator[TokenRouter]:
    with TokenRouter(seeded.home, seeded.tokens) as running:
        yield running


@pytest.fixture
def full(seeded: Seeded) -> Seeded:
    """A home with seven tokens, one of each kind of trouble."""
    add_tokens(seeded)
    add_logins(seeded)
    return seeded


def app_on(seeded: Seeded, **options: bool) -> RouterApp:
    return RouterApp(seeded.home, clock=seeded.clock, **options)


async def opened(pilot: Pilot[None], router: TokenRouter) -> TokenTable:
    await shows(pilot, router.address)
    await pilot.press("2")
    await until(pilot, lambda: isinstance(pilot.app.screen, TokensPage))
    table = pilot.app.screen.query_one(TokenTable)
    await until(pilot, lambda: router.asked("GET", "/api/tokens"))
    return table


async def choose(pilot: Pilot[None], table: TokenTable, name: str) -> None:
    await until(pilot, lambda: table.choose(name), f"the token {name}")
    await pilot.pause()


async def type_in(pilot: Pilot[None], field: str, value: str) -> None:
    pilot.app.screen.query_one(f"#{field}", Input).value = value
    await pilot.pause()


def names(seeded: Seeded, provider: str) -> list[str]:
    return [token.name for token in seeded.tokens.all() if token.provider == provider]


@pytest.mark.parametrize(
    ("size", "light"), [(SMALL, False), (USUAL, True), (LARGE, False)], ids=["80x24", "120x40 light", "240x70"]
)
async def test_what_needs_a_look_and_what_to_do_is_seen_first(
    full: Seeded, router: TokenRouter, size: tuple[int, int], light: bool
) -> None:
    add_requests(full, 12)
    async with app_on(full, light=light).run_test(size=size) as pilot:
        await opened(pilot, router)
        await shows(pilot, "✗ plus-ben: The login cannot be renewed", "▸ l logs in again", "2 under way")
        screen = rows(pilot)
        assert "rests 47m 12s" in row_with(pilot, "◐ max-ben")
        assert "62% 2h 14m" in row_with(pilot, "▎● max-anna")
        assert "~" in row_with(pilot, "▎● max-anna"), "when it will be used up"
        assert "Tokens · 7" in text(pilot)
        assert all(len(row) <= size[0] for row in screen)
        if size != SMALL:
            await shows(pilot, "used up about", "31 samples", "3 stay with it", "priority 10 · weight 1", "30 days")
            assert "max-cara: 5h 93% used, resets in 1h 12m ▸ meanwhile max-anna pays" in text(pilot)
            assert "0/4" in row_with(pilot, "▏● max-cara")
            assert "31% 4d 03h" in row_with(pilot, "▎● max-anna")
        if size == LARGE:
            assert "Claude Code" in row_with(pilot, "▏● max-cara")


async def test_a_token_is_told_in_full_login_sharing_and_rests(full: Seeded, router: TokenRouter) -> None:
    async with app_on(full).run_test(size=USUAL) as pilot:
        table = await opened(pilot, router)
        await choose(pilot, table, "max-cara")
        await shows(
            pilot, "claude, a login, renewed by itself", "with Claude Code (/home/anna/.claude/.credentials.json)",
            "is adopted here", "cara@example.com", "extra usage: 12.34 of 50 USD used, 37.66 left",
        )  # fmt: skip
        await choose(pilot, table, "max-ben")
        await shows(pilot, "Rests  w ends them", "429: the 5h window is used up")
        await choose(pilot, table, "work-key")
        await shows(pilot, "▸ Give it a valid credential", "here: ⏎ takes a new credential · t tests it")


async def test_sanitized_page_names_nobody(full: Seeded, router: TokenRouter) -> None:
    add_requests(full, 12)
    async with app_on(full, sanitized=True).run_test(size=LARGE) as pilot:
        table = await opened(pilot, router)
        for name in ("max-anna", "max-cara"):
            await choose(pilot, table, name)
            await shows(pilot, "Settings", "today" if name == "max-anna" else "E-mail")
            for own in ("anna", "cara", "ben", "example.com", "acc-7", "5f1c20de", "/home"):
                assert own not in text(pilot)
        for key, part in (("enter", "Edit "), ("i", "Take over"), ("x", "Remove ")):
            await pilot.press(key)
            await shows(pilot, part)
            await pilot.pause(0.1)
            assert not any(own in text(pilot) for own in ("anna", "cara", "/home", "example", "claude/"))
            await pilot.press("escape")


async def test_a_key_is_added_tried_and_never_shown(full: Seeded, router: TokenRouter) -> None:
    async with app_on(full).run_test(size=SMALL, notifications=True) as pilot:
        await opened(pilot, router)
        await pilot.press("a")
        await shows(pilot, "▸ claude", "platform.openai.com")
        assert "copilot" not in text(pilot), "it takes no keys"
        await pilot.press("z", "z")
        await shows(pilot, "No service is called like that.", "--base-url")
        await pilot.press("backspace", "backspace", "o", "p", "e", "n", "a", "i")
        await until(pilot, lambda: "▸ openai" in text(pilot) and "ollama" not in text(pilot))
        await pilot.press("enter")
        await shows(pilot, "Add a token of OpenAI", "From: platform.openai.com")
        router.works = False
        await type_in(pilot, "name", "new-key")
        await type_in(pilot, "secret", SECRET)
        assert SECRET not in text(pilot)
        await pilot.press("enter")
        await shows(pilot, "Not stored, it does not work: 401 invalid key")
        router.works = True
        await pilot.press("enter")
        await shows(pilot, "new-key is added.", "● new-key")
        assert SECRET not in text(pilot)
    assert full.tokens.named("new-key").access_token == SECRET
    given = {"name": "new-key", "provider": "openai", "priority": 100, "test": True, "access_token": SECRET}
    assert router.asked("POST", "/api/tokens") == [given, given]


async def test_a_secret_is_taken_from_a_variable_and_a_missing_one_is_told(
    full: Seeded, router: TokenRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    monkeypatch.setenv("MY_KEY", SECRET)
    async with app_on(full).run_test(size=SMALL, notifications=True) as pilot:
        await opened(pilot, router)
        await pilot.press("a")
        await shows(pilot, "▸ claude")
        await pilot.press("enter")
        await shows(pilot, "Add a token of Anthropic")
        await type_in(pilot, "name", "from-variable")
        await type_in(pilot, "secret", "$NO_SUCH_KEY")
        await pilot.press("enter")
        await shows(pilot, "$NO_SUCH_KEY is not set in the terminal", "$NO_SUCH_KEY ")
        await type_in(pilot, "secret", "${MY_KEY}")
        await type_in(pilot, "priority", "soon")
        await pilot.press("enter")
        await shows(pilot, "The priority is a whole number.")
        await type_in(pilot, "priority", "5")
        await pilot.press("tab", "tab", "tab", "space")
        await shows(pilot, "[x] a subscription token pays", "Anthropic's terms may")
        await pilot.press("space", "enter")
        await shows(pilot, "from-variable is added.")
    assert full.tokens.named("from-variable").access_token == SECRET


async def test_a_token_is_edited_with_the_warning_of_the_terms(full: Seeded, router: TokenRouter) -> None:
    async with app_on(full).run_test(size=SMALL, notifications=True) as pilot:
        await opened(pilot, router)
        await pilot.press("enter")
        await shows(pilot, "Edit max-anna")
        await type_in(pilot, "name", "max-first")
        await type_in(pilot, "weight", "a lot")
        await pilot.press("enter")
        await shows(pilot, "The weight is a number")
        await type_in(pilot, "weight", "2.5")
        await type_in(pilot, "at-once", "3")
        assert "terms may forbid" not in text(pilot)
        await pilot.click("#compat")
        await shows(pilot, "terms may forbid")
        await pilot.press("enter")
        await shows(pilot, "● max-first", "Changed: name, weight")
        detail = pilot.app.screen.query_one("#token-detail", TextPane)
        await until(pilot, lambda: "weight 2.5 · 3 at once · serves other clients" in detail.text)
    (asked,) = router.asked("PATCH", "/api/tokens/max-anna")
    assert asked == {"name": "max-first", "weight": 2.5, "max_concurrent": 3, "claude_code_compat": True}


async def test_a_token_moves_within_its_provider_by_keys(full: Seeded, router: TokenRouter) -> None:
    async with app_on(full).run_test(size=USUAL, notifications=True) as pilot:
        table = await opened(pilot, router)
        await choose(pilot, table, "max-cara")
        await pilot.press("K")
        await until(pilot, lambda: [t.name for t in table.tokens][:3] == ["max-anna", "max-cara", "max-ben"])
        assert table.selected is not None
        assert table.selected.name == "max-cara", "the cursor goes along"
        await pilot.press("shift+up")
        await until(pilot, lambda: table.tokens[0].name == "max-cara")
        await pilot.press("K")
        await shows(pilot, "max-cara is the first of claude already.")
        await pilot.press("shift+down", "shift+down")
        await until(pilot, lambda: table.tokens[2].name == "max-cara", "both presses")
    assert names(full, "claude") == ["max-anna", "max-ben", "max-cara"]


async def test_one_is_switched_off_woken_renewed_and_tested(full: Seeded, router: TokenRouter) -> None:
    async with app_on(full).run_test(size=USUAL, notifications=True) as pilot:
        table = await opened(pilot, router)
        await choose(pilot, table, "max-ben")
        await pilot.press("w")
        await shows(pilot, "max-ben rests no longer.", "● max-ben")
        await pilot.press("w")
        await shows(pilot, "max-ben does not rest.")
        await pilot.press("e")
        await shows(pilot, "max-ben is disabled.", "○ max-ben")
        await choose(pilot, table, "max-cara")
        await pilot.press("r")
        await shows(pilot, "max-cara renewed: max-cara was due")
        await pilot.press("t")
        await shows(pilot, "max-cara: 200, claude-haiku-4-5 answered in 412 ms")
        router.test_answer = {"ok": False, "detail": "401 no"}
        await pilot.press("T")
        await shows(pilot, "0 of 5 tokens work.")
    tested = [path for method, path, _ in router.calls if method == "POST" and path.endswith("/test")]
    assert len(tested) == 6
    assert "/api/tokens/max-ben/test" not in tested, "it is switched off"


async def test_a_token_is_removed_only_when_its_name_is_typed(full: Seeded, router: TokenRouter) -> None:
    async with app_on(full).run_test(size=SMALL, notifications=True) as pilot:
        table = await opened(pilot, router)
        await choose(pilot, table, "spare")
        await pilot.press("x")
        await shows(pilot, "Remove spare?", "revoke it there")
        await pilot.press("enter")
        await shows(pilot, "Type spare to remove it")
        await pilot.press("s", "p", "a", "r", "e", "enter")
        await shows(pilot, "spare is removed.")
        await until(pilot, lambda: "Tokens · 6" in text(pilot))
    assert names(full, "openrouter") == []


async def test_what_is_ticked_is_imported_and_sharing_is_said(full: Seeded, router: TokenRouter) -> None:
    async with app_on(full).run_test(size=SMALL, notifications=True) as pilot:
        await opened(pilot, router)
        await pilot.press("i")
        await shows(pilot, "[x] claude", "shared with Claude Code", "Shared: what that program renews", "[x] openai")
        assert "[" not in row_with(pilot, "groq").partition("groq")[0], "what cannot be taken has no box"
        await pilot.press("space")
        await shows(pilot, "[ ] claude")
        await pilot.press("a", "a")
        await shows(pilot, "[ ] openai")
        await pilot.press("enter")
        await shows(pilot, "Nothing is ticked")
        await pilot.press("down", "space", "enter")
        await shows(pilot, "Imported: openai-env.", "● openai-env")
    assert router.asked("POST", "/api/imports") == [{"ids": ["b2"]}]


async def test_somebody_logs_in_with_what_the_page_shows(full: Seeded, router: TokenRouter) -> None:
    router.ends_at = round((full.clock.now() + 600) * 1000)
    async with app_on(full).run_test(size=SMALL, notifications=True) as pilot:
        await opened(pilot, router)
        await pilot.press("l")
        await shows(pilot, "▸ claude", "a code on any device")
        await pilot.press("c", "o", "d", "e", "x")
        await until(pilot, lambda: "▸ codex" in text(pilot))
        await pilot.press("enter")
        await shows(pilot, "Log in to ChatGPT", "Waiting for you, 10m 00s left", "Paste the code that the page shows")
        await pilot.press("f2")
        await shows(pilot, "The address is in the clipboard")
        assert pilot.app.clipboard == ADDRESS
        await type_in(pilot, "login-given", "wrong")
        await pilot.press("enter")
        await shows(pilot, "That holds no code.")
        await type_in(pilot, "login-given", "code-1#state")
        await pilot.press("enter")
        await shows(pilot, "Logged in: codex-new.", "● codex-new")
    assert router.asked("POST", "/api/logins/l1") == [{"code": "wrong"}, {"code": "code-1#state"}]


async def test_a_device_code_is_shown_copied_watched_and_given_up(full: Seeded, router: TokenRouter) -> None:
    async with app_on(full).run_test(size=SMALL, notifications=True) as pilot:
        await opened(pilot, router)
        await pilot.press("l")
        await shows(pilot, "▸ claude")
        await pilot.press("p", "i", "l", "o", "t")
        await until(pilot, lambda: "▸ copilot" in text(pilot))
        await pilot.press("enter")
        await shows(pilot, "ABCD-1234", "type this code there")
        await pilot.press("f3")
        assert pilot.app.clipboard == "ABCD-1234"
        await pilot.press("escape")
        await until(pilot, lambda: router.asked("DELETE", "/api/logins/l1"))
        await pilot.press("l")
        await shows(pilot, "▸ claude")
        await pilot.press("c", "o", "d", "e", "x", "enter")
        await shows(pilot, "F4: a browser anywhere")
        await pilot.press("f4", "f4")
        await shows(pilot, "ABCD-1234")
        router.finish_login()
        await shows(pilot, "Logged in: codex-new.")
    assert [body["way"] for body in router.asked("POST", "/api/logins")] == ["device", "browser", "paste", "device"]


async def test_no_token_yet_says_what_to_press(seeded: Seeded, router: TokenRouter) -> None:
    async with app_on(seeded).run_test(size=SMALL) as pilot:
        await opened(pilot, router)
        await shows(
            pilot, "No token yet", "a  add a key or token", "l  log in to an account", "Or in a terminal", "demo"
        )


async def test_the_mouse_chooses_opens_and_presses(full: Seeded, router: TokenRouter) -> None:
    async with app_on(full).run_test(size=SMALL, notifications=True) as pilot:
        table = await opened(pilot, router)
        await shows(pilot, "✗ plus-ben: The login")
        await pilot.click("#notices", offset=(5, 0))
        await until(pilot, lambda: table.selected is not None and table.selected.name == "plus-ben")
        await pilot.click("#token-table", offset=(5, 2), times=2)
        await shows(pilot, "Edit max-anna")
        await pilot.press("escape")
        await pilot.click("#keys", offset=(2, 0))
        await shows(pilot, "Add a key or token")


async def test_a_refusal_is_said_and_changes_nothing(full: Seeded, router: TokenRouter) -> None:
    async with app_on(full).run_test(size=SMALL, notifications=True) as pilot:
        await opened(pilot, router)
        router.refuse_with = "The database is locked."
        await pilot.press("e")
        await shows(pilot, "The database is locked.", "● max-anna")
        await pilot.press("enter")
        await shows(pilot, "Edit max-anna")
        await type_in(pilot, "priority", "3")
        await pilot.press("enter")
        await until(pilot, lambda: "Edit max-anna" in text(pilot) and text(pilot).count("The database is locked.") > 0)


async def test_countdowns_go_on(full: Seeded, router: TokenRouter, clock: FixedClock) -> None:
    async with app_on(full).run_test(size=SMALL) as pilot:
        await opened(pilot, router)
        await shows(pilot, "rests 47m 12s")
        clock.advance(47 * 60)
        await shows(pilot, "rests 12s")
        clock.advance(20)
        await shows(pilot, "● max-ben")
