"""What would become of a request, and why: a dry run of routing, selection and affinity on what is stored.

Nothing is asked, held, bound or written. What only the running process knows (requests under way, the turns of
`round_robin`) is not in it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from router_core.asked_for import AskedFor
from router_core.config.schema import Config
from router_core.fitness import unfit_for
from router_core.routing.decide import Route
from router_core.routing.target import RouteTarget
from router_core.spend.allowed import why_denied
from router_core.spend.billing import billing_of
from router_core.spend.cost import estimate_cost
from router_core.spend.expected import expected_output, most_output
from router_core.tokens.affinity import Affinity, Binding, Obstacle, decide, switch_cost, worth_waiting
from router_core.tokens.obstacle import obstacle_of
from router_core.tokens.select import FRESH, Considered, consider
from router_core.tokens.token import Token
from router_core.transform.foresee import foreseen


@dataclass(frozen=True, slots=True)
class Explained:
    """One target of the route."""

    provider: str
    model: str
    strategy: str
    tokens: tuple[Considered, ...]
    """Every token of the provider, in the order in which the strategy takes them."""
    affinity: Affinity | None
    """None: the request belongs to no session."""
    bound: str
    """Name of the session's token."""
    chosen: str
    """Name of the token that would pay; "": none can."""
    because: str
    waits_s: float
    """Before that, because it rests so briefly."""
    host_rests: str
    """Why the provider's host is left alone; ""."""
    transformers: tuple[tuple[str, str], ...] = ()
    """(name, what it would do with the request)."""
    expected_nano_usd: int | None = None
    """What it would cost at list prices, with as much output as a budget would reserve; None: the price or the prompt
    is not known."""
    billing: str = ""
    """How the chosen token pays: `metered`, `subscription`; ""."""
    denied: str = ""
    """Why the lists of `[spend]` do not let it be used; ""."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, as far as choosing goes."""

    client: str
    session: str
    thread: str
    asked: AskedFor | None
    """None: the path names the provider."""
    prompt: AskedFor | None = None
    """What is to be paid for; None: only the model is asked about."""


type TokensOf = Callable[[str], Sequence[Token]]
type BindingOf = Callable[[str], Binding | None]


def explain(
    route: Route,
    question: Question,
    config: Config,
    tokens_of: TokensOf,
    binding_of: BindingOf,
    hosts: Mapping[str, str],
    now: float,
) -> list[Explained]:
    """Each target of the route in turn; the first one with a `chosen` token that is not denied, and whose host does
    not rest, is taken.

    Args:
        binding_of: provider → the session's binding there.
        hosts: provider → why its host is left alone.
    """
    found = []
    for target in route.targets:
        provider = config.providers[target.provider]
        unfit = unfit_for(question.asked, provider, question.client, {})
        tokens = tokens_of(target.provider)
        by_id = {token.id: token for token in tokens}
        strategy = provider.strategy or config.selection.strategy
        considered = consider(tokens, strategy, model=target.model, now=now, unfit=unfit)
        affinity, bound, waits_s = None, "", 0.0

        def hindered(token_id: str, name: str = target.provider, model: str = target.model) -> Obstacle | None:
            return obstacle_of(by_id.get(token_id), name, model, (), unfit, FRESH, now)  # noqa: B023 - used at once

        first = next((each for each in considered if each.place == 1), None)
        chosen, because = (first.token, f"{strategy}: {first.because}") if first else (None, "")
        if question.session and config.selection.affinity:
            binding = binding_of(target.provider)
            ttl_s = config.selection.affinity_ttl_s
            affinity = decide(binding, target.model, question.thread, hindered, now=now, ttl_s=ttl_s)
            if affinity.token_id:
                chosen, because = by_id[affinity.token_id], f"affinity: {affinity.because}"
            if binding is not None:
                home = by_id.get(binding.token_id)
                bound = home.name if home is not None else binding.token_id
                obstacle = hindered(binding.token_id)
                kept = binding.kept(binding.token_id, target.model, question.thread, now)
                if obstacle is not None and obstacle.kind == "rests" and home is not None:
                    left_s = obstacle.until - now
                    if why := worth_waiting(left_s, kept, target.model, most_s=config.failover.wait_s):
                        chosen, because, waits_s = home, why, left_s
            if chosen is not None:
                cost = switch_cost(binding, chosen.id, target.model, question.thread, binds=affinity.binds, now=now)
                affinity = Affinity(affinity.place, affinity.because, affinity.token_id, affinity.binds, *cost)
        found.append(
            Explained(
                target.provider,
                target.model,
                strategy,
                tuple(considered),
                affinity,
                bound,
                chosen.name if chosen is not None else "",
                because,
                waits_s,
                hosts.get(target.provider, ""),
                foreseen(question.asked, target, provider) if question.asked is not None else (),
                _expected_cost(question, target, config, affinity, now),
                billing_of(provider, chosen) if chosen is not None else "",
                why_denied(target, config.spend.allow, config.spend.deny),
            )
        )
    return found


def _expected_cost(
    question: Question, target: RouteTarget, config: Config, affinity: Affinity | None, now: float
) -> int | None:
    if question.prompt is None:
        return None
    output = expected_output(most_output(question.prompt.body), target.model, config.spend.expected_output_tokens)
    cached = affinity.kept_tokens if affinity is not None and affinity.kept_tokens else 0
    return estimate_cost(
        target.model, question.prompt.input_tokens, output, now, config.prices,
        provider=target.provider, cached_tokens=cached,
    )  # fmt: skip


def taken(targets: Sequence[Explained]) -> Explained | None:
    """The target that would answer; None when none may, or no token of any can pay."""
    usable = (target for target in targets if not target.denied and not target.host_rests)
    return next((target for target in usable if target.chosen), None)
