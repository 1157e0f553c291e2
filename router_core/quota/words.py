"""Forecasts, balances and resets in words for people; local times."""

from datetime import datetime

from router_core.quota.forecast import Forecast
from router_core.quota.report import Balance
from router_core.text import duration

_ALMOST_S = 60.0


def forecast_words(said: Forecast, reset_at: float | None, now: float) -> str:
    """`used up about 16:40 (15:50–18:10), 2h10m before its reset`."""
    may_last = reset_at is not None and said.latest >= reset_at - _ALMOST_S
    end = "its reset" if may_last else clock_time(said.latest, now)
    text = f"used up about {clock_time(said.used_up_at, now)} ({clock_time(said.earliest, now)}–{end})"
    return text if reset_at is None else f"{text}, {duration(reset_at - said.used_up_at)} before its reset"


def forecast_brief(said: Forecast, now: float) -> str:
    """`full ~16:40`, for one line among others."""
    return f"full ~{clock_time(said.used_up_at, now)}"


def balance_words(balance: Balance) -> str:
    """`12.34 of 50 USD used, 37.66 left`."""
    unit = f" {balance.unit}" if balance.unit else ""
    if balance.used is not None and balance.total is not None:
        text = f"{_number(balance.used)} of {_number(balance.total)}{unit} used"
        text += f", {_number(balance.remaining)} left" if balance.remaining is not None else ""
    elif balance.remaining is not None:
        text = f"{_number(balance.remaining)}{unit} left"
    elif balance.used is not None:
        text = f"{_number(balance.used)}{unit} used"
    else:
        return balance.status or "?"
    return f"{text} ({balance.status})" if balance.status else text


def named_balance(balance: Balance) -> str:
    """The same with its name in front, where the unit does not say it."""
    words = balance_words(balance)
    return (
        words
        if balance.unit == balance.name and balance.unit in words
        else f"{balance.name.replace('_', ' ')}: {words}"
    )


def clock_time(at: float, now: float) -> str:
    """`16:40` today, `Tue 16:40` within a week, else `3 Dec 16:40`."""
    then, today = datetime.fromtimestamp(at).astimezone(), datetime.fromtimestamp(now).astimezone()
    if then.date() == today.date():
        return f"{then:%H:%M}"
    return f"{then:%a %H:%M}" if 0 < at - now < 6 * 86400 else f"{then.day} {then:%b %H:%M}"


def _number(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".") if value % 1 else f"{value:,.0f}"
