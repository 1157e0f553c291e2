"""The route of one request: its targets in order, and why. `RULES` is the order of decision.

Everything that decides is an argument: what the request says, the configuration, and what was found out before
(the lock, the tag, what the owner's function answered). Fallbacks follow whatever came out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from router_core.config.routing import TargetList
from router_core.config.schema import Config
from router_core.config.spelling import did_you_mean
from router_core.errors import RouterError
from router_core.models.alias import resolve_alias
from router_core.routing.facts import Facts
from router_core.routing.names import HasToken, Serves, is_model_name, owner_of, providers_with_token
from router_core.routing.rules import described, matches
from router_core.routing.scenario import ORDER, applies
from router_core.routing.target import RouteTarget, parse_target, split_target

if TYPE_CHECKING:  # what a router without them never loads
    from router_core.routing.auto.names import AutoRequest
    from router_core.routing.auto.place import Placed
    from router_core.routing.custom import CustomAnswer
    from router_core.routing.lock import Lock

type Auto = Callable[["AutoRequest", HasToken], "Placed"]
"""Places a request for `auto…` among the models of the providers that have a token."""


class NoRoute(RouterError):
    """No provider is known to serve the model that was asked for."""

    status = 404
    kind = "no_route"
    tried: tuple[tuple[str, str], ...] = ()
    """As of a `Route`."""


SHOW_NO_404 = frozenset({"claude-code", "codex"})
"""At a 404 Claude Code says that there is no such model, and hides why; Codex (0.169) asks five times more."""


class NobodyCan(NoRoute):
    """Of the models that `auto` may choose from, none can take the request, and no other rule places it."""

    status = 400
    kind = "nobody_can"


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request goes: the first target that has a token to pay."""

    targets: tuple[RouteTarget, ...]
    because: str
    scenario: str = ""
    """The one that decided; `default` when none of them did, though they were asked."""
    tier: str = ""
    """Of `auto`."""
    tried: tuple[tuple[str, str], ...] = ()
    """(rule, what it said), for every rule that was tried, in order."""


class Said(Struct, frozen=True):
    """What one rule says of a request. Without targets it leaves the decision to the next one."""

    because: str
    targets: tuple[RouteTarget, ...] = ()
    own_fallbacks: bool = False
    """The targets are all there is; else the fallbacks of all follow."""
    scenario: str = ""
    tier: str = ""
    nobody: str = ""
    """Of `auto`: why none of its models can take the request."""


class Question(Struct, frozen=True):
    """What the rules are asked."""

    facts: Facts
    named: str
    """The model that was asked for, an alias resolved."""
    config: Config
    has_token: HasToken
    serves: Serves
    lock: "Lock | None"
    tag: str
    custom: "CustomAnswer | None"
    auto: Auto | None


def decide(
    facts: Facts,
    config: Config,
    *,
    has_token: HasToken,
    serves: Serves,
    lock: "Lock | None" = None,
    tag: str = "",
    custom: "CustomAnswer | None" = None,
    auto: Auto | None = None,
) -> Route:
    """Choose the targets.

    Args:
        has_token: provider name → some token is registered there.
        serves: (provider name, model) → the provider's own list has that model.
        lock: to what all routing is pinned.
        tag: the target that a subagent's prompt names; "" when none does.
        custom: what the owner's function answered; None: there is none.
        auto: places requests for `auto…`.

    Raises:
        NoRoute: nothing fits; the message says what would.
    """
    named = resolve_alias(facts.model, config.providers) or facts.model
    question = Question(facts, named, config, has_token, serves, lock, tag, custom, auto)
    tried: list[tuple[str, str]] = []
    scenario = nobody = ""
    for name, rule in RULES:
        said = rule(question)
        tried.append((name, said.because))
        scenario, nobody = scenario or said.scenario, nobody or said.nobody
        if said.targets:
            texts = () if said.own_fallbacks else config.routing.fallbacks
            more = [target for text in texts if (target := parse_target(text, config)) is not None]
            targets = tuple(dict.fromkeys([*said.targets, *more]))
            return Route(targets, said.because, scenario, said.tier, tuple(tried))
    if nobody and (providers := providers_with_token(config, has_token)):
        ways = f"name a model yourself ({providers[0]}/MODEL), or set [routing] default"
        nowhere: NoRoute = NobodyCan(f"Nobody can answer {facts.model!r}: {nobody}. Shorten the request, {ways}.")
    else:
        nowhere = NoRoute(_advice(facts.model, providers_with_token(config, has_token)))
    nowhere.tried = tuple(tried)
    raise _shown(nowhere, facts)


def _by_lock(question: Question) -> Said:
    lock = question.lock
    if lock is None:
        return Said("nothing is locked")
    provider = question.config.providers.get(lock.provider)
    if provider is None or not provider.enabled:
        nowhere = f"All routing is locked to {lock}, and there is no such provider. Let go: `mitmrouter model unlock`."
        raise _shown(NoRoute(nowhere), question.facts)
    if lock.model:
        return Said(f"locked to {lock}", (RouteTarget(lock.provider, lock.model),), own_fallbacks=True)
    inside = structs.replace(
        question, lock=None, has_token=lambda name: name == lock.provider and question.has_token(name)
    )
    for _, rule in RULES:
        said = rule(inside)
        if kept := tuple(target for target in said.targets if target.provider == lock.provider):
            return structs.replace(
                said, because=f"locked to {lock}; there: {said.because}", targets=kept, own_fallbacks=True
            )
    target = split_target(question.named)
    there = target is not None and parse_target(question.named, question.config) is not None
    model = target.model if there and target is not None else question.named
    return Said(f"locked to {lock}", (RouteTarget(lock.provider, model),), own_fallbacks=True)


