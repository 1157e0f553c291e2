"""A cost in words."""

import pytest

from router_core.spend.cost_text import cost_text, short_cost_text


@pytest.mark.parametrize(
    ("nano", "basis", "billing", "text"),
    [
        (12_345_678, "price", "metered", "$0.01235"),
        (12_345_678, "reported", "metered", "$0.01235 (as the provider says)"),
        (0, "price", "metered", "$0.00"),
        (2_000_000_000, "price", "subscription", "$2.00 (at list prices: a subscription pays)"),
        (1, "estimated", "metered", "$0.000000001 (estimated: the provider did not tell its usage)"),
        (None, "", "metered", "not known: there is no price for this model (put one into [prices])"),
        (None, "", "", ""),
    ],
)
def test_it_says_how_much_how_that_is_known_and_whether_it_is_money(
    nano: int | None, basis: str, billing: str, text: str
) -> None:
    assert cost_text(nano, basis, billing) == text


@pytest.mark.parametrize(
    ("nano_usd", "billing", "said"),
    [(None, "", ""), (None, "metered", "?"), (12_300_000, "metered", "$0.01230"), (5, "subscription", "~$0.000000005")],
)
def test_a_narrow_column_marks_what_is_no_money_and_what_is_not_known(
    nano_usd: int | None, billing: str, said: str
) -> None:
    assert short_cost_text(nano_usd, billing) == said
