"""A launchd agent of the user's."""

import plistlib
from collections.abc import Sequence
from pathlib import Path

LABEL = "local.mitmrouter"
UMASK = 0o077


def agent_path(person: Path) -> Path:
    return person / "Library" / "LaunchAgents" / f"{LABEL}.plist"


def agent_text(command: Sequence[str], log: Path) -> str:
    """The agent that runs this command.

    Args:
        log: what the process itself prints goes there.
    """
    content = {
        "Label": LABEL,
        "ProgramArguments": list(command),
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},  # again when it died, not when it was stopped
        "ThrottleInterval": 5,
        "Umask": UMASK,
        "StandardOutPath": str(log),
        "StandardErrorPath": str(log),
    }
    return plistlib.dumps(content, sort_keys=False).decode()


def commands(path: Path, uid: int, *, on: bool) -> list[list[str]]:
    """What makes the manager take the agent over, or let go of it."""
    domain = f"gui/{uid}"
    if on:
        return [["launchctl", "bootstrap", domain, str(path)]]
    return [["launchctl", "bootout", f"{domain}/{LABEL}"]]


def reached(uid: int) -> list[str]:
    """Succeeds where the user's manager can be reached: not over SSH without a session."""
    return ["launchctl", "print", f"gui/{uid}"]
