from typing import Any

import pytest

from router_core.wire.logprobs import clean_logprobs

GOOD = {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": [{"token": "b", "logprob": -1, "bytes": None}]}


def test_good_entries_stay_as_they_are() -> None:
    assert clean_logprobs([GOOD, {"token": "", "logprob": 0}]) == (GOOD, {"token": "", "logprob": 0})


@pytest.mark.parametrize(
    "bad",
    [None, "a", {}, {"token": 1, "logprob": 0}, {"token": "a"}, {"token": "a", "logprob": True},
     {"token": "a", "logprob": 0, "bytes": "a"}, {"token": "a", "logprob": 0, "bytes": [None]}],
)  # fmt: skip
def test_what_is_no_entry_is_left_out(bad: Any) -> None:
    assert clean_logprobs([bad, GOOD]) == (GOOD,)
    assert clean_logprobs([{**GOOD, "top_logprobs": [bad]}]) == ({**GOOD, "top_logprobs": []},)


@pytest.mark.parametrize("value", [None, "a", {"content": []}, 7])
def test_no_list_is_no_log_probabilities(value: Any) -> None:
    assert clean_logprobs(value) == ()


@pytest.mark.parametrize("alternatives", ["x", 7, {}])
def test_alternatives_that_are_no_list_are_none(alternatives: Any) -> None:
    assert clean_logprobs([{**GOOD, "top_logprobs": alternatives}]) == ({**GOOD, "top_logprobs": []},)
