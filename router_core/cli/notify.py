"""`notify test`: whether what `[notify]` says really reaches its owner."""

import click

from router_core.cli.lazy_group import LazyGroup
from router_core.cli.printing import print_json
from router_core.home import Home

COMMANDS = {"test": "notify:test"}


@click.group(cls=LazyGroup, commands_in=COMMANDS)
def notify() -> None:
    """What you are told of: quota, budgets, dead tokens, runaway sessions, providers that are down."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def test(home: Home, as_json: bool) -> None:
    """Say a test in every way that [notify] names, and whether it arrived. The router need not run."""
    from router_core.clock import SystemClock
    from router_core.config.load import load_config
    from router_core.config.secrets import secrets_of
    from router_core.notify.notice import notice_of, trial_condition
    from router_core.notify.tell import tell
    from router_core.trace.redact import Redactor

    config = load_config(home.config)
    redactor = Redactor(secrets_of(config))
    notice = notice_of(trial_condition(), redactor, SystemClock().now())
    told = list(tell(notice, config.notify, config.server.proxy_for))
    if as_json:
        print_json({"ok": bool(told) and not any(each.problem for each in told),
                    "ways": [{"way": each.way, "problem": redactor.text(each.problem)} for each in told]})  # fmt: skip
    for each in () if as_json else told:
        click.echo(
            f"{'✗' if each.problem else '✓'} {each.way}" + (f": {redactor.text(each.problem)}" if each.problem else "")
        )
    if not told and not as_json:
        raise click.ClickException(
            "Nothing would tell you: there is no notify-send here. Set [notify] command or webhook in config.toml."
        )
    if not told or any(each.problem for each in told):
        click.get_current_context().exit(1)
