"""Runs a login in the terminal: makes its calls, opens the browser, waits and shows how long, reads what is pasted."""

import contextlib
import os
import select
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import click

from router_core.cli.asking import told_not_to_ask
from router_core.cli.printing import note
from router_core.clock import Clock
from router_core.config.schema import Config
from router_core.oauth.callback import CallbackListener
from router_core.oauth.code_flow import new_proof
from router_core.oauth.flows import LISTENS, WAYS, Way, flow_of
from router_core.oauth.http import HttpAnswer, HttpCall, send
from router_core.oauth.steps import Ask, Callback, Flow, OpenPage, Paste, Step, Wait, drive
from router_core.oauth.token_set import LoginFailed, TokenSet
from router_core.oauth.vertex_login import default_flow
from router_core.text import duration, printable
from router_core.tokens.token import Login

LOOK_EVERY_S = 0.2
PASTE_LIMIT = 16 * 1024


@dataclass(slots=True)
class LoginRun:
    """One login under way."""

    config: Config
    clock: Clock
    timeout_s: float
    may_open: bool
    listener: CallbackListener | None = None
    ends: float = field(init=False)

    def __post_init__(self) -> None:
        self.ends = self.clock.now() + self.timeout_s

    def run(self, flow: Flow) -> TokenSet:
        """Do one step after the other.

        Raises:
            LoginFailed: refused, declined, or nobody came in time.
            NotReached: a server is not there.
        """
        return drive(flow, self._do)

    def _do(self, step: Step) -> HttpAnswer | str | None:
        match step:
            case Ask(call):
                return self._ask(call)
            case OpenPage():
                self._open(step)
            case Wait(seconds, until):
                self._wait(seconds, until)
            case Callback():
                return self._called_back()
            case Paste():
                return self._pasted(step)
        return None

    def _ask(self, call: HttpCall) -> HttpAnswer:
        return send(call, proxy=self.config.server.proxy_for)

    def _open(self, page: OpenPage) -> None:
        self._needs_person()
        note("Open this address in your browser:\n")
        click.echo(f"  {printable(page.url, 4000)}\n", err=True)
        if page.user_code:
            note(f"and type this code there: {click.style(printable(page.user_code, 40), bold=True)}\n")
        if self.may_open and can_open(os.environ, is_terminal=sys.stderr.isatty()):
            open_browser(page.url)

    def _wait(self, seconds: float, until: float) -> None:
        now = self.clock.now()
        with _countdown("Waiting for you", min(until, self.ends)) as show:
            while self.clock.now() < now + seconds:
                show(self.clock.now())
                self._check_time()
                time.sleep(min(LOOK_EVERY_S, seconds))

    def _called_back(self) -> str:
        if self.listener is None:
            raise LoginFailed("Nobody listens for the browser. Log in with --paste.")
        with _countdown("Waiting for the browser", self.ends) as show:
            while (query := self.listener.wait(LOOK_EVERY_S)) is None:
                show(self.clock.now())
                self._check_time()
        return query

    def _pasted(self, step: Paste) -> str:
        self._needs_person()
        if step.problem:
            note(printable(step.problem))
        left = self.ends - self.clock.now()
        click.echo(f"{step.prompt} (within {duration(left)}):\n> ", nl=False, err=True)
        text = read_line(left)
        if text is None:
            self._check_time()
            raise LoginFailed(f"Nothing was pasted within {duration(self.timeout_s)}. Nothing was stored.")
        return text

    @staticmethod
    def _needs_person() -> None:
        if switch := told_not_to_ask(os.environ):
            raise LoginFailed(
                f"A login needs a person with a browser, and {switch} says that nobody is there. Where it is made "
                "once, `token export` takes it along; a key comes in with token add --access-token-stdin."
            )

    def _check_time(self) -> None:
        if self.clock.now() >= self.ends:
            raise LoginFailed(
                f"The login was not completed within {duration(self.timeout_s)}. Nothing was stored; begin again, with "
                "a longer --timeout if need be."
            )


def run_login(
    run: LoginRun, login: Login, way: Way | None, file: Path | None, project: str | None, location: str | None
) -> TokenSet:
    """One login from start to end; nothing listens any more when it returns or raises.

    Args:
        way: None: the usual one of this login.
        file, project, location: for vertex only.
    """
    if login == "vertex":
        return run.run(default_flow(file, project or "", location or "", run.config, run.clock, note))
    ways = WAYS[login]
    way = way or ways[0]
    if way not in ways:
        raise click.UsageError(f"--{way} is not for {login}: log in without it.")
    proof = new_proof()
    if way != "browser":
        return run.run(flow_of(login, way, run.config, run.clock, proof))
    host, ports, path = LISTENS[login]
    with CallbackListener(host, ports, path, proof.state) as listener:
        run.listener = listener
        if "SSH_CONNECTION" in os.environ:
            note("This is a remote session: if the browser is on another machine, end this and log in with --paste.\n")
        return run.run(flow_of(login, way, run.config, run.clock, proof, listener.redirect_uri))


def can_open(environ: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Whether a browser that we open would be seen by the person who logs in."""
    if not is_terminal or any(name in environ for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY")):
        return False
    if sys.platform == "darwin" or environ.get("BROWSER"):
        return True
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def open_browser(url: str) -> threading.Thread:
    """Open a page without waiting: some browsers run until they are closed. Returns what waits."""
    import webbrowser

    def run() -> None:
        with contextlib.suppress(webbrowser.Error, OSError):
            webbrowser.open(url)

    thread = threading.Thread(target=run, name="browser", daemon=True)
    thread.start()
    return thread


def read_line(timeout_s: float) -> str | None:
    """One line from standard input; None when none came in time. An end of input is an empty line."""
    try:
        descriptor = sys.stdin.fileno()
    except (OSError, ValueError):  # not a real file: it does not keep anybody waiting
        return sys.stdin.readline(PASTE_LIMIT)
    if not select.select([descriptor], [], [], max(timeout_s, 0.0))[0]:
        return None
    if os.isatty(descriptor):  # past Python's buffer, in which a second line would wait unseen by `select`
        return os.read(descriptor, PASTE_LIMIT).decode("utf-8", "replace")
    return sys.stdin.readline(PASTE_LIMIT)


@contextlib.contextmanager
def _countdown(text: str, ends: float) -> "Iterator[_Show]":
    """Shows the time left: once in a log, second by second on a terminal, where it is wiped at the end."""
    show = _Show(text, ends, sys.stderr.isatty())
    try:
        yield show
    finally:
        show.wipe()


@dataclass(slots=True)
class _Show:
    text: str
    ends: float
    is_terminal: bool
    shown: str = ""

    def __call__(self, now: float) -> None:
        if self.shown and not self.is_terminal:
            return
        line = f"{self.text}, {duration(self.ends - now)} left (Ctrl-C ends it) …"
        if line != self.shown:
            click.echo(f"\r\x1b[K{line}" if self.is_terminal else line, nl=not self.is_terminal, err=True)
            self.shown = line

    def wipe(self) -> None:
        if self.shown and self.is_terminal:
            click.echo("\r\x1b[K", nl=False, err=True)
