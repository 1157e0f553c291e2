"""The route of one request: its targets in order, and why.

Order of decision: an explicit target in the model name (`codex/gpt-…`, `codex,gpt-…`) → a pattern of
`[routing.models]` → the family that the model's name belongs to, at the first provider with a token → a provider whose
own list has it → a provider of the model's vendor → `default`.
Fallbacks follow whatever came out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from router_core.config.schema import Config
from router_core.errors import RouterError
from router_core.models.alias import resolve_alias
from router_core.models.known import model_info
from router_core.providers.catalogue import vendor_of
from router_core.routing.target import RouteTarget, parse_target

_FAMILIES: tuple[tuple[tuple[str, ...], frozenset[str]], ...] = (
    (("claude",), frozenset({"anthropic", "vertex"})),
    (("gpt", "o1", "o3", "o4", "codex", "chatgpt"), frozenset({"openai", "openai-responses", "codex"})),
    (("gemini", "gemma"), frozenset({"gemini", "vertex", "antigravity", "code-assist"})),
)
"""Beginnings of model names → the kinds of provider that serve them."""

type HasToken = Callable[[str], bool]
type Serves = Callable[[str, str], bool]
type Own = tuple[str, ...] | None


class NoRoute(RouterError):
    """No provider is known to serve the model that was asked for."""

    status = 404
    kind = "no_route"


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request goes: the first target that has a token to pay."""

    targets: tuple[RouteTarget, ...]
    because: str


def decide(model: str, config: Config, *, has_token: HasToken, serves: Serves) -> Route:
    """Choose the targets.

    Args:
        model: as the client wrote it; may be "".
        has_token: provider name → some token is registered there.
        serves: (provider name, model) → the provider's own list has that model.

    Raises:
        NoRoute: nothing fits; the message says what would.
    """
    first, because, own = _first(model, config, has_token, serves)
    fallbacks = [parse_target(text, config) for text in (config.routing.fallbacks if own is None else own)]
    targets = dict.fromkeys([first, *(target for target in fallbacks if target is not None)])
    return Route(tuple(targets), because)


def _first(model: str, config: Config, has_token: HasToken, serves: Serves) -> tuple[RouteTarget, str, Own]:
    """The first target, why, and the fallbacks of its own (None: those of all)."""
    named = resolve_alias(model, config.providers) or model
    if (target := parse_target(named, config)) is not None:
        return target, f"the model name says {target}", None
    for pattern, targets in config.routing.models.items():
        if fnmatchcase(named, pattern) and (target := parse_target(targets.primary, config)) is not None:
            return target, f"[routing.models] {pattern!r} = {target}", targets.fallback
    providers = sorted(
        (name for name, provider in config.providers.items() if provider.enabled and has_token(name)),
        key=lambda name: (config.providers[name].order, name),
    )
    for name in providers:
        if named and named in config.providers[name].models:
            return RouteTarget(name, named), f"[providers.{name}] lists {named}", None
    for beginnings, kinds in _FAMILIES:
        if named.startswith(beginnings):
            for name in providers:
                if config.providers[name].kind in kinds and _own_models(name, config):
                    return RouteTarget(name, named), f"{named} belongs to {name}", None
    for name in providers:
        if named and serves(name, named):
            return RouteTarget(name, named), f"{name} serves {named}", None
    if vendor := model_info(named).vendor if named else "":
        for name in providers:
            if vendor_of(name, config.providers[name]) == vendor:
                return RouteTarget(name, named), f"{named} is a model of {name}'s vendor", None
    if (default := config.routing.default) and (target := parse_target(default.primary, config)) is not None:
        return target, f"[routing] default = {target}", default.fallback
    raise NoRoute(_advice(model, providers))


def _own_models(name: str, config: Config) -> bool:
    """False for another vendor's service that only speaks the format: it answers to names of models that it lacks."""
    vendor = vendor_of(name, config.providers[name])
    return vendor in ("anthropic", "openai", "google", "")


def _advice(model: str, providers: Sequence[str]) -> str:
    if not providers:
        return (
            "No token is registered. Add one with `mitmrouter token add NAME --provider PROVIDER --access-token-stdin`."
        )
    ways = ", ".join(f"{name}/{model or 'MODEL'}" for name in providers[:4])
    return (
        f"No provider with a token is known to serve the model {model!r}. Write the target as the model name ({ways}), "
        f'or set [routing] default = "provider/model" or a pattern in [routing.models].'
    )
