"""A systemd user unit.

Hardened as far as it does not break the router: it writes into its home folder and into the vendors' files that hold
shared logins, speaks to the keychain over D-Bus, and runs programs of the owner's (hooks, desktop messages). So the
options that hide folders are left out; they would also need user namespaces, which many systems do not give to users.
"""

import re
from collections.abc import Sequence
from pathlib import Path

NAME = "mitmrouter.service"
HARDENING = (
    "NoNewPrivileges=yes",
    "LockPersonality=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "SystemCallArchitectures=native",
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",  # netlink: how addresses of names are ordered
    "UMask=0077",
)
_PLAIN = re.compile(r"[\w./:@=+,-]+")


def unit_path(config_home: Path) -> Path:
    """Where the user's own units are; `$XDG_CONFIG_HOME` or `~/.config` is given."""
    return config_home / "systemd" / "user" / NAME


def unit_text(command: Sequence[str]) -> str:
    """The unit that runs this command.

    Args:
        command: the router in front, with the full path of its program.
    """
    lines = [
        "[Unit]",
        "Description=mitmrouter, one local endpoint for AI coding tools",
        "StartLimitIntervalSec=60",
        "StartLimitBurst=5",
        "",
        "[Service]",
        "Type=exec",
        f"ExecStart={' '.join(map(quoted, command))}",
        "Restart=on-failure",
        "RestartSec=2",
        "TimeoutStopSec=30",
        *HARDENING,
        "",
        "[Install]",
        "WantedBy=default.target",
    ]
    return "\n".join(lines) + "\n"


def quoted(word: str) -> str:
    """One word of a command line: `%` and `$` mean something there, quotes and backslashes, too."""
    word = word.replace("%", "%%").replace("$", "$$")
    return word if _PLAIN.fullmatch(word) else '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def commands(*, on: bool, now: bool) -> list[list[str]]:
    """What makes the manager take the unit over, or let go of it."""
    systemctl = ["systemctl", "--user"]
    if on:
        enable = [*systemctl, "enable", *(["--now"] if now else []), NAME]
        return [[*systemctl, "daemon-reload"], enable]
    return [[*systemctl, "disable", "--now", NAME]]


AFTERWARDS = [["systemctl", "--user", "daemon-reload"]]
"""Once the unit's file is gone."""
REACHED = ["systemctl", "--user", "show-environment"]
"""Succeeds where the user's manager can be reached: not in most containers, not over plain `su`."""
LINGER = "loginctl enable-linger"
"""Lets it run while the user is not logged in."""
