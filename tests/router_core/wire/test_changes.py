"""What differs between two bodies is found where a person would look for it."""

from typing import Any

import pytest

from router_core.wire.changes import Change, changes

A = {"role": "user", "content": "A"}
B = {"role": "assistant", "content": "B"}


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [Change("a", "changed", 1, 2)]),
        ({"a": 1}, {"a": True}, [Change("a", "changed", 1, True)]),
        ({"a": 1}, {}, [Change("a", "removed", 1)]),
        ({}, {"a": None}, [Change("a", "added", None, None)]),
        ({"a": {"b": [1, {"c": 2}]}}, {"a": {"b": [1, {"c": 3}]}}, [Change("a.b[1].c", "changed", 2, 3)]),
        ({"a b": 1, "$schema": 2}, {}, [Change('["a b"]', "removed", 1), Change("$schema", "removed", 2)]),
        ([1], {"a": 1}, [Change("$", "changed", [1], {"a": 1})]),
        ({"m": [A, B]}, {"m": [A]}, [Change("m[1]", "removed", B)]),
        ({"m": [A, B]}, {"m": [B]}, [Change("m[0]", "removed", A)]),
        ({"m": [A]}, {"m": [B, A]}, [Change("m[0]", "added", None, B)]),
        ({"m": []}, {"m": [A, B]}, [Change("m[0]", "added", None, A), Change("m[1]", "added", None, B)]),
        (
            {"m": [A, B, A]},
            {"m": [A, {**B, "content": "C"}, B, A]},
            [Change("m[1]", "added", None, {**B, "content": "C"})],
        ),
        (
            {"m": [A, B]},
            {"m": [{"role": "system"}, A, {**B, "content": "C"}]},
            [Change("m[0]", "added", None, {"role": "system"}), Change("m[2].content", "changed", "B", "C")],
        ),
    ],
)
def test_paths_lead_to_what_differs(before: Any, after: Any, found: list[Change]) -> None:
    assert list(changes(before, after)) == found


def test_long_lists_are_compared_from_the_front() -> None:
    old = [{"n": number} for number in range(200)]
    new = [{"n": -1}, *({"n": number * 2 + 1} for number in range(200))]
    assert len(list(changes(old, new))) == 200
