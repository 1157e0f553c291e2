"""Logs in to an account: shows the address and the code, takes what comes back, and says how far it is."""

from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Input, Static

from router_core.clock import Clock
from tui.admin import AdminError
from tui.figures import countdown
from tui.token_api import LoginRow, ProviderRow, TokenApi
from tui.widgets.hot_line import HotLine, KeyBar

LOOK_EVERY_S = 0.7
KEYS = (
    ("f2", "F2", "copy the address"), ("f3", "F3", "copy the code"), ("f4", "F4", "another way"),
    ("escape", "Esc", "give up"),
)  # fmt: skip
WAYS = {
    "browser": "a browser on the router's machine",
    "paste": "a browser anywhere, what it shows is pasted here",
    "device": "a code, typed on any device",
}
HERE = "what this machine has"
KEY_FILE = "With a service account's key file, in a terminal: auth login vertex --file FILE"
STATES = {
    "starting": "The router begins …",
    "waiting": "Waiting for you",
    "finishing": "The last step …",
    "done": "Done",
    "failed": "It failed",
    "cancelled": "Given up",
}


class LogIn(ModalScreen[LoginRow | None]):
    """Ends with the login that is done; None when it was given up."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "give up"),
        Binding("f2", "copy_url", "copy the address", priority=True),
        Binding("f3", "copy_code", "copy the code", priority=True),
        Binding("f4", "next_way", "another way", priority=True),
    ]

    def __init__(self, api: TokenApi, provider: ProviderRow, clock: Clock) -> None:
        super().__init__()
        self._api, self._provider, self._clock = api, provider, clock
        self._way = provider.ways[0] if provider.ways else ""
        self._login: LoginRow | None = None
        self._shown: LoginRow | None = None
        self._problem = ""
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialogue", can_focus=False) as box:
            box.border_title = f"Log in to {self._provider.title}"
            yield Static(id="login-way", classes="note")
            yield Static(id="login-terms", classes="note warned", markup=False)
            yield Static(id="login-url")
            yield Static(id="login-code")
            yield Static(id="login-prompt", classes="note", markup=False)
            yield Input(id="login-given", compact=True)
            yield Static(id="login-state")
            yield Static(id="problem")
            yield KeyBar(KEYS, id="form-keys")

    def on_mount(self) -> None:
        self._given = self.query_one("#login-given", Input)
        self._begin()
        self._timer = self.set_interval(LOOK_EVERY_S, self._look)

    # The router's side.

    @work(exclusive=True, group="begin")
    async def _begin(self) -> None:
        self._login, self._problem = None, ""
        self._show()
        try:
            begun = await self._api.begin(self._provider.name, self._way)
        except AdminError as error:
            self._problem = str(error)
        else:
            self._login = begun
            self.query_one("#login-terms", Static).update("\n".join(begun.notes))
            self.query_one("#login-terms").set_class(bool(begun.notes), "shown")
        self._show()

    @work(exclusive=True, group="look")
    async def _look(self) -> None:
        if (login := self._login) is None or login.ended:
            self._show()
            return
        try:
            seen = await self._api.look(login.id)
        except AdminError as error:
            self._problem = str(error)
        else:
            self._problem = ""
            if self._login is not None and self._login.id == seen.id:
                self._take(seen)
        self._show()

    def _take(self, seen: LoginRow) -> None:
        self._login = seen
        if seen.state == "done":
            self.dismiss(seen)

    @work(exclusive=True, group="give")
    async def _give(self, text: str) -> None:
        if self._login is None:
            return
        try:
            self._take(await self._api.give(self._login.id, text))
        except AdminError as error:
            self._problem = str(error)
        self._show()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if text := event.value.strip():
            event.input.value = ""
            self._give(text)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()

    # Keys.

    def action_leave(self) -> None:
        if self._login is not None and not self._login.ended:
            self._cancel(self._login.id)
        self.dismiss(None)

    def _cancel(self, login_id: str) -> None:
        """Goes on when this dialogue is gone."""

        async def cancel() -> None:
            try:
                await self._api.cancel(login_id)
            except AdminError:
                return  # it ends by itself

        self.app.run_worker(cancel(), group="cancel login")

    def action_copy_url(self) -> None:
        self._copy(self._login.url if self._login else "", "The address")

    def action_copy_code(self) -> None:
        self._copy(self._login.user_code if self._login else "", "The code")

    def action_next_way(self) -> None:
        ways = self._provider.ways
        if len(ways) > 1:
            self._way = ways[(ways.index(self._way) + 1) % len(ways)]
            self._begin()

    def on_hot_line_clicked(self, event: HotLine.Clicked) -> None:
        event.stop()

    def _copy(self, text: str, what: str) -> None:
        if text:
            self.app.copy_to_clipboard(text)
            self.notify(f"{what} is in the clipboard, if your terminal allows that (OSC 52).", markup=False, timeout=4)

    # What is shown.

    def _show(self) -> None:
        login = self._login or LoginRow("", "starting")
        theme = self.app.current_theme
        primary, dim = theme.primary or "blue", "dim"
        way = Text(WAYS.get(self._way, HERE))
        if self._provider.login == "vertex":
            way.append(f"\n{KEY_FILE}", dim)
        if len(self._provider.ways) > 1:
            way.append(f"\nF4: {WAYS[self._other_way()]}", dim)
        self.query_one("#login-way", Static).update(way)
        address = Text()
        if login.url:
            address.append("Open this address in a browser (F2 copies it)\n", "bold")
            address.append(login.url, f"{primary} link {login.url}" if login.url.startswith("http") else primary)
        self._put("#login-url", address)
        code = Text()
        if login.user_code:
            code.append("and type this code there (F3 copies it)\n", "bold")
            code.append(f"  {login.user_code}  ", f"bold reverse {primary}")
        self._put("#login-code", code)
        prompt = self.query_one("#login-prompt", Static)
        waits = bool(login.prompt) and not login.ended
        prompt.update(f"{login.prompt}, then Enter:" if waits else "")
        prompt.set_class(waits, "shown")
        if self._given.has_class("shown") != waits:
            self._given.set_class(waits, "shown")
            if waits:
                self._given.focus()
        self._put("#login-state", self._state(login))
        problem = self._problem or login.problem or login.error
        self._put("#problem", Text(problem, theme.error or "red"))

    def _state(self, login: LoginRow) -> Text:
        theme = self.app.current_theme
        if self._login is None and self._problem:
            return Text("It could not be begun. F4 tries another way, Esc leaves.", "bold")
        word = STATES.get(login.state, login.state)
        style = {"failed": theme.error, "done": theme.success}.get(login.state) or theme.warning or "yellow"
        said = Text(f"{'✗' if login.state == 'failed' else '◌'} {word}", f"bold {style}")
        if login.state == "waiting" and login.ends_at:
            said.append(f", {countdown(login.ends_at / 1000 - self._clock.now())} left", "not bold")
        for line in login.told:
            said.append(f"\n{line}", "dim not bold")
        return said

    def _put(self, where: str, text: Text) -> None:
        shown = self.query_one(where, Static)
        shown.update(text)
        shown.set_class(bool(text.plain), "shown")

    def _other_way(self) -> str:
        ways = self._provider.ways
        return ways[(ways.index(self._way) + 1) % len(ways)]
