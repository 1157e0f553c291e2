"""`token import`: credentials that other programs of this machine have, listed and brought in. No secret is shown."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from router_core.cli import asking
from router_core.cli.printing import note, own_command, print_json
from router_core.cli.progress import working
from router_core.home import Home

if TYPE_CHECKING:
    from router_core.config.schema import Config
    from router_core.importing.plan import Step
    from router_core.tokens.token import Token

SOURCES = (
    "claude", "codex", "gemini", "copilot", "env", "openclaw", "cliproxyapi", "claude-code-router", "better-ccflare",
    "multicodex", "oauthmodelrouter", "codex-lb",
)  # fmt: skip
"""As in importing/sources.py, which is not imported for a help page."""


@click.command("import")
@click.argument("sources", nargs=-1, metavar="[SOURCE]...", type=click.Choice(SOURCES))
@click.option("--all", "everything", is_flag=True, help="Import everything that can be, without asking.")
@click.option("--path", type=click.Path(path_type=Path), help="A file or folder in an unusual place, instead.")
@click.option("--dry-run", is_flag=True, help="Only show what would be imported.")
@click.option("--prefix", default="", metavar="P", help="Put before the names of new tokens.")
@click.option("--priority", type=click.IntRange(-1_000_000, 1_000_000), help="Of what is imported; lower is first.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def import_(
    home: Home,
    sources: tuple[str, ...],
    everything: bool,
    path: Path | None,
    dry_run: bool,
    prefix: str,
    priority: int | None,
    as_json: bool,
) -> None:
    """Find the credentials that other programs of this machine have, and import what you choose.

    SOURCE is one of claude, codex, gemini, copilot, env (environment variables), openclaw, cliproxyapi,
    claude-code-router, better-ccflare, multicodex, oauthmodelrouter and codex-lb. Without SOURCE or --all, the numbers
    of a list are asked for.
    """
    from router_core.cli.token_import_list import chosen, print_steps
    from router_core.config.load import load_config  # here: it costs more time than a help page does
    from router_core.importing.survey import survey, take_steps
    from router_core.importing.words import step_view
    from router_core.tokens.given import check_name

    if prefix:
        check_name(prefix)
    now = time.time()
    config = load_config(home.config)
    with working("Looking for credentials"):
        steps = survey(home, config, now, sources=sources, path=path, prefix=prefix)
    choose = not (sources or everything or path or dry_run)
    if choose and (as_json or not asking.may_ask()):
        if not as_json:
            print_steps(steps, now)
        raise click.UsageError("Say what to import: names of sources, --path or --all; or look first with --dry-run.")
    if not as_json:
        print_steps(steps, now)
    taken = [] if dry_run else [step for step in (chosen(steps) if choose else steps) if step.possible]
    done = take_steps(home, taken, now, priority)
    if as_json:
        print_json([{**step_view(step), "imported": id(step) in done} for step in steps])
    else:
        _tell(home, config, [(step, done[id(step)]) for step in steps if id(step) in done])
    if not dry_run and (sources or path) and not any(step.action != "skip" for step in steps):
        if not as_json:
            note("Nothing there can be imported.")
        click.get_current_context().exit(1)


def _tell(home: Home, config: "Config", done: "list[tuple[Step, Token]]") -> None:
    from router_core.importing.words import advice, client_advice

    if not done:
        return
    for step, token in done:
        click.echo(f"{'Imported' if step.action == 'add' else 'Updated'} {token.name} ({token.provider}).")
    for text in dict.fromkeys(advice(step, token, own_command(home)) for step, token in done):
        if text:
            note(text)
    for text in filter(None, (client_advice(token, config) for _, token in done)):
        note(text)
    names = [token.name for _, token in done]
    click.echo(
        f"See whether {'it works' if len(names) == 1 else 'they work'}: {own_command(home)} token test"
        + (f" {names[0]}" if len(names) == 1 else "")
    )
