"""Handing the terminal over: this process becomes another program, with its keys, signals and exit status."""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn


def become(command: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    """Replace this process by `command`; its first word is the path of the program.

    Raises:
        OSError: the program cannot be run.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(command[0], list(command), dict(environment))  # noqa: S606 - an argument list, no shell
