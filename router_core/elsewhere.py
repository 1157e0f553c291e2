"""Addresses of other routers' administration → ours, for the error that somebody gets who brings along a script."""

ELSEWHERE: dict[str, str] = {
    "/api/logs": "/api/traces",
    "/api/requests": "/api/traces",
    "/api/accounts": "/api/tokens",
    "/admin/accounts": "/api/tokens",
    "/admin/oauth": "/api/logins",
    "/admin/traces": "/api/traces",
    "/admin/stats": "/api/stats",
    "/admin/config": "/api/config",
    "/debug/routing-trace/stream": "/api/events",
    "/debug/routing-trace": "/api/traces",
    "/v0/management": "/api/docs",
}
"""The first that a path begins with."""
_BEGINNINGS = tuple(ELSEWHERE)


def elsewhere(path: str) -> str:
    """What to say of a path that is another router's; "" where nothing is known.

    Args:
        path: without what follows a `?`.
    """
    if not path.startswith(_BEGINNINGS):  # as nearly all do not, and each request is looked at
        return ""
    for theirs, ours in ELSEWHERE.items():
        if path == theirs or path.startswith(f"{theirs}/"):
            return (
                f"There is no {theirs} here, but {ours}. It takes the token in the home folder's admin.token as "
                "Bearer. All of it is told in /api/docs."
            )
    return ""
