"""Edits a token: name, priority, weight, how much at once, whom it serves, a new credential."""

from typing import Any

from textual import work
from textual.app import ComposeResult
from textual.widgets import Input

from router_core.tokens.given import COMPAT_WARNING
from router_core.tokens.token import Token
from tui.admin import AdminError
from tui.screens.tokens.add import secret_of
from tui.screens.tokens.form import Field, Form, Tick, WarnedTick, whole_number
from tui.token_api import TokenApi


class EditToken(Form[str]):
    """Ends with what was done; "": nothing was changed."""

    def __init__(self, api: TokenApi, token: Token, shown_as: str) -> None:
        super().__init__()
        self._api, self._token, self._shown_as = api, token, shown_as
        self.TITLE_TEXT = f"Edit {shown_as}"

    def fields(self) -> ComposeResult:
        token = self._token
        limit = "" if token.max_concurrent is None else str(token.max_concurrent)
        yield Field("Name", "name", self._shown_as)
        yield Field("Priority", "priority", str(token.priority), hint="the lowest is taken first")
        yield Field("Weight", "weight", f"{token.weight:g}", hint="share under round_robin and least_used")
        yield Field("At once", "at-once", limit, hint="any number of requests")
        yield Field("New secret", "secret", hint="leave empty to keep it; $VARIABLE works, too", secret=True)
        yield Tick("enabled", token.enabled, id="enabled")
        if self._serves_claude:
            text = "pays for other clients than Claude Code, too"
            yield WarnedTick(text, token.claude_code_compat, warning=COMPAT_WARNING, id="compat")

    @property
    def _serves_claude(self) -> bool:
        return self._token.credential == "claude-oauth" or self._token.claude_code_compat

    def on_mount(self) -> None:
        self.query_one("#name", Input).focus()

    def submit(self) -> None:
        try:
            changes = self._changes()
        except ValueError as error:
            self.tell(str(error))
            return
        if changes:
            self._change(changes)
        else:
            self.dismiss("")

    def _changes(self) -> dict[str, Any]:
        """What is other than before. Raises ValueError."""
        token = self._token
        limit = self.value("at-once")
        wanted: dict[str, Any] = {
            "name": token.name if self.value("name") == self._shown_as else self.value("name"),
            "priority": whole_number(self.value("priority"), "The priority", -1_000_000, 1_000_000),
            "weight": _weight(self.value("weight")),
            "max_concurrent": whole_number(limit, "At once", 0, 10_000) if limit else 0,
            "enabled": self.is_ticked("enabled"),
        }
        before = {
            "name": token.name,
            "priority": token.priority,
            "weight": token.weight,
            "max_concurrent": token.max_concurrent or 0,
            "enabled": token.enabled,
        }
        if self._serves_claude:
            wanted["claude_code_compat"] = self.is_ticked("compat")
            before["claude_code_compat"] = token.claude_code_compat
        changes = {name: value for name, value in wanted.items() if value != before[name]}
        if secret := secret_of(self.value("secret")):
            changes["access_token"] = secret
        return changes

    @work(exclusive=True)
    async def _change(self, changes: dict[str, Any]) -> None:
        self.under_way = True
        try:
            await self._api.change(self._token.name, changes)
        except AdminError as error:
            self.tell(str(error))
        else:
            words = [name.replace("access_token", "secret").replace("_", " ") for name in changes]
            self.dismiss(f"Changed: {', '.join(words)}.")
        finally:
            self.under_way = False


def _weight(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError("The weight is a number, such as 2 or 0.5.") from None
    if not 0.01 <= number <= 1000:
        raise ValueError("The weight is from 0.01 to 1,000.")
    return number
