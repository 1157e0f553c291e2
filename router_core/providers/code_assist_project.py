"""Which Google project stands behind a Code Assist or Antigravity login: asked once, then kept with the token.

`loadCodeAssist` names it; an account that is new there is set up first (`onboardUser`, an operation that takes a
while). Sans-IO: `find_project` gives the calls to make and takes their answers. Source: google-gemini/gemini-cli
code_assist/setup.ts (2026-08), read 2026-11.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from router_core.errors import RouterError
from router_core.oauth.http import HttpAnswer, HttpCall
from router_core.providers.classify import classify
from router_core.providers.failure import FailureKind, Outcome
from router_core.providers.gemini_limits import MOST_OF_A_LINK, OPEN_LINK, SHUT_DOWN
from router_core.text import printable

GoogleKind = Literal["code-assist", "antigravity"]
POLL_S = 5.0
MOST_POLLS = 24
FREE = "free-tier"

type JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing to ask now: go on after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Found:
    """What an account is at Code Assist."""

    project: str
    tier: str = ""

    @property
    def facts(self) -> dict[str, str]:
        """For `Token.facts`."""
        return {"project": self.project, **({"plan": self.tier} if self.tier else {})}


class NoProject(RouterError):
    """The account has no project that could pay.

    Args:
        permanent: asking again does not help; its owner must do something.
    """

    status = 502
    kind = "no_project"

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent


type Steps = Generator[HttpCall | Pause, HttpAnswer | None, Found]


def find_project(base_url: str, kind: GoogleKind, access_token: str, now: float) -> Steps:
    """The calls that lead to an account's project; returns it.

    Args:
        base_url: of the provider.
        now: epoch seconds.

    Raises:
        NoProject: it has none; the message says what to do.
    """
    body = yield from _asked(_call(base_url, "loadCodeAssist", {"metadata": metadata(kind)}, access_token), kind, now)
    read = read_load(body, kind)
    if isinstance(read, Found):
        return read
    wanted = read
    call = _call(base_url, "onboardUser", {"tierId": wanted, "metadata": metadata(kind)}, access_token)
    body = yield from _asked(call, kind, now)
    for _ in range(MOST_POLLS):
        if body.get("done"):
            response = body.get("response")
            if found := _project(response if isinstance(response, dict) else {}):
                return Found(found, wanted)
            raise NoProject(f"Google set the account up without a project. {_set_project(kind)}", permanent=True)
        name = str(body.get("name") or "")
        if not name.startswith("operations/"):
            break
        yield Pause(POLL_S)
        body = yield from _asked(HttpCall("GET", f"{base_url}/v1internal/{name}", _headers(access_token)), kind, now)
    raise NoProject("Google is still setting the account up. It is asked again later.", permanent=False)


def read_load(body: JsonObject, kind: GoogleKind, *, wanted: str = "") -> Found | str:
    """What `loadCodeAssist` says of an account: its project, or the tier that a new one has to join first.

    Args:
        wanted: the project that its owner has set.

    Raises:
        NoProject: it is not served, or has none; the message says what to do.
    """
    tier, project = _name(body.get("currentTier")), _project(body) or wanted
    if tier and project:
        return Found(project, tier)
    if tier:
        raise NoProject(f"The account ({tier}) has no project of its own. {_set_project(kind)}", permanent=True)
    return _tier_to_join(body, kind)


def follow(steps: Steps, send: Callable[[HttpCall], HttpAnswer], sleep: Callable[[float], None]) -> Found:
    """Make the calls; blocking.

    Raises:
        NoProject: the account has none.
        NotReached: the service gave no answer.
    """
    answer: HttpAnswer | None = None
    while True:
        try:
            step = steps.send(answer)
        except StopIteration as end:
            found: Found = end.value
            return found
        if isinstance(step, Pause):
            sleep(step.seconds)
            answer = None
        else:
            answer = send(step)


def _asked(call: HttpCall, kind: GoogleKind, now: float) -> Generator[HttpCall | Pause, HttpAnswer | None, JsonObject]:
    answer = yield call
    if answer is None:
        raise TypeError("a call wants an answer")
    if answer.status == 200:
        return answer.json
    text = answer.body[:2000].decode("utf-8", "replace")
    failure = classify(kind, Outcome(answer.status, answer.headers, answer.json or None, text), now)
    raise NoProject(failure.message, permanent=failure.kind is FailureKind.TOKEN_UNUSABLE)


def _tier_to_join(body: JsonObject, kind: GoogleKind) -> str:
    """The tier that a new account may have.

    Raises:
        NoProject: none, or only one to which its owner must bring a project.
    """
    for refused in _rows(body.get("ineligibleTiers")):
        reason, text = str(refused.get("reasonCode") or ""), printable(str(refused.get("reasonMessage") or ""))
        if reason == "UNSUPPORTED_CLIENT":
            raise NoProject(SHUT_DOWN, permanent=True)
        if link := refused.get("validationUrl"):
            remedy = OPEN_LINK.format(printable(str(link), MOST_OF_A_LINK))
            raise NoProject(f"{remedy} ({text or reason})", permanent=True)
    allowed = _rows(body.get("allowedTiers"))
    if any(_name(tier) == FREE for tier in allowed) or not allowed:
        return FREE
    raise NoProject(f"Google wants a project of yours for this account. {_set_project(kind)}", permanent=True)


def _set_project(kind: GoogleKind) -> str:
    name = "gemini-cli" if kind == "code-assist" else "antigravity"
    return f"Set it in config.toml: [providers.{name}] project."


def metadata(kind: GoogleKind) -> JsonObject:
    """What these methods must be told of the program that asks."""
    ide = "ANTIGRAVITY" if kind == "antigravity" else "IDE_UNSPECIFIED"
    return {"ideType": ide, "platform": "PLATFORM_UNSPECIFIED", "pluginType": "GEMINI"}


def _call(base_url: str, method: str, body: JsonObject, access_token: str) -> HttpCall:
    return HttpCall("POST", f"{base_url}/v1internal:{method}", _headers(access_token), orjson.dumps(body))


def _headers(access_token: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {access_token}"), ("content-type", "application/json"))


def _project(body: JsonObject) -> str:
    """Text at `loadCodeAssist`, an object with an id at `onboardUser`."""
    value = body.get("cloudaicompanionProject")
    value = value.get("id") if isinstance(value, dict) else value
    return value if isinstance(value, str) else ""


def _name(tier: object) -> str:
    return str(tier.get("id") or "") if isinstance(tier, dict) else ""


def _rows(value: object) -> list[JsonObject]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
