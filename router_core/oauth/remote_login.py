"""A login that its person follows from elsewhere: begun over the admin API, looked at until it is done or has failed.

Each runs in a thread of its own, ends by itself after a time, and there are never more than a few. What comes of it is
stored at once, so that no secret has to be kept for anybody to fetch.
"""

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from router_core.clock import Clock, to_ms
from router_core.config.schema import Config
from router_core.errors import RouterError
from router_core.home import Home
from router_core.oauth.callback import CallbackListener
from router_core.oauth.code_flow import Proof, new_proof
from router_core.oauth.flows import LISTENS, WAYS, Way, flow_of
from router_core.oauth.http import HttpAnswer, send
from router_core.oauth.login_project import with_project
from router_core.oauth.redirect import Unusable, code_of_query
from router_core.oauth.register import Registered, register
from router_core.oauth.steps import Ask, Callback, Flow, OpenPage, Paste, Step, Wait, drive
from router_core.oauth.token_set import LoginFailed
from router_core.oauth.vertex_login import default_flow
from router_core.store.tokens import open_tokens
from router_core.text import duration, printable
from router_core.tokens.token import Login

AT_ONCE = 3
USUAL_S = 600.0
LOOK_EVERY_S = 0.1
GRACE_S = 2.0
REMEMBERED = 20
"""Logins that have ended, of which can still be asked how."""

State = Literal["starting", "waiting", "finishing", "done", "failed", "cancelled"]
ENDED: frozenset[State] = frozenset({"done", "failed", "cancelled"})

log = logging.getLogger("mitmrouter")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which login it shall be."""

    provider: str
    """The name under which it is registered."""
    login: Login
    way: Way | None = None
    """None: the usual one."""
    name: str | None = None
    priority: int | None = None
    timeout_s: float = USUAL_S
    project: str = ""
    location: str = ""
    """Of Vertex AI."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is. No secret in here but the address that its person opens."""

    state: State = "starting"
    url: str = ""
    user_code: str = ""
    """To be typed at the address."""
    prompt: str = ""
    """What can be given here; "": nothing."""
    problem: str = ""
    """What was wrong with what was given last."""
    told: tuple[str, ...] = ()
    error: str = ""
    token: str = ""
    """The name of the token that was stored."""
    renewed: bool = False
    name_taken: str = ""


class _Cancelled(Exception):
    pass


