"""`trace replay`: the running router asks a traced request again; and how two requests are shown side by side."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import click

from router_core.cli.ask_router import ask_router
from router_core.cli.printing import own_command, print_json, print_table
from router_core.cli.trace_find import found_trace
from router_core.home import Home
from router_core.money import usd_text
from router_core.processes import own_router
from router_core.text import plain
from router_core.trace.words import target_text

ANSWER_TIMEOUT_S = 900.0
SHOWN_LINES = 40
_COLOURS = {"+": "green", "-": "red", " ": None}

type Answered = Mapping[str, Any]


@click.command()
@click.argument("id")
@click.option("--target", metavar="P/M", help="Ask this provider and model; else whom it was asked of.")
@click.option("--token", metavar="NAME", help="Only this token may pay.")
@click.option("--count", type=click.IntRange(1, 20), default=1, show_default=True, help="So many times, one by one.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def replay(home: Home, id: str, target: str | None, token: str | None, count: int, as_json: bool) -> None:
    """Send a traced request again, through the running router, and compare the answers.

    ID may be the beginning or end of an id, or `last`. It is sent as it was kept, in a session of its own; what was cut
    or redacted cannot be sent. It costs what a request costs.
    """
    row, _, _ = found_trace(home, id)
    running = own_router(home)
    if running is None:
        raise click.ClickException(f"The router is not running. Start it: {own_command(home)} start")
    path, change = f"/api/traces/{quote(row['id'], safe='')}/replay", {"target": target, "token": token}
    done = [ask_router(home, running, path, home.admin_token(), ANSWER_TIMEOUT_S, change=change) for _ in range(count)]
    if as_json:
        print_json(done if count > 1 else done[0])
        return
    print_answers(
        ["first", *(f"again {number}" if count > 1 else "again" for number in range(1, count + 1))],
        [done[0]["before"], *(each["after"] for each in done)],
    )
    for number, each in enumerate(done, 1):
        print_words(each["compared"], f"Again {number}" if count > 1 else "The answer")


def print_answers(names: Sequence[str], answers: Sequence[Answered]) -> None:
    """A column for each."""
    rows = [[what, *(_text(what, answer) for answer in answers)] for what in _FACTS]
    print_table(["", *names], [row for row in rows if any(row[1:])])


def print_words(compared: Mapping[str, Any], what: str) -> None:
    """What was said, against what was said first."""
    click.echo()
    for reason in compared["reasons"]:
        click.echo(f"{plain(reason)}.")
    if compared["same_text"]:
        click.echo(f"{what} is word for word the same." if not compared["reasons"] else "What there is, is the same.")
        return
    click.echo(click.style(f"{what}: - first, + again", bold=True))
    lines = compared["changed"]
    for sign, line in lines[:SHOWN_LINES]:
        click.echo(click.style(f"{sign} {plain(line)}", fg=_COLOURS[sign]))
    if len(lines) > SHOWN_LINES:
        click.echo(f"… {len(lines) - SHOWN_LINES} more lines: --json has all")


def _text(what: str, answer: Answered) -> str:
    value = _FACTS[what](answer)
    return "" if value is None else str(value)


def _input(answer: Answered) -> int | None:
    usage = answer["usage"]
    counts = [
        usage[name] for name in ("input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens")
    ]
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _ms(value: int | None) -> str:
    return "" if value is None else f"{value:,} ms"


_FACTS: dict[str, Any] = {
    "request": lambda answer: answer["id"][-12:],
    "target": lambda answer: target_text(answer["provider"], answer["model"]),
    "token": lambda answer: answer["token"],
    "status": lambda answer: f"{answer['status'] or '-'} {answer['state']}",
    "stopped by": lambda answer: answer["stop_reason"],
    "first byte": lambda answer: _ms(answer["ttft_ms"]),
    "total": lambda answer: _ms(answer["total_ms"]),
    "input tokens": _input,
    "from the cache": lambda answer: answer["usage"]["cache_read_tokens"],
    "output tokens": lambda answer: answer["usage"]["output_tokens"],
    "cost": lambda answer: None if answer["cost_nano_usd"] is None else usd_text(answer["cost_nano_usd"]),
}
