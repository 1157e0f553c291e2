"""The app in a terminal of its own, such as a shell or an SSH session gives: painted, steered by keys, tidily left."""

import fcntl
import re
import struct
import termios
from pathlib import Path

from tests.router_core.cli.conftest import Cli
from tests.support.lab import running_lab
from tests.support.router import wait_until
from tests.support.terminal import Terminal, terminal

_CODES = r"(?:\x1b\[[\d;?]*[a-zA-Z])*"


def read(shown: Terminal, *words: str) -> None:
    """Wait until each can be read in what was painted since the last look, whatever colours it has."""
    for word in words:
        shown.until(_CODES.join(map(re.escape, word)))
    shown.shown = ""


def resize(shown: Terminal, width: int, height: int) -> None:
    fcntl.ioctl(shown.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))


def test_what_a_new_user_asks_is_a_few_keys_away(tmp_path: Path) -> None:
    with running_lab(tmp_path) as lab:
        lab.fresh("anthropic")
        lab.faults(lab.fault("rate_limit"))
        assert lab.ask("anthropic").status_code == 200
        lab.rows()
        with terminal(Cli(lab.router.home), "tui", TERM="xterm-256color", COLORTERM="") as shown:
            before = termios.tcgetattr(shown.descriptor)
            resize(shown, 80, 24)
            shown.until(r"\x1b\[\?1049h")
            read(shown, "Overview", "first", "rests")  # which token is used up
            shown.type("3")
            read(shown, "1–2 of 2 · following", "second")
            shown.type("\r")
            read(shown, "Answered by", "with token second", "Because", "Cost", "replay")  # why, and for how much
            shown.type("R")
            read(shown, "as it was", "token second")
            shown.type("\r")
            read(shown, "Asked again", "The answers are the same.")
            resize(shown, 120, 40)
            read(shown, "BEFORE", "NOW")  # side by side where there is room
            shown.type("\x1b")
            read(shown, "as it was")
            shown.type("\x1b")
            read(shown, "Answered by")
            shown.type("q")
            shown.until(r"\x1b\[\?1049l")
            wait_until(lambda: termios.tcgetattr(shown.descriptor) == before)
            assert shown.end() == 0
