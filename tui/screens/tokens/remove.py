"""Asks before a token is forgotten; its name is typed, so that no stray key does it."""

from textual import work
from textual.app import ComposeResult
from textual.widgets import Input, Static

from router_core.tokens.token import Token
from tui.admin import AdminError
from tui.screens.tokens.form import Field, Form
from tui.token_api import TokenApi


class RemoveToken(Form[str]):
    """Ends with the name of the token that is gone."""

    KEYS = (("enter", "⏎", "remove it"), ("escape", "Esc", "leave it"))

    def __init__(self, api: TokenApi, token: Token, shown_as: str) -> None:
        super().__init__()
        self._api, self._token, self._shown_as = api, token, shown_as
        self.TITLE_TEXT = f"Remove {shown_as}?"

    def fields(self) -> ComposeResult:
        said = f"{self._shown_as} of {self._token.provider} and its credential are forgotten here. The provider is not"
        yield Static(f"{said} told: revoke it there as well if need be.", classes="note", markup=False)
        yield Field("Type its name", "name", hint=self._shown_as)

    def on_mount(self) -> None:
        self.query_one("#name", Input).focus()

    def submit(self) -> None:
        if self.value("name") in (self._token.name, self._shown_as):
            self._remove()
        else:
            self.tell(f"Type {self._shown_as} to remove it; Esc leaves it.")

    @work(exclusive=True)
    async def _remove(self) -> None:
        self.under_way = True
        try:
            await self._api.remove(self._token.name)
        except AdminError as error:
            self.tell(str(error))
        else:
            self.dismiss(self._token.name)
        finally:
            self.under_way = False
