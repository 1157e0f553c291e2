"""One simulator and one real router in front of it, shared by the tests of a module; each test begins with new tokens.

Starting a router takes most of a second, so tests share one and ask `fresh()` for a clean slate instead: the simulator
forgets everything, the router has other tokens (so no rest of an earlier test is left), and trace rows count from now.
"""

import contextlib
import itertools
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from router_core.clock import SystemClock
from router_core.home import Home
from router_core.simulator import Fault, Script, SeenRequest, SimulatorThread, make_jwt
from router_core.store.database import open_read_only
from router_core.store.tokens import TokenStore, open_tokens
from router_core.store.traces import attempts_of
from router_core.tokens.token import Token
from tests.router_core.simulator.asking import (
    chat_body,
    claude_code_body,
    codex_body,
    copilot_body,
    message_body,
    responses_body,
)
from tests.router_core.simulator.asking_gemini import gemini_body
from tests.support.router import Router, running_router, start_router, wait_until

ANTHROPIC = {"anthropic-version": "2023-06-01"}
CLAUDE_CODE = {**ANTHROPIC, "anthropic-beta": "claude-code-20250219"}

ASKING: dict[str, tuple[str, str, Any, dict[str, str]]] = {
    "anthropic": ("claude", "/claude/v1/messages", message_body, ANTHROPIC),
    "oauth": ("claude", "/claude/v1/messages", claude_code_body, CLAUDE_CODE),
    "chat": ("openai", "/openai/v1/chat/completions", chat_body, {}),
    "responses": ("openai", "/openai/v1/responses", responses_body, {}),
    "codex": ("codex", "/codex/responses", codex_body, {}),
    "gemini": ("gemini", "/gemini/v1beta/models/gemini-2.5-flash:generateContent", gemini_body, {}),
    "gemini-cli": ("gemini-cli", "/v1beta/models/gemini-cli/gemini-3.5-flash:generateContent", gemini_body, {}),
    "antigravity": ("antigravity", "/v1beta/models/antigravity/gemini-3.5-flash:generateContent", gemini_body, {}),
    "vertex": ("vertex", "/v1beta/models/vertex/gemini-3.5-flash:generateContent", gemini_body, {}),
    "copilot": ("copilot", "/copilot/chat/completions", copilot_body, {}),
    "chat-only": ("deepseek", "/deepseek/chat/completions", chat_body, {}),
    "openrouter": ("openrouter", "/openrouter/chat/completions", chat_body, {}),
}
"""How to ask → provider, path at the router, body, headers. `oauth` is `anthropic` paid by a subscription; `chat-only`
is a provider that speaks Chat Completions and nothing else."""

GENERATING = (
    "/v1/messages", "/chat/completions", "/responses", ":generateContent", ":streamGenerateContent", ":rawPredict",
    ":streamRawPredict",
)  # fmt: skip
NO_MODELS = {
    "gemini-cli": ("POST", "/gemini-cli/v1internal:loadCodeAssist", {"metadata": {"ideType": "IDE_UNSPECIFIED"}}),
    "antigravity": ("POST", "/antigravity/v1internal:loadCodeAssist", {"metadata": {"ideType": "ANTIGRAVITY"}}),
    "vertex": ("GET", "/vertex/v1beta1/publishers/google/models", None),
}
"""What costs nothing at providers that have no list of models at the usual path."""

LOOKED_FOR_EVERY_S = 0.011
"""A running router looks for edits of other processes at most every 10 ms."""

_numbers = itertools.count(1)


def secret_for(ask: str, name: str) -> str:
    """A made-up credential of the right shape that no other test uses."""
    number = next(_numbers)
    match ask:
        case "anthropic":
            return f"sk-ant-api03-{name}-{number:06d}"
        case "oauth":
            return f"sk-ant-oat01-{name}-{number:06d}"
        case "codex":
            return make_jwt(f"acc-{name}-{number}")
        case "copilot":
            return f"tid={name}-{number:06d};exp=4000000000;sku=plus_monthly_subscriber"
        case "gemini":
            return f"AIza{f'{name}-{number:06d}':-<35}"
        case "gemini-cli" | "antigravity" | "vertex":
            return f"ya29.{name}-{number:06d}"
        case _:
            return f"sk-proj-{name}-0123456789-{number:06d}"


