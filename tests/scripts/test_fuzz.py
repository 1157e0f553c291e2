"""A short run of `scripts/fuzz`; the long one, a million inputs per codec, is started by hand."""

import random
import re
import subprocess
import sys
from importlib import import_module

import pytest

from tests.scripts.fake_checkout import REPOSITORY

FUZZ = [sys.executable, str(REPOSITORY / "scripts" / "fuzz.py")]


def test_nothing_but_defined_errors_comes_of_damaged_input() -> None:
    """New inputs in every run: what fails prints the command that repeats it."""
    seed = str(random.randrange(10**9))
    arguments = ["--seconds", "3", "--count", "20000", "--jobs", "1", "--seed", seed]
    ran = subprocess.run([*FUZZ, *arguments], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    counts = [int(count.replace(",", "")) for count in re.findall(r"([\d,]+) mutated events and bodies", ran.stdout)]
    assert len(counts) == 4
    assert min(counts) >= 400, ran.stdout


def test_a_finding_is_reported_with_the_command_that_repeats_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(str(REPOSITORY / "scripts"))
    fuzz = import_module("fuzz")

    def broken(format: str, dice: random.Random) -> int:
        raise KeyError("choices")

    monkeypatch.setattr(fuzz, "trial", broken)
    outcome = fuzz.run(fuzz.Work("gemini", 7, 3, None))
    assert fuzz.report("gemini", [outcome])
    assert "KeyError: 'choices'" in (said := capsys.readouterr().out)
    assert "--codec gemini --one 8" in said
