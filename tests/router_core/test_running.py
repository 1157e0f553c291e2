"""router.pid and router.json: where a running router is found, and what of them is believed."""

import os
import subprocess
import sys

import pytest

from router_core.home import Home
from router_core.running import Running, announce, find_running, withdraw


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8100"),
        ("localhost", "http://localhost:8100"),
        ("::1", "http://[::1]:8100"),
        ("0.0.0.0", "http://127.0.0.1:8100"),
        ("::", "http://[::1]:8100"),
        ("192.0.2.7", "http://192.0.2.7:8100"),
    ],
)
def test_url_is_one_that_this_machine_can_reach(host: str, url: str) -> None:
    assert Running(1, host, 8100, "0").url == url


def test_what_is_announced_is_found_until_it_is_withdrawn(home: Home) -> None:
    running = Running(os.getpid(), "127.0.0.1", 8100, "0.1.0")
    announce(home, running)
    assert find_running(home) == running
    assert home.pid.read_text() == f"{os.getpid()}\n"
    withdraw(home, os.getpid() + 1)
    assert find_running(home) == running, "a newer router's files are its own"
    withdraw(home, os.getpid())
    assert find_running(home) is None
    assert not home.pid.exists()


def test_files_of_a_dead_process_are_not_believed(home: Home) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    announce(home, Running(process.pid, "127.0.0.1", 8100, "0.1.0"))
    assert find_running(home) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", '{"pid": 1}', '{"pid": 1, "host": "h", "port": 2, "version": "", "x": 1}']
)
def test_damaged_file_means_that_none_runs(home: Home, text: str) -> None:
    home.running.write_text(text)
    assert find_running(home) is None
