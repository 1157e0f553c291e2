"""Quota windows from response headers, in every spelling there is, and from whatever else arrives."""

from email.utils import formatdate

import pytest

from router_core.tokens.quota import LONGEST_S, account_wide, go_duration, number, retry_after, window_name
from router_core.tokens.quota import windows_from_headers as windows
from router_core.tokens.token import Window

NOW = 1_785_500_000.0
U = "anthropic-ratelimit-unified-"


def test_unified_windows_are_found_by_prefix_as_fractions_and_epoch_seconds() -> None:
    headers = {
        f"{U}status": "rejected", f"{U}reset": "1785518400", f"{U}representative-claim": "five_hour",
        f"{U}fallback": "available", f"{U}fallback-percentage": "0.5",
        f"{U}5h-status": "rejected", f"{U}5h-reset": "1785518400", f"{U}5h-utilization": "1.01",
        f"{U}5h-surpassed-threshold": "1.0", f"{U}7d-status": "allowed", f"{U}7d-reset": "1786006800",
        f"{U}7d-utilization": "0.69", f"{U}7d_oi-status": "rejected", f"{U}7d_oi-reset": "1785621320",
        f"{U}7d_oi-utilization": "1.02", f"{U}overage-status": "rejected", f"{U}overage-reset": "1785621320",
        f"{U}30d_new-utilization": "0.2",
    }  # fmt: skip
    assert windows(headers, NOW) == [
        Window("5h", 1.01, 1785518400, 18000, "rejected", NOW),
        Window("7d", 0.69, 1786006800, 604800, "allowed", NOW),
        Window("7d_oi", 1.02, 1785621320, 604800, "rejected", NOW),
        Window("30d_new", 0.2, None, 30 * 86400, "", NOW),
    ]


def test_classic_anthropic_windows_are_counts_and_rfc_3339() -> None:
    headers = {
        "anthropic-ratelimit-requests-limit": "1000", "anthropic-ratelimit-requests-remaining": "999",
        "anthropic-ratelimit-requests-reset": "2026-07-31T12:40:59Z", "anthropic-ratelimit-input-tokens-limit": "80000",
        "anthropic-ratelimit-input-tokens-remaining": "0", "anthropic-ratelimit-input-tokens-reset": "never",
        "anthropic-ratelimit-output-tokens-limit": "0", "anthropic-ratelimit-tokens-limit": "96000",
    }  # fmt: skip
    assert [(w.name, w.used, w.reset_at, w.length_s) for w in windows(headers, NOW)] == [
        ("requests", pytest.approx(0.001), 1785501659.0, 60),
        ("input-tokens", 1.0, None, 60),
        ("output-tokens", None, None, 60),
        ("tokens", None, None, 60),
    ]


def test_codex_windows_are_named_by_their_length() -> None:
    """sub2api #4195: some plans put the weekly window first."""
    headers = {
        "x-codex-primary-used-percent": "12.5", "x-codex-primary-window-minutes": "10080",
        "x-codex-primary-reset-at": "1785600000", "x-codex-secondary-used-percent": "3",
        "x-codex-secondary-window-minutes": "300", "x-codex-secondary-reset-after-seconds": "60",
        "x-codex-primary-over-secondary-limit-percent": "5", "x-codex-bengalfox-limit-name": "GPT-5.3-Codex-Spark",
        "x-codex-bengalfox-primary-used-percent": "100", "x-codex-bengalfox-primary-window-minutes": "300",
    }  # fmt: skip
    assert windows(headers, NOW) == [
        Window("7d", 0.125, 1785600000, 604800, "", NOW),
        Window("5h", 0.03, NOW + 60, 18000, "", NOW),
        Window("5h_gpt_5_3_codex_spark", 1.0, None, 18000, "", NOW),
    ]


@pytest.mark.parametrize("broken", [{"used-percent": ""}, {"window-minutes": "0"}, {"window-minutes": "x"}])
def test_half_a_codex_window_is_none(broken: dict[str, str]) -> None:
    parts = {"used-percent": "1", "window-minutes": "300"} | broken
    assert windows({f"x-codex-primary-{key}": value for key, value in parts.items()}, NOW) == []


def test_openai_windows_reset_after_go_durations() -> None:
    headers = {
        "x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-reset-requests": "1s", "x-ratelimit-limit-tokens": "150000",
        "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s",
    }  # fmt: skip
    assert [(w.name, round(w.used or 0, 3), w.reset_at) for w in windows(headers, NOW)] == [
        ("requests", 0.017, NOW + 1),
        ("tokens", 1.0, NOW + 360),
    ]


