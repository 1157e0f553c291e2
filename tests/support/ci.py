"""Whether this run is CI's; looked at before tests/conftest.py takes the variable out of the way."""

import os

import pytest

_KEPT = "TESTS_RUN_IN_CI"
"""Told to the workers, which are started after `CI` is gone."""
IN_CI = os.environ.get("CI", "") not in ("", "0", "false") or _KEPT in os.environ
if IN_CI:
    os.environ[_KEPT] = "1"


def missing(message: str) -> None:
    """Something that a test needs is not here: an error in CI, which installs it; elsewhere the test is left out."""
    if IN_CI:
        pytest.fail(message)
    pytest.skip(message)
