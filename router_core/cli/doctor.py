"""`doctor`: what is wrong on the way from a client to its answer, why, and what to do."""

import sys

import click

from router_core.cli.printing import own_command, print_json
from router_core.cli.progress import waited
from router_core.doctor.finding import Finding, Verdict
from router_core.home import Home

MARKS: dict[Verdict, tuple[str, str]] = {
    "ok": ("✓", "green"),
    "warning": ("!", "yellow"),
    "problem": ("✗", "red"),
    "skipped": ("-", "bright_black"),
}
NAME_WIDTH = 18


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--fix", is_flag=True, help="Do what is safe to do without asking: rights, leftovers, damaged databases.")
@click.option("--offline", is_flag=True, help="Let nothing leave this machine: ask no provider, token or client.")
@click.pass_obj
def doctor(home: Home, as_json: bool, fix: bool, offline: bool) -> None:
    """Look at everything between a client and its answer; fails when something is wrong.

    Providers, tokens and installed clients are really asked: each token by the small request of `token test`, each
    client by one short question that goes through the router.
    """
    from router_core.doctor.checks import all_findings
    from router_core.doctor.examined import examined

    told = []
    for finding in waited(all_findings(examined(home, own_command(home), offline=offline)), "Looking"):
        fixed, why_not = _mended(finding) if fix else ("", "")
        if not as_json:
            _print(finding, fixed, why_not, offers=not fix)
        told.append({**finding.view(), "fixed": fixed})
    problems = [line for line in told if line["verdict"] == "problem" and not line["fixed"]]
    if as_json:
        print_json({"ok": not problems, "findings": told})
    else:
        warnings = sum(1 for line in told if line["verdict"] == "warning" and not line["fixed"])
        click.echo(_summary(len(problems), warnings))
    if problems:
        sys.exit(1)


def _mended(finding: Finding) -> tuple[str, str]:
    """(what was done, why it could not be done)."""
    if finding.mend is None:
        return "", ""
    try:
        return finding.mend(), ""
    except OSError as error:
        return "", f"{error.filename or ''}: {error.strerror}".lstrip(": ")


def _print(finding: Finding, fixed: str, why_not: str, *, offers: bool) -> None:
    view = finding.view()
    mark, colour = MARKS[finding.verdict]
    click.echo(f"{click.style(mark, fg=colour, bold=True)} {finding.check:<{NAME_WIDTH}} {view['says']}")
    indent = " " * (NAME_WIDTH + 3)
    if fixed:
        click.echo(f"{indent}{click.style('fixed', fg='green')}: {fixed}")
        return
    if why_not:
        click.echo(f"{indent}{click.style('not fixed', fg='red')}: {why_not}")
    if view["remedy"]:
        click.echo(f"{indent}→ {view['remedy']}" + (" (or: --fix)" if offers and finding.mend else ""))


def _summary(problems: int, warnings: int) -> str:
    def counted(number: int, word: str) -> str:
        return f"{number} {word}" + ("" if number == 1 else "s")

    if not problems and not warnings:
        return click.style("Everything is well.", fg="green", bold=True)
    return click.style(f"{counted(problems, 'problem')}, {counted(warnings, 'warning')}.", bold=True)
