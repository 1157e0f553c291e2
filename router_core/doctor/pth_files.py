"""`.pth` files: a line in them that begins with `import` runs at every start of Python, whoever put it there.

A credential stealer came that way with a release of a well-known gateway (2026-03). So each such file must be one that
an installed package has brought, unchanged since.
"""

import base64
import hashlib
import importlib.metadata
import site
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from router_core.doctor.examined import Examined
from router_core.doctor.finding import Finding, Verdict

REMEDY = "Look into it. If nobody you know made it: set up a new environment, and change the credentials kept here"
OF_VIRTUALENV = {"_virtualenv.pth": b"import _virtualenv"}
"""Made by `virtualenv` itself, which is no package of the environment."""


def check(examined: Examined) -> Iterator[Finding]:
    """The folders that this Python reads such files from."""
    folders = [Path(folder) for folder in site.getsitepackages()]
    if site.ENABLE_USER_SITE and site.USER_SITE:
        folders.append(Path(site.USER_SITE))
    yield from findings([folder for folder in folders if folder.is_dir()])


def findings(folders: Iterable[Path]) -> Iterator[Finding]:
    found, strange = 0, False
    for folder in dict.fromkeys(folders):
        recorded = hashes_in(folder)
        for file in sorted(folder.glob("*.pth")):
            found += 1
            if why := why_strange(file, recorded):
                strange = True
                verdict: Verdict = "problem" if runs_code(file) else "warning"
                yield Finding("pth files", verdict, f"{file} {why}", REMEDY)
    if not strange:
        count = f"{found} files" if found != 1 else "1 file"
        yield Finding("pth files", "ok", f"{count}, each brought by an installed package ({sys.prefix})")


def why_strange(file: Path, recorded: dict[Path, str]) -> str:
    """Why nobody should trust this file; "" when an installed package has brought it just so."""
    try:
        content = file.read_bytes()
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if content.strip() == OF_VIRTUALENV.get(file.name, b"\0"):
        return ""
    does = "runs code at every start of Python" if runs_code(file) else "adds folders that modules are taken from"
    if file.resolve() not in recorded:
        return f"{does}, and no installed package has brought it"
    wanted = recorded[file.resolve()]
    if wanted and wanted != _digest(content):
        return f"{does}, and is not as its package has brought it"
    return ""


def runs_code(file: Path) -> bool:
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return True
    return any(line.startswith(("import ", "import\t")) for line in lines)


def hashes_in(folder: Path) -> dict[Path, str]:
    """Each `.pth` file that a package in this folder has recorded → its SHA-256 as recorded, "" where it has none."""
    found: dict[Path, str] = {}
    for package in importlib.metadata.distributions(path=[str(folder)]):
        for part in package.files or ():
            if part.suffix == ".pth":
                digest = part.hash.value if part.hash is not None and part.hash.mode == "sha256" else ""
                found[Path(str(package.locate_file(part))).resolve()] = digest
    return found


def _digest(content: bytes) -> str:
    """As RECORD files write it."""
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
