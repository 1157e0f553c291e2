"""Which limits concern a request, and under which count each of them stands. Pure; the counts are in store/spend.py."""

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import NamedTuple, Self

import orjson

from router_core.config.spend import (
    DIMENSIONS,
    BudgetConfig,
    Counted,
    Dimension,
    OnLimit,
    PeriodLimits,
    RequestLimits,
    SpendConfig,
)
from router_core.models.known import LONGEST_NAME, spellings
from router_core.money import to_nano
from router_core.spend.periods import PERIODS, Period, begins_on

NO_LIMITS = RequestLimits()
EVERYTHING = "everything"
OF_A_KEY = "key:"
"""How the ids of budgets begin that belong to client keys."""
MOST_SCOPE_BYTES = 400


@dataclass(frozen=True, slots=True)
class Spender:
    """Whose request it is, and what it uses."""

    token: str = ""
    provider: str = ""
    model: str = ""
    project: str = ""
    session: str = ""
    client_key: str = ""


class Amount(NamedTuple):
    """What is used; fields in the order of the database."""

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    nano_usd: int = 0

    def plus(self, other: "Amount") -> "Amount":
        return Amount(*(one + more for one, more in zip(self, other, strict=True)))


class Limit(NamedTuple):
    """Most of each kind; None: any amount."""

    requests: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    nano_usd: int | None = None

    @classmethod
    def of(cls, limits: PeriodLimits) -> Self:
        usd = None if limits.usd is None else to_nano(limits.usd)
        return cls(limits.requests, limits.input_tokens, limits.output_tokens, usd)

    def exceeded_by(self, amount: Amount) -> int | None:
        """Index of the first kind of which that is too much."""
        for index, (most, used) in enumerate(zip(self, amount, strict=True)):
            if most is not None and used > most:
                return index
        return None

    def share(self, amount: Amount) -> tuple[float, int]:
        """(fraction used, index of the kind) of what is nearest to its limit."""
        shares = [
            (used / most if most else float(used > 0), index)
            for index, (most, used) in enumerate(zip(self, amount, strict=True))
            if most is not None
        ]
        return max(shares, default=(0.0, 0))


class Key(NamedTuple):
    """One count: of a budget, in one period, for one scope."""

    budget: str
    period: Period
    begins: str
    """Its first day."""
    scope: str
    """The values that are counted apart, as JSON; "" for one count of all."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits for some requests."""

    id: str
    """Of what is counted: other limits are the same count."""
    name: str
    conditions: Mapping[Dimension, str]
    each: tuple[Dimension, ...] = ()
    limits: Mapping[Period, Limit] = field(default_factory=dict)
    per_request: RequestLimits = NO_LIMITS
    on_limit: OnLimit = "refuse"
    warn_at: float = 0.8
    count: Counted = "metered"

    def concerns(self, spender: Spender) -> bool:
        """Whether the request is one of those that are limited."""
        return all(_fits(name, getattr(spender, name), pattern) for name, pattern in self.conditions.items())

    @property
    def is_of_tokens(self) -> bool:
        """Another token may still have room."""
        return "token" in self.conditions or "token" in self.each

    @property
    def is_of_a_key(self) -> bool:
        """It was given with a client key."""
        return self.id.startswith(OF_A_KEY)

    @property
    def counts_usd(self) -> bool:
        per_request = self.per_request.usd is not None
        return per_request or any(limit.nano_usd is not None for limit in self.limits.values())

    def keys(self, spender: Spender, at: float) -> list[tuple[Key, Limit]]:
        """The counts that a request is added to."""
        scope = ""
        if self.each:
            values = {name: getattr(spender, name) for name in self.each}
            if "model" in values:  # another spelling of it is no other model, with a budget of its own
                values["model"] = spellings(spender.model[:LONGEST_NAME])[-1]
            scope = orjson.dumps(values).decode()
            if len(scope) > MOST_SCOPE_BYTES:  # names come from clients
                scope = orjson.dumps({"digest": hashlib.blake2b(scope.encode(), digest_size=16).hexdigest()}).decode()
        return [
            (Key(self.id, period, begins_on(period, at).isoformat(), scope), limit)
            for period, limit in self.limits.items()
        ]


def _fits(name: Dimension, value: str, pattern: str) -> bool:
    if name == "project":
        pattern = os.path.expanduser(pattern)
    if value == pattern or fnmatchcase(value, pattern):
        return True
    if name != "model":
        return False
    pattern = pattern.lower()
    return any(spelt == pattern or fnmatchcase(spelt, pattern) for spelt in spellings(value[:LONGEST_NAME]))


def budgets_of(spend: SpendConfig) -> tuple[Budget, ...]:
    """The budgets of the configuration, the one of everything first."""
    found = []
    limits = limits_of(spend.per_day, spend.per_week, spend.per_month)
    if limits or spend.per_request != RequestLimits():
        found.append(
            Budget(EVERYTHING, "[spend]", {}, (), limits, spend.per_request, spend.on_limit, spend.warn_at, spend.count)
        )
    found += [_budget(own, spend) for own in spend.budgets]
    return tuple(found)


def limits_of(*periods: PeriodLimits) -> dict[Period, Limit]:
    """Of a day, a week, a month; what is not limited is left out."""
    return {
        period: Limit.of(limits) for period, limits in zip(PERIODS, periods, strict=True) if limits != PeriodLimits()
    }


def _budget(own: BudgetConfig, spend: SpendConfig) -> Budget:
    conditions = own.conditions()
    each = tuple(conditions) if own.each is True else own.each or ()
    count = own.count or spend.count
    return Budget(
        _id_of(conditions, each, count),
        own.name or _name_of(conditions, each),
        conditions,
        each,
        limits_of(own.per_day, own.per_week, own.per_month),
        own.per_request,
        own.on_limit or spend.on_limit,
        own.warn_at or spend.warn_at,
        count,
    )


def _id_of(conditions: Mapping[Dimension, str], each: Sequence[Dimension], count: Counted) -> str:
    what = orjson.dumps([conditions, sorted(each), count], option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(what, digest_size=8).hexdigest()


def _name_of(conditions: Mapping[Dimension, str], each: Iterable[Dimension]) -> str:
    parts = [f"{name} {pattern}" for name, pattern in conditions.items()]
    parts += [f"each {name.replace('_', ' ')}" for name in DIMENSIONS if name in each and name not in conditions]
    return ", ".join(parts) or "[[spend.budgets]]"
