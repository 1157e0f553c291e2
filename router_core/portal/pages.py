"""The portal's pages and what they are made of: ours, and the terminal of textual-serve. All from this machine.

textual-serve's own page brings a font from a foreign host and has no rules on what it may load; ours takes its place.
"""

import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

FILES = Path(__file__).parent / "files"
_HOST = re.compile(r"[A-Za-z0-9.\-\[\]:]{1,260}")


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file as it is served."""

    path: Path
    media: str


PAGES = {name: FILES / f"{name}.html" for name in ("app", "login", "open")}
_OWN = {name: FILES / name for name in ("portal.css", "app.js", "login.js", "open.js", "session.js")}
_OF_TEXTUAL = {
    "textual.js": "js/textual.js",
    "xterm.css": "css/xterm.css",
    "roboto-mono.ttf": "fonts/RobotoMono-VariableFont_wght.ttf",
    "roboto-mono-italic.ttf": "fonts/RobotoMono-Italic-VariableFont_wght.ttf",
}
_MEDIA = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".ttf": "font/ttf"}


def find_static(name: str) -> PageFile | None:
    """A file below `/portal/static/`; None: there is none of that name."""
    path = _OWN.get(name)
    if path is None and name in _OF_TEXTUAL:
        package = importlib.util.find_spec("textual_serve")
        if package is not None and package.origin:
            path = Path(package.origin).parent / "static" / _OF_TEXTUAL[name]
    return PageFile(path, _MEDIA[path.suffix]) if path is not None else None


def page_headers(media: str, host: str) -> dict[str, str]:
    """For every answer of the portal: nothing foreign is loaded, nobody frames it, nothing is kept.

    Args:
        host: as the request names it, for the WebSocket: not every browser takes 'self' for that.
    """
    socket = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    rules = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # the terminal writes its colours and sizes into the page
        "font-src 'self'",
        "img-src 'self' data: blob:",
        f"connect-src 'self'{socket}",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
    return {
        "content-type": media,
        "content-security-policy": "; ".join(rules),
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), microphone=(), geolocation=()",
        "cache-control": "no-store",
    }