def _by_name(question: Question) -> Said:
    target = parse_target(question.named, question.config)
    if target is not None and split_target(question.named) == target:
        return Said(f"the model name says {target}", (target,))
    if target is not None:  # by another name of the provider's, which may as well begin a model's name
        if not question.has_token(target.provider):
            return Said(f"{question.named!r} would mean {target}, and {target.provider} has no token")
        if is_model_name(question.named, question.config, question.has_token, question.serves):
            return Said(f"{question.named!r} is the name of a model")
        return Said(f"the model name says {question.named}, which is {target} here", (target,))
    return Said(f"{question.named!r} names no provider" if question.named else "no model is asked for")


def _by_tag(question: Question) -> Said:
    if not question.tag:
        return Said("no tag")
    if (target := parse_target(question.tag, question.config)) is not None:
        return Said(f"the subagent's tag says {target}", (target,))
    return Said(f"the subagent's tag says {question.tag[:100]!r}, which names no provider that is enabled")


def _by_function(question: Question) -> Said:
    custom = question.custom
    if custom is None:
        return Said("none is set")
    return _said(question, custom.targets, f"[routing] custom: {custom.because}")


def _by_rules(question: Question) -> Said:
    rules = question.config.routing.rules
    for n, rule in enumerate(rules, 1):
        if matches(rule, question.facts):
            because = f"[[routing.rules]] {n} ({described(rule)}) = {rule.target.primary}"
            if (said := _said(question, rule.target, because)).targets:
                return said
    return Said(f"none of {len(rules)} fits" if rules else "none is set")


def _by_scenario(question: Question) -> Said:
    routing, reasons = question.config.routing, []
    for scenario in ORDER:
        targets = routing.scenario(scenario)
        if targets is None:
            continue
        fits, why = applies(scenario, question.facts, routing)
        if fits:
            said = _said(question, targets, f"{scenario}: {why}; [routing] {scenario} = {targets.primary}")
            if said.targets:
                return structs.replace(said, scenario=scenario)
            why = said.because
        reasons.append(f"{scenario}: {why}")
    return Said("; ".join(reasons) or "none is set", scenario="default")


def _by_pattern(question: Question) -> Said:
    for pattern, targets in question.config.routing.models.items():
        if fnmatchcase(question.named, pattern):
            said = _said(question, targets, f"[routing.models] {pattern!r} = {targets.primary}")
            if said.targets:
                return said
    return Said("no pattern fits" if question.config.routing.models else "none is set")


def _by_tier(question: Question) -> Said:
    if question.auto is None or not question.named.lower().startswith("auto"):
        return Said("the model is not auto")
    from router_core.routing.auto.names import auto_of  # here: most routers are never asked for it

    asked = auto_of(question.named)
    if asked is None:
        return Said("the model is not auto")
    placed = question.auto(asked, question.has_token)
    choice = placed.choice
    own = question.config.routing.auto.tiers.get(placed.tier)
    targets = (choice.target, *choice.fallbacks) if choice.target is not None else ()
    has_own = choice.configured and own is not None and own.fallback is not None
    nobody = "" if targets else choice.because
    return Said(placed.because, targets, own_fallbacks=has_own, tier=placed.tier, nobody=nobody)


def _by_owner(question: Question) -> Said:
    found = owner_of(question.named, question.config, question.has_token, question.serves)
    if found is None:
        return Said(f"no provider with a token is known to serve {question.named!r}")
    return Said(found[1], (found[0],))


def _by_default(question: Question) -> Said:
    default = question.config.routing.default
    if default is None:
        return Said("none is set")
    return _said(question, default, f"[routing] default = {default.primary}")


type Rule = Callable[[Question], Said]

RULES: tuple[tuple[str, Rule], ...] = (
    ("lock", _by_lock),
    ("explicit target", _by_name),
    ("subagent tag", _by_tag),
    ("custom function", _by_function),
    ("rules", _by_rules),
    ("scenario", _by_scenario),
    ("model pattern", _by_pattern),
    ("auto", _by_tier),
    ("default", _by_default),
    ("model's provider", _by_owner),
)
"""The order of decision: the first one with a target is taken."""


def _said(question: Question, targets: TargetList | None, because: str) -> Said:
    """The targets of a list, without those of providers that are not enabled."""
    if targets is None:
        return Said(because)
    found = tuple(target for text in targets.texts() if (target := parse_target(text, question.config)) is not None)
    if not found:
        return Said(f"{because}: {', '.join(targets.texts())} names no provider that is enabled")
    return Said(because, found, own_fallbacks=targets.fallback is not None)


def _shown(nowhere: NoRoute, facts: Facts) -> NoRoute:
    """With a status whose words the client shows."""
    if facts.client in SHOW_NO_404:
        nowhere.status = NobodyCan.status
    return nowhere


def _advice(model: str, providers: Sequence[str]) -> str:
    if not providers:
        return (
            "No token is registered. Add one with `mitmrouter token add NAME --provider PROVIDER --access-token-stdin`."
        )
    asked, _, name = model.partition("/") if "/" in model else ("", "", model)
    ways = ", ".join(f"{provider}/{name or 'MODEL'}" for provider in providers[:4])
    known = f"No provider with a token is known to serve the model {model!r}." if model else "No model is asked for."
    return (
        f"{known} {did_you_mean(asked, providers)}Write the target as the model name ({ways}), "
        f'or set [routing] default = "provider/model" or a pattern in [routing.models].'
    )
