"""USD as integers: a nano-USD is a billionth of a dollar. No sum and no comparison of money is made with floats."""

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

NANO = 1_000_000_000
MOST_USD = 1_000_000_000
"""What is more than this for one request is no price."""


def to_nano(usd: Decimal | int) -> int:
    """Nano-USD, rounded to the nearest whole one."""
    return int((usd * Decimal(NANO)).to_integral_value(ROUND_HALF_EVEN))


def reported_nano(value: Any) -> int | None:
    """What a provider says that a request has cost, in USD as a JSON number or a text; None for anything else.

    A JSON number was read as a float by now. The shortest decimal of that float is what the provider wrote, as long as
    it wrote 15 digits or fewer; so nothing is lost.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        usd = Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        return None
    return to_nano(usd) if usd.is_finite() and 0 <= usd <= MOST_USD else None


def usd_text(nano: int) -> str:
    """`$12.34`, and below a dollar four digits that say something: `$0.01235`."""
    usd = Decimal(nano).scaleb(-9)
    sign, size = "-" if nano < 0 else "", abs(usd)
    if size >= 1 or not size:
        return f"{sign}${size:,.2f}"
    return f"{sign}${size:.{min(9, 3 - size.adjusted())}f}"
