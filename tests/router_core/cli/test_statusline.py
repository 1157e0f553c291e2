"""What a session has cost, as the status line says it; the whole line is tested in tests/live/test_usage.py."""

import pytest

from router_core.cli.statusline import money


@pytest.mark.parametrize(
    ("cost", "metered", "said"),
    [
        (0, 0, ""),
        (4_000_000, 0, "~<$0.01"),
        (4_000_000, 4_000_000, "<$0.01"),
        (420_000_000, 0, "~$0.42"),
        (1_234_560_000_000, 5, "$1,234.56"),
    ],
)
def test_the_cost_of_a_session(cost: int, metered: int, said: str) -> None:
    assert money(cost, metered) == said
