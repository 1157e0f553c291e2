"""Where people look for a page of the router with a browser: they are sent on to the portal.

Only a browser that opens a page is: a program that asks there is answered as anywhere else.
"""

from collections.abc import Mapping

PORTAL = "/portal"
DOORS = frozenset({"/", "/ui", "/ui/", "/dashboard", "/dashboard/", "/debug/dashboard", "/admin", "/admin/"})


def is_front_door(method: str, path: str, headers: Mapping[str, str]) -> bool:
    """Whether a browser opens one of these pages.

    Args:
        path: without what follows a `?`; a token there is not handed on.
        headers: names in lower case.
    """
    return method in ("GET", "HEAD") and path in DOORS and "text/html" in headers.get("accept", "")
