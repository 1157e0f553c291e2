"""Which simulated authorization server a request is meant for: they share one port, so path and client id tell."""

from collections.abc import Callable

from router_core.simulator.answers import Answer
from router_core.simulator.call import Call
from router_core.simulator.oauth_claude import CLIENT_ID as CLAUDE_CLIENT_ID
from router_core.simulator.oauth_claude import answer_claude_oauth
from router_core.simulator.oauth_codex import CLIENT_ID as CODEX_CLIENT_ID
from router_core.simulator.oauth_codex import answer_codex_oauth
from router_core.simulator.oauth_github import answer_github
from router_core.simulator.oauth_google import METADATA, answer_google_oauth, answer_metadata
from router_core.simulator.oauth_pages import form_of, refused_page
from router_core.simulator.world import World

type Answerer = Callable[[World, Call], Answer]

_PATHS: dict[str, Answerer] = {
    "/v1/oauth/token": answer_claude_oauth,
    "/oauth/token": answer_codex_oauth,
    "/codex/device": answer_codex_oauth,
    "/api/accounts/deviceauth/usercode": answer_codex_oauth,
    "/api/accounts/deviceauth/token": answer_codex_oauth,
    "/login/device/code": answer_github,
    "/login/device": answer_github,
    "/login/oauth/access_token": answer_github,
    "/copilot_internal/v2/token": answer_github,
    "/user": answer_github,
    "/o/oauth2/v2/auth": answer_google_oauth,
    "/token": answer_google_oauth,
}


def oauth_answerer(call: Call) -> Answerer | None:
    """Who answers; None when the request is for no authorization server."""
    if call.path.startswith(METADATA):
        return answer_metadata
    if call.path != "/oauth/authorize":
        return _PATHS.get(call.path)
    match form_of(call).get("client_id"):
        case client if client == CLAUDE_CLIENT_ID:
            return answer_claude_oauth
        case client if client == CODEX_CLIENT_ID:
            return answer_codex_oauth
        case _:
            return lambda world, call: refused_page("invalid_client: this client is not known")
