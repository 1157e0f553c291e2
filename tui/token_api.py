"""What the Tokens page asks of the router, by the admin API. Every text that comes back is harmless."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from router_core.text import plain, plain_lines
from router_core.tokens.token import Token, Window
from tui.admin import AdminApi
from tui.widgets.token_table import Busy


@dataclass(frozen=True, slots=True)
class ProviderRow:
    """A service that a token can be of."""

    name: str
    title: str
    kind: str
    credential: str
    """Where one comes from."""
    keyless: bool
    login: str
    ways: tuple[str, ...]
    tokens: int


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A credential that another program has."""

    id: str
    provider: str
    kind: str
    account: str
    where: str
    shared_with: str
    action: str
    because: str
    name: str

    @property
    def possible(self) -> bool:
        return self.action in ("add", "update")


@dataclass(frozen=True, slots=True)
class LoginRow:
    """How far a login is."""

    id: str
    state: str
    url: str = ""
    user_code: str = ""
    prompt: str = ""
    problem: str = ""
    error: str = ""
    token: str = ""
    renewed: bool = False
    name_taken: str = ""
    ends_at: int = 0
    told: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def ended(self) -> bool:
        return self.state in ("done", "failed", "cancelled")


class TokenApi:
    """Each raises AdminError when the router does not answer, or refuses."""

    def __init__(self, api: AdminApi) -> None:
        self._api = api

    async def busy(self) -> tuple[Busy, list[Token]]:
        """What is under way with each token; and the tokens that are in no database, since config.toml holds them."""
        answer = await self._api.call("GET", "/api/tokens", in_turn=False)
        views = _objects(answer.get("tokens"))
        flights = {str(view.get("id")): int(view.get("in_flight") or 0) for view in views}
        return Busy(flights), [_of_config(view) for view in views if view.get("origin") == "config"]

    async def providers(self) -> list[ProviderRow]:
        answer = await self._api.call("GET", "/api/providers", in_turn=False)
        return [
            ProviderRow(
                _text(row, "name"), _text(row, "title"), _text(row, "kind"), _text(row, "credential"),
                bool(row.get("keyless")), _text(row, "login"), tuple(_texts(row.get("ways"))),
                int(row.get("tokens") or 0),
            )
            for row in _objects(answer.get("providers"))
            if row.get("enabled")
        ]  # fmt: skip

    async def add(self, given: Mapping[str, Any]) -> tuple[bool, str, list[str]]:
        """Whether it was stored, what the provider said, and what one should know."""
        answer = await self._api.call("POST", "/api/tokens", dict(given))
        return bool(answer.get("stored")), _text(answer, "tested"), _texts(answer.get("notes"))

    async def change(self, name: str, values: Mapping[str, Any]) -> None:
        await self._api.call("PATCH", _path(name), dict(values))

    async def remove(self, name: str) -> None:
        await self._api.call("DELETE", _path(name))

    async def order(self, names: Sequence[str]) -> None:
        await self._api.call("PUT", "/api/tokens/order", {"names": list(names)})

    async def refresh(self, name: str) -> tuple[bool, str]:
        """Whether it is good now, and what came of it."""
        answer = await self._api.call("POST", f"{_path(name)}/refresh", in_turn=False)
        return bool(answer.get("ok")), f"{_text(answer, 'state')}: {_text(answer, 'because')}"

    async def wake(self, name: str) -> None:
        await self._api.call("DELETE", f"{_path(name)}/cooldowns")

    async def found(self) -> list[FoundRow]:
        answer = await self._api.call("GET", "/api/imports", in_turn=False)
        names = ("id", "provider", "kind", "account", "where", "shared_with", "action", "because", "name")
        return [FoundRow(*(_text(row, name) for name in names)) for row in _objects(answer.get("found"))]

    async def take(self, ids: Sequence[str]) -> list[tuple[str, str, list[str]]]:
        """(name, what was done, notes) of each."""
        answer = await self._api.call("POST", "/api/imports", {"ids": list(ids)})
        return [
            (_text(row, "name"), _text(row, "action"), _texts(row.get("notes")))
            for row in _objects(answer.get("imported"))
        ]

    async def begin(self, provider: str, way: str) -> LoginRow:
        return _login(await self._api.call("POST", "/api/logins", {"provider": provider, "way": way or None}))

    async def look(self, login_id: str) -> LoginRow:
        return _login(await self._api.call("GET", f"/api/logins/{login_id}", in_turn=False))

    async def give(self, login_id: str, text: str) -> LoginRow:
        field = "callback_url" if "://" in text else "code"
        return _login(await self._api.call("POST", f"/api/logins/{login_id}", {field: text}))

    async def cancel(self, login_id: str) -> None:
        await self._api.call("DELETE", f"/api/logins/{login_id}", in_turn=False)


def _path(name: str) -> str:
    return f"/api/tokens/{quote(name, safe='')}"


def _text(row: Mapping[str, Any], name: str) -> str:
    return plain(str(row.get(name) or ""))


def _texts(value: Any) -> list[str]:
    return ["\n".join(plain_lines(str(each))) for each in value] if isinstance(value, list) else []


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _login(row: Mapping[str, Any]) -> LoginRow:
    return LoginRow(
        id=_text(row, "id"),
        state=_text(row, "state"),
        url=_text(row, "url"),
        user_code=_text(row, "user_code"),
        prompt=_text(row, "prompt"),
        problem=_text(row, "problem"),
        error=_text(row, "error"),
        token=_text(row, "token"),
        renewed=bool(row.get("renewed")),
        name_taken=_text(row, "name_taken"),
        ends_at=int(row.get("ends_at") or 0),
        told=tuple(_texts(row.get("told"))),
        notes=tuple(_texts(row.get("notes"))),
    )


def _of_config(view: Mapping[str, Any]) -> Token:
    """A token of config.toml as the router has it."""
    windows = tuple(
        Window(
            _text(row, "name"), row.get("used"), None if row.get("reset_at") is None else row["reset_at"] / 1000,
            row.get("length_s"), _text(row, "status"), (row.get("observed_at") or 0) / 1000,
        )
        for row in _objects(view.get("windows"))
    )  # fmt: skip
    unhealthy = view.get("status") == "unhealthy"
    return Token(
        _text(view, "id"), _text(view, "name"), _text(view, "provider"), "", priority=int(view.get("priority") or 0),
        origin="config", health="unhealthy" if unhealthy else "healthy",
        health_because=_text(view, "because") if unhealthy else "", windows=windows,
    )  # fmt: skip
