"""USD as integers."""

from decimal import Decimal
from typing import Any

import pytest

from router_core.money import reported_nano, to_nano, usd_text


@pytest.mark.parametrize(
    ("said", "nano"),
    [
        (0.0001455, 145_500),
        (1.0e-9, 1),
        (0.1, 100_000_000),
        (0.30000000000000004, 300_000_000),
        (3, 3_000_000_000),
        ("0.002", 2_000_000),
        (0, 0),
        (0.123456789, 123_456_789),
        (None, None),
        (True, None),
        (-0.1, None),
        (float("nan"), None),
        (float("inf"), None),
        ("much", None),
        ({"total_cost": 1}, None),
        (10**12, None),
    ],
)
def test_what_a_provider_reports_is_converted_exactly(said: Any, nano: int | None) -> None:
    assert reported_nano(said) == nano


def test_half_a_nano_goes_to_the_even_one() -> None:
    assert [to_nano(Decimal(text)) for text in ("0.0000000005", "0.0000000015", "2.5")] == [0, 2, 2_500_000_000]


@pytest.mark.parametrize(
    ("nano", "text"),
    [
        (0, "$0.00"),
        (1, "$0.000000001"),
        (145_500, "$0.0001455"),
        (12_345_678, "$0.01235"),
        (340_000_000, "$0.3400"),
        (999_999_999, "$1.0000"),
        (1_999_999_999, "$2.00"),
        (1_234_567_000_000, "$1,234.57"),
        (-2_500_000_000, "-$2.50"),
    ],
)
def test_people_read_dollars(nano: int, text: str) -> None:
    assert usd_text(nano) == text
