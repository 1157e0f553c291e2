"""Forecasts and balances in words."""

import time

import pytest

from router_core.quota.forecast import Forecast
from router_core.quota.report import Balance
from router_core.quota.words import balance_words, clock_time, forecast_words

NOW = time.mktime((2026, 11, 20, 14, 0, 0, 0, 0, -1))  # a Friday, local time
HOUR = 3600.0


def test_a_forecast_says_when_between_when_and_how_long_before_the_reset() -> None:
    said = Forecast(NOW + 2 * HOUR + 2400, NOW + 1.5 * HOUR, NOW + 4 * HOUR, "")
    assert forecast_words(said, NOW + 4.5 * HOUR, NOW) == ("used up about 16:40 (15:30–18:00), 1h50m before its reset")


def test_an_interval_that_reaches_the_reset_says_so() -> None:
    said = Forecast(NOW + 2 * HOUR, NOW + HOUR, NOW + 5 * HOUR, "")
    assert "(15:00–its reset)" in forecast_words(said, NOW + 5 * HOUR, NOW)


@pytest.mark.parametrize(("hours", "text"), [(2, "16:00"), (26, "Sat 16:00"), (24 * 13, "3 Dec 14:00")])
def test_times_are_as_short_as_they_can_be(hours: int, text: str) -> None:
    assert clock_time(NOW + hours * HOUR, NOW) == text


@pytest.mark.parametrize(
    ("balance", "text"),
    [
        (Balance("extra_usage", 12.34, 50.0, 37.66, "USD"), "12.34 of 50 USD used, 37.66 left"),
        (Balance("credits", None, None, 1234.0, "credits"), "1,234 credits left"),
        (Balance("key", 1.5, None, None, "USD", "unlimited"), "1.5 USD used (unlimited)"),
        (Balance("extra_usage", status="off"), "off"),
    ],
)
def test_balances_say_what_is_known(balance: Balance, text: str) -> None:
    assert balance_words(balance) == text