@dataclass
class Lab:
    """A router in front of a simulator."""

    simulator: SimulatorThread
    router: Router
    store: TokenStore
    http: httpx.Client
    secrets: dict[str, str] = field(default_factory=dict)
    """Token name → credential."""
    began_ms: int = 0

    # ---- a clean slate ----------------------------------------------------------------------------------------------

    def fresh(self, *asks: str, tokens: tuple[str, ...] = ("first", "second"), **fields: Any) -> None:
        """Forget everything; register `tokens`, in this order of priority, for each way of asking.

        Args:
            asks: keys of ASKING; with more than one, token names get it as a prefix (`codex-first`).
        """
        for token in self.store.all():
            self.store.remove(token.id)
        self.secrets = {}
        for ask in asks:
            for priority, short in enumerate(tokens):
                name = f"{ask}-{short}" if len(asks) > 1 else short
                self.add(name, ask, priority=priority, **fields)
        wanted = {token.id for token in self.store.all()}
        wait_until(lambda: {token["id"] for token in self.status()} == wanted)
        if asks:  # one success closes the breaker of the simulator's address
            provider, _, _, headers = ASKING[asks[0]]
            version = "v1beta" if provider == "gemini" else "v1"
            method, path, body = NO_MODELS.get(provider, ("GET", f"/{provider}/{version}/models", None))
            assert self.http.request(method, path, json=body, headers=headers).status_code == 200
        self.simulator.reset()
        time.sleep(0.002)
        self.began_ms = int(time.time() * 1000)

    def add(self, name: str, ask: str, **fields: Any) -> Token:
        """Register one more token."""
        self.secrets[name] = fields.pop("secret", None) or secret_for(ask, name)
        token = self.store.add(Token("", name, ASKING[ask][0], self.secrets[name], **fields))
        time.sleep(LOOKED_FOR_EVERY_S)
        return token

    def fault(self, name: str, token: str = "first", *, times: int = 0, **fields: Any) -> Fault:
        """A fault row for a token by its name (`*`: all of them); for ever unless told otherwise."""
        secret = "*" if token == "*" else self.secrets[token]
        return Fault.model_validate({"fault": name, "token": secret, "times": times, **fields})

    def faults(self, *rows: Fault) -> None:
        self.simulator.set_faults(list(rows))

    # ---- asking -----------------------------------------------------------------------------------------------------

    def ask(self, ask: str, *, headers: Mapping[str, str] | None = None, **changes: Any) -> httpx.Response:
        """One request through the router, read to its end."""
        _, path, body, own = ASKING[ask]
        return self.http.post(path, json=body(**changes), headers={**own, **(headers or {})})

    def stream(self, ask: str, **changes: Any) -> Any:
        """One streaming request, as a context manager."""
        _, path, body, own = ASKING[ask]
        return self.http.stream("POST", path, json=body(**{"stream": True, **changes}), headers=own)

    # ---- what the provider saw --------------------------------------------------------------------------------------

    def seen(self) -> list[SeenRequest]:
        """The requests for an answer of a model that reached the simulator, in order, once it is done with all.

        A client may have the whole answer a moment before its sender has written down that it sent it.
        """
        requests = self.simulator.wait_for_requests(len(self.simulator.requests))
        return [seen for seen in requests if seen.method != "GET" and seen.path.partition("?")[0].endswith(GENERATING)]

    def paid(self) -> list[str]:
        """Names of the tokens those requests came with."""
        names = {secret: name for name, secret in self.secrets.items()}
        return [names.get(seen.token, f"(not ours: {seen.token})") for seen in self.seen()]

    # ---- what the router wrote down ---------------------------------------------------------------------------------

    def rows(self, count: int = 1) -> list[dict[str, Any]]:
        """The trace rows since `fresh()`, once `count` are finished; fails when there are more."""

        def written() -> list[dict[str, Any]] | None:
            query = "select * from requests where started_at >= ? order by started_at, rowid"
            with self._traces() as traces:
                found = list(traces.query(query, [self.began_ms]))
            return found if len(found) >= count and all(row["finished_at"] for row in found) else None

        rows: list[dict[str, Any]] = wait_until(written)
        assert len(rows) == count, rows
        return rows

    def attempts(self, row: Mapping[str, Any]) -> list[dict[str, Any]]:
        with self._traces() as traces:
            return attempts_of(traces, row["id"])

    def outcomes(self) -> list[tuple[str, str, str]]:
        """(token, outcome, action) of each attempt of the only request."""
        return [(a["token"], a["outcome"], a["action"]) for a in self.attempts(self.rows(1)[0])]

    @contextlib.contextmanager
    def _traces(self) -> Iterator[Any]:
        with contextlib.closing(open_read_only(self.router.home.traces_db)) as traces:
            yield traces

    # ---- how the tokens are -----------------------------------------------------------------------------------------

    def status(self) -> list[dict[str, Any]]:
        """The tokens as the running router has them."""
        answer = self.http.get("/api/tokens", headers=self.router.admin_headers)
        assert answer.status_code == 200, answer.text
        tokens: list[dict[str, Any]] = answer.json()["tokens"]
        return tokens

    def token(self, name: str = "first") -> Token:
        """A token as tokens.db has it, once what the router has queued is written."""
        admin = {**self.router.admin_headers, "content-type": "application/json"}
        assert self.http.patch(f"/api/tokens/{name}", content=b"{}", headers=admin).status_code == 200
        return self.store.named(name)


def client_of(router: Router) -> httpx.Client:
    """A plain HTTP client with the gateway token, as most clients present it."""
    headers = {"authorization": f"Bearer {router.home.gateway_token()}"}
    return httpx.Client(base_url=router.url, headers=headers, trust_env=False, timeout=20)


@contextlib.contextmanager
def running_lab(
    folder: Path,
    script: Script | None = None,
    *,
    simulator: SimulatorThread | None = None,
    base_urls: Mapping[str, str] | None = None,
    **options: Any,
) -> Iterator[Lab]:
    """A router of its own in front of a simulator.

    Args:
        folder: an empty folder for the router's home.
        script: for a simulator of its own.
        simulator: a running one to use instead.
        base_urls: instead of the simulator's, by provider.
        options: for `start_router`.
    """
    with contextlib.ExitStack() as stack:
        simulator = simulator or stack.enter_context(SimulatorThread(script))
        home = Home(folder / "home").ensure()
        urls = {
            **simulator.base_urls,
            **dict.fromkeys(("deepseek", "openrouter"), f"{simulator.url}/v1"),
            **(base_urls or {}),
        }
        router = stack.enter_context(running_router(home, urls, **options))
        http = stack.enter_context(client_of(router))
        store = open_tokens(home, SystemClock())
        stack.enter_context(contextlib.closing(store.database))
        yield Lab(simulator, router, store, http)


@contextlib.contextmanager
def restarted(lab: Lab) -> Iterator[Lab]:
    """The same home and simulator behind a new process."""
    router = start_router(lab.router.home, lab.simulator.base_urls)
    try:
        with client_of(router) as http:
            yield replace(lab, router=router, http=http)
    finally:
        router.stop()
