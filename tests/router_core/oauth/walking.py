"""Walks through a login step by step: the calls are real, the person and the clock are the test's."""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

import httpx

from router_core.clock import FixedClock
from router_core.config.schema import Config
from router_core.oauth.http import HttpAnswer, NotReached, send
from router_core.oauth.steps import Ask, Callback, Flow, OpenPage, Paste, Step, Wait
from router_core.oauth.token_set import TokenSet

GOOGLE = {"client_id": "simulated.apps.googleusercontent.com", "client_secret": "simulated-secret"}
LOGINS = ("claude", "codex", "copilot", "gemini", "antigravity", "vertex")


def config_for(url: str) -> Config:
    """Every login at the simulator's address."""
    oauth = {login: {"base_url": url, **(GOOGLE if login in ("gemini", "antigravity") else {})} for login in LOGINS}
    return Config.model_validate({"oauth": oauth})


@dataclass
class Person:
    """Somebody in front of a browser: opens the page and presses a button."""

    decision: str = "allow"
    number: str = "0"
    seen: list[OpenPage] = field(default_factory=list)
    location: str = ""
    """Where the browser was sent."""
    page: str = ""
    """What it shows in the end."""

    def __call__(self, step: OpenPage) -> None:
        self.seen.append(step)
        parts = urlsplit(step.url)
        fields = dict(parse_qsl(parts.query))
        if step.user_code:
            fields["user_code"] = step.user_code
        with httpx.Client(trust_env=False, timeout=10, verify=False) as browser:  # all plain http
            assert browser.get(step.url).status_code == 200, step.url
            where = f"{parts.scheme}://{parts.netloc}{parts.path}"
            answer = browser.post(where, data={**fields, "decision": self.decision, "person": self.number})
        self.location, self.page = answer.headers.get("location", ""), answer.text

    @property
    def query(self) -> str:
        return urlsplit(self.location).query

    @property
    def code_on_page(self) -> str:
        """The code that the page shows to be copied."""
        return self.page.partition('id="code">')[2].partition("</pre>")[0]


def walk(
    flow: Flow,
    person: Callable[[OpenPage], None],
    *,
    clock: FixedClock | None = None,
    callback: Callable[[], str] = str,
    paste: Callable[[Paste], str] = str,
    steps: list[Step] | None = None,
) -> TokenSet:
    """Run a login to its end; raises what it raises."""
    steps = [] if steps is None else steps
    value: HttpAnswer | str | None = None
    try:
        step = next(flow)
        while True:
            steps.append(step)
            value = None
            match step:
                case Ask(call):
                    try:
                        value = send(call)
                    except NotReached as error:
                        step = flow.throw(error)
                        continue
                case OpenPage():
                    person(step)
                case Callback():
                    value = callback()
                case Paste():
                    value = paste(step)
                case Wait(seconds, _):
                    assert clock is not None
                    clock.advance(seconds)
            step = flow.send(value)
    except StopIteration as finished:
        found: TokenSet = finished.value
        return found
