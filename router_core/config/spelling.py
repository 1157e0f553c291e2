"""What somebody may have meant who typed a name that does not exist: one rule for all messages that say so."""

from collections.abc import Iterable

ALL_PROVIDERS = "`mitmrouter provider list` names them all"
"""Said instead of a list of forty names, which would bury the one that was meant."""


def near(typed: str, names: Iterable[str]) -> str | None:
    """The name that looks most like what was typed, if one does."""
    from difflib import SequenceMatcher, get_close_matches  # here: only who has made a mistake needs it

    word = typed.lower()
    close = get_close_matches(word, list(names), n=5)

    def alike(name: str) -> tuple[float, bool]:
        # Among equals the one of the same letters: two that were swapped are the commonest slip.
        return round(SequenceMatcher(None, word, name).ratio(), 2), sorted(name) == sorted(word)

    return max(close, key=alike, default=None)


def did_you_mean(typed: str, names: Iterable[str]) -> str:
    """`Did you mean 'claude'? `, with the space before what follows; nothing where no name is like it."""
    close = near(typed, names)
    return f"Did you mean {close!r}? " if close else ""
