"""A command of ours in a terminal of its own: what it shows is read, what a person would type is typed."""

import codecs
import contextlib
import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Iterator

from tests.router_core.cli.conftest import CLI, Cli

LONGEST_SILENCE_S = 30.0
LONGEST_WAIT_S = 45.0
"""For one thing, while others are shown."""


class Terminal:
    """A command in a terminal of its own."""

    def __init__(self, cli: Cli, *arguments: str, **environment: str) -> None:
        self.descriptor, theirs = pty.openpty()
        env = {**cli.environment, **environment}
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION"):
            env.pop(name, None)
        self.process = subprocess.Popen(
            [*CLI, "--home", str(cli.home.path), *arguments],
            env=env, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        self.shown = ""
        self._decode = codecs.getincrementaldecoder("utf-8")().decode

    def until(self, pattern: str) -> str:
        """What is shown up to `pattern`; its first group, if it has one. Fails when the command ends before."""
        ends = time.monotonic() + LONGEST_WAIT_S
        while not (found := re.search(pattern, self.shown)):
            assert time.monotonic() < ends, f"{pattern} never came: {self.shown}"
            self._read()
        return found[1] if found.groups() else found[0]

    def _read(self) -> bool:
        """More of what is shown; False at the end."""
        assert select.select([self.descriptor], [], [], LONGEST_SILENCE_S)[0], f"silent: {self.shown}"
        chunk = os.read(self.descriptor, 4000)
        self.shown += self._decode(chunk)
        return bool(chunk)

    def type(self, text: str) -> None:
        os.write(self.descriptor, text.encode())

    def end(self) -> int:
        """Its exit status, once it has ended."""
        with contextlib.suppress(OSError):  # how a pty says that the other end is gone
            while self._read():
                pass
        os.close(self.descriptor)
        return self.process.wait(timeout=20)


@contextlib.contextmanager
def terminal(cli: Cli, *arguments: str, **environment: str) -> Iterator[Terminal]:
    """Nothing outlives a test that fails."""
    shown = Terminal(cli, *arguments, **environment)
    try:
        yield shown
    finally:
        if shown.process.poll() is None:
            shown.process.kill()
            shown.process.wait()
