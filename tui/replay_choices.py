"""To whom a request can be put again: the same way, by one token only, to another target, or to that by one token."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from router_core.tokens.token import Token
from tui.lock_choices import Targets


@dataclass(frozen=True, slots=True)
class Again:
    """One line to choose.

    Args:
        target: `provider/model`; None: as the first time.
        token: name of the only one that may pay; None: as the rules say.
    """

    target: str | None = None
    token: str | None = None
    note: str = ""

    def label(self, name: Callable[[str], str] = str) -> str:
        """
        Args:
            name: how a token's name is shown.
        """
        token = f"token {name(self.token)}" if self.token is not None else ""
        return " by ".join(part for part in (self.target, token) if part) or "as it was"


def again_choices(
    provider: str, model: str, paid_by: str, targets: Targets, tokens: Sequence[Token], typed: str
) -> list[Again]:
    """The lines, those beside the first request at the top.

    Args:
        provider, model, paid_by: where the first one went, and its token.
        typed: words that must all occur. Each target by each of its tokens are many lines: they are offered to words.
    """
    target = "/".join(part for part in (provider, model) if part)
    usable = [token for token in tokens if token.enabled]
    found = [Again(note=f"the same path and model; it went to {target}")]
    found += [Again(None, token.name, _note(token, paid_by)) for token in usable if token.provider == provider]
    ordered = sorted(targets.models, key=lambda each: (not each.startswith(f"{provider}/"), each == target))
    found += [Again(each, None, "where it went" if each == target else "") for each in ordered]
    if words := typed.lower().split():
        found += [
            Again(each, token.name) for each in ordered for token in usable if each.startswith(f"{token.provider}/")
        ]
    return [each for each in found if all(word in f"{each.label()} {each.note}".lower() for word in words)]


def _note(token: Token, paid_by: str) -> str:
    return "paid the first one" if token.name == paid_by else "the same, paid by this one only"
