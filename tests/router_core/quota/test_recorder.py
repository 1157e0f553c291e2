"""What the running router keeps of quota over time."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from router_core.clock import FixedClock
from router_core.home import Home
from router_core.quota.known import KnownQuota
from router_core.quota.recorder import QuotaRecorder
from router_core.quota.report import Balance
from router_core.quota.sample import Sample, weighted_tokens
from router_core.store.database import Writer, transaction
from router_core.store.quota import balances, last_samples, samples_of, thin_samples, write_balances, write_samples
from router_core.store.tokens import TokenStore, open_tokens
from router_core.tokens.token import Token, Window
from router_core.trace.record import Usage

NOW = 1_800_000_000.0
RESET = NOW + 3600


class Kept:
    """A recorder and its database."""

    def __init__(self, home: Home) -> None:
        self.clock = FixedClock(NOW)
        self.store: TokenStore = open_tokens(home, self.clock)
        self.token = self.store.add(Token("", "work", "claude", "sk-ant-oat01-work"))
        self.writer = Writer(self.store.database, "tokens")
        self.recorder = self.restarted()

    def restarted(self) -> QuotaRecorder:
        return QuotaRecorder(self.writer, self.clock, last_samples(self.store.database))

    def see(self, used: float, *, reset_at: float | None = RESET, length_s: int = 18000) -> None:
        window = Window("5h", used, reset_at, length_s, "", self.clock.now())
        self.recorder.observed(self.token.id, [window])

    def samples(self) -> list[tuple[float, float]]:
        """(used, own tokens)"""
        self.writer.flush()
        found = samples_of(self.store.database, self.token.id, 0).get("5h", [])
        return [(sample.used, sample.own_tokens) for sample in found]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    made = Kept(Home(tmp_path / "home").ensure())
    yield made
    made.writer.close()


def test_a_sample_is_kept_where_the_fraction_moved_or_time_has_passed(kept: Kept) -> None:
    for used in (0.10, 0.10, 0.11, 0.11):
        kept.see(used)
        kept.clock.advance(30)
    kept.clock.advance(300)
    kept.see(0.11)
    assert [used for used, _ in kept.samples()] == [0.10, 0.11, 0.11]


def test_own_tokens_are_counted_from_the_windows_begin(kept: Kept) -> None:
    kept.see(0.10)
    kept.recorder.finished(kept.token.id, Usage(input_tokens=1000, output_tokens=100))
    kept.clock.advance(10)
    kept.see(0.12)
    kept.clock.advance(3600)
    kept.see(0.01, reset_at=RESET + 18000)
    kept.recorder.finished(kept.token.id, Usage(input_tokens=10))
    kept.clock.advance(10)
    kept.see(0.02, reset_at=RESET + 18000 + 1.7)  # the reset jitters: it is the same window
    assert kept.samples() == [(0.10, 0), (0.12, 1500), (0.01, 0), (0.02, 10)]


def test_counting_goes_on_after_a_restart(kept: Kept) -> None:
    kept.see(0.10)
    kept.recorder.finished(kept.token.id, Usage(input_tokens=1000))
    kept.clock.advance(10)
    kept.see(0.12)
    kept.writer.flush()
    kept.recorder = kept.restarted()
    kept.recorder.finished(kept.token.id, Usage(input_tokens=500))
    kept.clock.advance(10)
    kept.see(0.14)
    assert kept.samples()[-1] == (0.14, 1500)


@pytest.mark.parametrize("window", [("requests", 60, RESET), ("5h", 18000, None)], ids=["short", "no reset"])
def test_windows_that_cannot_be_forecast_are_not_sampled(kept: Kept, window: tuple[str, int, float | None]) -> None:
    name, length_s, reset_at = window
    kept.recorder.observed(kept.token.id, [Window(name, 0.5, reset_at, length_s, "", NOW)])
    kept.writer.flush()
    assert samples_of(kept.store.database, kept.token.id, 0) == {}


def test_samples_of_a_removed_token_are_not_written(kept: Kept) -> None:
    kept.store.remove(kept.token.id)
    kept.see(0.10)
    assert kept.samples() == []


def test_old_samples_are_thinned_out_and_then_forgotten(kept: Kept) -> None:
    at = [NOW - days * 86400 + minutes * 60 for days in (9, 2, 0) for minutes in range(0, 60, 5)]
    samples = [("5h", Sample(moment, 0.5, RESET)) for moment in at]
    with transaction(kept.store.database) as connection:
        write_samples(connection, kept.token.id, samples)
        thin_samples(connection, NOW)
    left = samples_of(kept.store.database, kept.token.id, 0)["5h"]
    ages = [round((NOW - sample.observed_at) / 86400) for sample in left]
    assert ages.count(9) == 0
    assert ages.count(2) in (4, 5)  # one in each quarter of an hour
    assert ages.count(0) == 12


def test_balances_of_headers_do_not_undo_what_a_poll_told(kept: Kept) -> None:
    polled = Balance("credits", None, 100.0, 40.0, "credits", "", NOW)
    with transaction(kept.store.database) as connection:
        write_balances(connection, kept.token.id, [polled, Balance("old")], whole=True)
        write_balances(connection, kept.token.id, [polled], whole=True)
    told = {"x-codex-credits-has-credits": "true", "x-codex-credits-unlimited": "false"}
    kept.recorder.answered(kept.token.id, {**told, "x-codex-credits-balance": "39"}, NOW + 1)
    kept.writer.flush()
    assert balances(kept.store.database)[kept.token.id] == [replace(polled, remaining=39.0, observed_at=NOW + 1)]


HEADERS = {
    "anthropic-ratelimit-unified-5h-utilization": "0.5",
    "anthropic-ratelimit-unified-5h-reset": f"{RESET:.0f}",
    "anthropic-ratelimit-unified-overage-status": "rejected",
    "anthropic-ratelimit-unified-overage-disabled-reason": "out_of_credits",
    "x-codex-credits-has-credits": "True",
    "x-codex-credits-unlimited": "False",
    "x-codex-credits-balance": "12.50",
}


def test_headers_tell_windows_credits_and_overage(kept: Kept) -> None:
    assert [window.name for window in kept.recorder.answered(kept.token.id, HEADERS, NOW)] == ["5h"]
    assert kept.samples() == [(0.5, 0)]
    told = balances(kept.store.database)[kept.token.id]
    assert [(b.name, b.remaining, b.status) for b in told] == [("credits", 12.5, ""), ("extra_usage", None, "used up")]


def test_what_is_known_of_a_token_is_put_together(kept: Kept) -> None:
    for minute in range(0, 60, 5):
        kept.recorder.finished(kept.token.id, Usage(input_tokens=1000))
        kept.see(round(minute / 100, 2), reset_at=NOW + 7200)
        kept.clock.advance(300)
    kept.recorder.answered(
        kept.token.id, {"x-codex-credits-unlimited": "true", "x-codex-credits-has-credits": "1"}, NOW
    )
    kept.writer.flush()
    quota = KnownQuota(kept.store.database)
    known = quota.of([kept.token], kept.clock.now())[kept.token.id]
    assert known.outlooks["5h"].forecast is not None
    assert [balance.status for balance in known.balances] == ["unlimited"]
    assert quota.of([kept.token], kept.clock.now())[kept.token.id].outlooks["5h"] is known.outlooks["5h"]
    assert quota.of([replace(kept.token, id="other")], NOW) == {}


def test_tokens_are_weighed_by_what_they_cost() -> None:
    usage = Usage(input_tokens=1, output_tokens=1, cache_read_tokens=10, cache_write_tokens=4, cache_write_1h_tokens=2)
    assert weighted_tokens(usage) == 1 + 5 + 1 + 5 + 4
    assert weighted_tokens(Usage()) == 0
