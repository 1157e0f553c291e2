"""The page of config.toml, by its keys."""

import asyncio

import pytest
from textual.pilot import Pilot

from tests.tui.fake_router import FakeRouter
from tests.tui.screen import row_with, shows, text, until
from tests.tui.seed import Seeded
from tui.admin import AdminApi
from tui.app import RouterApp
from tui.config_api import ConfigFile, read_config
from tui.screens import config
from tui.widgets.toml_area import TomlArea

pytestmark = pytest.mark.slow  # each test draws a whole app many times

TEXT = '[server]\nport = 8200\n\n[providers.openai]\napi_key = "hush"\n'
SIZE = (100, 30)


@pytest.fixture(autouse=True)
def config_file(seeded: Seeded) -> None:
    seeded.home.config.write_text(TEXT)


def app_of(seeded: Seeded, **options: bool) -> RouterApp:
    return RouterApp(seeded.home, clock=seeded.clock, first="Config", **options)


def area(pilot: Pilot[None]) -> TomlArea:
    return pilot.app.screen.query_one(TomlArea)


async def test_an_edit_is_checked_while_typed_and_saved_with_its_secrets(seeded: Seeded, router: FakeRouter) -> None:
    async with app_of(seeded).run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "api_key", "1 secret hidden", "✓ valid", router.address)
        assert "hush" not in text(pilot)
        await pilot.press("x")  # nothing is typed before editing began
        await pilot.press("e", "down", "end", "9", "9")
        await shows(pilot, "editing", "not saved", "line 2", "less than or equal to 65535")
        await pilot.press("ctrl+s")
        await shows(pilot, "✗ line 2: 'server.port'")
        assert seeded.home.config.read_text() == TEXT
        await pilot.press("backspace", "backspace", "backspace", "1")
        await until(pilot, lambda: "65535" not in row_with(pilot, "✗ line 2  "))
        await pilot.press("ctrl+s")
        await shows(pilot, "Saved.", "viewing")
        assert seeded.home.config.read_text() == TEXT.replace("8200", "8201")


async def test_somebody_elses_edit_is_not_overwritten(seeded: Seeded, router: FakeRouter) -> None:
    async with app_of(seeded).run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "8200", router.address)
        await pilot.press("e", "down", "end", "backspace", "5")
        await shows(pilot, "8205")
        seeded.home.config.write_text(TEXT.replace("8200", "8300"))
        await pilot.press("ctrl+s")
        await shows(pilot, "changed by somebody else", "ctrl+r")
        await pilot.press("ctrl+r")
        await shows(pilot, "8300")
        assert "8205" in pilot.app.clipboard
        assert seeded.home.config.read_text() == TEXT.replace("8200", "8300")


async def test_what_is_typed_while_the_file_is_read_again_stays(
    seeded: Seeded, router: FakeRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with app_of(seeded).run_test(size=SIZE) as pilot:
        await shows(pilot, "8200", router.address)
        asked, may_answer = asyncio.Event(), asyncio.Event()

        async def slowly(api: AdminApi) -> ConfigFile:
            asked.set()
            await may_answer.wait()
            return await read_config(api)

        monkeypatch.setattr(config, "read_config", slowly)
        seeded.home.config.write_text(TEXT.replace("8200", "8300"))
        await asked.wait()
        await pilot.press("e", "9")
        may_answer.set()
        await pilot.app.workers.wait_for_complete()
        await shows(pilot, "9[server]", "not saved")


async def test_a_draft_is_left_kept_and_dropped(seeded: Seeded, router: FakeRouter) -> None:
    async with app_of(seeded).run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "8200", router.address)
        await pilot.press("e", "9", "escape")
        await shows(pilot, "not saved", "Not saved yet", "9[server]")
        await pilot.press("1")  # another page, and back: the draft is there
        await shows(pilot, "Requests/min")
        await pilot.press("9")
        await shows(pilot, "9[server]")
        await pilot.press("escape")
        await until(pilot, lambda: "9[server]" not in text(pilot) and "not saved" not in text(pilot))


async def test_secrets_are_shown_on_a_key_only_and_hidden_again(seeded: Seeded, router: FakeRouter) -> None:
    async with app_of(seeded).run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "1 secret hidden")
        await pilot.press("r")
        await shows(pilot, 'api_key = "hush"', "secrets are shown")
        await pilot.press("r")
        await until(pilot, lambda: "hush" not in text(pilot))


async def test_a_change_of_the_file_is_seen_and_the_next_problem_found(seeded: Seeded, router: FakeRouter) -> None:
    async with app_of(seeded).run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "✓ valid")
        seeded.home.config.write_text("\n\n[server]\nprot = 1\n[trace]\nkep = 2\n")
        await shows(pilot, "✗ line 4", "Did you mean 'port'?", "✗ line 6")
        await pilot.press("n")
        assert area(pilot).cursor_location[0] == 3
        await pilot.press("n")
        assert area(pilot).cursor_location[0] == 5
        await pilot.press("n")
        assert area(pilot).cursor_location[0] == 3


async def test_without_a_router_the_file_is_looked_at_only(seeded: Seeded) -> None:
    async with app_of(seeded).run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "port", "1 secret hidden", "router is down")
        assert "hush" not in text(pilot)
        await pilot.press("e")
        await shows(pilot, "it is what saves")
        assert area(pilot).read_only


async def test_a_file_that_would_act_on_the_terminal_is_shown_harmless_and_not_edited(
    seeded: Seeded, router: FakeRouter
) -> None:
    seeded.home.config.write_text("# \x1b[31mred\x07\n[server]\n")
    async with app_of(seeded).run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "# red", "[server]")
        assert not set(text(pilot)) & {"\x1b", "\x07"}
        await pilot.press("e")
        await shows(pilot, "use an editor of your own")


async def test_sanitized_shows_the_layout_only(seeded: Seeded, router: FakeRouter) -> None:
    async with app_of(seeded, sanitized=True).run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "[••••••]", "•••• = ••••")
        await pilot.press("e")
        await shows(pilot, "Nothing is edited while names are hidden")
        assert "openai" not in text(pilot)


async def test_a_missing_file_is_written_by_the_first_edit(seeded: Seeded, router: FakeRouter) -> None:
    seeded.home.config.unlink()
    async with app_of(seeded).run_test(size=SIZE, notifications=True) as pilot:
        await shows(pilot, "the defaults hold; e writes one", router.address)
        await pilot.press("e", *"[server]", "ctrl+s")
        await shows(pilot, "Saved.")
        assert seeded.home.config.read_text() == "[server]"
