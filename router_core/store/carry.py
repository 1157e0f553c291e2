"""Tokens with their secrets, as an export or a backup carries them, and what becomes of them where they arrive.

A credential set that was renewed since the export must not be overwritten by the older one, whose refresh token may be
used up. So what is newer stays, unless its owner says otherwise.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from router_core.errors import TokenError
from router_core.store.sealed_file import SealedFileError
from router_core.store.tokens import TokenStore
from router_core.tokens.token import Token

CARRIED = (
    "id", "name", "provider", "access_token", "refresh_token", "account_id", "expires_at", "priority", "enabled",
    "claude_code_compat", "login", "shared", "extra", "facts", "weight", "max_concurrent", "generation", "refreshed_at",
    "refresh_expires_at", "created_at", "updated_at",
)  # fmt: skip
"""Not how it is doing: that is found out anew."""

Arrival = Literal["added", "replaced", "unchanged", "kept"]


@dataclass(frozen=True, slots=True)
class Arrived:
    """What became of one token."""

    name: str
    provider: str
    result: Arrival
    because: str = ""


def carried(tokens: Iterable[Token]) -> list[dict[str, Any]]:
    """JSON values of the owner's own tokens.

    Raises:
        TokenError: the secret of one cannot be read.
    """
    out = []
    for token in tokens:
        if token.origin != "user":
            continue
        if not token.access_token and not token.refresh_token and not token.extra:
            raise TokenError(f"The secret of {token.name} cannot be read ({token.health_because}). Leave it out.")
        values = {name: getattr(token, name) for name in CARRIED}
        out.append({**values, "extra": dict(token.extra), "facts": dict(token.facts)})
    return out


def tokens_in(content: dict[str, Any]) -> list[Token]:
    """The tokens of an export or backup.

    Raises:
        SealedFileError: they are not what we wrote.
    """
    found = content.get("tokens")
    if not isinstance(found, list):
        raise SealedFileError("The file holds no list of tokens.")
    return [_token(value) for value in found]


_KINDS: dict[str, tuple[type, ...]] = {
    "id": (str,), "name": (str,), "provider": (str,), "access_token": (str,), "refresh_token": (str, type(None)),
    "account_id": (str, type(None)), "expires_at": (int, float, type(None)), "priority": (int,), "enabled": (bool,),
    "claude_code_compat": (bool,), "login": (str,), "shared": (str,), "extra": (dict,), "facts": (dict,),
    "weight": (int, float), "max_concurrent": (int, type(None)), "generation": (int,),
    "refreshed_at": (int, float, type(None)), "refresh_expires_at": (int, float, type(None)),
    "created_at": (int, float), "updated_at": (int, float),
}  # fmt: skip


def _token(value: object) -> Token:
    if not isinstance(value, dict) or not {"name", "provider", "access_token"} <= value.keys():
        raise SealedFileError("A token in the file has no name, provider or credential.")
    known = {field.name for field in fields(Token)} & set(CARRIED)
    values = {name: value[name] for name in known if name in value}
    for name, one in values.items():
        wrong_text = isinstance(one, dict) and not all(isinstance(text, str) for text in one.values())
        if not isinstance(one, _KINDS[name]) or wrong_text:
            raise SealedFileError(f"A token in the file has a {name} that is none.")
    return Token(**{"id": "", **values})


def receive(
    store: TokenStore, tokens: Sequence[Token], *, replace_newer: bool, known: Callable[[str], bool]
) -> list[Arrived]:
    """Put tokens into the store.

    Args:
        replace_newer: also over credentials that are newer here.
        known: whether there is a provider of this name.
    """
    return [_receive(store, token, replace_newer=replace_newer, known=known) for token in tokens]


def _receive(store: TokenStore, token: Token, *, replace_newer: bool, known: Callable[[str], bool]) -> Arrived:
    def arrived(result: Arrival, because: str = "") -> Arrived:
        return Arrived(token.name, token.provider, result, because)

    stored = store.all()
    here = next((t for t in stored if t.id == token.id), None) or next(
        (t for t in stored if t.name == token.name), None
    )
    if here is None:
        store.add(token)
        return arrived("added", "" if known(token.provider) else f"there is no provider {token.provider!r} here yet")
    if here.provider != token.provider:
        return arrived("kept", f"the name belongs to a token of {here.provider} here: rename that one first")
    if _set(here) == _set(token):
        return arrived("unchanged")
    if _age(here) > _age(token) and not replace_newer:
        return arrived("kept", "the credential here is newer; --replace puts the older one back")
    moved = replace(token, id=here.id, name=here.name, write_back=False)
    if not store.rotate(moved, here.generation):
        return arrived("kept", "it was renewed this very moment")
    store.save(replace(moved, access_token="", generation=-1))  # the secrets stay as they have just been written
    store.heal(here.id)
    return arrived("replaced")


def _set(token: Token) -> tuple[Any, ...]:
    return token.access_token, token.refresh_token, dict(token.extra)


def _age(token: Token) -> tuple[float, int, float]:
    """Later sets compare greater: by when they were renewed, how often, and when somebody last edited them."""
    return token.refreshed_at or 0.0, token.generation, token.updated_at
