"""What stands between a session and a token, in the words that affinity decides by."""

from collections.abc import Collection

from router_core.tokens.affinity import Obstacle
from router_core.tokens.select import Unfit, Use, is_over, why_not
from router_core.tokens.token import LACKS_MODEL, Token


def obstacle_of(
    token: Token | None,
    provider: str,
    model: str,
    tried: Collection[str],
    unfit: Unfit | None,
    use: Use,
    now: float,
) -> Obstacle | None:
    """Why the token cannot pay for this request; None when it can."""
    if token is None or token.provider != provider:
        return Obstacle("gone", "removed")
    if not token.enabled or token.health == "unhealthy" or is_over(token, now):
        return Obstacle("gone", f"{token.name} is {why_not(token, model, now)}")
    if rest := token.resting(model, now):
        why = f"{token.name} is {why_not(token, model, now)}"
        if rest.kind == LACKS_MODEL:
            return Obstacle("now", f"{token.name} {why_not(token, model, now)}", model_only=True)
        return Obstacle("rests", why, rest.until, bool(rest.model))
    if why := why_not(token, model, now, tried, {token.id: use}) or (unfit(token) if unfit else ""):
        return Obstacle("now", f"{token.name}: {why}")
    return None
