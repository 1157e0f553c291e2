"""`/api/imports`: the credentials that other programs of this machine have, to be chosen from. No secret is told."""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from addons.api.endpoint import Answer, Change, Endpoint, View
from addons.api.token_changes import Priority
from addons.api.token_write import settled
from addons.runtime import Runtime
from router_core.errors import TokenError
from router_core.importing.plan import Step
from router_core.importing.survey import secrets_found, survey, take_steps
from router_core.importing.words import account_text, advice, client_advice, places_text, shared_with, step_view
from router_core.text import printable
from router_core.tokens.token import Token


class FoundView(View):
    """A credential of another program, and what would become of it."""

    id: str
    """The same each time, for as long as it is there."""
    source: str
    provider: str
    kind: str
    """`login`, `key`, `long-lived token`, `service account`."""
    account: str
    where: str
    places: list[str]
    expires_at: int | None
    can_refresh: bool
    shared: str | None
    shared_with: str
    """With which program it would be shared: what that renews is adopted, what the router renews is written back."""
    action: str
    """`add`, `update`, `keep` or `skip`."""
    because: str
    name: str
    """Of the token, new or old."""


class FoundList(View):
    """What was found, the preferred ones first."""

    found: list[FoundView]


class ImportChoice(Change):
    """What to import, by the ids of `GET /api/imports`."""

    ids: Annotated[list[str], Field(min_length=1, max_length=1000)]
    priority: Priority | None = None


class ImportedView(View):
    """A token that was stored, or got a newer credential."""

    name: str
    provider: str
    action: str
    notes: list[str]
    """What follows from it."""


class Imported(View):
    """What was done."""

    imported: list[ImportedView]


class Imports:
    """Looks through this machine, as the user that the router runs as."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def endpoints(self) -> Sequence[Endpoint]:
        return [
            Endpoint(
                "GET", "/api/imports", self.listed, "The credentials that other programs of this machine have",
                FoundList, tag="tokens",
            ),
            Endpoint(
                "POST", "/api/imports", self.take, "Import some of them", Imported, body=ImportChoice, tag="tokens",
                errors={400: "One is not there, or cannot be imported."}, example={"ids": ["0123456789abcdef"]},
            ),
        ]  # fmt: skip

    async def listed(self) -> Answer:
        return Answer({"found": [_view(key, step) for key, step in (await self._survey()).items()]})

    async def take(self, body: ImportChoice) -> Answer:
        runtime = self.runtime
        found = await self._survey()
        chosen = []
        for key in dict.fromkeys(body.ids):
            if (step := found.get(key)) is None:
                raise TokenError(f"What had the id {printable(key, 40)} is not there any more: look again.")
            if not step.possible:
                raise TokenError(f"{step.found.provider} from {places_text(step.found)}: {step.because}")
            chosen.append(step)
        await settled(runtime)
        done = await asyncio.to_thread(
            take_steps, runtime.home, chosen, runtime.clock.now(), body.priority, runtime.redactor.learn
        )
        runtime.pool.reload()
        told = await asyncio.to_thread(lambda: [self._imported(step, done[id(step)]) for step in chosen])
        return Answer({"imported": told})

    async def _survey(self) -> dict[str, Step]:
        runtime = self.runtime
        steps = await asyncio.to_thread(
            survey, runtime.home, runtime.config, runtime.clock.now(), learn=runtime.redactor.learn
        )
        runtime.redactor.know(secrets_found(steps))
        return keyed(steps)

    def _imported(self, step: Step, token: Token) -> dict[str, Any]:
        notes = [advice(step, token, "mitmrouter"), client_advice(token, self.runtime.config)]
        return {
            "name": token.name,
            "provider": token.provider,
            "action": step.action,
            "notes": [note for note in notes if note],
        }


def keyed(steps: Sequence[Step]) -> dict[str, Step]:
    """The steps by an id that says where a find was, and nothing of what it is."""
    found: dict[str, Step] = {}
    for step in steps:
        one = step.found
        said = "\0".join((one.source, one.provider, one.place, one.sort))
        key = hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        number = 2
        while key in found:  # two of a kind in one place
            key = hashlib.sha256(f"{said}\0{number}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
            number += 1
        found[key] = step
    return found


def _view(key: str, step: Step) -> dict[str, Any]:
    view = step_view(step)
    names = ("source", "provider", "kind", "places", "expires_at", "can_refresh", "shared", "action", "because", "name")
    return {
        "id": key,
        **{name: view[name] for name in names},
        "account": account_text(step.found),
        "where": places_text(step.found),
        "shared_with": shared_with(step.found.shared),
    }
