"""Is there such a model at that provider? Asked before a target goes into the configuration."""

import difflib
from dataclasses import dataclass

from router_core.models.of_home import Offered
from router_core.routing.target import RouteTarget

MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Check:
    """`ok` None: nobody can tell, because the provider has no list or cannot be asked."""

    ok: bool | None
    because: str
    alike: tuple[str, ...] = ()
    """Names that were perhaps meant."""


def check_target(target: RouteTarget, offered: Offered) -> Check:
    """Compare a target with its provider's list."""
    names = [info.id for info in offered.models]
    if target.model in names:
        where = "its own list" if offered.is_own_list else "what is known of it"
        return Check(True, f"{target.provider} has {target.model} in {where}")
    if not offered.is_own_list:
        why = offered.problem or "it gives no list"
        return Check(None, f"{target.provider} cannot be asked whether it has {target.model} ({why})")
    part = target.model.lower()
    alike = [name for name in names if part in name.lower()] + difflib.get_close_matches(target.model, names, 3, 0.5)
    return Check(False, f"{target.provider} does not list {target.model!r}", tuple(dict.fromkeys(alike))[:MOST_NAMED])
