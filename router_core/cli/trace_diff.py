"""`trace diff`: what the client sent, what each attempt sent, and which rule changed each field."""

import json
from dataclasses import asdict
from typing import Any

import click

from router_core.cli.printing import print_json
from router_core.cli.trace_find import found_trace
from router_core.home import Home
from router_core.text import printable
from router_core.trace.difference import AttemptDifference, FieldChange, difference

_LONGEST_VALUE = 60
_SIGNS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow"), "set": ("=", "yellow")}


@click.command()
@click.argument("id")
@click.argument("other", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with whole values.")
@click.pass_obj
def diff(home: Home, id: str, other: str | None, as_json: bool) -> None:
    """What was changed of a request, and by which rule; ID may be the beginning or end of an id, or `last`.

    With OTHER, another request: what its client asked and what was answered, against the first one.
    """
    row, attempts, bodies = found_trace(home, id)
    if other is not None:
        from router_core.cli.trace_pair import print_pair  # here: it prints with what is below

        second, _, its_bodies = found_trace(home, other)
        print_pair((row, bodies), (second, its_bodies), as_json=as_json)
        return
    found = difference(row, attempts, bodies)
    if as_json:
        named = {"id": row["id"], "method": row["method"], "path": row["path"], "format": row["format"]}
        print_json({**named, "attempts": [asdict(attempt) for attempt in found]})
        return
    click.echo(click.style(f"{row['id']}  {row['method']} {printable(row['path'], 200)}  {row['format']}", bold=True))
    if not found:
        click.echo("Nothing was sent: no attempt was made, or the attempts are not kept any more.")
    for attempt in found:
        click.echo()
        print_attempt(attempt, row)


def print_attempt(attempt: AttemptDifference, row: dict[str, Any]) -> None:
    target = printable(f"{attempt.provider}/{attempt.model}" if attempt.model else attempt.provider, 200)
    outcome = f": {attempt.outcome}" if attempt.outcome else ""
    heading = f"Attempt {attempt.number}, {target}, token {printable(attempt.token or '-', 80)}{outcome}"
    click.echo(click.style(heading, bold=True))
    click.echo(f"  {_summary(attempt, row)}")
    for change in attempt.changes:
        print_change(change, has_values=not attempt.why)
    for rule in attempt.whole:
        click.echo(f"  * the whole body  [{printable(rule, 200)}]")
    for path, reason in attempt.losses:
        click.echo(f"  ! {printable(path, 120)} is lost: {printable(reason, 300)}")
    for path, rule in attempt.answer:
        where = "the answer is read and written anew" if path == "answer" else printable(path, 120)
        click.echo(f"  < {where}  [{printable(rule, 300)}]")
    for rule in attempt.idle:
        click.echo(click.style(f"  . {printable(rule, 300)}", dim=True))


def _summary(attempt: AttemptDifference, row: dict[str, Any]) -> str:
    match attempt.compared:
        case "same":
            return "The body was sent as the client's, byte for byte."
        case "translated":
            values = f" (no values: {attempt.why})" if attempt.why and attempt.changes else ""
            return f"Translated from {row['format']} to {attempt.format}: the whole body was written anew.{values}"
        case "unknown":
            return f"The bodies cannot be compared: {attempt.why}. See bodies and body_limit_bytes in [trace]."
        case "fields":
            count = len(attempt.changes)
            return f"{count or 'No'} field{'s' if count != 1 else ''} differ{'s' if count == 1 else ''}." + (
                "" if count else " Spaces or the order of fields do."
            )


def print_change(change: FieldChange, *, has_values: bool = True, has_rules: bool = True) -> None:
    sign, colour = _SIGNS[change.kind]
    before, after = short(change.before), short(change.after)
    match change.kind:
        case "changed":
            values = f"{before} → {after}"
        case "removed":
            values = before if change.before is not None else "taken out"
        case _:
            values = after
    rules = ", ".join(printable(rule, 120) for rule in change.rules) or "no rule has told"
    named = click.style(f"{sign} {printable(change.path, 160)}", fg=colour)
    parts = [f"  {named}", *([values] if has_values else []), *([f"[{rules}]"] if has_rules else [])]
    click.echo("  ".join(parts))


def short(value: Any) -> str:
    """A value on one line; of a large one what it is."""
    if isinstance(value, str) and len(value) > _LONGEST_VALUE:
        return f"{json.dumps(printable(value, _LONGEST_VALUE), ensure_ascii=False)} ({len(value)} characters)"
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= _LONGEST_VALUE:
        return printable(text, 2 * _LONGEST_VALUE)
    if isinstance(value, dict):
        names = ", ".join(printable(str(name), 20) for name in list(value)[:4])
        return f"{{{names}{', …' if len(value) > 4 else ''}}} ({len(value)} fields)"
    if isinstance(value, list):
        return f"[…] ({len(value)} items)"
    return printable(text, _LONGEST_VALUE)
