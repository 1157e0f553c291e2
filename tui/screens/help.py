"""What the keys do and what the signs mean, over whatever screen is there."""

from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

TEXT = """\
↑ ↓ PgUp PgDn Home End   move; the mouse works too
Tab          other pane            Enter  open the request
f            follow the newest request; moving down stops it
L            pin all routing to a target or provider, or let go
/            filter by words of model, provider, token, session,
             client, state, status; Enter keeps it, Esc clears it
d            dark or light         q      quit
w            in a request: what each rule said of where it should go

The chosen token; the running router makes each change:
a l i        add a key, log in, take over logins      Enter  edit
K J + -      earlier or later: the lowest number is taken first
t T          test it, or all; success heals       e   on or off
w r x u      end its rests, renew, remove it, ask for the usage

●  healthy    ◐  rests until then    ✗  unhealthy    ○  disabled

✓  answered   ✗  failed or broken off   ⊘  refused by the router
↩  client went away   ?  the router ended while it ran
TRY   attempts it took      TTFT  time to the first content
IN    tokens sent, cached ones included      OUT   received
COST  ~ list price, a subscription pays      ?     price unknown
"""


class HelpScreen(ModalScreen[None]):
    """Any of its keys, or a click, closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,enter,space", "close", "close")]

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            yield Static(Text(TEXT.rstrip()))

    def action_close(self) -> None:
        self.dismiss()

    def on_click(self, event: events.Click) -> None:
        self.dismiss()
