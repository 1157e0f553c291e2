"""scripts/test: which tests it runs when, and that a shorter run says so in its last line."""

from pathlib import Path

import pytest

from tests.scripts.fake_checkout import Checkout, write_program

PHASES = (
    "pytest -n 4 --dist loadfile --no-loadscope-reorder -m not alone and not heavy and not timed",
    "pytest -n 3 --dist loadfile -m timed",
    "pytest -n 2 --dist loadfile --no-loadscope-reorder -m heavy",
    "pytest -m alone",
)


def phases(printed: str) -> list[str]:
    """The runs of pytest."""
    return [line for line in printed.splitlines() if line.startswith("pytest")]


def with_clients(checkout: Checkout, *, installed: bool, installs: bool = True) -> Path:
    """Replace scripts/clients by one that notes that it was asked to install."""
    asked = checkout.root / "asked"
    text = f"""#!/bin/sh
if [ "$1" = --installed ]; then exit {0 if installed else 1}; fi
touch '{asked}'
exit {0 if installs else 1}
"""
    write_program(checkout.root / "scripts" / "clients", text)
    for name in ("browser", "shells", "collector"):
        write_program(checkout.root / "scripts" / name, f"#!/bin/sh\ntouch '{asked}-{name}'\n")
    return asked


def test_without_the_clients_the_last_line_says_what_was_left_out(checkout: Checkout) -> None:
    asked = with_clients(checkout, installed=False)
    done = checkout.run("scripts/test", "tests/x.py", "-k", "a b")
    assert done.returncode == 0, done.stderr
    assert "pytest -m not clients tests/x.py -k a b\n" in done.stdout
    last = done.stdout.splitlines()[-1]
    assert "2 with the real clients (tests/live/test_claude.py)" in last
    assert last.endswith("./scripts/clients")
    assert not asked.exists()


def test_with_the_clients_everything_runs(checkout: Checkout) -> None:
    with_clients(checkout, installed=True)
    done = checkout.run("scripts/test")
    assert phases(done.stdout) == list(PHASES)
    assert done.stdout.index("check: mypy") < done.stdout.index("pytest"), (
        "nobody waits for tests of what does not hold"
    )


def test_without_clients_or_arguments_every_part_leaves_them_out(checkout: Checkout) -> None:
    with_clients(checkout, installed=False)
    done = checkout.run("scripts/test")
    assert phases(done.stdout) == [f"{phase} and not clients" for phase in PHASES]


def test_ci_installs_the_clients_and_runs_everything(checkout: Checkout) -> None:
    asked = with_clients(checkout, installed=False)
    done = checkout.run("scripts/test", CI="true")
    assert done.returncode == 0, done.stderr
    assert phases(done.stdout) == list(PHASES)
    assert "check: mypy --strict" in done.stdout
    assert asked.exists()
    assert asked.with_name("asked-browser").exists()
    assert asked.with_name("asked-shells").exists()
    assert asked.with_name("asked-collector").exists()


def test_ci_fails_when_the_clients_cannot_be_installed(checkout: Checkout) -> None:
    with_clients(checkout, installed=False, installs=False)
    done = checkout.run("scripts/test", CI="true")
    assert done.returncode == 1
    assert "pytest" not in done.stdout


def test_fast_path_leaves_out_slow_tests_and_says_so(checkout: Checkout) -> None:
    asked = with_clients(checkout, installed=True)
    done = checkout.run("scripts/test", "--fast", "-x", CI="true")
    assert "pytest -m not slow and not clients and not alone -n 2 --dist loadscope -x\n" in done.stdout
    assert "left out the tests marked slow, alone or clients" in done.stdout.splitlines()[-1]
    assert not asked.exists()


@pytest.mark.parametrize("code", [1, 5])
def test_failed_tests_and_no_tests_at_all_fail_the_run(checkout: Checkout, code: int) -> None:
    with_clients(checkout, installed=True)
    assert checkout.run("scripts/test", PYTEST_EXITS=str(code)).returncode == code


def test_failed_check_fails_the_run_before_any_test(checkout: Checkout) -> None:
    with_clients(checkout, installed=True)
    (checkout.root / "requirements.txt").write_text("--extra-index-url file:///somewhere\n")
    done = checkout.run("scripts/test")
    assert done.returncode == 1
    assert "name a package index" in done.stderr
    assert "\npytest" not in done.stdout


def test_failed_check_fails_ci_which_runs_the_tests_meanwhile(checkout: Checkout) -> None:
    with_clients(checkout, installed=True)
    (checkout.root / "requirements.txt").write_text("--extra-index-url file:///somewhere\n")
    done = checkout.run("scripts/test", CI="true")
    assert done.returncode == 1
    assert "name a package index" in done.stdout
    assert phases(done.stdout) == list(PHASES)
