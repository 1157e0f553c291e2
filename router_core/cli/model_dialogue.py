"""`model` without a command: what to change, and to which model; a number or a name will do."""

import click

from router_core.cli.asking import ask
from router_core.cli.model_change import set_slot, unset_slot
from router_core.cli.model_rows import model_rows, slot_rows
from router_core.cli.printing import Cell, print_table
from router_core.clock import SystemClock
from router_core.home import Home

OTHERWISE = "Give a command: model list, model set, model lock."
MOST_SHOWN = 40


def choose(home: Home) -> None:
    """Ask until a slot and a model are chosen, write it, and ask for the next; an empty answer ends."""
    home.ensure()
    while True:
        slots = [row for row in slot_rows(home) if row["slot"] != "locked to"]
        print_table(
            ("", "SLOT", "MODEL"),
            [(Cell(str(place), right=True), row["slot"], row["target"] or "-") for place, row in enumerate(slots, 1)],
        )
        wanted = ask("Change which (number, name, or a pattern of model names; Enter ends)", OTHERWISE, default="")
        if not wanted:
            return
        slot = _picked(wanted, [row["slot"] for row in slots]) or wanted
        target = _model(home)
        if target == "-":
            click.echo(unset_slot(home, slot))
        elif target:
            try:
                lines = set_slot(home, slot, target, None, force=False)
            except click.ClickException as error:
                lines = [error.message]
            for line in lines:
                click.echo(line)
        click.echo()


def _model(home: Home) -> str:
    """The chosen target; "-" takes it away, "" goes back."""
    targets = [row["target"] for row in model_rows(home, (), SystemClock(), refresh=False)["models"]]
    shown = targets
    while True:
        rows = [(Cell(str(place), right=True), target) for place, target in enumerate(shown[:MOST_SHOWN], 1)]
        print_table(("", "MODEL"), rows)
        if len(shown) > MOST_SHOWN:
            click.echo(f"… and {len(shown) - MOST_SHOWN} more: type a part of the name")
        said = ask(
            "Model (number, part of a name, provider/model; - takes it away; Enter goes back)", OTHERWISE, default=""
        )
        if said in ("", "-"):
            return said
        if picked := _picked(said, shown[:MOST_SHOWN]):
            return picked
        found = [target for target in targets if said.lower() in target.lower()]
        if not found:
            return said  # maybe a target that is in no list: the check says so
        shown = found


def _picked(said: str, names: list[str]) -> str:
    if said.isdecimal():
        place = int(said)
        return names[place - 1] if 0 < place <= len(names) else ""
    return said if said in names else ""
