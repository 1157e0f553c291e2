"""A host that fails again and again is left alone for a while; the tokens are not punished for it."""

from router_core.clock import FixedClock
from router_core.tokens.breaker import FIRST_OPEN_S, LONGEST_OPEN_S, OPENS_AFTER, Breakers

HOST = "api.example"


class _Saved:
    def __init__(self) -> None:
        self.rows: list[tuple[str, int, float, str]] = []

    def __call__(self, host: str, failures: int, open_until: float, because: str) -> None:
        self.rows.append((host, failures, open_until, because))


def test_it_opens_after_many_failures_in_a_row_and_closes_by_itself() -> None:
    clock, saved = FixedClock(1000.0), _Saved()
    breakers = Breakers(saved, clock)
    for _ in range(OPENS_AFTER - 1):
        breakers.failed(HOST, "502")
    assert breakers.open_for(HOST) is None
    breakers.failed(HOST, "503")
    assert breakers.open_for(HOST) == (FIRST_OPEN_S, "503")
    assert breakers.open_for("other.example") is None
    assert saved.rows[-1] == (HOST, OPENS_AFTER, 1000 + FIRST_OPEN_S, "503")
    clock.advance(FIRST_OPEN_S)
    assert breakers.open_for(HOST) is None


def test_it_opens_longer_each_time_up_to_a_limit_even_in_an_outage_of_days() -> None:
    breakers = Breakers(_Saved(), FixedClock(0.0))
    opened = []
    for _ in range(OPENS_AFTER + 3000):
        breakers.failed(HOST, "down")
        opened.append((breakers.open_for(HOST) or (0.0, ""))[0])
    assert opened[OPENS_AFTER - 1 : OPENS_AFTER + 5] == [5, 10, 20, 40, LONGEST_OPEN_S, LONGEST_OPEN_S]
    assert opened[-1] == LONGEST_OPEN_S


def test_one_success_forgets_everything() -> None:
    saved = _Saved()
    breakers = Breakers(saved, FixedClock())
    for _ in range(OPENS_AFTER):
        breakers.failed(HOST, "down")
    breakers.succeeded(HOST)
    assert breakers.open_for(HOST) is None
    assert saved.rows[-1] == (HOST, 0, 0.0, "")
    breakers.succeeded(HOST)
    assert len(saved.rows) == OPENS_AFTER + 1


def test_what_was_open_before_a_restart_is_open_after_it() -> None:
    clock = FixedClock(1000.0)
    breakers = Breakers(_Saved(), clock)
    breakers.restore(HOST, OPENS_AFTER, 1030.0, "down")
    assert breakers.open_for(HOST) == (30.0, "down")
    breakers.failed(HOST, "still")
    assert breakers.open_for(HOST) == (10.0, "still")
