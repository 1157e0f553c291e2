"""`config migrate`: another router's configuration becomes this one's. It is shown first, with what cannot be."""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from router_core.cli import asking
from router_core.cli.printing import Cell, note, own_command, print_json, print_table
from router_core.home import Home

if TYPE_CHECKING:
    from router_core.config.edit import Edited
    from router_core.config.schema import Config
    from router_core.importing.plan import Step
    from router_core.migrating.outcome import Migration

PROGRAMS = ("claude-code-router", "litellm", "openclaw")
"""As in migrating/programs.py, which is not imported for a help page."""


@click.command()
@click.argument("program", required=False, metavar="[PROGRAM]")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only show what would be done.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; with --dry-run or --yes.")
@click.pass_obj
def migrate(home: Home, program: str | None, file: Path | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Take over the configuration of claude-code-router, LiteLLM or OpenClaw.

    PROGRAM is claude-code-router, litellm or openclaw; FILE its configuration. One of both is enough: a file says what
    it is, and claude-code-router and OpenClaw have their files in known places. Keys become tokens; variables stay.
    """
    if program is not None and program not in PROGRAMS:
        if file is not None:
            raise click.UsageError(f"PROGRAM is one of {', '.join(PROGRAMS)}.")
        file, program = Path(program), None
    if as_json and not (dry_run or yes):
        raise click.UsageError("With --json nobody is asked: give --dry-run or --yes as well.")
    prepared = _prepare(home, program, file)
    if not as_json:
        _show(home, prepared)
    something = prepared.edit.changed or any(step.possible for step in prepared.steps)
    if dry_run or not something:
        if as_json:
            print_json(_view(prepared, done=False))
        else:
            note("Nothing was changed." if dry_run else "There is nothing to change.")
        return
    if not yes:
        asking.confirm("Do this?", "Look first with --dry-run, then confirm with --yes.")
    names = _do(home, prepared)
    if as_json:
        print_json(_view(prepared, done=True))
        return
    if prepared.edit.changed:
        from router_core.cli.config_diff import changed_text

        click.echo(changed_text(home.config, prepared.edit.before))
    for name in names:
        click.echo(f"Imported {name} as a token.")
    click.echo(f"Look: {own_command(home)} config show; see whether the tokens work: {own_command(home)} token test")


@dataclass(frozen=True, slots=True)
class _Prepared:
    """All that is decided before anything is done."""

    program: str
    title: str
    file: Path
    migration: "Migration"
    edit: "Edited"
    steps: "list[Step]"
    secrets: list[str] = field(repr=False)


def _prepare(home: Home, program: str | None, file: Path | None) -> _Prepared:
    from router_core.config.edit import preview_config
    from router_core.config.load import config_of, load_config
    from router_core.config.secrets import secrets_of
    from router_core.migrating.outcome import Here
    from router_core.migrating.programs import PROGRAMS as KNOWN
    from router_core.migrating.programs import find_file, read_document

    names = (program,) if program else PROGRAMS
    if file is None:
        found, file = find_file(names, Path.home(), os.environ)
        names = (found,)
    name, document = read_document(file, names)
    config = load_config(home.config)
    migration = KNOWN[name].migrate(document, Here(config, os.environ, str(file)))
    edit = preview_config(home.config, migration.changes)
    after = config_of(edit.after, home.config)
    secrets = [*secrets_of(config), *secrets_of(after), *(found.access_token for found in migration.keys)]
    return _Prepared(name, KNOWN[name].title, file, migration, edit, _steps(home, migration, after), secrets)


def _do(home: Home, prepared: _Prepared) -> list[str]:
    """Names of the tokens that were stored."""
    from router_core.config.edit import edit_config
    from router_core.importing.survey import take_steps

    home.ensure()
    if prepared.edit.changed:
        edit_config(home.config, prepared.migration.changes)
    possible = [step for step in prepared.steps if step.possible]
    return [token.name for token in take_steps(home, possible, time.time(), None).values()]


def _steps(home: Home, migration: "Migration", config: "Config") -> "list[Step]":
    from router_core.importing.judge import judged, merged
    from router_core.importing.plan import plan
    from router_core.importing.survey import machine, tokens_of

    now = time.time()
    own = machine(home, config, now).own_secrets
    finds = merged([judged(found, now=now, own_secrets=own) for found in migration.keys])
    return plan(finds, tokens_of(home), config.providers, now)


def _show(home: Home, prepared: _Prepared) -> None:
    from router_core.cli.config_diff import print_diff
    from router_core.cli.token_import_list import print_steps

    lines, edit = prepared.migration.lines, prepared.edit
    click.echo(f"{prepared.title}: {prepared.file}\n")
    if taken := [(line.source, Cell(line.becomes, "green"), line.because) for line in lines if line.becomes]:
        print_table(("THERE", "HERE", ""), taken)
    if left := [line for line in lines if not line.becomes]:
        click.echo("\nNot taken over:")
        for line in left:
            click.echo(f"  {click.style(line.source, fg='yellow')}: {line.because}")
    if edit.changed:
        click.echo(f"\nChanges of {home.config}:")
        print_diff(edit.before, edit.after, prepared.secrets)
    if prepared.steps:
        click.echo("\nKeys:")
        print_steps(prepared.steps, time.time())
    click.echo()


def _view(prepared: _Prepared, *, done: bool) -> dict[str, Any]:
    """JSON values, no secret among them."""
    from router_core.importing.words import step_view

    settings = [
        {"source": line.source, "becomes": line.becomes or None, "because": line.because}
        for line in prepared.migration.lines
    ]
    return {
        "program": prepared.program,
        "file": str(prepared.file),
        "changed": prepared.edit.changed,
        "done": done,
        "settings": settings,
        "keys": [step_view(step) for step in prepared.steps],
    }
