"""What the transformers of a target would do with a request, without sending it: for `route explain`."""

from collections.abc import Sequence

from router_core.asked_for import AskedFor
from router_core.config.schema import ProviderConfig
from router_core.errors import RouterError
from router_core.models.info import Endpoint
from router_core.outgoing import Outgoing, put
from router_core.outgoing_compact import put_compact
from router_core.outgoing_count import put_count
from router_core.routing.target import RouteTarget
from router_core.transform.registry import transformers_of

_MOST_PATHS = 5


def foreseen(
    asked: AskedFor, target: RouteTarget, provider: ProviderConfig, offered: Sequence[Endpoint] = ()
) -> tuple[tuple[str, str], ...]:
    """(name, what it would do or why nothing) of each transformer, in order; () where none is listed.

    Args:
        offered: where the model answers, as the provider's own list says.
    """
    if not provider.transformers and not provider.model_transformers:
        return ()
    try:
        names = [applied.name for applied in transformers_of(provider, target.model, target.provider)]
        outgoing = _put(asked, target, provider, offered) if names else None
    except RouterError as error:
        return (("", f"the request cannot be put to this target: {error.message}"),)
    if outgoing is None:
        return tuple((name, "nothing: this target cannot count") for name in names)
    return tuple((name, _done(name, outgoing)) for name in names)


def _put(
    asked: AskedFor, target: RouteTarget, provider: ProviderConfig, offered: Sequence[Endpoint]
) -> Outgoing | None:
    match asked.entrance.operation:
        case "count":
            return put_count(asked, target, provider)
        case "compact":
            return put_compact(asked, target, provider, offered=offered)
        case _:
            return put(asked, target, provider, offered=offered)


def _done(name: str, outgoing: Outgoing) -> str:
    paths = list(dict.fromkeys(edit.path for edit in outgoing.edits if edit.rule == name))
    said = [f"changes {', '.join(paths[:_MOST_PATHS])}{', …' if len(paths) > _MOST_PATHS else ''}"] if paths else []
    for note in outgoing.notes:
        if note.rule == name:
            said.append("the answer goes through it")
        elif note.rule.startswith(f"{name}: "):
            said.append(note.rule.removeprefix(f"{name}: "))
    return "; ".join(said) or "nothing"
