"""The accounts of `up`: what other programs of this machine hold, and one question for each."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from router_core.cli import asking
from router_core.cli.progress import working
from router_core.cli.up_wizard import Wizard, aside, bad, good, heading
from router_core.errors import RouterError
from router_core.home import Home
from router_core.text import printable

if TYPE_CHECKING:
    from router_core.config.schema import Config
    from router_core.importing.plan import Step
    from router_core.tokens.token import Token

LOGS_IN = ("claude", "codex", "gemini", "antigravity", "copilot")
"""Logins for which `auth login` makes one of the router's own."""
WARNING = """\
    Its refresh token can be used once: whoever renews the login gets the next one. Shared, the
    router and {program} hand renewals to each other through that place. Calmer is a login of
    the router's own."""
USE, SHARE, LOG_IN, SKIP = "use", "use it, shared", "log in separately", "skip"
type Take = Callable[["Step"], str]
"""Takes an account over; the name of its token."""


def bring_in_accounts(wizard: Wizard, context: click.Context, config: "Config", *, share: bool) -> None:
    """Find, ask, import or log in."""
    from router_core.importing.survey import survey, take_steps
    from router_core.importing.words import client_advice

    heading("Accounts")
    now = time.time()
    with working("Looking for logins and keys"):
        steps = survey(wizard.home, config, now)

    def take(step: "Step") -> str:
        token = take_steps(wizard.home, [step], now, None)[id(step)]
        if advice := client_advice(token, config):
            aside(advice)
        return token.name

    known = {step.token.id for step in steps if step.token}
    for token in accounts(wizard.home, config):
        if token.id not in known:
            good(f"{token.name} ({token.provider}): there already" + ("" if token.enabled else ", switched off"))
    settle(wizard, steps, Path.home(), take, lambda login: _log_in(context, login), share=share)
    if not any(token.enabled for token in accounts(wizard.home, config)):
        _without_account(wizard, context)


def accounts(home: Home, config: "Config") -> "list[Token]":
    """What could pay, without the services that need no key: nobody has set those up."""
    from router_core.cli.paying import paying_tokens

    return [token for token in paying_tokens(home, config) if not token.id.startswith("keyless:")]


def settle(
    wizard: Wizard,
    steps: "Iterable[Step]",
    person: Path,
    take: Take,
    log_in: Callable[[str], bool],
    *,
    share: bool,
) -> None:
    """One question for each account, and what follows from the answer.

    Args:
        person: home folder in which they were found.
        log_in: logs in to an account of this kind; whether that was done.
        share: where nobody is asked: take logins, too, that stay shared.
    """
    for step in steps:
        what = account_line(step, person)
        if step.action == "skip":
            aside(f"{what}: {printable(step.because)}")
            continue
        if not step.possible:
            good(f"{what}: there already, as {step.name}")
            continue
        try:
            _settle_one(wizard, step, what, take, log_in, share=share)
        except RouterError as error:
            bad(f"{what}: {printable(error.message, 600)}")


def _settle_one(
    wizard: Wizard, step: "Step", what: str, take: Take, log_in: Callable[[str], bool], *, share: bool
) -> None:
    told = "" if wizard.asks else f"{what}: "
    match _answer(wizard, step, what, share=share):
        case "use" | "use it, shared":
            shared = ", shared" if step.found.shared else ""
            good(f"{told}taken over as {take(step)}{shared}")
        case "log in separately":
            if log_in(step.found.login):
                good("the router has a login of its own")
            else:
                bad("the login was not completed")
                wizard.leave(f"{what} is not used", f"{wizard.command} auth login {step.found.login}")
        case _:
            aside(f"{told}left where it is")
            if not wizard.asks:
                wizard.leave(what, _ways(wizard, step))


def account_line(step: "Step", person: Path) -> str:
    """`Claude Code's login, me@example.com (max), in ~/.claude/.credentials.json`."""
    from router_core.importing.sources import TITLES
    from router_core.importing.words import account_text

    found = step.found
    place = found.place.replace(str(person), "~", 1)
    if found.source == "env":
        return printable(f"{found.sort} in {place} ({found.provider})", 200)
    who = account_text(found)
    parts = [f"{found.sort} of {TITLES[found.source]} ({found.provider})", who, place]
    return printable(", ".join(filter(None, parts)), 300)


def _answer(wizard: Wizard, step: "Step", what: str, *, share: bool) -> str:
    from router_core.importing.sources import TITLES

    found = step.found
    single = bool(found.refresh_token)
    if not wizard.asks:
        return USE if share or not single else SKIP
    click.echo(f"  {click.style('?', fg='cyan')} {what}")
    if single:
        click.echo(WARNING.format(program=TITLES[found.source]))
    words = [USE, SKIP]
    if single:
        words = [SHARE, LOG_IN, SKIP] if found.login in LOGS_IN else [SHARE, SKIP]
    return asking.choose("   ", words, "Give --yes.")


def _ways(wizard: Wizard, step: "Step") -> str:
    own = f"{wizard.command} auth login {step.found.login}"
    shared = f"{wizard.command} token import {step.found.source}"
    return f"{own} (a login of its own), or {shared} (shared)" if step.found.login in LOGS_IN else shared


def _log_in(context: click.Context, login: str) -> bool:
    from router_core.cli.auth import login as command

    try:
        context.invoke(command, provider=login)
    except (RouterError, click.ClickException, click.Abort) as error:
        message = getattr(error, "message", "")
        if message:
            bad(printable(str(message), 600))
        return False
    return True


def _without_account(wizard: Wizard, context: click.Context) -> None:
    answer = account_to_log_in_to() if wizard.asks else ""
    if answer and _log_in(context, answer):
        return
    wizard.leave("No account yet", f"{wizard.command} auth login PROVIDER")
    wizard.leave("or with a key", f"{wizard.command} token add NAME --provider PROVIDER")
    wizard.leave("or look at all of it without", f"{wizard.command} up --simulate")


def account_to_log_in_to() -> str:
    """A word of `LOGS_IN`; "" for none."""
    question = f"  No account yet. Log in to one of {', '.join(LOGS_IN)} (Enter: go on without)"
    while answer := asking.ask(question, "Give --yes.", default="").strip().lower():
        if answer in LOGS_IN:
            return answer
        aside(f"{printable(answer, 40)} is none of them. A key is added by: token add NAME --provider PROVIDER")
    return ""
