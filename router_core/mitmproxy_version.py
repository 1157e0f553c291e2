"""Which mitmproxy the router is made for (it uses its internals), and what is wrong with the one that is installed."""

import importlib.metadata
import sys

from router_core.text import printable

WANTED = "12.2"


def installed() -> str:
    """Its version; "" when there is none."""
    try:
        return importlib.metadata.version("mitmproxy")
    except importlib.metadata.PackageNotFoundError:
        return ""


def problem_with(version: str) -> str:
    """What is wrong with this version of mitmproxy; "" when it is the right one."""
    if not version:
        return "is not installed"
    if not version.startswith(f"{WANTED}."):
        return f"{printable(version, 40)} is installed, the router is made for {WANTED}.x"
    return ""


def how_to_install() -> str:
    """The sentence with the command for this environment."""
    return f"Install it: {sys.executable} -m pip install 'mitmproxy=={WANTED}.*'"
