"""How a preset is used: its inputs are asked for, the change is shown, then made in one go."""

import os
import time
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

import click

from router_core.cli import asking
from router_core.cli.printing import note, own_command
from router_core.clock import SystemClock
from router_core.home import Home
from router_core.store.learning import LEARN
from router_core.text import printable

if TYPE_CHECKING:
    from router_core.config.edit import Edited
    from router_core.config.schema import Config
    from router_core.importing.plan import Step
    from router_core.presets.preset import Preset
    from router_core.presets.use import Answer, Use


def use_now(
    home: Home,
    preset: "Preset",
    *,
    values: Iterable[str],
    variables: Iterable[str],
    replace: bool,
    allow_host: bool,
    allow_code: bool,
    yes: bool,
) -> None:
    """
    Raises:
        click.UsageError: an input is not answered, and nobody can be asked.
        click.ClickException: it would send tokens elsewhere, which was not allowed.
        ConfigError: what comes out would be no valid configuration.
    """
    from router_core.cli.config_diff import changed_text
    from router_core.config.edit import edit_config, preview_config
    from router_core.config.load import config_of, load_config
    from router_core.config.secrets import secrets_of
    from router_core.importing.survey import take_steps
    from router_core.presets.use import needed, use_preset

    config = load_config(home.config)
    answers = _answers(preset, needed(preset, allow_code), list(values), list(variables))
    use = use_preset(preset, answers, config, allow_code=allow_code, replace=replace)
    if use.gives_away and not allow_host:
        raise click.ClickException(
            f"The preset would send {printable(use.gives_away, 400)}. If that is wanted: --allow-host."
        )
    edit = preview_config(home.config, use.changes)
    after = config_of(edit.after, home.config)
    steps = _steps(home, use, after)
    typed = [answer.value for answer in answers.values() if answer.value]
    _show(home, use, edit, steps, [*secrets_of(config), *secrets_of(after), *typed])
    possible = [step for step in steps if step.possible]
    if not edit.changed and not possible:
        note("There is nothing to change.")
        return
    if not yes:
        asking.confirm("Do this?")
    home.ensure()
    if edit.changed:
        edit_config(home.config, use.changes)
        click.echo(changed_text(home.config, edit.before))
    for token in take_steps(home, possible, time.time(), None).values():
        click.echo(f"Stored the key of {token.provider} as the token {token.name}.")
    click.echo(f"Look: {own_command(home)} config show --changed")


def known_secrets(home: Home, config: "Config") -> list[str]:
    """What must not be in an export: all that this router knows."""
    from router_core.config.secrets import secrets_of
    from router_core.store.tokens import open_tokens
    from router_core.trace.known_values import secrets_in

    known = list(secrets_of(config))
    for file in (home.gateway_token_file, home.admin_token_file):
        if file.exists():
            known.append(file.read_text(encoding="utf-8").strip())
    if home.tokens_db.exists():
        for token in open_tokens(home, SystemClock()).all():
            held = (token.access_token, token.refresh_token, *token.extra.values())
            known += [secret for stored in held if stored for secret in (stored, *secrets_in(stored))]
    return [secret for secret in known if len(secret) >= 8]


def _answers(preset: "Preset", names: list[str], values: list[str], variables: list[str]) -> "dict[str, Answer]":
    """What the options say, and for the rest what somebody types."""
    from router_core.presets.use import Answer

    inputs = {one.name: one for one in preset.preset.inputs}
    answers: dict[str, Answer] = {}
    for name, value in _pairs("--set", values, inputs):
        answers[name] = Answer(value=_learned(value))
        if inputs[name].secret:
            note("Note: --set shows in the process list and the shell's history; better: --set-env.")
    for name, variable in _pairs("--set-env", variables, inputs):
        if not variable.isidentifier() or variable not in os.environ:
            raise click.UsageError(f"--set-env {name}: the variable {printable(variable, 60)!r} is not set here.")
        answers[name] = Answer(variable=variable)
    missing = [name for name in names if name not in answers]
    if missing and not asking.may_ask():
        raise click.UsageError(
            f"The preset needs {', '.join(missing)}: give --set NAME=VALUE or --set-env NAME=VARIABLE for each."
        )
    for name in missing:
        question = f"{printable(inputs[name].ask or name, 200)}{' (not shown)' if inputs[name].secret else ''}"
        answers[name] = Answer(value=_learned(asking.ask(question, "", hidden=inputs[name].secret).strip()))
    return answers


def _pairs(option: str, texts: list[str], known: Collection[str]) -> Iterator[tuple[str, str]]:
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not value:
            raise click.UsageError(f"{option} takes NAME=…")
        if name not in known:
            raise click.UsageError(
                f"{option}: the preset asks for no {printable(name, 60)!r}; for: {', '.join(known)}."
            )
        yield name, value


def _learned(secret: str) -> str:
    if (learn := LEARN.get()) is not None:
        learn(secret)
    return secret


def _steps(home: Home, use: "Use", config: "Config") -> "list[Step]":
    from router_core.importing.judge import judged, merged
    from router_core.importing.plan import plan
    from router_core.importing.survey import tokens_of

    now = time.time()
    finds = merged([judged(found, now=now) for found in use.keys])
    steps = plan(finds, tokens_of(home), config.providers, now)
    for step in steps:
        if step.action == "skip":
            raise click.ClickException(f"The key for {step.found.provider} cannot be used: {step.because}")
    return steps


def _show(home: Home, use: "Use", edit: "Edited", steps: "list[Step]", secrets: list[str]) -> None:
    from router_core.cli.config_diff import print_diff
    from router_core.cli.token_import_list import print_steps

    for line in use.notes:
        note(line)
    if use.moved:
        note(f"It sends tokens of a known provider elsewhere: {', '.join(use.moved)}.")
    if use.new:
        note(f"New services, which your requests may go to: {printable(', '.join(use.new), 400)}.")
    if use.variables:
        note(f"It reads variables of your environment: {', '.join(use.variables)}. See where it sends them:")
    if edit.changed:
        click.echo(f"Changes of {home.config}:")
        print_diff(edit.before, edit.after, secrets)
    if steps:
        print_steps(steps, time.time())
    click.echo()
