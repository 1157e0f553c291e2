"""That something is under way, shown on a terminal's standard error and nowhere else."""

import contextlib
import itertools
import os
import sys
import threading
from collections.abc import Iterable, Iterator, Sized

import click

FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
WIPE = "\r\x1b[K"
STEP_S = 0.1
MANY = 3
"""Fewer are done before anybody wonders."""


def shown() -> bool:
    """Whether somebody watches."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


@contextlib.contextmanager
def working(text: str) -> Iterator[None]:
    """A turning sign with a text while something of unknown length is done; it is wiped afterwards."""
    if not shown():
        yield
        return
    ended = threading.Event()

    def turn() -> None:
        for frame in itertools.cycle(FRAMES):
            _write(f"{WIPE}{frame} {text} …")
            if ended.wait(STEP_S):
                return

    thread = threading.Thread(target=turn, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        _write(WIPE)


def _write(text: str) -> None:
    """Past click, which takes every escape sequence out with `NO_COLOR`; this one is no colour."""
    sys.stderr.write(text)
    sys.stderr.flush()


def waited[T](items: Iterable[T], text: str) -> Iterator[T]:
    """The items, with a turning sign while each next one is waited for: between them others may print."""
    waiting, end = iter(items), object()
    while True:
        with working(text):
            item = next(waiting, end)
        if item is end:
            return
        yield item  # type: ignore[misc]  # it is not the mark of the end


@contextlib.contextmanager
def bar[T](items: Iterable[T], text: str) -> Iterator[Iterable[T]]:
    """The items, with a bar that fills as they are taken; for work that prints nothing meanwhile."""
    if not shown() or (isinstance(items, Sized) and len(items) < MANY):
        yield items
        return
    with click.progressbar(items, label=text, file=sys.stderr, show_pos=True) as filling:
        yield filling
