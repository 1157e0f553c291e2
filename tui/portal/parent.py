"""An app of the portal ends when the portal's process has gone, even if that was killed and could not stop it: that its
input has ended does not end it."""

import os
import threading
import time

PARENT_VARIABLE = "MITMROUTER_PORTAL_PID"
"""The process that an app belongs to."""
LOOK_EVERY_S = 1.0


def end_with_parent() -> None:
    """Does nothing in an app that somebody has opened in a terminal."""
    parent = os.environ.pop(PARENT_VARIABLE, "")  # not for what is started from here
    if parent.isdecimal():
        threading.Thread(target=_watch, args=(int(parent),), name="parent watch", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY_S)
    os._exit(0)  # nobody is left to paint for, and an app writes nothing that would have to be finished
