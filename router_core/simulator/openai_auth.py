"""Who is calling the OpenAI platform."""

from router_core.simulator.accounts import AccountState
from router_core.simulator.call import Call
from router_core.simulator.openai_errors import mask_key, refuse_openai
from router_core.simulator.world import World


def authenticate(world: World, call: Call) -> AccountState:
    """Find the account, or raise the platform's 401, which echoes a masked key."""
    key = call.bearer
    if not key:
        raise refuse_openai(
            world,
            401,
            "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer "
            "auth (i.e. Authorization: Bearer YOUR_KEY).",
        )
    account = world.accounts.find(key, ("openai",), world.clock.now())
    if account is None or account.spec.revoked or account.spec.expired:
        text = f"Incorrect API key provided: {mask_key(key)}. You can find your API key in your account settings."
        raise refuse_openai(world, 401, text, code="invalid_api_key")
    return account
