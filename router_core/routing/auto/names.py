"""The model names `auto` and `auto-…`: what the name itself asks for."""

from msgspec import Struct

from router_core.routing.auto.tier import TIERS, Tier, shifted

PREFIX = "auto-"
_SHIFTS = {"cheap": -1, "fast": -1, "best": 1, "strong": 1}


class AutoRequest(Struct, frozen=True):
    """What a name that begins with `auto` asks for."""

    name: str
    """As the client wrote it."""
    shift: int = 0
    """Tiers above (below, where negative) what the prompt itself needs."""
    fixed: Tier | None = None
    """Whatever the prompt needs."""

    def applied(self, tier: Tier) -> Tier:
        """The tier of a prompt that needs `tier`."""
        return self.fixed or shifted(tier, self.shift)


def auto_of(model: str) -> AutoRequest | None:
    """What an `auto…` name asks for; None for any other model.

    `auto-cheap` and `auto-fast` take one tier less than the prompt needs, `auto-best` and `auto-strong` one more,
    `auto-simple`, `auto-medium`, `auto-complex` and `auto-reasoning` that tier. Any other ending is as `auto`.

    >>> auto_of("auto-best").shift
    1
    >>> auto_of("auto-reasoning").fixed
    'REASONING'
    >>> auto_of("gpt-6-sol") is None
    True
    """
    name = model.strip().lower()
    if name == "auto":
        return AutoRequest(model)
    if not name.startswith(PREFIX):
        return None
    ending = name.removeprefix(PREFIX)
    fixed = next((tier for tier in TIERS if tier.lower() == ending), None)
    return AutoRequest(model, shift=_SHIFTS.get(ending, 0), fixed=fixed)
