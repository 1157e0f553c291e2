"""scripts/run: sets up once, then gets out of the way; repairs what was cut short; says what to do when it cannot."""

import os
import signal
import time
from pathlib import Path

from tests.scripts.fake_checkout import Checkout


def test_first_run_sets_up_and_passes_its_arguments_on(checkout: Checkout) -> None:
    done = checkout.run("scripts/run", "start", "--port", "8200")
    assert done.stdout == "mitmrouter start --port 8200\n", done.stderr
    kinds = [call.split()[0] for call in checkout.uv_calls]
    assert kinds == ["venv", "pip", "pip"]
    assert "--require-hashes -r requirements.txt" in checkout.uv_calls[1]
    assert checkout.uv_calls[2].endswith("--no-deps --no-build-isolation -e .")


def test_without_arguments_it_is_the_demo(checkout: Checkout) -> None:
    assert checkout.run("scripts/run").stdout == "mitmrouter demo\n"


def test_second_run_installs_nothing_and_is_quick(checkout: Checkout) -> None:
    checkout.run("scripts/run")
    calls = checkout.uv_calls
    started = time.monotonic()
    done = checkout.run("scripts/run", "--version")
    assert time.monotonic() - started < 3
    assert done.stdout == "mitmrouter --version\n"
    assert done.stderr == ""
    assert checkout.uv_calls == calls


def test_changed_lock_file_is_installed_into_the_same_environment(checkout: Checkout) -> None:
    checkout.run("scripts/run")
    (checkout.root / "requirements.txt").write_text("# changed\n")
    checkout.run("scripts/run")
    assert [call.split()[0] for call in checkout.uv_calls] == ["venv", "pip", "pip", "pip", "pip"]


def test_environment_of_the_tests_serves_run_as_well(checkout: Checkout) -> None:
    checkout.run("scripts/check")
    calls = checkout.uv_calls
    assert "-r requirements-dev.txt" in calls[1]
    checkout.run("scripts/run")
    assert checkout.uv_calls == calls


def test_failed_installation_shows_why_and_the_next_run_goes_on(checkout: Checkout) -> None:
    failed = checkout.run("scripts/run", FAKE_UV_FAILS="1")
    assert failed.returncode == 1
    assert failed.stdout == ""
    assert "no route to host" in failed.stderr
    assert "installing the locked packages failed" in failed.stderr.splitlines()[-1]
    assert checkout.run("scripts/run").stdout == "mitmrouter demo\n"


def test_whoever_waits_at_a_terminal_sees_that_it_goes_on(checkout: Checkout, tmp_path: Path) -> None:
    stop = tmp_path / "stop"
    os.mkfifo(stop)
    seen, terminal = os.openpty()
    with checkout.start("scripts/run", stderr=terminal, FAKE_UV_STOPS_AT=str(stop)) as process:
        os.close(terminal)
        shown = b""
        with stop.open("w"):
            while b"installing the locked packages: 1 s" not in shown:
                shown += os.read(seen, 4096)  # fails at the end of the process
        assert process.communicate(timeout=60)[0] == "mitmrouter demo\n"
    os.close(seen)


def test_killed_installation_is_built_anew_by_the_next_run(checkout: Checkout, tmp_path: Path) -> None:
    stop = tmp_path / "stop"
    os.mkfifo(stop)
    with checkout.start("scripts/run", FAKE_UV_STOPS_AT=str(stop)) as process:
        with stop.open("w"):  # returns when the installer has come to its middle
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    (checkout.root / ".venv" / "half-written").touch()
    assert checkout.run("scripts/run").stdout == "mitmrouter demo\n"
    assert not (checkout.root / ".venv" / "half-written").exists()
    assert [call.split()[0] for call in checkout.uv_calls] == ["venv", "pip", "venv", "pip", "pip"]


def test_two_runs_at_the_same_time_set_up_once(checkout: Checkout, tmp_path: Path) -> None:
    stop = tmp_path / "stop"
    os.mkfifo(stop)
    with checkout.start("scripts/run", "first", FAKE_UV_STOPS_AT=str(stop)) as first:
        with stop.open("w"):  # the first is in the middle of its installation until this closes
            second = checkout.start("scripts/run", "second")
            assert second.stderr is not None
            assert "waiting for another setup" in second.stderr.readline()
        assert first.communicate(timeout=60)[0] == "mitmrouter first\n"
    with second:
        assert second.communicate(timeout=60)[0] == "mitmrouter second\n"
    assert [call.split()[0] for call in checkout.uv_calls] == ["venv", "pip", "pip"]


def test_moved_checkout_gets_a_new_environment(checkout: Checkout) -> None:
    checkout.run("scripts/run")
    moved = Checkout(checkout.root.rename(checkout.root.with_name("elsewhere")), checkout.environment)
    assert moved.run("scripts/run").stdout == "mitmrouter demo\n"
    assert str(moved.root) in (moved.root / ".venv" / "bin" / "mitmrouter").read_text()


def test_environment_whose_python_is_gone_is_built_anew(checkout: Checkout) -> None:
    checkout.run("scripts/run")
    for link in (checkout.root / ".venv" / "bin").glob("python*"):
        link.unlink()
        link.symlink_to("/nonexistent/python")
    assert checkout.run("scripts/run").stdout == "mitmrouter demo\n"


def test_checkout_that_cannot_be_written_is_one_clear_line(checkout: Checkout) -> None:
    (checkout.root / ".venv.lock").mkdir()  # file modes do not stop root, who runs tests in containers
    done = checkout.run("scripts/run")
    assert done.returncode == 1
    assert "Make the checkout writable" in done.stderr
    assert done.stderr.count("\n") == 1


def test_no_python_is_one_clear_line(checkout: Checkout, tmp_path: Path) -> None:
    done = checkout.run("scripts/run", PYTHON="", PATH=str(only_basics(tmp_path)), MITMROUTER_PYTHON_FOLDERS="")
    assert done.returncode == 1
    assert "uv python install 3.13" in done.stderr
    assert done.stderr.count("\n") == 1


def only_basics(tmp_path: Path) -> Path:
    """A folder for PATH with the commands that the shell scripts need, and no Python."""
    folder = tmp_path / "basics"
    folder.mkdir()
    for name in ("cat", "cksum", "dirname", "sh"):
        found = next(path for path in (Path("/bin") / name, Path("/usr/bin") / name) if path.exists())
        (folder / name).symlink_to(found)
    return folder
