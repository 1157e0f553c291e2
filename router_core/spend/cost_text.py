"""A cost in words: how much, how that is known, and whether it is money."""

from router_core.money import usd_text

_NOTES = {"reported": "as the provider says", "estimated": "estimated: the provider did not tell its usage"}


def cost_text(nano_usd: int | None, basis: str, billing: str) -> str:
    """`$0.0123 (at list prices: a subscription pays)`; "" where nothing was billed."""
    if nano_usd is None:
        return "not known: there is no price for this model (put one into [prices])" if billing else ""
    notes = [_NOTES.get(basis, ""), "at list prices: a subscription pays" if billing == "subscription" else ""]
    said = "; ".join(filter(None, notes))
    return usd_text(nano_usd) + (f" ({said})" if said else "")


def short_cost_text(nano_usd: int | None, billing: str) -> str:
    """For a narrow column: `~` before what a subscription has paid for, `?` where nobody knows the price."""
    if nano_usd is None:
        return "?" if billing else ""
    return ("~" if billing == "subscription" else "") + usd_text(nano_usd)
