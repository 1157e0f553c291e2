"""A home with logins, and the simulated authorization servers that renew them: what the tests of renewals share."""

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from router_core.clock import Clock, FixedClock
from router_core.config.schema import Config
from router_core.home import Home
from router_core.oauth.http import HttpAnswer, HttpCall, send
from router_core.oauth.lock import fingerprint, lock_folder
from router_core.oauth.logins import renewal_of
from router_core.oauth.refresh import Tools, renew
from router_core.oauth.want import Renewed, Want
from router_core.simulator import Fault, Script, SimulatorThread
from router_core.simulator.oauth_book import Chain
from router_core.store.tokens import TokenStore, open_tokens
from router_core.tokens.token import Token
from router_core.vendors.store import vendor_store
from router_core.vendors.vendor_lock import vendor_lock

NOW = 1_800_000_000.0
HOUR_S = 3600.0
TOKEN_PATHS = {"claude": "/v1/oauth/token", "codex": "/oauth/token"}


class Killed(BaseException):
    """The process ends here."""


def dies_at(step: str) -> Callable[[str], None]:
    def die(name: str) -> None:
        if name == step:
            raise Killed

    return die


@dataclass
class Renewing:
    """One home, one simulator, one clock for both."""

    home: Home
    simulator: SimulatorThread
    clock: Any
    store: TokenStore
    slept: list[float] = field(default_factory=list)

    @property
    def config(self) -> Config:
        url = self.simulator.url
        logins = {name: {"base_url": url} for name in ("claude", "codex", "copilot", "gemini")}
        logins["gemini"] |= {"client_id": "simulated.apps.googleusercontent.com", "client_secret": "simulated-secret"}
        return Config.model_validate({"oauth": logins})

    # ---- logins -----------------------------------------------------------------------------------------------------

    def log_in(
        self, login: str = "claude", *, name: str = "mine", shared: str = "", expires_in_s: float = 60.0
    ) -> Token:
        """A login of the simulator, stored here; it is due unless told otherwise."""
        chain = self.simulator.log_in("google" if login == "gemini" else login)  # type: ignore[arg-type]
        return self.add(chain, login, name=name, shared=shared, expires_in_s=expires_in_s)

    def add(
        self, chain: Chain, login: str = "claude", *, name: str = "mine", shared: str = "", expires_in_s: float = 60.0
    ) -> Token:
        provider = {"gemini": "gemini"}.get(login, login)
        return self.store.add(
            Token(
                "", name, provider, chain.access_token, chain.refresh_token, login=login,  # type: ignore[arg-type]
                expires_at=self.clock.now() + expires_in_s, shared=shared,
            )
        )  # fmt: skip

    def stored(self, token: Token) -> Token:
        found = self.store.get(token.id)
        assert found is not None
        return found

    def chain(self, number: int = 0) -> Chain:
        return self.simulator.logins[number]

    def uses(self) -> int:
        """How often a token endpoint was asked."""
        return sum(1 for seen in self.simulator.requests if seen.path in TOKEN_PATHS.values())

    def fault(self, name: str, **fields: object) -> None:
        """The token endpoints fail from now on."""
        self.simulator.set_faults(
            [Fault.model_validate({"fault": name, "path": path, "times": 0, **fields}) for path in TOKEN_PATHS.values()]
        )

    # ---- renewing ---------------------------------------------------------------------------------------------------

    def tools(self, **changes: object) -> Tools:
        def ask(call: HttpCall) -> HttpAnswer:
            return send(call, timeout_s=5)

        tools = Tools(
            self.store, self.config, self.clock, str(self.home.path), lock_folder(), renewal_of, ask, vendor_store,
            vendor_lock, sleep=self.slept.append,
        )  # fmt: skip
        return replace(tools, **changes)  # type: ignore[arg-type]

    def renew(self, token: Token, want: Want | None = None, **changes: object) -> Renewed:
        return renew(token.id, want or Want(), self.tools(**changes))

    def lock_file(self, token: Token) -> Path:
        return lock_folder() / fingerprint(token.login, token.refresh_token or "")


@contextlib.contextmanager
def renewing(folder: Path, simulator: SimulatorThread, clock: Clock) -> Iterator[Renewing]:
    """One more home beside a running simulator."""
    home = Home(folder).ensure()
    store = open_tokens(home, clock)
    with contextlib.closing(store.database):
        yield Renewing(home, simulator, clock, store)


@contextlib.contextmanager
def simulator_at(clock: FixedClock, **oauth: object) -> Iterator[SimulatorThread]:
    with SimulatorThread(Script.model_validate({"oauth": oauth}), clock=clock) as simulator:
        yield simulator


# ---- Claude Code's own store ------------------------------------------------------------------------------------


@dataclass
class ClaudeFile:
    """`.claude/.credentials.json` of somebody who uses Claude Code, too."""

    path: Path

    @property
    def locator(self) -> str:
        return f"claude-file:{self.path}"

    def put(self, access: str, refresh: str, expires_at: float) -> None:
        """As Claude Code writes it, with things in it that are none of our business."""
        login = {
            "accessToken": access,
            "refreshToken": refresh,
            "expiresAt": int(expires_at * 1000),
            "scopes": ["user:inference", "user:profile"],
            "subscriptionType": "max",
        }
        document = {"claudeAiOauth": login, "mcpOAuth": {"linear|1": {"accessToken": "mcp-made-up"}}}
        self.path.parent.mkdir(exist_ok=True, parents=True)
        self.path.write_text(json.dumps(document), encoding="utf-8")

    def put_chain(self, chain: Chain, expires_at: float) -> None:
        self.put(chain.access_token, chain.refresh_token, expires_at)

    def held(self) -> dict[str, object]:
        login: dict[str, object] = self.document()["claudeAiOauth"]
        return login

    def document(self) -> dict[str, dict[str, object]]:
        document: dict[str, dict[str, object]] = json.loads(self.path.read_text(encoding="utf-8"))
        return document