@pytest.mark.parametrize("value", ["", "unlimited", "nan", "inf", "-inf", "1e300", "٣", "0x10", " ", "1,000", "null"])
def test_weird_values_never_raise_and_never_count(value: str) -> None:
    names = [
        f"{U}5h-utilization", f"{U}5h-reset", "anthropic-ratelimit-requests-limit",
        "anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset", "x-codex-primary-used-percent",
        "x-codex-primary-window-minutes", "x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "retry-after",
        "x-ratelimit-reset-tokens",
    ]  # fmt: skip
    headers = dict.fromkeys(names, value)
    retry_after(headers, NOW)
    for found in windows(headers, NOW):
        assert found.used is None or value == "٣"
        assert found.reset_at is None or value == "٣"


def test_a_length_nobody_can_mean_is_not_kept() -> None:
    assert windows({f"{U}{'9' * 30}h-status": "allowed"}, NOW)[0].length_s is None
    assert windows({f"{U}0h-status": "allowed"}, NOW)[0].length_s is None


def test_no_headers_no_windows() -> None:
    assert windows({}, NOW) == []
    assert windows({"content-type": "text/plain", "x-ratelimit-limit-requests": "5"}, NOW) == []


@pytest.mark.parametrize(
    ("seconds", "name"), [(18000, "5h"), (604800, "7d"), (2592000, "30d"), (60, "1m"), (5400, "90m"), (86400, "1d")]
)
def test_window_names(seconds: float, name: str) -> None:
    assert window_name(seconds) == name


@pytest.mark.parametrize(("name", "wide"), [("5h", True), ("7d", True), ("requests", True), ("7d_oi", False)])
def test_only_windows_of_one_family_are_not_account_wide(name: str, wide: bool) -> None:
    assert account_wide(Window(name, 1.0, None)) is wide


@pytest.mark.parametrize(
    ("text", "value"), [("1", 1.0), ("-2.5", -2.5), ("1785518400", 1785518400.0), ("1785518400000", None), (None, None)]
)
def test_milliseconds_where_seconds_belong_are_not_believed(text: str | None, value: float | None) -> None:
    assert number(text) == value


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("6m0s", 360), ("1.5s", 1.5), ("120ms", 0.12), ("1h2m3s", 3723), ("0s", 0), ("", None), ("5", None),
        ("soon", None), ("1s later", None), ("-1s", None), ("9" * 40 + "h", None),
    ],
)  # fmt: skip
def test_go_durations(text: str, seconds: float | None) -> None:
    assert go_duration(text) == (seconds if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"retry-after": "30"}, 30),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "-5"}, 0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "99999999999"}, LONGEST_S),
        ({"retry-after": formatdate(NOW + 90, usegmt=True)}, 90),
        ({"retry-after": formatdate(NOW - 90, usegmt=True)}, 0),
        ({"retry-after": "tomorrow"}, None),
        ({"retry-after": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"}, None),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after": "2", "retry-after-ms": "250"}, 2),
        ({"retry-after-ms": "x"}, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(headers: dict[str, str], wait: float | None) -> None:
    until = retry_after(headers, NOW)
    assert until == (None if wait is None else pytest.approx(NOW + wait))


def test_copilots_windows_are_what_is_left_in_percent() -> None:
    headers = {
        "x-usage-ratelimit-session": "ent=0&ov=0.0&ovPerm=false&rem=99.6&rst=2026-04-22T14%3A30%3A56Z",
        "x-usage-ratelimit-weekly": "rem=5.7&rst=",
        "x-quota-snapshot-premium_interactions": "ent=300&ov=0.0&ovPerm=false&rem=0.0&rst=2026-12-01T00%3A00%3A00Z",
        "x-quota-snapshot-chat": "ent=-1&rem=100.0",
    }
    found = windows(headers, NOW)
    assert [(w.name, round(w.used or 0, 4), w.reset_at, w.length_s) for w in found] == [
        ("5h", 0.004, 1776868256.0, 18_000),
        ("7d", 0.943, None, 604_800),
        ("30d_premium_requests", 1.0, 1796083200.0, 2_592_000),
    ]
    assert not account_wide(found[2])
    assert windows({"x-usage-ratelimit-session": "nonsense", "x-usage-ratelimit-weekly": "rem=x"}, NOW) == []
