"""The one place where a command asks a person: never in CI, when told not to, or where no terminal is.

What would have been asked is an error there that names the option to give instead, so that no script waits for ever.
"""

import os
import sys
from collections.abc import Mapping, Sequence

import click

SWITCHES = ("NON_INTERACTIVE", "NON_INTERACTIVE_MODE", "CI")
"""Variables that say that nobody is there; the second one is claude-code-router's."""
_NO = frozenset({"", "0", "false", "no", "off"})


def told_not_to_ask(environ: Mapping[str, str]) -> str:
    """The variable that says that nobody is there; "" when none does."""
    return next((name for name in SWITCHES if environ.get(name, "").strip().lower() not in _NO), "")


def may_ask() -> bool:
    """Whether somebody is there to be asked."""
    return not told_not_to_ask(os.environ) and sys.stdin.isatty()


def ask(question: str, otherwise: str, *, hidden: bool = False, twice: bool = False, default: str | None = None) -> str:
    """The answer to a question; with `hidden` it is not shown while it is typed.

    Args:
        otherwise: what to do where nobody can be asked, as a sentence.
        twice: it must be typed twice.
        default: for an empty answer; without one the question is asked again.

    Raises:
        click.UsageError: nobody can be asked.
    """
    _check(otherwise)
    answer: str = click.prompt(
        question, default=default, show_default=bool(default), hide_input=hidden, confirmation_prompt=twice, err=True
    )
    return answer


def confirm(question: str, otherwise: str = "Confirm with --yes.") -> None:
    """Go on only when a person says yes.

    Raises:
        click.Abort: the person says no.
        click.UsageError: nobody can be asked.
    """
    if not agreed(question, otherwise):
        raise click.Abort


def agreed(question: str, otherwise: str, *, default: bool = False) -> bool:
    """Whether a person says yes.

    Args:
        default: what an empty answer means.

    Raises:
        click.UsageError: nobody can be asked.
    """
    _check(otherwise)
    return click.confirm(question, default=default, err=True)


def choose(question: str, words: Sequence[str], otherwise: str) -> str:
    """One of the words, by its first letter or in full; the first word is taken for an empty answer.

    Raises:
        click.UsageError: nobody can be asked.
    """
    shown = " / ".join(f"[{word[0]}]{word[1:]}" for word in words)
    while True:
        answer = ask(f"{question} {shown}", otherwise, default=words[0][0]).strip().lower()
        for word in words:
            if answer in (word[0], word):
                return word


def _check(otherwise: str) -> None:
    if not may_ask():
        switch = told_not_to_ask(os.environ)
        why = f"{switch} is set" if switch else "there is no terminal"
        raise click.UsageError(f"Nobody can be asked here ({why}). {otherwise}")
