"""Whether a usage endpoint is asked now. Somebody must want to know, what is known must be old, and the endpoint's own
limit must allow it: some of them answer 429 for hours to those who ask too often.
"""

from dataclasses import dataclass

from router_core.quota.report import UsageRefused
from router_core.store.quota import Poll
from router_core.text import duration
from router_core.tokens.token import Token

STALE_S = 300.0
"""What ordinary answers have told within this time is fresh enough."""
LONGEST_WAIT_S = 3600.0
FIRST_WAIT_S = 300.0
"""After a 429; doubled each time."""


@dataclass(frozen=True, slots=True)
class MayPoll:
    """Ask or not, and why not."""

    now: bool
    because: str = ""


def may_poll(token: Token, poll: Poll | None, now: float, *, told_at: float, forced: bool) -> MayPoll:
    """Decide for a token whose provider has a usage endpoint and that somebody asks about.

    Args:
        poll: the last question; None: never asked.
        told_at: epoch seconds of the newest thing known of its quota; 0: nothing is.
        forced: also when what is known is fresh; the endpoint's limit holds all the same.
    """
    if token.origin == "config":
        return MayPoll(False, "a key of config.toml is not asked about: register it with token add")
    if not token.enabled:
        return MayPoll(False, "the token is disabled")
    if not token.access_token:
        return MayPoll(False, "the token holds no credential")
    if poll is not None and poll.refused is not None and poll.refused == token.generation:
        return MayPoll(False, f"{poll.error}: what is shown comes from the headers of answers")
    if poll is not None and poll.not_before > now:
        asked = f"asked {duration(now - poll.polled_at)} ago, again in {duration(poll.not_before - now)}"
        return MayPoll(False, f"{asked}: {poll.error}" if poll.error else asked)
    if not forced and now - told_at < STALE_S:
        return MayPoll(False, f"told {duration(now - told_at)} ago by an answer")
    return MayPoll(True)


def next_poll(refused: UsageRefused | None, before: Poll | None, now: float, every_s: float) -> float:
    """Epoch seconds before which the endpoint is not asked again: its usual interval, longer and longer after 429s.

    Args:
        refused: how it said no; None: it told.
        before: the question before this one.
    """
    if refused is None or refused.never:
        return now + every_s
    if not refused.limited:
        return now + every_s
    earlier = before.not_before - before.polled_at if before is not None and before.error else 0.0
    wait = min(max(2 * earlier, FIRST_WAIT_S, every_s), LONGEST_WAIT_S)
    return max(now + wait, min(refused.not_before, now + 86400.0))
