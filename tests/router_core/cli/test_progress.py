"""Long work is shown where somebody watches, and leaves nothing behind; nowhere else is anything written."""

import os
import pty
import subprocess
import sys

CODE = (
    "import time; from router_core.cli.progress import bar, waited, working\n"
    "import click; click.Context(click.Command('x'), color=False).__enter__()  # as with NO_COLOR\n"
    "with working('Looking'): time.sleep(0.25)\n"
    "print(list(waited(iter([1, None, 2]), 'Waiting')))\n"
    "with bar(['a', 'b', 'c'], 'Testing') as items: print([item for item in items])\n"
)
SAID = "[1, None, 2]\n['a', 'b', 'c']\n"


def test_nothing_is_shown_where_nobody_watches() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (SAID, "")


def test_a_sign_turns_and_a_bar_fills_on_a_terminal() -> None:
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-c", CODE], stdout=subprocess.PIPE, stderr=theirs, text=True, check=True,
        env={**os.environ, "TERM": "xterm"},
    )  # fmt: skip
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert done.stdout == SAID
    turning, _, filled = shown.partition("Testing")
    assert turning.count("Looking …") >= 2
    assert turning.endswith("\r\x1b[K") or "\r\x1b[K" in turning.rpartition("…")[2], "wiped at the end"
    assert "3/3" in filled
