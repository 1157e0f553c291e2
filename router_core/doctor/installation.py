"""Python and the packages that the router stands on."""

import importlib.metadata
import re
import sys
from collections.abc import Iterator

from router_core import __version__, mitmproxy_version
from router_core.doctor.examined import Examined
from router_core.doctor.finding import Finding

PYTHONS = ((3, 12), (3, 13))
"""What mitmproxy 12.2 and the packages around it run on."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def check(examined: Examined) -> Iterator[Finding]:
    """Python's version; mitmproxy's, whose internals are used; every package that is needed is there."""
    yield python_finding(sys.version_info[:3])
    yield mitmproxy_finding(mitmproxy_version.installed())
    if missing := [name for name in needed() if not is_installed(name)]:
        install = f"{sys.executable} -m pip install {' '.join(missing)}"
        yield Finding("packages", "problem", f"missing: {', '.join(missing)}", f"Install them: {install}")
    else:
        yield Finding("packages", "ok", f"mitmrouter {__version__} and the {len(needed())} packages it needs")


def python_finding(version: tuple[int, int, int]) -> Finding:
    shown = ".".join(map(str, version))
    if version[:2] in PYTHONS:
        return Finding("python", "ok", f"{shown} ({sys.executable})")
    return Finding(
        "python",
        "problem",
        f"{shown} ({sys.executable}): mitmproxy {mitmproxy_version.WANTED} runs on 3.12 and 3.13",
        "Install Python 3.12 or 3.13 and set the environment up again: ./scripts/run does it by itself",
    )


def mitmproxy_finding(version: str) -> Finding:
    if problem := mitmproxy_version.problem_with(version):
        return Finding("mitmproxy", "problem", problem, mitmproxy_version.how_to_install())
    return Finding("mitmproxy", "ok", version)


def needed() -> list[str]:
    """Names of the packages that the installed mitmrouter asks for, without those of its extras."""
    try:
        lines = importlib.metadata.requires("mitmrouter") or []
    except importlib.metadata.PackageNotFoundError:  # run from a folder that is not installed
        return ["mitmproxy", "pydantic", "sqlite-utils", "textual", "click", "httpx"]
    found = (_NAME.match(line) for line in lines if "extra ==" not in line)
    return [match[0] for match in found if match]


def is_installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
