"""The `[prices]` and `[spend]` tables: what tokens cost here, and how much may be spent."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from router_core.config.section import Section

type Usd = Annotated[Decimal, Field(ge=0, le=1_000_000_000, allow_inf_nan=False)]


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
