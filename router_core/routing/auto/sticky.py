"""A session keeps its tier: each change of model throws away the provider's prompt cache of the whole conversation.

So a session goes up only when a turn clearly needs more, and down only when several turns in a row needed less, or when
nothing is lost because the cache has gone cold, and then not if writing the cache anew costs more than the cheaper
model saves. A turn that brings tool results is the middle of a piece of work: it never changes anything.
"""

from collections import OrderedDict
from collections.abc import Mapping

from msgspec import Struct, structs

from router_core.routing.auto.classify import Classified
from router_core.routing.auto.need import USUAL_OUTPUT
from router_core.routing.auto.tier import Tier, rank
from router_core.spend.prices import MILLION, Price

CLEARLY = 0.6
"""The chance that more than the session's tier is needed, from which it goes up."""
LOWER_TURNS = 3
CACHE_S = 300.0
"""How long a provider keeps a prompt cache that is not used (Anthropic: five minutes; the others about as long)."""
SAVING_TURNS = 10
"""A way down must earn what it costs within so many turns."""
MOST_SESSIONS = 5000
FORGET_S = 6 * 3600.0


class StickyTier(Struct, frozen=True):
    """What is remembered of a session."""

    tier: Tier
    used_at: float
    """Epoch seconds."""
    lower_turns: int = 0
    """Turns in a row, this one included, that needed less."""
    lower: Tier | None = None
    """The highest tier that any of those needed."""


class Kept(Struct, frozen=True):
    """The tier that a session's turn gets."""

    tier: Tier
    because: str
    sticky: StickyTier
    """To be remembered."""


def keep_or_move(
    previous: StickyTier | None,
    classified: Classified,
    *,
    now: float,
    continues: bool = False,
    cached_tokens: int = 0,
    cache_s: float = CACHE_S,
    lower_turns: int = LOWER_TURNS,
    prices: Mapping[Tier, Price | None] | None = None,
) -> Kept:
    """Keep the session's tier or move it.

    Args:
        previous: what is remembered; None for a session's first turn (or the first after a restart).
        now: epoch seconds.
        continues: the turn only brings the results of tools.
        cached_tokens: of the conversation, that the provider can still read from its cache; 0: not known.
        cache_s: how long that cache lives without use.
        lower_turns: so many turns in a row must need less before a session goes down.
        prices: of the model that answers for a tier, where known.
    """
    wanted = classified.tier
    if previous is None:
        return Kept(wanted, f"{wanted}, {classified.because}", StickyTier(wanted, now))
    kept = previous.tier
    if continues:
        sticky = structs.replace(previous, used_at=now)
        return Kept(kept, f"{kept}, the session's: the turn goes on with tool results", sticky)
    if rank(wanted) > rank(kept) and (chance := classified.above(kept)) >= CLEARLY:
        because = f"{wanted}, up from the session's {kept} ({chance:.0%} that it needs more): {classified.because}"
        return Kept(wanted, because, StickyTier(wanted, now))
    if rank(wanted) >= rank(kept):
        doubt = "" if wanted == kept else f"; {wanted} is not sure enough"
        return Kept(kept, f"{kept}, the session's{doubt}: {classified.because}", StickyTier(kept, now))
    if now - previous.used_at > cache_s:
        because = f"{wanted}, down from the session's {kept}: its cache is cold ({classified.because})"
        return Kept(wanted, because, StickyTier(wanted, now))
    turns = previous.lower_turns + 1
    target = max(wanted, previous.lower or wanted, key=rank)
    sticky = StickyTier(kept, now, turns, target)
    if turns < lower_turns:
        return Kept(kept, f"{kept}, the session's: {wanted} for {turns} of {lower_turns} turns", sticky)
    if not pays_off(kept, target, cached_tokens, prices or {}):
        return Kept(kept, f"{kept}, the session's: writing {cached_tokens} cached tokens anew costs more", sticky)
    return Kept(target, f"{target}, down from the session's {kept} after {turns} turns", StickyTier(target, now))


def pays_off(kept: Tier, lower: Tier, cached_tokens: int, prices: Mapping[Tier, Price | None]) -> bool:
    """The cheaper model earns the writing of its cache within some turns. Yes where the prices are not known."""
    old, new = prices.get(kept), prices.get(lower)
    if old is None or new is None:
        return True
    output = USUAL_OUTPUT[lower]
    staying = SAVING_TURNS * (cached_tokens * old.cache_read + output * old.output)
    moving = cached_tokens * new.cache_write + (SAVING_TURNS - 1) * cached_tokens * new.cache_read
    return (moving + SAVING_TURNS * output * new.output) // MILLION < staying // MILLION


class TierMemory:
    """The tiers of the sessions, in memory only and bounded in time and number.

    A restart forgets them, and little is lost: the first turn afterwards is classified by the last words that the user
    wrote, also in the middle of tool results (`prompt_of`).

    Args:
        most: sessions kept; the longest silent ones go first.
        forget_s: a session that was silent for so long begins anew.
    """

    def __init__(self, most: int = MOST_SESSIONS, forget_s: float = FORGET_S) -> None:
        self._most = most
        self._forget_s = forget_s
        self._kept: OrderedDict[str, StickyTier] = OrderedDict()

    def find(self, session: str, now: float) -> StickyTier | None:
        """What is remembered of a session; of "" nothing ever is."""
        found = self._kept.get(session) if session else None
        return found if found is not None and now - found.used_at <= self._forget_s else None

    def remember(self, session: str, sticky: StickyTier) -> None:
        """Keep a session's tier."""
        if not session:
            return
        self._kept[session] = sticky
        self._kept.move_to_end(session)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def __len__(self) -> int:
        return len(self._kept)
