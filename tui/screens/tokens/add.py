"""Adds a key or token: its name, and the secret, typed unseen or taken from an environment variable."""

import os
import re
from collections.abc import Collection

from textual import work
from textual.app import ComposeResult
from textual.widgets import Input, Static

from router_core.tokens.given import COMPAT_WARNING
from tui.admin import AdminError
from tui.screens.tokens.form import Field, Form, Tick, WarnedTick, whole_number
from tui.token_api import ProviderRow, TokenApi

VARIABLE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?")


class AddToken(Form[str]):
    """Ends with the name of the token that was stored."""

    def __init__(self, api: TokenApi, provider: ProviderRow, taken: Collection[str]) -> None:
        super().__init__()
        self._api, self._provider = api, provider
        self._proposed = _free(provider.name, taken)
        self.TITLE_TEXT = f"Add a token of {provider.title}"
        self.notes: list[str] = []

    def fields(self) -> ComposeResult:
        provider = self._provider
        yield Static(f"From: {provider.credential}" if provider.credential else "", classes="note", markup=False)
        yield Field("Name", "name", self._proposed)
        hint = "nothing is needed" if provider.keyless else "paste it here, or $VARIABLE of this terminal"
        yield Field("Secret", "secret", hint=hint, secret=True)
        yield Field("Priority", "priority", "100", hint="the lowest is taken first")
        yield Tick("try it first; one that does not work is not stored", True, id="test")
        if provider.kind == "anthropic":
            text = "a subscription token pays for other clients than Claude Code, too"
            yield WarnedTick(text, warning=COMPAT_WARNING, id="compat")

    def on_mount(self) -> None:
        self.query_one("#secret", Input).focus()

    def submit(self) -> None:
        try:
            given = {
                "name": self.value("name"),
                "provider": self._provider.name,
                "priority": whole_number(self.value("priority"), "The priority", -1_000_000, 1_000_000),
                "test": self.is_ticked("test"),
            }
            if secret := secret_of(self.value("secret")):
                given["access_token"] = secret
        except ValueError as error:
            self.tell(str(error))
            return
        if self._provider.kind == "anthropic":
            given["claude_code_compat"] = self.is_ticked("compat")
        self.tell("The provider is asked …" if given["test"] else "", wrong=False)
        self._add(given)

    @work(exclusive=True)
    async def _add(self, given: dict[str, object]) -> None:
        self.under_way = True
        try:
            stored, tested, self.notes = await self._api.add(given)
        except AdminError as error:
            self.tell(str(error))
        else:
            if stored:
                self.dismiss(str(given["name"]))
            else:
                self.tell(f"Not stored, it does not work: {tested}")
        finally:
            self.under_way = False


def secret_of(typed: str) -> str:
    """What was typed, or what the variable holds that was named.

    Raises:
        ValueError: there is no such variable here.
    """
    if (named := VARIABLE.fullmatch(typed)) is None:
        return typed
    if not (value := os.environ.get(named[1], "").strip()):
        raise ValueError(f"${named[1]} is not set in the terminal that this was started from.")
    return value


def _free(base: str, taken: Collection[str]) -> str:
    numbered = (f"{base}-{number}" for number in range(2, 10_000))
    return base if base not in taken else next(name for name in numbered if name not in taken)
