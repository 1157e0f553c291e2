"""`start`, `stop`, `restart`, `status` with real processes: one router for each home, strangers are left alone."""

import importlib.metadata
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from router_core import __version__
from router_core.cli import launch
from router_core.processes import command_of, has_ended, is_router
from router_core.running import find_running
from tests.router_core.cli.conftest import Cli
from tests.support.router import free_port, wait_until


def health(url: str) -> int:
    return httpx.get(f"{url}/health", trust_env=False, timeout=5).status_code


def test_life_of_a_router(cli: Cli) -> None:
    port = free_port()
    done = cli.process("start", "--port", str(port), "--log-level", "debug")
    assert done.returncode == 0, done.stderr
    url = f"http://127.0.0.1:{port}"
    assert done.stdout.startswith(f"Running: {url} (pid ")
    assert health(url) == 200
    running = find_running(cli.home)
    assert running is not None
    assert is_router(command_of(running.pid))
    assert cli.home.pid.read_text() == f"{running.pid}\n"

    again = cli("start", "--port", str(port))
    assert (again.exit_code, again.stdout) == (0, f"Already running: {url} (pid {running.pid})\n")
    elsewhere = cli("start", "--port", str(port + 1))
    assert elsewhere.exit_code == 1
    assert "runs already" in elsewhere.stderr

    told = json.loads(cli("status", "--json").stdout)
    assert (told["running"], told["url"], told["pid"], told["version"]) == (True, url, running.pid, __version__)
    shown = cli("status").stdout
    assert url in shown
    assert "none has a token (all:" in shown
    assert "locked to" not in shown
    assert cli("model", "lock", "codex/gpt-5.5").exit_code == 0
    assert "codex/gpt-5.5, whatever the rules say" in cli("status").stdout

    restarted = cli.process("restart", "--port", str(port))
    assert restarted.returncode == 0, restarted.stderr
    newer = find_running(cli.home)
    assert newer is not None
    assert newer.pid != running.pid
    assert has_ended(running.pid)
    assert health(url) == 200

    stopped = cli("stop")
    assert (stopped.exit_code, stopped.stdout) == (0, f"Stopped: {url} (pid {newer.pid})\n")
    assert has_ended(newer.pid)
    assert not cli.home.pid.exists()
    status = cli("status", "--json")
    assert (status.exit_code, json.loads(status.stdout)["running"]) == (1, False)
    cli.env["MITMROUTER__SERVER__PORT"] = str(port)  # at 8100 there may be the router of who runs this
    assert cli("stop").exit_code == 0


@pytest.mark.slow
def test_flags_outlive_a_reload_of_the_configuration(cli: Cli) -> None:
    cli.process("start", "--port", "0", "--log-level", "error")
    running = find_running(cli.home)
    assert running is not None, "port 0 is a free one"
    environment = Path(f"/proc/{running.pid}/environ")
    if not environment.exists():
        pytest.skip("needs /proc")
    assert b"MITMROUTER__SERVER__LOG_LEVEL=error" in environment.read_bytes()
    assert b"PYTHONOPTIMIZE=1" in environment.read_bytes()


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="no IPv6 here")
@pytest.mark.slow
def test_ipv6(cli: Cli) -> None:
    done = cli.process("start", "--host", "::1", "--port", "0")
    assert done.returncode == 0, done.stderr
    running = find_running(cli.home)
    assert running is not None
    assert running.url.startswith("http://[::1]:")
    assert health(running.url) == 200
    assert cli("status").exit_code == 0


