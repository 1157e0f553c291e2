import pytest

from router_core.config.spelling import did_you_mean, near

COMMANDS = ("stats", "start", "status", "stop", "token", "trace")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("strat", "start"),
        ("stat", "stats"),
        ("statu", "status"),
        ("TOKEN", "token"),
        ("tracr", "trace"),
        ("zzz", None),
        ("", None),
    ],
)
def test_the_name_that_looks_most_like_it_is_meant(typed: str, meant: str | None) -> None:
    assert near(typed, COMMANDS) == meant


def test_swapped_letters_go_before_another_name_that_is_as_near_wherever_it_stands() -> None:
    assert near("strat", reversed(COMMANDS)) == "start"


def test_a_question_ends_with_the_space_before_what_follows_and_is_not_asked_without_a_guess() -> None:
    assert did_you_mean("statu", COMMANDS) == "Did you mean 'status'? "
    assert did_you_mean("zzz", COMMANDS) == ""
