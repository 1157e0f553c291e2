"""A migration while it is put together: providers find their names, keys their place, and each thing gets a line."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from router_core.config.edit import literal
from router_core.config.schema import RESERVED_PROVIDER_NAMES, Kind, ProviderConfig
from router_core.config.secrets import names_a_secret
from router_core.config.toml_edit import Keys
from router_core.importing.found import Found, key
from router_core.importing.judge import SHORTEST_KEY
from router_core.importing.provider_names import is_local, provider_at, provider_named
from router_core.migrating.endpoint import endpoint
from router_core.migrating.outcome import Here, Line, Migration
from router_core.providers.auth import is_anthropics
from router_core.providers.catalogue import CATALOGUE
from router_core.routing.target import split_target
from router_core.text import printable

OPENAI_KINDS: frozenset[Kind] = frozenset({"openai", "openai-chat", "openai-responses"})
"""One service speaks several of them, and its key opens all."""
_VARIABLE = re.compile(r"\$\{(\w+)\}|\$(\w+)")


def targets(primary: str, others: Sequence[str]) -> str | dict[str, Any]:
    """A target and what is tried after it, as `[routing]` has them."""
    return {"primary": primary, "fallback": list(others)} if others else primary


@dataclass(frozen=True, slots=True)
class Theirs:
    """A provider as the other program has it."""

    name: str
    url: str = ""
    """"": the one that the name means."""
    kind: Kind | None = None
    """What it says that is spoken there, if it does."""
    credential: str = field(default="", repr=False)
    """A key, or `$VARIABLE` or `${VARIABLE}`."""
    models: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    auth: str = ""


class Draft:
    """Changes, keys and lines so far."""

    def __init__(self, source: str, here: Here, variables: Mapping[str, str] | None = None) -> None:
        """
        Args:
            source: name of the other program, as in `token import`.
            variables: what the file itself sets as environment.
        """
        self.source, self.here, self.variables = source, here, dict(variables or {})
        self.changes: dict[Keys, Any] = {}
        self.keys: list[Found] = []
        self.lines: list[Line] = []
        self.names: dict[str, str] = {}
        """Their name of a provider → ours."""
        self.urls: dict[str, str] = {}
        """Their name → the URL that it was met with."""

    def done(self) -> Migration:
        return Migration(self.changes, tuple(self.keys), tuple(self.lines))

    def put(self, source: str, keys: Keys, value: Any, because: str = "") -> None:
        """A setting that is taken over."""
        self.changes[keys] = value
        self.note(source, f"[{'.'.join(keys[:-1])}] {keys[-1]}", because)

    def note(self, source: str, becomes: str, because: str = "") -> None:
        line = Line(source, becomes, because)
        if line not in self.lines:  # the entries of one service repeat themselves
            self.lines.append(line)

    def leave(self, source: str, because: str) -> None:
        """Something that is not taken over."""
        self.note(source, "", because)

    def leave_unknown(self, table: Mapping[str, Any], known: Sequence[str], where: str = "") -> None:
        """A line for each key that nobody here knows."""
        for name in table:
            if name not in known:
                self.leave(where + printable(str(name), 60), "It means nothing here.")

    # ---- providers --------------------------------------------------------------------------------------------------

    def provider(self, source: str, theirs: Theirs) -> str | None:
        """Our name of it, put into the changes where it is none of the catalogue; None when it cannot be had."""
        if "$" in theirs.url:
            theirs = replace(theirs, url=self._expanded(theirs.url))
        if not _is_url(theirs.url):
            self.leave(source, "Its URL is none.")
            return None
        if self.urls.get(theirs.name) == theirs.url:
            self._credential(source, self.names[theirs.name], theirs)
            return self.names[theirs.name]
        name = self._known(theirs) if theirs.url else self._by_name(theirs)
        if name is None and not theirs.url:
            self.leave(source, f"No provider is called {printable(theirs.name, 60)!r}, and it has no URL.")
            return None
        if name is None:
            name = self._own(source, theirs)
            if name is None:
                return None
        else:
            self.note(source, f"provider {name}")
        self.names[theirs.name], self.urls[theirs.name] = name, theirs.url
        self._headers(source, name, theirs.headers)
        self._credential(source, name, theirs)
        return name

    def kind(self, name: str) -> Kind | None:
        """What a provider of ours, or of the changes, speaks."""
        present = self.here.config.providers.get(name)
        kind: Kind | None = self.changes.get(("providers", name, "kind"), present.kind if present else None)
        return kind

    def target(self, provider: str, model: str) -> str | None:
        """`provider/model` in our names; None when there is no such provider here."""
        name = self.names.get(provider)
        if name is None:
            name = provider_named(provider)
            if name not in self.here.config.providers:
                return None
        return literal(f"{name}/{model}")

    def target_of(self, source: str, text: str) -> str | None:
        """What they write as `provider/model` or `provider,model`, in our names; a line says where there is none."""
        parts = split_target(text)
        target = self.target(parts.provider, parts.model) if parts else None
        if target is None:
            self.leave(source, f"{printable(text, 80)!r} names no provider that could be taken over.")
        return target

    def _by_name(self, theirs: Theirs) -> str | None:
        name = provider_named(theirs.name)
        return name if name in self.here.config.providers else None

    def _known(self, theirs: Theirs) -> str | None:
        """The provider of the catalogue, or the one of config.toml, that lives at this URL and speaks the same."""
        kind, base = endpoint(theirs.url, theirs.kind)
        base = _by_number(base)
        alike = OPENAI_KINDS if kind in OPENAI_KINDS else {kind}
        providers = self.here.config.providers
        same = {name: _by_number(one.base_url) for name, one in providers.items() if one.kind in alike}
        named = provider_named(theirs.name)
        if named in same and provider_at(base, {named: same[named]}):
            return named
        found = provider_at(base, same, anthropic=kind == "anthropic")
        return found if found not in self.names.values() else None

    def _own(self, source: str, theirs: Theirs) -> str | None:
        kind, base = endpoint(theirs.url, theirs.kind)
        settings: dict[str, Any] = {"kind": kind, "base_url": base}
        if theirs.auth:
            settings["auth"] = theirs.auth
        elif kind == "anthropic" and not is_anthropics(urlsplit(base).hostname or ""):
            settings["auth"] = "bearer"
        if is_local(base) and not _is_key(theirs.credential):
            settings["keyless"] = True
        try:
            ProviderConfig.model_validate(settings)
        except ValidationError as error:
            why = error.errors(include_url=False, include_input=False)[0]["msg"].removeprefix("Value error, ")
            self.leave(source, f"Its URL cannot be used here: {printable(why, 200)}.")
            return None
        name = self._free_name(theirs.name, base)
        if theirs.models:
            settings["models"] = [literal(model) for model in theirs.models]
        for setting, value in settings.items():
            self.changes[("providers", name, setting)] = literal(value) if isinstance(value, str) else value
        renamed = f"{name!r}, because the name means another service here." if name != theirs.name.lower() else ""
        self.note(source, f"[providers.{name}]", f"It is called {renamed}" if renamed else "")
        return name

    def _free_name(self, wanted: str, base: str) -> str:
        """A name that means no other service: tokens are sent where a provider's name says."""
        name = re.sub(r"[^a-z0-9_-]+", "-", wanted.lower()).strip("-_")[:50] or "provider"
        present = self.here.config.providers

        def taken(name: str) -> bool:
            there = present.get(name)
            elsewhere = there is not None and there.base_url != base
            return name in RESERVED_PROVIDER_NAMES or elsewhere or name in CATALOGUE or name in self.names.values()

        if not taken(name):
            return name
        return next(f"{name}-{n}" for n in range(2, 10_000) if not taken(f"{name}-{n}"))

    def _headers(self, source: str, name: str, headers: Mapping[str, str]) -> None:
        for header, value in headers.items():
            if not _VARIABLE.search(value) and names_a_secret(header):
                self.leave(
                    f"{source} header {header}", f"It is a secret: put it into [providers.{name}.headers] as $VARIABLE."
                )
            elif missing := self._missing(value):
                self.leave(f"{source} header {header}", f"{missing} is not set here.")
            else:
                self.changes[("providers", name, "headers", header)] = self._references(value)

    def _credential(self, source: str, name: str, theirs: Theirs) -> None:
        """Keys go into the token store; what refers to a variable goes on doing so."""
        written = theirs.credential
        place = f"{self.here.place} ({theirs.name})"
        if not written or (is_local(theirs.url) and not _is_key(written)):
            return
        variable = _VARIABLE.fullmatch(written)
        if variable is None:
            secret = self._expanded(written)
            self.keys.append(key(self.source, name, secret, place))
            self.note(f"{source} key", "a token")
            return
        called = variable[1] or variable[2]
        if called in self.variables:
            self.keys.append(key(self.source, name, self.variables[called], place))
            self.note(f"{source} key", "a token", f"{called} has its value in that file.")
        elif called not in self.here.environ:
            self.leave(
                f"{source} key",
                f"{called} is not set here: set it and run this again, or: token add NAME --provider {name}",
            )
        elif self._has_other_key(name, called):
            self.keys.append(key(self.source, name, self.here.environ[called], place))
            self.note(f"{source} key", "a token", f"The provider has a key already; the value of {called} is stored.")
        else:
            self.changes[("providers", name, "api_key")] = f"${called}"
            self.note(f"{source} key", f"[providers.{name}] api_key", f"It stays ${called}.")

    def _has_other_key(self, name: str, variable: str) -> bool:
        present = self.here.config.providers.get(name)
        key = present.api_key.get_secret_value() if present and present.api_key else ""
        draft = self.changes.get(("providers", name, "api_key"), f"${variable}")
        return draft != f"${variable}" or key not in ("", self.here.environ[variable])

    def _value(self, name: str) -> str:
        return self.variables.get(name, self.here.environ.get(name, ""))

    def _expanded(self, text: str) -> str:
        return _VARIABLE.sub(lambda match: self._value(match[1] or match[2]), text)

    def _missing(self, text: str) -> str:
        """The first variable in a text that is not set; ""."""
        names = [match[1] or match[2] for match in _VARIABLE.finditer(text)]
        return next((name for name in names if name not in self.here.environ), "")

    @staticmethod
    def _references(text: str) -> str:
        """The text with its references as ours; another `$` is one."""
        parts, done = [], 0
        for match in _VARIABLE.finditer(text):
            parts += [literal(text[done : match.start()]), f"${{{match[1] or match[2]}}}"]
            done = match.end()
        return "".join((*parts, literal(text[done:])))


def _is_url(text: str) -> bool:
    """Whether it can be taken apart; "" can."""
    try:
        return urlsplit(text).port != 0
    except ValueError:
        return False


def _by_number(url: str) -> str:
    """`localhost` and its number are one host."""
    return re.sub(r"^(https?://)localhost(?=[:/]|$)", r"\g<1>127.0.0.1", url)


def _is_key(written: str) -> bool:
    """False for what stands where a key must stand and none is needed: `none`, `ollama`."""
    return "$" in written or len(written) >= SHORTEST_KEY
