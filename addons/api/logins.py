"""`/api/logins`: log in to an account: begun here, finished in a browser or on another device, looked at meanwhile."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from addons.api.endpoint import Answer, Change, Endpoint, View
from addons.api.token_changes import Priority
from addons.runtime import Runtime
from router_core.errors import TokenError
from router_core.oauth.logins import login_of
from router_core.oauth.register import Registered
from router_core.oauth.remote_login import Wanted
from router_core.oauth.remote_logins import RemoteLogins
from router_core.oauth.terms import terms_of
from router_core.oauth.token_set import LoginFailed
from router_core.tokens.given import check_name

BEGUN_WITHIN_S = 10.0
LOOK_EVERY_S = 0.02


class NewLogin(Change):
    """To which account."""

    provider: str
    """A provider's name, or `claude`, `codex`, `copilot`, `gemini`, `antigravity`, `vertex`."""
    way: Literal["browser", "paste", "device"] | None = None
    """Left out: the usual one, see `/api/providers`."""
    name: str | None = None
    """Of the token; left out: made of provider and account."""
    priority: Priority | None = None
    timeout_s: Annotated[int, Field(ge=1, le=3600)] = 600
    """It ends by itself after so long."""
    project: str = ""
    location: str = ""
    """Of Vertex AI."""


class LoginInput(Change):
    """What the page showed, or the whole address that the browser ended up at; one of the two."""

    code: SecretStr | None = None
    callback_url: SecretStr | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.code is None) == (self.callback_url is None):
            raise ValueError("give one of code and callback_url")
        return self


class LoginProgress(View):
    """How far a login is."""

    id: str
    provider: str
    login: str
    way: str
    state: Literal["starting", "waiting", "finishing", "done", "failed", "cancelled"]
    url: str
    """To be opened in a browser."""
    user_code: str
    """To be typed there; "": nothing is."""
    prompt: str
    """What can be given to `POST /api/logins/{id}`; "": nothing."""
    problem: str
    """What was wrong with what was given last."""
    told: list[str]
    error: str
    """Why it failed."""
    token: str
    """The name of the token that was stored."""
    renewed: bool
    """The account had that token already; its credentials are new."""
    name_taken: str
    """The name that was wished for, where another account has it."""
    ends_at: int
    """Epoch milliseconds."""


class BegunLogin(LoginProgress):
    """A login that has begun."""

    notes: list[str]
    """What one should know of it."""


class LoginList(View):
    """Those under way, and the last that have ended; the newest first."""

    logins: list[LoginProgress]


class Logins:
    """Logins of this router's home."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._logins: RemoteLogins | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def endpoints(self) -> Sequence[Endpoint]:
        gone = {404: "There is no such login, or it was long ago."}
        return [
            Endpoint("GET", "/api/logins", self.listed, "Logins under way, and the last ones", LoginList, tag="logins"),
            Endpoint(
                "POST", "/api/logins", self.begin, "Begin to log in to an account", BegunLogin, body=NewLogin,
                status=201, tag="logins", example={"provider": "codex", "way": "device"},
                errors={400: "There is no such login.", 409: "Too many are under way."},
                description="It takes the place of one to the same provider that is not finished.",
            ),
            Endpoint("GET", "/api/logins/{id}", self.shown, "How far a login is", LoginProgress, tag="logins",
                     errors=gone),
            Endpoint(
                "POST", "/api/logins/{id}", self.give, "Give it what the page showed", LoginProgress, body=LoginInput,
                tag="logins", errors=gone, example={"code": "…"},
            ),
            Endpoint("DELETE", "/api/logins/{id}", self.cancel, "Give a login up", LoginProgress, tag="logins",
                     errors=gone),
        ]  # fmt: skip

    async def listed(self) -> Answer:
        return Answer({"logins": [login.view() for login in self._all().all()]})

    async def begin(self, body: NewLogin) -> Answer:
        runtime = self.runtime
        provider, login = login_of(body.provider, runtime.config)
        if body.name is not None:
            check_name(body.name)
        if login != "vertex" and (body.project or body.location):
            raise TokenError("project and location are for vertex.")
        wanted = Wanted(
            provider, login, body.way, body.name, body.priority, float(body.timeout_s), body.project, body.location
        )
        try:
            begun = self._all().begin(wanted, runtime.config)
        except LoginFailed as error:  # there is no such way
            raise TokenError(error.message) from None
        await _until(lambda: begun.progress.state != "starting")
        notes = [terms_of(login, "mitmrouter")]
        return Answer({**begun.view(), "notes": [note for note in notes if note]})

    async def shown(self, id: str) -> Answer:
        return Answer(self._all().find(id).view())

    async def give(self, id: str, body: LoginInput) -> Answer:
        login = self._all().find(id)
        if login.ended or not login.progress.prompt:
            raise TokenError("This login waits for nothing that could be given here.")
        given = body.code or body.callback_url
        before = login.progress
        login.give(given.get_secret_value() if given else "")
        await _until(lambda: login.progress is not before)
        return Answer(login.view())

    async def cancel(self, id: str) -> Answer:
        login = self._all().find(id)
        login.cancel()
        await _until(lambda: login.ended, 1.0)
        return Answer(login.view())

    def _all(self) -> RemoteLogins:
        if self._logins is None:
            self._loop = asyncio.get_running_loop()
            runtime = self.runtime
            self._logins = RemoteLogins(runtime.home, runtime.clock, runtime.redactor.learn, self._stored)
        return self._logins

    def _stored(self, done: Registered) -> None:
        """In the login's own thread: a router that is about to choose a token sees it at once."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(lambda: self.runtime.pool.refresh(at_once=True))


async def _until(condition: Callable[[], bool], within_s: float = BEGUN_WITHIN_S) -> None:
    """Wait for it, but not for ever: whoever asks next is told how it went on."""
    for _ in range(round(within_s / LOOK_EVERY_S)):
        if condition():
            return
        await asyncio.sleep(LOOK_EVERY_S)
