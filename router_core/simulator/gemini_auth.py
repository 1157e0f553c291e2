"""Who is calling the Gemini API: an API key in `x-goog-api-key` or `?key=`, or a Google access token as Bearer."""

from router_core.simulator.accounts import AccountState
from router_core.simulator.answers import Refusal
from router_core.simulator.call import Call
from router_core.simulator.gemini_errors import bad_key, error_info, refuse_gemini
from router_core.simulator.script import AccountKind
from router_core.simulator.world import World

_NOBODY = (
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other "
    "form of API consumer identity to call this API."
)
BAD_LOGIN = (
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
    "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
)


def authenticate(world: World, call: Call, kinds: tuple[AccountKind, ...] = ("gemini",)) -> AccountState:
    """Find the account, or raise Google's answer: 403 without a credential, 400 for a key, 401 for a token."""
    key = call.header("x-goog-api-key") or call.query_value("key")
    if key:
        account = world.accounts.find(key, kinds, world.clock.now()) if not key.startswith("ya29.") else None
        if account is None or account.spec.revoked:
            raise Refusal(bad_key())
        if account.spec.expired:
            raise Refusal(bad_key("API key expired. Please renew the API key."))
        return account
    if not call.bearer:
        raise refuse_gemini(403, _NOBODY)
    # an API key is no access token: the real endpoint does not take one here, though its OpenAI layer does
    token = call.bearer
    kinds = ("gemini", "code-assist", "antigravity", "vertex") if kinds == ("gemini",) else kinds  # any login will do
    account = None if token.startswith("AIza") else world.accounts.find(token, kinds, world.clock.now())
    if account is None or account.spec.revoked or account.spec.expired:
        reason = "ACCESS_TOKEN_EXPIRED" if account is not None else "ACCESS_TOKEN_TYPE_UNSUPPORTED"
        raise refuse_gemini(401, BAD_LOGIN, details=[error_info(reason)])
    return account
