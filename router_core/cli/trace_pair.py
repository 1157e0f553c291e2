"""`trace diff ID OTHER`: two requests side by side, what each client asked and what was answered."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import click

from router_core.cli.printing import print_json
from router_core.cli.trace_diff import print_change
from router_core.cli.trace_replay import print_answers, print_words
from router_core.trace.difference import FieldChange
from router_core.trace.replay import as_it_was, compare
from router_core.wire.changes import changes

type Row = dict[str, Any]
type Trace = tuple[Row, list[Row]]
"""The request and its kept bodies."""


def print_pair(first: Trace, second: Trace, *, as_json: bool) -> None:
    """The second against the first."""
    old, new = as_it_was(*first), as_it_was(*second)
    before, after = _asked(first[1]), _asked(second[1])
    why = before if isinstance(before, str) else after if isinstance(after, str) else ""
    differ = [] if why else [FieldChange(c.path, c.kind, c.before, c.after, ()) for c in changes(before, after)]
    compared = asdict(compare(old, new))
    if as_json:
        asked = {"why": why, "changes": [asdict(change) for change in differ]}
        print_json({"before": asdict(old), "after": asdict(new), "asked": asked, "compared": compared})
        return
    print_answers(["first", "second"], [asdict(old), asdict(new)])
    click.echo()
    click.echo(click.style("What was asked", bold=True))
    if why:
        click.echo(f"  The bodies cannot be compared: {why}.")
    elif first[0]["format"] != second[0]["format"]:
        click.echo(f"  They were asked in different formats: {first[0]['format']}, {second[0]['format']}.")
    elif not differ:
        click.echo("  The same.")
    if not why:
        for change in differ:
            print_change(change, has_rules=False)
    print_words(compared, "What was answered")


def _asked(bodies: Sequence[Mapping[str, Any]]) -> Any:
    """The client's body, read; a text says why it cannot be."""
    body = next((body for body in bodies if body["kind"] == "request"), None)
    if body is None:
        return "one of them was not kept"
    if body["truncated"]:
        return "of one of them only the beginning was kept"
    try:
        value = json.loads(body["content"])
    except ValueError:
        return "one of them is not JSON"
    return value if isinstance(value, dict) else "one of them is no JSON object"
