"""What the lock can be changed to, for what has been typed: let go, the chosen request's target, providers, models."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Targets:
    """What the tokens reach."""

    providers: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    """`provider/model` of each."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One line to choose."""

    target: str | None
    """What to pin all routing to; None lets go."""
    note: str = ""


def choices(targets: Targets, *, locked: bool, chosen: str, typed: str) -> list[Choice]:
    """The lines, best first.

    Args:
        locked: something is pinned, so that it can be let go.
        chosen: target of the chosen request; "" when there is none.
        typed: words that must all occur; a whole target that is in no list can be taken as well.
    """
    words = typed.lower().split()
    found = [Choice(None, "the rules decide again")] if locked and not words else []
    found += [Choice(chosen, "of the chosen request")] if chosen else []
    found += [Choice(name, "the model that is asked for, there") for name in targets.providers if name != chosen]
    found += [Choice(target) for target in targets.models if target != chosen]
    found = [choice for choice in found if _has(choice.target or "", words)]
    whole = typed.strip()
    if whole and " " not in whole and _is_target(whole) and whole not in (choice.target for choice in found):
        found.append(Choice(whole, "as typed"))
    return found


def chosen_of(provider: str, model: str) -> str:
    """The target of a request as a lock writes it."""
    return "/".join(part for part in (provider, model) if part) if provider else ""


def _has(target: str, words: Sequence[str]) -> bool:
    return all(word in target.lower() for word in words)


def _is_target(text: str) -> bool:
    provider, _, model = text.partition("/")
    return bool(provider and model)
