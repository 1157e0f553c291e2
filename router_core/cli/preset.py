"""`preset …`: parts of a configuration that can be handed on: exported without secrets, shown before they are used."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from router_core.cli import asking
from router_core.cli.printing import Cell, note, own_command, print_facts, print_json, print_table
from router_core.errors import RouterError
from router_core.home import Home

if TYPE_CHECKING:
    from router_core.presets.preset import Preset

SECTIONS = ("routing", "providers", "spend", "transformers", "prices", "selection", "failover", "timeouts")
"""As in presets/preset.py, which is not imported for a help page."""


def use_options[F: Callable[..., Any]](command: F) -> F:
    """What `use` takes, and `install` hands on to it."""
    for option in reversed(
        (
            click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="Answer an input."),
            click.option(
                "--set-env", "variables", multiple=True, metavar="NAME=VARIABLE", help="Answer with a variable."
            ),
            click.option("--replace", is_flag=True, help="Its routing, budgets … take the place of yours."),
            click.option("--allow-host", is_flag=True, help="It may send keys to hosts of its own."),
            click.option("--allow-code", is_flag=True, help="It may name Python files, which the router then runs."),
            click.option("--yes", is_flag=True, help="Do not ask."),
        )
    ):
        command = option(command)
    return command


@click.group()
def preset() -> None:
    """Hand on a configuration, and use others'; presets hold no secrets."""


@preset.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(home: Home, as_json: bool) -> None:
    """The presets that are installed."""
    from router_core.presets.shelf import installed, load

    found: list[Preset] = []
    for file in installed(home):
        try:
            found.append(load(home, file.stem))
        except RouterError as error:  # the others are good all the same
            note(error.message)
    if as_json:
        print_json([_view(one) for one in found])
    elif not found:
        click.echo(f"No presets. Make one of your configuration: {own_command(home)} preset export NAME")
    else:
        rows = [(one.preset.name, one.preset.version, ", ".join(one.config), one.preset.description) for one in found]
        print_table(("NAME", "VERSION", "HOLDS", "DESCRIPTION"), rows)


@preset.command()
@click.argument("name", metavar="NAME_OR_SOURCE")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def info(home: Home, name: str, as_json: bool) -> None:
    """What a preset is, asks for and holds; of an installed one, or of a file, folder, archive or URL."""
    from router_core.presets.shelf import load

    found = _read(home, name) if _is_source(name) else load(home, name)
    if as_json:
        print_json({**_view(found), "config": found.config})
    else:
        _show(found)


@preset.command()
@click.argument("name")
@click.option("-o", "--output", metavar="FILE", help="Write it there; - is standard output. Else it is installed.")
@click.option("--include", multiple=True, type=click.Choice(SECTIONS), help="Only this table; may be repeated.")
@click.option("--description", default="", help="What it is for.")
@click.option("--author", default="", help="Whose it is.")
@click.option("--release", default="1", help="Its version.")
@click.pass_obj
def export(
    home: Home, name: str, output: str | None, include: tuple[str, ...], description: str, author: str, release: str
) -> None:
    """Make a preset of your configuration. Secrets are taken out; they are asked for when it is used."""
    import tomli

    from router_core.cli.preset_use import known_secrets
    from router_core.config.load import load_config
    from router_core.presets.export import USUAL, export_preset
    from router_core.presets.preset import About, preset_text
    from router_core.presets.shelf import check_name, save
    from router_core.put_in_place import put_in_place

    config = load_config(home.config)
    table = tomli.loads(home.config.read_text(encoding="utf-8-sig")) if home.config.exists() else {}
    about = About(name=check_name(name), description=description, author=author, version=release)
    made, notes = export_preset(table, about, include or USUAL, known_secrets(home, config))
    for line in notes:
        note(line)
    if output == "-":
        click.echo(preset_text(made), nl=False)
        return
    if output is None:
        place = save(home, made)
    else:
        place = Path(output)
        put_in_place(place, preset_text(made))
    click.echo(f"{place}: {', '.join(made.config)}; asks for {len(made.preset.inputs) or 'nothing'}.")


@preset.command()
@click.argument("source")
@click.option("--name", help="Another name for it.")
@click.option("--use", "use_it", is_flag=True, help="Use it at once.")
@use_options
@click.pass_obj
def install(home: Home, /, source: str, name: str | None, use_it: bool, **options: Any) -> None:
    """Take in a preset from a file, a folder, an archive (.zip, .tar, .tar.gz) or an https URL.

    It is shown first. On a terminal you are asked whether to use it; else that takes --use.
    """
    from router_core.cli.preset_use import use_now
    from router_core.presets.shelf import check_name, place_of, save

    found = _read(home, source)
    if name is not None:
        renamed = found.preset.model_copy(update={"name": check_name(name)})
        found = found.model_copy(update={"preset": renamed})
    _show(found)
    there = place_of(home, found.preset.name).exists()
    if not options["yes"]:
        what = f"Replace the preset {found.preset.name}?" if there else f"Install it as {found.preset.name}?"
        asking.confirm(what)
    click.echo(f"Installed: {save(home, found)}")
    if not use_it and not options["yes"] and asking.may_ask():
        use_it = asking.agreed("Use it now?", "Give --use.")
    if use_it:
        use_now(home, found, **options)
    else:
        click.echo(f"Use it: {own_command(home)} preset use {found.preset.name}")


@preset.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def delete(home: Home, name: str, yes: bool) -> None:
    """Delete an installed preset. What it put into config.toml stays."""
    from router_core.presets.shelf import installed_file

    file = installed_file(home, name)
    if not yes:
        asking.confirm(f"Delete the preset {name}?")
    file.unlink()
    click.echo(f"Deleted {name}.")


@preset.command()
@click.argument("name")
@use_options
@click.pass_obj
def use(home: Home, /, name: str, **options: Any) -> None:
    """Put what an installed preset holds into config.toml. Asks for what it needs, and shows the change first."""
    from router_core.cli.preset_use import use_now
    from router_core.presets.shelf import load

    use_now(home, load(home, name), **options)


def _is_source(text: str) -> bool:
    return "://" in text or "/" in text or Path(text).exists()


def _read(home: Home, source: str) -> "Preset":
    from router_core.config.load import load_config
    from router_core.presets.source import read_source

    return read_source(source, proxy=load_config(home.config).server.proxy_for)


def _view(preset: "Preset") -> dict[str, Any]:
    from router_core.config.load import variables_in

    about = preset.preset
    return {
        "name": about.name,
        "version": about.version,
        "description": about.description,
        "author": about.author,
        "holds": list(preset.config),
        "inputs": [one.model_dump(mode="json") for one in about.inputs],
        "variables": variables_in(preset.config),
    }


def _show(preset: "Preset") -> None:
    """All of it: what it is, asks for, and holds."""
    from router_core.cli.config import toml_lines
    from router_core.config.load import variables_in
    from router_core.trace.redact import Redactor

    variables = [f"${name}" for name in variables_in(preset.config)]
    about = preset.preset
    print_facts([
        ("name", Cell(about.name)),
        ("version", about.version),
        ("author", about.author or "not said"),
        ("description", about.description or "none"),
        ("asks for", ", ".join(one.name for one in about.inputs) or "nothing"),
        ("needs variables", f"{len(variables)}: {', '.join(variables)}" if variables else "none"),
    ])  # fmt: skip
    redactor = Redactor()
    click.echo("\n" + redactor.text("\n".join(toml_lines(preset.config)).strip()) + "\n")
