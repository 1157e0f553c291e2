"""What the simulator knows of a Google account beside its windows: which project is its own, and what it may do.

`plan` of an account says what Code Assist thinks of it: empty or `standard-tier` (onboarded), `free-tier` (onboarded,
managed project), `new` (must be onboarded first), `individual` (refused since 2026-06-18), `unverified` (its owner must
open a link first).
"""

from router_core.simulator.accounts import AccountState
from router_core.simulator.answers import Refusal
from router_core.simulator.call import Call, Json
from router_core.simulator.gemini_auth import BAD_LOGIN, authenticate
from router_core.simulator.gemini_errors import error_info, refuse_gemini
from router_core.simulator.script import AccountKind
from router_core.simulator.world import World

DOMAIN = "cloudcode-pa.googleapis.com"
VALIDATION_LINK = "https://accounts.google.com/signin/continue?sarp=1&scc=1"
NO_LONGER_SUPPORTED = (
    "This client is no longer supported for Gemini Code Assist for individuals. To continue using Gemini, please "
    "migrate to the Antigravity suite of products: https://antigravity.google"
)


def authenticate_login(world: World, call: Call, kinds: tuple[AccountKind, ...]) -> AccountState:
    """The account of a Google login. These services take no API key. Raises Google's 401."""
    if not call.bearer.startswith("ya29."):
        reason = "CREDENTIALS_MISSING" if not call.credential else "ACCESS_TOKEN_TYPE_UNSUPPORTED"
        raise refuse_gemini(401, BAD_LOGIN, details=[error_info(reason)])
    return authenticate(world, call, kinds)


def code_assist_kinds(call: Call) -> tuple[AccountKind, ...]:
    """The kinds of account at Code Assist; first the one that a request says it is of, for a login nobody listed."""
    body = call.json or {}
    metadata = body.get("metadata")
    said = {body.get("userAgent"), metadata.get("ideType") if isinstance(metadata, dict) else None}
    theirs = call.path.endswith((":fetchAvailableModels", ":retrieveUserQuotaSummary"))
    if theirs or said & {"antigravity", "ANTIGRAVITY"}:
        return ("antigravity", "code-assist")
    return ("code-assist", "antigravity")


def wrong_project(project: str) -> Refusal:
    """403 for a project of somebody else, or one that is none."""
    text = f"Permission denied on resource project {project}."
    info = error_info("CONSUMER_INVALID", consumer=f"projects/{project}")
    return refuse_gemini(403, text, details=[info])


def check_standing(account: AccountState) -> None:
    """Raise what an account gets that Code Assist does not serve."""
    if account.spec.plan == "individual":
        info = {**error_info("UNSUPPORTED_CLIENT"), "domain": DOMAIN}
        raise refuse_gemini(403, NO_LONGER_SUPPORTED, details=[info])
    if account.spec.plan == "unverified":
        metadata: Json = {"validation_link": VALIDATION_LINK, "validation_error_message": "Verify your account"}
        info = {**error_info("VALIDATION_REQUIRED"), "domain": DOMAIN, "metadata": metadata}
        links: Json = {
            "@type": "type.googleapis.com/google.rpc.Help",
            "links": [{"description": "Verify your account", "url": VALIDATION_LINK}],
        }
        raise refuse_gemini(403, "Verify your account to continue.", details=[info, links])