@dataclass(slots=True)
class RemoteLogin:
    """One login under way; its methods may be called from any thread."""

    id: str
    wanted: Wanted
    home: Home
    config: Config
    clock: Clock
    learn: Callable[[str], None]
    """Told every secret, before anything else is."""
    stored: Callable[[Registered], None]
    after: "Sequence[RemoteLogin]" = ()
    """Those whose place it takes: they may still listen for a moment."""
    progress: Progress = field(default_factory=Progress)
    _given: queue.SimpleQueue[str] = field(default_factory=queue.SimpleQueue)
    _cancelled: threading.Event = field(default_factory=threading.Event)
    _over: threading.Event = field(default_factory=threading.Event)
    _listener: CallbackListener | None = None
    _proof: Proof | None = None
    ends_at: float = field(init=False)

    def __post_init__(self) -> None:
        self.ends_at = self.clock.now() + self.wanted.timeout_s

    @property
    def ended(self) -> bool:
        return self.progress.state in ENDED

    def start(self) -> None:
        """Raises LoginFailed where there is no such way to log in."""
        ways = WAYS.get(self.wanted.login, ())
        if self.wanted.way is not None and self.wanted.way not in ways:
            known = ", ".join(ways) or "none"
            raise LoginFailed(f"{self.wanted.way!r} is no way to log in to {self.wanted.login}: {known}.")
        threading.Thread(target=self._run, name=f"login {self.wanted.provider}", daemon=True).start()

    def give(self, text: str) -> None:
        """What the page showed, or the address at which the browser ended up."""
        if len(text.strip()) >= 8:
            self.learn(text.strip())
        self._given.put(text)

    def cancel(self) -> None:
        self._cancelled.set()

    def view(self) -> dict[str, Any]:
        """As JSON; times in epoch milliseconds."""
        now = self.progress
        return {
            "id": self.id,
            "provider": self.wanted.provider,
            "login": self.wanted.login,
            "way": self.wanted.way or (WAYS.get(self.wanted.login) or ("",))[0],
            "state": now.state,
            "url": now.url,
            "user_code": now.user_code,
            "prompt": now.prompt,
            "problem": now.problem,
            "told": list(now.told),
            "error": now.error,
            "token": now.token,
            "renewed": now.renewed,
            "name_taken": now.name_taken,
            "ends_at": to_ms(self.ends_at),
        }

    # ---- in its own thread ------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            done = self._log_in()
        except _Cancelled:
            self._say(state="cancelled")
        except RouterError as error:
            self._say(state="failed", error=printable(error.message, 2500))
        except Exception as error:  # whoever waits must be told something
            log.exception("internal error while logging in to %s", self.wanted.provider)
            self._say(state="failed", error=f"Internal error ({type(error).__name__}); the router's log says more.")
        else:
            name = done.token.name
            self.stored(done)
            self._say(state="done", token=name, renewed=done.renewed, name_taken=done.name_taken)
        finally:
            self._over.set()

    def _log_in(self) -> Registered:
        wanted, config = self.wanted, self.config
        for other in self.after:
            other._over.wait(GRACE_S)
        with self._begun() as flow:
            found = drive(flow, self._do)
        self._say(state="finishing", prompt="", problem="")
        if wanted.login in ("gemini", "antigravity"):
            found = with_project(found, wanted.provider, config, self.clock.now(), self._tell, self._sit_out)
        store = open_tokens(self.home, self.clock, self.learn)
        with closing(store.database.conn):
            return register(
                store, self.clock, wanted.provider, wanted.login, found, name=wanted.name, priority=wanted.priority
            )

    def _begun(self) -> "nullcontext[Flow] | _Listening":
        wanted = self.wanted
        if wanted.login == "vertex":
            flow = default_flow(None, wanted.project, wanted.location, self.config, self.clock, self._tell)
            return nullcontext(flow)
        way = wanted.way or WAYS[wanted.login][0]
        self._proof = proof = new_proof()
        if way != "browser":
            return nullcontext(flow_of(wanted.login, way, self.config, self.clock, proof))
        host, ports, path = LISTENS[wanted.login]
        return _Listening(self, CallbackListener(host, ports, path, proof.state), proof)

    def _do(self, step: Step) -> HttpAnswer | str | None:
        self._check()
        match step:
            case Ask(call):
                return send(call, proxy=self.config.server.proxy_for)
            case OpenPage(url, user_code):
                self._say(state="waiting", url=printable(url, 4000), user_code=printable(user_code, 40))
            case Wait(seconds):
                self._sit_out(seconds)
            case Callback():
                return self._called_back()
            case Paste(prompt, problem):
                self._say(prompt=prompt, problem=printable(problem))
                while (text := self._taken()) is None:
                    pass
                self._say(problem="")
                return text
        return None

    def _called_back(self) -> str:
        """The query that the browser came with, or that of the address that its person pastes."""
        self._say(prompt="Is the browser on another machine? Paste the address that it ends up at")
        while True:
            if self._listener is not None and (query := self._listener.wait(0)) is not None:
                return query
            if (text := self._taken()) is not None and self._proof is not None:
                query = _query_of(text)
                try:
                    code_of_query(query, self._proof.state)
                except Unusable as error:
                    self._say(problem=printable(error.message))
                    continue
                except LoginFailed:  # declined: the flow says so
                    pass
                return query

    def _taken(self) -> str | None:
        """What was given, if anything was within a moment."""
        self._check()
        try:
            return self._given.get(timeout=LOOK_EVERY_S)
        except queue.Empty:
            return None

    def _sit_out(self, seconds: float) -> None:
        until = self.clock.now() + seconds
        while (left := until - self.clock.now()) > 0:
            self._cancelled.wait(min(left, LOOK_EVERY_S))
            self._check()

    def _check(self) -> None:
        if self._cancelled.is_set():
            raise _Cancelled
        if self.clock.now() >= self.ends_at:
            took = duration(self.wanted.timeout_s)
            raise LoginFailed(f"The login was not completed within {took}. Nothing was stored; begin again.")

    def _tell(self, text: str) -> None:
        self._say(told=(*self.progress.told, printable(text, 1000)))

    def _say(self, **news: Any) -> None:
        self.progress = replace(self.progress, **news)


class _Listening:
    """A login whose browser comes back to us; nothing listens any more at its end."""

    def __init__(self, login: RemoteLogin, listener: CallbackListener, proof: Proof) -> None:
        self._login, self._listener, self._proof = login, listener, proof

    def __enter__(self) -> Flow:
        login, listener = self._login, self._listener.__enter__()
        login._listener = listener
        way: Way = "browser"
        return flow_of(login.wanted.login, way, login.config, login.clock, self._proof, listener.redirect_uri)

    def __exit__(self, *raised: Any) -> None:
        self._listener.__exit__(None, None, None)


def _query_of(text: str) -> str:
    """Of an address, or of `code#state`."""
    text = "".join(text.split())
    if "://" in text or text.startswith(("?", "/")):
        try:
            return urlsplit(text).query
        except ValueError:
            return ""
    code, _, state = text.partition("#")
    return text if code.startswith(("code=", "state=", "error=")) else f"code={quote(code)}&state={quote(state)}"
