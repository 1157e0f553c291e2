"""Our own counts of one quota window against what the provider reports of it, and where the difference comes from.

A provider tells a fraction, we know tokens: what one of ours is worth of the window is measured, in the stretches in
which the report rose least for what we sent (others can only add to it). What rose while nothing of ours was under way
was certainly used by somebody else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from router_core.quota.sample import Sample, same_window

STEPS = (0.01, 0.001, 0.0001)
STRETCH_STEPS = 3
"""A stretch of samples in which the report moved so many of its own steps says what a token is worth."""
LEAST_STRETCHES = 3
FELL = 0.02
"""A report that fell by more is of a new window."""


@dataclass(frozen=True, slots=True)
class OwnRequest:
    """One finished request of ours, paid by the token."""

    started_at: float
    finished_at: float
    """Epoch seconds, both."""
    weight: float
    """Its LLM tokens, weighted by kind (sample.py)."""
    estimated: bool = False
    """The provider did not tell its usage."""
    cut: bool = False
    """It was cut off: what was used until then is only partly known."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """One window, or a part of it. Fractions are of the whole window."""

    since: float
    until: float
    """Epoch seconds: of the first and the last report that were compared."""
    reported: float
    """By how much the provider's figure rose."""
    requests: int
    weight: float
    own: float | None
    """What our own requests explain of it; None: it is not known what a token is worth."""
    others: float
    """What was certainly not ours: it rose while nothing of ours was under way."""
    unexplained: float | None
    """What is left: others at the same time, or models that count more than their price says. Negative: ours should
    have counted for more than was reported."""
    step: float
    """Resolution of the reports."""
    estimated: int
    cut: int
    across: int
    """Requests that were under way at the beginning or the end."""
    resets: int
    """Windows that ended meanwhile."""
    reasons: tuple[str, ...] = ()
    """All of that in words."""


def reconcile(
    samples: Sequence[Sample], own: Sequence[OwnRequest], since: float, until: float, *, began_empty: bool = False
) -> Reconciled | None:
    """Compare what was reported within a time with what was ours of it.

    Args:
        samples: of one (token, window), oldest first; also of before: they tell what a token is worth.
        own: by their end.
        since, until: epoch seconds.
        began_empty: the window itself began at `since`.

    Returns:
        None when there are no two reports to compare.
    """
    within = [sample for sample in samples if since <= sample.observed_at <= until]
    before = [sample for sample in samples if sample.observed_at < since]
    if began_empty and within:
        within = [Sample(since, 0.0, within[0].reset_at), *within]
    elif before:
        within = [before[-1], *within]
    if len(within) < 2:
        return None
    step = _step([sample.used for sample in samples])
    begins, ends = within[0].observed_at, within[-1].observed_at
    ours = [request for request in own if begins < request.finished_at <= ends]
    rises = [(_rise(one, other), one.observed_at, other.observed_at) for one, other in pairwise(within)]
    reported = sum(rise for rise, _, _ in rises)
    others = sum(rise for rise, start, end in rises if rise > 0 and not _any_under_way(own, start, end))
    weight = sum(request.weight for request in ours)
    worth = worth_of_a_token(samples, own, step)
    explained = 0.0 if not weight else None if worth is None else worth * weight
    found = Reconciled(
        begins, ends, reported, len(ours), weight, explained, others,
        None if explained is None else reported - explained - others, step,
        sum(request.estimated for request in ours), sum(request.cut for request in ours),
        sum(request.started_at < begins < request.finished_at or request.started_at < ends < request.finished_at
            for request in own),
        sum(not _same(one, other) for one, other in pairwise(within)),
    )  # fmt: skip
    return _with_reasons(found)


def worth_of_a_token(samples: Sequence[Sample], own: Sequence[OwnRequest], step: float) -> float | None:
    """The fraction of the window that one weighted token of ours is; None while too little has moved to tell."""
    found: list[float] = []
    start, rise = 0, 0.0
    for place, (one, other) in enumerate(pairwise(samples)):
        if not _same(one, other):
            start, rise = place + 1, 0.0
            continue
        rise += max(0.0, other.used - one.used)
        if rise >= STRETCH_STEPS * step:
            begins, ends = samples[start].observed_at, other.observed_at
            weight = sum(request.weight for request in own if begins < request.finished_at <= ends)
            if weight > 0:
                found.append(rise / weight)
            start, rise = place + 1, 0.0
    if len(found) < LEAST_STRETCHES:
        return None
    found.sort()
    return found[(len(found) - 1) // 4]


def _rise(one: Sample, other: Sample) -> float:
    return max(0.0, other.used - one.used) if _same(one, other) else other.used


def _same(one: Sample, other: Sample) -> bool:
    return same_window(one.reset_at, other.reset_at) and other.used >= one.used - FELL


def _any_under_way(own: Sequence[OwnRequest], start: float, end: float) -> bool:
    return any(request.started_at <= end and request.finished_at >= start for request in own)


def _step(used: Sequence[float]) -> float:
    for step in STEPS:
        if all(abs(value / step - round(value / step)) < 1e-6 for value in used):
            return step
    return STEPS[-1]


def _with_reasons(found: Reconciled) -> Reconciled:
    reasons = []
    if found.others > 0:
        reasons.append(
            f"{found.others:.1%} rose while nothing of ours was under way: other programs or devices use this account"
        )
    if found.own is None:
        reasons.append("what one of our tokens is worth of this window is not known yet: too little has moved")
    elif found.unexplained is not None and found.unexplained > found.step:
        reasons.append(
            f"{found.unexplained:.1%} more rose beside our own requests: others at the same time, or models that count "
            "for more than their prices say"
        )
    elif found.unexplained is not None and found.unexplained < -found.step:
        reasons.append(
            f"our requests should have counted for {-found.unexplained:.1%} more: models or cached tokens that count "
            "for less here, or a report that lags behind"
        )
    reasons.append(f"reports come in steps of {found.step:.2%}: as much is rounding".replace(".00%", "%"))
    for count, words in (
        (found.estimated, "estimated: the provider told no usage"),
        (found.cut, "cut off: what was used until then is only partly known"),
        (found.across, "under way at the beginning or the end: they count where they ended"),
    ):
        if count:
            reasons.append(f"{count} of our requests {'was' if count == 1 else 'were'} {words}")
    if found.resets:
        reasons.append(f"the window was reset {found.resets} time{'' if found.resets == 1 else 's'} meanwhile")
    return replace(found, reasons=tuple(reasons))
