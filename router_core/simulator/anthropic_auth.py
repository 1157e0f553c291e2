"""Who is calling Anthropic, and what Anthropic says to a credential that it does not take."""

from router_core.simulator.accounts import AccountState
from router_core.simulator.anthropic_errors import refuse
from router_core.simulator.call import Call, Json
from router_core.simulator.world import World

OAUTH_BETA = "oauth-2025-04-20"

# The 2026-10-21 SDK sends API keys as Bearer; with the older version header that was a wrong bearer token.
BEARER_API_KEY_SINCE = "2026-10-21"

# The first words of the system prompts that Anthropic's own programs send with a subscription.
IDENTITIES = (
    "You are Claude Code, Anthropic's official CLI for Claude",
    "You are a Claude agent, built on Anthropic's",
)


def authenticate(world: World, call: Call) -> AccountState:
    """Find the account, or raise the provider's own 400 or 401."""
    account = _account(world, call)
    if account.spec.revoked:
        raise refuse(world, 401, "OAuth token has been revoked. Please obtain a new token.")
    if account.spec.expired:
        text = "OAuth token has expired. Please obtain a new token or refresh your existing token."
        raise refuse(world, 401, text if account.spec.kind == "anthropic_oauth" else "invalid x-api-key")
    return account


def _account(world: World, call: Call) -> AccountState:
    now = world.clock.now()
    key, bearer = call.header("x-api-key"), call.bearer
    if not key and not bearer:
        raise refuse(world, 401, "x-api-key header is required")
    if key and (not bearer or key.startswith("sk-ant-api")):
        account = world.accounts.find(key, ("anthropic_api",), now)
        if account is None:
            raise refuse(world, 401, "invalid x-api-key")
        return account
    account = world.accounts.find(bearer, ("anthropic_oauth", "anthropic_api"), now)
    if account is None:
        raise refuse(world, 401, "Invalid bearer token")
    if account.spec.kind == "anthropic_api":
        if call.header("anthropic-version") < BEARER_API_KEY_SINCE:
            raise refuse(world, 401, "Invalid bearer token")
        return account
    if OAUTH_BETA not in betas(call):
        raise refuse(world, 401, "OAuth authentication is currently not supported.")
    return account


def betas(call: Call) -> list[str]:
    """The values of `anthropic-beta`."""
    return [value.strip() for value in call.header("anthropic-beta").split(",") if value.strip()]


def check_claude_code(world: World, call: Call, account: AccountState, body: Json) -> None:
    """A subscription pays for Claude Code's own requests only. Haiku models were always exempt."""
    if account.spec.kind != "anthropic_oauth" or not world.script.check_claude_code:
        return
    if "haiku" in str(body.get("model", "")) or looks_like_claude_code(call, body):
        return
    raise refuse(
        world,
        400,
        "This credential is only authorized for use with Claude Code and cannot be used for other API requests.",
    )


def looks_like_claude_code(call: Call, body: Json) -> bool:
    """The system prompt is a list that begins with the identity line, after an optional attribution line."""
    system = body.get("system")
    if not isinstance(system, list) or not any(beta.startswith("claude-code-") for beta in betas(call)):
        return False
    texts = [str(block.get("text", "")) for block in system if isinstance(block, dict)]
    if texts and texts[0].startswith("x-anthropic-billing-header:"):
        texts = texts[1:]
    return bool(texts) and texts[0].startswith(IDENTITIES)
