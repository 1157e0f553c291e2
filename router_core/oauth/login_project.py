"""The last step of a login at Google: which project pays, so that an account that is not served is told so at once."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from router_core.config.schema import Config
from router_core.errors import RouterError
from router_core.oauth.http import send
from router_core.oauth.token_set import TokenSet
from router_core.providers.code_assist_project import GoogleKind, find_project, follow
from router_core.text import printable


def with_project(
    found: TokenSet,
    provider: str,
    config: Config,
    now: float,
    tell: Callable[[str], None],
    wait: Callable[[float], None],
) -> TokenSet:
    """The set with the project behind it. Without one the login is kept, too: the router asks again at its first use.

    Args:
        provider: the name under which it is registered.
        now: epoch seconds.
        tell: is told what people should know.
        wait: waits so many seconds.
    """
    settings = config.providers[provider]
    if settings.project or settings.kind not in ("code-assist", "antigravity"):
        return found
    kind: GoogleKind = "antigravity" if settings.kind == "antigravity" else "code-assist"

    def sit_out(seconds: float) -> None:
        tell("Google is setting the account up …")
        wait(seconds)

    try:
        steps = find_project(settings.base_url, kind, found.access_token, now)
        place = follow(steps, partial(send, proxy=config.server.proxy_for), sit_out)
    except RouterError as error:
        tell(f"Note: no project was found for this account. {printable(error.message, 2500)}")
        return found
    return replace(found, facts={**found.facts, **place.facts})
