"""What is done with tokens by keys: dialogues are opened, the router is asked, and what came of it is said."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from textual import work

from router_core.tokens.order import moved, ordered, priorities_of
from router_core.tokens.token import Token
from tui.admin import AdminError
from tui.page import Context, Page
from tui.screens.tokens.add import AddToken
from tui.screens.tokens.choose_provider import ChooseProvider
from tui.screens.tokens.edit import EditToken
from tui.screens.tokens.imports import ImportTokens
from tui.screens.tokens.login import LogIn
from tui.screens.tokens.remove import RemoveToken
from tui.token_api import LoginRow, ProviderRow, TokenApi
from tui.widgets.token_table import TokenTable

TESTS_AT_ONCE = 3
STORED_WITHIN_S = 3.0


class TokenActions(Page):
    """Base of the Tokens page."""

    _table: TokenTable

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._api = TokenApi(context.api)
        self._wanted: dict[str, int] = {}
        """Token id → priority as it will be: several presses may come before the first is stored."""
        self._moves = 0
        """Changes of order that are under way …"""
        self._moved = 0
        """… and that have ended."""
        self._looked_for = ""
        """The name of a token that was made just now: the cursor goes there as soon as it is seen."""

    def _show(self) -> None:
        """Draw the table anew."""
        raise NotImplementedError

    def action_add(self) -> None:
        dialogue = ChooseProvider(self._api, "Add a key or token", logins=False, first=self._provider_chosen)
        self.app.push_screen(dialogue, self._add_to)

    def _add_to(self, provider: ProviderRow | None) -> None:
        if provider is None:
            return
        dialogue = AddToken(self._api, provider, {token.name for token in self._table.tokens})

        def done(name: str | None) -> None:
            if name:
                self._look_for(name)
                self.say(f"{self._called(name)} is added. {' '.join(dialogue.notes)}".strip())

        self.app.push_screen(dialogue, done)

    def action_log_in(self) -> None:
        dialogue = ChooseProvider(self._api, "Log in to an account", logins=True, first=self._provider_chosen)
        self.app.push_screen(dialogue, self._log_in_to)

    def _log_in_to(self, provider: ProviderRow | None) -> None:
        if provider is not None:
            self.app.push_screen(LogIn(self._api, provider, self.context.clock), self._logged_in)

    def _logged_in(self, login: LoginRow | None) -> None:
        if login is None:
            return
        self._look_for(login.token)
        taken = f" {login.name_taken} was the name of another one." if login.name_taken else ""
        self.say(f"{'Logged in again' if login.renewed else 'Logged in'}: {self._called(login.token)}.{taken}")

    def action_import_(self) -> None:
        self.app.push_screen(ImportTokens(self._api, self.context.sanitizer), self._imported)

    def _imported(self, done: list[tuple[str, str, list[str]]] | None) -> None:
        if done:
            self._look_for(done[0][0])
            names = ", ".join(self._called(name) for name, _, _ in done)
            self.say(f"Imported: {names}. t tests one, T all of them.")
            for note in dict.fromkeys(note for _, _, notes in done for note in notes):
                self.say(self.context.sanitizer.sentence(note))

    def action_edit(self) -> None:
        if (token := self._of_ours()) is not None:
            dialogue = EditToken(self._api, token, self._called(token.name))
            self.app.push_screen(dialogue, lambda said: self.say(said) if said else None)

    def action_remove(self) -> None:
        if (token := self._of_ours()) is not None:
            dialogue = RemoveToken(self._api, token, self._called(token.name))
            self.app.push_screen(dialogue, lambda gone: self.say(f"{self._called(gone)} is removed.") if gone else None)

    def action_toggle_enabled(self) -> None:
        if (token := self._of_ours()) is not None:
            wanted = not token.enabled
            word = "enabled" if wanted else "disabled"
            self._do(
                lambda: self._api.change(token.name, {"enabled": wanted}), f"{self._called(token.name)} is {word}."
            )

    def action_move(self, by: int) -> None:
        if (token := self._of_ours()) is None:
            return
        if names := moved(token, by, self._table.tokens):
            self._wanted |= priorities_of(ordered(names, self._table.tokens))
            self._show()
            self._rank(lambda: self._api.order(names))
        else:
            self.say(f"{self._called(token.name)} is the {'first' if by < 0 else 'last'} of {token.provider} already.")

    def action_change_priority(self, by: int) -> None:
        if (token := self._of_ours()) is not None:
            priority = token.priority + by
            self._wanted[token.id] = priority
            self._show()
            self._rank(lambda: self._api.change(token.name, {"priority": priority}))

    @work(group="acts")
    async def _rank(self, act: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """What the table shows already is done by the router."""
        self._moves += 1
        try:
            await act()
        except AdminError as error:
            self._wanted = {}
            self._show()
            self.say(self.context.sanitizer.sentence(str(error)), wrong=True)
        finally:
            self._moves -= 1
            self._moved += 1
            moved_by_now = self._moved
            self.set_timer(STORED_WITHIN_S, lambda: self._forget_wanted(moved_by_now))

    def _forget_wanted(self, moved_by_then: int) -> None:
        """Should the router have stored something else, that is shown; unless more was asked for since."""
        if self._wanted and not self._moves and self._moved == moved_by_then:
            self._wanted = {}
            self._show()

    def action_wake(self) -> None:
        if (token := self._table.selected) is None:
            return
        if any(rest.until > self.context.clock.now() for rest in token.cooldowns):
            self._do(lambda: self._api.wake(token.name), f"{self._called(token.name)} rests no longer.")
        else:
            self.say(f"{self._called(token.name)} does not rest.")

    def action_test(self) -> None:
        if (token := self._table.selected) is not None:
            self._test([token])

    def action_test_all(self) -> None:
        chosen = [token for token in self._table.tokens if token.enabled and self._table.is_used(token)]
        if chosen:
            self._test(chosen)

    @work(group="tests")
    async def _test(self, tokens: list[Token]) -> None:
        room = asyncio.Semaphore(TESTS_AT_ONCE)
        for token in tokens:
            self._table.set_testing(token.name, True)

        async def test(token: Token) -> bool:
            async with room:
                try:
                    ok, detail = await self.context.api.test(token.name)
                except AdminError as error:
                    ok, detail = False, str(error)
                finally:
                    self._table.set_testing(token.name, False)
            if len(tokens) == 1 or not ok:
                said = detail or ("works" if ok else "does not work")
                self.say(f"{self._called(token.name)}: {self.context.sanitizer.sentence(said)}", wrong=not ok)
            return ok

        results = await asyncio.gather(*(test(token) for token in tokens))
        if len(tokens) > 1:
            self.say(f"{sum(results)} of {len(results)} tokens work.", wrong=not all(results))

    def action_renew(self) -> None:
        if (token := self._of_ours()) is not None:
            self._renew(token)

    @work(group="tests")
    async def _renew(self, token: Token) -> None:
        self._table.set_testing(token.name, True)
        try:
            ok, said = await self._api.refresh(token.name)
        except AdminError as error:
            self.say(self.context.sanitizer.sentence(str(error)), wrong=True)
        else:
            self.say(f"{self._called(token.name)} {self.context.sanitizer.sentence(said)}", wrong=not ok)
        finally:
            self._table.set_testing(token.name, False)

    def action_ask_usage(self) -> None:
        self._ask_usage()

    @work(group="usage", exclusive=True)
    async def _ask_usage(self) -> None:
        try:
            told, of = await self.context.api.ask_usage()
        except AdminError as error:
            self.say(str(error), wrong=True)
        else:
            self.say(f"Usage of {told} of {of} tokens was asked for; the others were known or cannot be asked.")

    @work(group="acts")
    async def _do(self, act: Callable[[], Coroutine[Any, Any, None]], said: str) -> None:
        """A change, and what to say when it is done."""
        try:
            await act()
        except AdminError as error:
            self.say(self.context.sanitizer.sentence(str(error)), wrong=True)
        else:
            if said:
                self.say(said)

    def _look_for(self, name: str) -> None:
        self._looked_for = name
        self._show()

    @property
    def _provider_chosen(self) -> str:
        token = self._table.selected
        return token.provider if token else ""

    def _of_ours(self) -> Token | None:
        """The chosen token, if it can be changed here."""
        token = self._table.selected
        if token is not None and token.origin == "config":
            self.say("This key is kept in config.toml: change it there.", wrong=True)
            return None
        return token

    def _called(self, name: str) -> str:
        return self.context.sanitizer.name(name)
