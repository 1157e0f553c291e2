"""`model …`: which models there are, which one answers what, and a lock that pins everything to one."""

from typing import Any

import click

from router_core.cli.asking import may_ask
from router_core.cli.printing import Cell, note, own_command, print_facts, print_json, print_table
from router_core.cli.progress import working
from router_core.clock import SystemClock
from router_core.home import Home


@click.group(invoke_without_command=True)
@click.pass_context
def model(context: click.Context) -> None:
    """See, switch, add and lock models; without a command it asks what to change."""
    if context.invoked_subcommand is not None:
        return
    home: Home = context.obj
    if may_ask():
        from router_core.cli.model_dialogue import choose  # here: only this one asks

        choose(home)
    else:
        _print_slots(home)
        note(f"Change one: {own_command(home)} model set PROVIDER/MODEL --for think")


@model.command("list")
@click.option("--provider", "providers", multiple=True, help="Only this provider's; may be given again.")
@click.option("--refresh", is_flag=True, help="Ask the providers now.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(home: Home, providers: tuple[str, ...], refresh: bool, as_json: bool) -> None:
    """Every model that your tokens reach: window, price, and what it is used for."""
    from router_core.cli.model_rows import model_rows

    with working("Asking for models"):
        answer = model_rows(home, providers, SystemClock(), refresh=refresh)
    if as_json:
        print_json(answer)
        return
    rows = answer["models"]
    print_table(
        ("MODEL", "WINDOW", "OUTPUT", "IN $/M", "OUT $/M", "USED FOR"),
        [
            (
                Cell(row["target"], "green" if row["used_for"] else ""),
                _number(row["context_window"]),
                _number(row["max_output_tokens"]),
                _usd(row["input_usd_per_mtok"]),
                _usd(row["output_usd_per_mtok"]),
                ", ".join(row["used_for"]),
            )
            for row in rows
        ],
    )
    for provider, problem in answer["problems"].items():
        note(f"{provider} could not be asked: {problem}")
    if not rows:
        note(f"No token is registered. Add one: {own_command(home)} token add NAME --provider PROVIDER")


@model.command("set")
@click.argument("target", metavar="PROVIDER/MODEL")
@click.option(
    "--for",
    "slot",
    default="default",
    show_default=True,
    metavar="SLOT",
    help="default, background, think, long_context, web_search, image, a tier of auto (SIMPLE, MEDIUM, COMPLEX, "
    "REASONING), or a pattern of model names ('claude-haiku-*').",
)
@click.option("--fallback", multiple=True, metavar="PROVIDER/MODEL", help="Tried after it; may be given again.")
@click.option("--force", is_flag=True, help="Even if the provider does not list it.")
@click.pass_obj
def set_(home: Home, target: str, slot: str, fallback: tuple[str, ...], force: bool) -> None:
    """Switch what answers; the running router takes it over at once."""
    from router_core.cli.model_change import set_slot

    for line in set_slot(home, slot, target, fallback or None, force=force):
        click.echo(line)


@model.command()
@click.argument("slot")
@click.pass_obj
def unset(home: Home, slot: str) -> None:
    """Take the target of a SLOT away (its names: see `set`)."""
    from router_core.cli.model_change import unset_slot

    click.echo(unset_slot(home, slot))


@model.command()
@click.argument("provider")
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@click.option("--force", is_flag=True, help="Even if the provider does not list it.")
@click.pass_obj
def add(home: Home, provider: str, models: tuple[str, ...], force: bool) -> None:
    """Add models to a provider's own list in config.toml: for services that cannot be asked for theirs."""
    from router_core.cli.model_change import add_models

    for line in add_models(home, provider, models, force=force):
        click.echo(line)


@model.command()
@click.argument("target", required=False, metavar="[PROVIDER/MODEL|PROVIDER]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def lock(home: Home, target: str | None, as_json: bool) -> None:
    """Pin all routing to one target or provider until `model unlock`; without one, say what it is pinned to.

    It holds for requests that come in from now on, survives restarts, and comes before every rule.
    """
    from router_core.cli.model_change import unlisted
    from router_core.config.load import load_config
    from router_core.routing.lock import LockFile, lock_of
    from router_core.routing.target import RouteTarget

    file = LockFile(home.ensure().model_lock)
    if target is not None:
        config = load_config(home.config)
        wanted = lock_of(target, config, SystemClock().now())
        file.set(wanted)
        if wanted.model and (doubt := unlisted(home, config, RouteTarget(wanted.provider, wanted.model))):
            click.echo(f"Note: {doubt}", err=True)
    found = file.read()
    if as_json:
        print_json(None if found is None else {"target": str(found), "since_ms": round(found.since * 1000)})
    elif found is None:
        click.echo("Routing is not locked.")
    else:
        click.echo(f"All routing goes to {found}. Let go: {own_command(home)} model unlock")


@model.command()
@click.pass_obj
def unlock(home: Home) -> None:
    """Let the rules decide again."""
    from router_core.routing.lock import LockFile

    click.echo("The rules decide again." if LockFile(home.model_lock).release() else "Routing was not locked.")


def _print_slots(home: Home) -> None:
    from router_core.cli.model_rows import slot_rows

    facts: list[tuple[str, Cell | str]] = [(row["slot"], row["target"] or "-") for row in slot_rows(home)]
    print_facts(facts)


def _number(value: Any) -> Cell:
    return Cell("" if value is None else f"{value:,}", right=True)


def _usd(value: float | None) -> Cell:
    return Cell("" if value is None else f"{value:g}", right=True)
