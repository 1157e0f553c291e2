"""The `[prices]` and `[spend]` tables: what tokens cost here, and how much may be spent."""

from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, NonNegativeInt, PositiveInt, model_validator

from router_core.config.section import Section

type Usd = Annotated[Decimal, Field(ge=0, le=1_000_000_000, allow_inf_nan=False)]
OnLimit = Literal["refuse", "cheaper", "wait"]
Dimension = Literal["token", "provider", "model", "project", "session", "client_key"]
DIMENSIONS: tuple[Dimension, ...] = ("token", "provider", "model", "project", "session", "client_key")
Counted = Literal["metered", "all"]
Share = Annotated[float, Field(gt=0, le=1)]


class PriceConfig(Section):
    """One entry of `[prices]`, in USD per million tokens. What is left out is as in the table that comes with the
    router; for a model that is not there, cached input costs as much as uncached, and reasoning as output."""

    input: Usd | None = None
    """Input that was not read from a cache."""
    output: Usd | None = None
    """Output, reasoning included."""
    cache_read: Usd | None = None
    """Input read from the prompt cache."""
    cache_write: Usd | None = None
    """Input written to it for the usual time."""
    cache_write_1h: Usd | None = None
    """Input written to it for an hour."""
    reasoning: Usd | None = None
    """Reasoning, where it is charged otherwise than output."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.named():
            raise ValueError("a price names at least one of input, output, cache_read, cache_write, reasoning")
        return self

    def named(self) -> dict[str, Decimal]:
        """Only what was written."""
        return {name: value for name in type(self).model_fields if (value := getattr(self, name)) is not None}


class RequestLimits(Section):
    """Most that one request may be."""

    input_tokens: PositiveInt | None = None
    """Of its whole prompt, estimated before it is sent."""
    output_tokens: PositiveInt | None = None
    """That it may ask for (`max_tokens` and the like)."""
    usd: Usd | None = None
    """That it is expected to cost."""


class PeriodLimits(Section):
    """Most that may be used in a day, week or month."""

    input_tokens: NonNegativeInt | None = None
    """Whole prompts, cached tokens included."""
    output_tokens: NonNegativeInt | None = None
    """Answers, reasoning included."""
    requests: NonNegativeInt | None = None
    """That a provider has answered."""
    usd: Usd | None = None
    """Money; whose is said by `count`."""


def _one_or_many(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class BudgetConfig(Section):
    """One `[[spend.budgets]]` table: limits for the requests that all given conditions fit. They are patterns as for
    file names (`*`, `?`, `[…]`)."""

    name: str = ""
    """What messages and listings call it; else told by its conditions."""
    token: str | None = None
    """Name of the token that pays."""
    provider: str | None = None
    """Name of the provider."""
    model: str | None = None
    """The target's model."""
    project: str | None = None
    """Working directory that the client names; `~` is the home directory."""
    session: str | None = None
    """The session's key."""
    client_key: str | None = None
    """Name of the client key (`mitmrouter key`)."""
    each: Annotated[bool | tuple[Dimension, ...], BeforeValidator(_one_or_many)] = False
    """A count of its own for each value: `"project"` gives every project the whole budget. `true`: of every condition
    that is given."""
    per_request: RequestLimits = RequestLimits()
    """Limits of a single request."""
    per_day: PeriodLimits = PeriodLimits()
    """Limits of a local day."""
    per_week: PeriodLimits = PeriodLimits()
    """Limits of a week, from Monday on."""
    per_month: PeriodLimits = PeriodLimits()
    """Limits of a calendar month."""
    on_limit: OnLimit | None = None
    """Instead of `[spend] on_limit`."""
    warn_at: Share | None = None
    """Instead of `[spend] warn_at`."""
    count: Counted | None = None
    """Instead of `[spend] count`."""

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        periods = self.per_day, self.per_week, self.per_month
        if self.per_request == RequestLimits() and all(limits == PeriodLimits() for limits in periods):
            raise ValueError("a budget needs a limit: per_request, per_day, per_week or per_month")
        if self.each is True and not self.conditions():
            raise ValueError("each = true needs a condition; or name what is counted apart: each = 'session'")
        return self

    def conditions(self) -> dict[Dimension, str]:
        """What is named, and by which pattern."""
        return {name: value for name in DIMENSIONS if (value := getattr(self, name)) is not None}


class LoopsConfig(Section):
    """Runaway agents: noticed by what a session repeats and by how fast it spends."""

    action: Literal["warn", "stop", "off"] = "warn"
    """`warn`: log, trace and a header say it. `stop`: the session's next requests are refused until a person speaks."""
    same_call: Annotated[int, Field(ge=3)] = 10
    """The same tool call (name and arguments) so often among a session's last 2 × so many calls, with no word of the
    user between them; or the same request so often within ten minutes."""
    usd_per_minute: Usd | None = Decimal(5)
    """A session's spending, at list prices, averaged over five minutes; left out: never too much."""
    tokens_per_minute: PositiveInt | None = 1_000_000
    """Likewise its tokens, without those read from a cache."""


class SpendConfig(Section):
    """What may be spent. All limits together count: a request must fit into each that concerns it."""

    on_limit: OnLimit = "refuse"
    """At a limit: `refuse` at once, go on with a `cheaper` target that still has room, or `wait` for room."""
    warn_at: Share = 0.8
    """From this share of a limit on, log, trace, `/api/spend` and a header of the answer say so."""
    count: Counted = "metered"
    """Which requests count in USD: `metered` ones (a subscription's cost nothing), or `all`, at list prices."""
    unknown_price: Literal["allow", "refuse"] = "allow"
    """A request to a model whose price nobody knows, where a budget in USD concerns it."""
    expected_output_tokens: PositiveInt = 4096
    """Output reserved for a request while it runs, at most (less where it asks for less)."""
    allow: tuple[str, ...] = ()
    """Targets that may be used (`provider/model`, patterns); empty: all."""
    deny: tuple[str, ...] = ()
    """Targets that may not be used."""
    per_request: RequestLimits = RequestLimits()
    """Limits of each single request."""
    per_day: PeriodLimits = PeriodLimits()
    """Limits of everything together in a local day."""
    per_week: PeriodLimits = PeriodLimits()
    """Limits of everything together in a week, from Monday on."""
    per_month: PeriodLimits = PeriodLimits()
    """Limits of everything together in a calendar month."""
    budgets: tuple[BudgetConfig, ...] = ()
    """Further limits, each for some requests."""
    loops: LoopsConfig = LoopsConfig()
    """What a runaway agent is, and what is done about it."""
