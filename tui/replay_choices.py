"""To whom a request can be put again: the same way, by one token only, or to another target."""

from collections.abc import Sequence
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

    label: str
    note: str = ""
    target: str | None = None
    token: str | None = None


def again_choices(
    provider: str, model: str, paid_by: str, targets: Targets, tokens: Sequence[Token], typed: str
) -> list[Again]:
    """The lines, those beside the first request at the top.

    Args:
        provider, model, paid_by: where the first one went, and its token.
        typed: words that must all occur.
    """
    target = "/".join(part for part in (provider, model) if part)
    found = [Again("as it was", f"the same path and model; it went to {target}")]
    found += [
        Again(f"token {token.name}", _note(token, paid_by), None, token.name)
        for token in tokens
        if token.provider == provider and token.enabled
    ]
    ordered = sorted(targets.models, key=lambda each: (not each.startswith(f"{provider}/"), each == target))
    found += [Again(each, "where it went" if each == target else "", each) for each in ordered]
    words = typed.lower().split()
    return [each for each in found if all(word in f"{each.label} {each.note}".lower() for word in words)]


def _note(token: Token, paid_by: str) -> str:
    return "paid the first one" if token.name == paid_by else "the same, paid by this one only"