def test_port_of_a_foreign_program_is_named_and_left_alone(cli: Cli) -> None:
    stranger = "import socket, time; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True)"
    with subprocess.Popen(
        [sys.executable, "-c", stranger + "; input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        for command in ("start", "restart", "demo"):
            done = cli(command, "--port", port)
            assert done.exit_code == 1
            assert done.stderr.count("\n") == 1
            assert done.stderr.startswith(f"Error: Port {port} is taken by python")
            assert f"(pid {process.pid})" in done.stderr
            assert f"{command if command == 'demo' else 'start'} --port {int(port) + 100}" in done.stderr
        assert process.poll() is None
        cli.env["MITMROUTER__SERVER__PORT"] = str(free_port())
        assert cli("stop").exit_code == 0
        process.kill()


@pytest.mark.slow
def test_router_of_another_home_is_replaced_by_restart_only(cli: Cli, other: Cli) -> None:
    port = str(free_port())
    other.process("start", "--port", port)
    theirs = find_running(other.home)
    assert theirs is not None
    refused = cli("start", "--port", port)
    assert refused.exit_code == 1
    assert "restart" in refused.stderr
    cli.env["MITMROUTER__SERVER__PORT"] = port
    refused = cli("stop")
    assert refused.exit_code == 1
    assert "belongs to another home folder" in refused.stderr
    assert not has_ended(theirs.pid)
    done = cli.process("restart")
    assert done.returncode == 0, done.stderr
    assert has_ended(theirs.pid)
    mine = find_running(cli.home)
    assert mine is not None
    assert mine.port == int(port)


@pytest.mark.slow
def test_router_in_front_whose_pid_file_is_gone_is_found_by_its_port(cli: Cli) -> None:
    port = str(free_port())
    with cli.start("start", "--foreground", "--port", port) as front:
        wait_until(lambda: find_running(cli.home), timeout_s=20)
        cli.home.pid.unlink()
        cli.home.running.unlink()
        done = cli.process("restart", "--port", port)
        assert done.returncode == 0, done.stderr
        assert front.wait(timeout=10) is not None
    assert health(f"http://127.0.0.1:{port}") == 200


@pytest.mark.slow
def test_foreground_ends_with_ctrl_c(cli: Cli) -> None:
    with cli.start("start", "--foreground", "--port", str(free_port())) as front:
        running = wait_until(lambda: find_running(cli.home), timeout_s=20)
        assert running.pid == front.pid, "it is the router itself, not a parent that might leave it behind"
        front.send_signal(signal.SIGINT)
        assert front.wait(timeout=15) == 0
        assert front.stdout is not None
        assert front.stdout.readline().startswith(f"mitmrouter on {running.url}; Ctrl-C ends it.")
    assert find_running(cli.home) is None


def test_stale_pid_of_another_program_is_never_stopped(cli: Cli) -> None:
    cli.home.ensure()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as innocent:
        written = {"pid": innocent.pid, "host": "127.0.0.1", "port": free_port(), "version": __version__}
        cli.home.running.write_text(json.dumps(written))
        cli.env["MITMROUTER__SERVER__PORT"] = str(written["port"])
        assert cli("stop").stdout == "The router is not running.\n"
        assert cli("status").exit_code == 1
        assert innocent.poll() is None
        innocent.kill()


def test_router_that_cannot_start_is_an_error_with_its_last_words(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.home.ensure().traces_db.mkdir()
    done = cli("start", "--port", "0")
    assert done.exit_code == 1
    assert "The router ended with status 1. It said:" in done.stderr
    assert "traces.db" in done.stderr
    assert find_running(cli.home) is None


def test_wrong_or_missing_mitmproxy_is_one_line(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "13.0.1")
    done = cli("start", "--port", "0")
    assert done.exit_code == 1
    assert "mitmproxy 13.0.1 is installed, the router is made for 12.2.x. Install it: " in done.stderr
    monkeypatch.undo()
    monkeypatch.setattr(launch.sys, "executable", "/nonexistent/python")
    done = cli("start", "--port", "0")
    assert (done.exit_code, "There is no /nonexistent/mitmdump" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("host", "message"),
    [("203.0.113.7", "Set --host"), ("no-such-host.invalid", "is not known here")],
)
def test_host_that_is_not_ours_is_one_line(cli: Cli, host: str, message: str) -> None:
    done = cli("start", "--host", host, "--port", str(free_port()))
    assert done.exit_code == 1
    assert message in done.stderr


@pytest.mark.slow
def test_web_shows_where_the_pages_are(cli: Cli) -> None:
    assert "for --web" in cli("start", "--port", "0", "--web-port", "9").output
    port = free_port()
    # As a user's shell has it: what is printed into a file is then kept back, unless the router is told otherwise.
    done = cli.process("start", "--port", "0", "--web", "--web-port", str(port), PYTHONUNBUFFERED="")
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("Requests in a browser: ")]
    page = line.removeprefix("Requests in a browser: ")
    assert page.startswith(f"http://127.0.0.1:{port}/?token=")
    assert httpx.get(page, trust_env=False, follow_redirects=True).status_code == 200
    assert httpx.get(page.partition("?")[0], trust_env=False).status_code == 403
    running = find_running(cli.home)
    assert running is not None
    assert "token=" not in " ".join(command_of(running.pid))


@pytest.mark.slow
def test_start_is_refused_while_the_demo_holds_the_home(cli: Cli) -> None:
    with cli.start("demo", "--port", "0") as demo:
        assert demo.stdout is not None
        assert demo.stdout.readline().startswith("mitmrouter ")
        for command in ("start", "restart", "demo"):
            done = cli(command, "--port", "0")
            assert done.exit_code == 1
            assert "demo" in done.stderr.lower()
        os.kill(demo.pid, signal.SIGTERM)
        assert demo.wait(timeout=15) == 0
