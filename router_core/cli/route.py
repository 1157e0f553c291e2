"""`route explain`: which target and which token a request would get, and why; works whether the router runs or not."""

import sys
import time
from pathlib import Path
from typing import Any

import click

from router_core.cli.printing import Cell, print_facts, print_json, print_table
from router_core.home import Home
from router_core.spend.cost_text import cost_text

FORMATS = {
    "anthropic": "/v1/messages",
    "openai-chat": "/v1/chat/completions",
    "openai-responses": "/v1/responses",
    "gemini": "/v1beta/models/{model}:generateContent",
}
_TOLD = ("scenario", "tier", "project", "agent", "estimated_input_tokens", "measured_input_tokens")


@click.group()
def route() -> None:
    """Why a request goes where it goes."""


@route.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--model", help="The model asked for, instead of the body's.")
@click.option("--provider", help="As if the path named this provider (`/claude/…`).")
@click.option("--session", help="The session of the client.")
@click.option("--format", "wire_format", type=click.Choice(list(FORMATS)), help="Of the body; guessed when left out.")
@click.option("--user-agent", help="Of the client: Claude Code, Codex and others are told apart by it.")
@click.option("--trace", "trace_id", metavar="ID", help="A request that is in the trace, by (the end of) its id.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def explain(
    home: Home,
    file: str | None,
    model: str | None,
    provider: str | None,
    session: str | None,
    wire_format: str | None,
    user_agent: str | None,
    trace_id: str | None,
    as_json: bool,
) -> None:
    """Dry run of a request: FILE holds its body (- is standard input). Nothing is sent.

    Shows the route, and for each token of its targets why it would be taken or not; whether the session stays with its
    token; and what a switch would cost.
    """
    from router_core.cli import route_question  # here: --help needs none of it

    content = b""
    if file is not None:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    headers: dict[str, str] = {}
    if trace_id is not None:
        if file is not None:
            raise click.UsageError("Give a FILE or --trace, not both.")
        content, headers, told = route_question.of_trace(home, trace_id)
        model, provider, wire_format = model or told.model, provider or told.provider, wire_format or told.format
        session = session or told.session
        if not content:
            click.echo("Its body was not kept whole; the answer goes by its model and its headers.", err=True)
    if user_agent:
        headers["user-agent"] = user_agent
    if not content and not model:
        raise click.UsageError("Give a FILE with a request's body, --trace, or at least --model.")
    answer = route_question.explained(home, content, headers, model, provider, session, wire_format, time.time())
    if as_json:
        print_json(answer)
    else:
        _print(answer)


def _print(answer: dict[str, Any]) -> None:
    session = answer["session"] or "none"
    facts: list[tuple[str, Cell | str]] = [
        ("asked for", answer["model"] or "no model"),
        ("session", session + (f", line {answer['thread']}" if answer["thread"] else "")),
        ("route", " -> ".join(f"{each['provider']}/{each['model']}" for each in answer["targets"])),
        ("because", answer["because"]),
    ]
    facts += [(label.replace("_", " "), str(answer[label])) for label in _TOLD if answer.get(label)]
    if answer.get("tag"):
        facts.append(("tag", f"{answer['tag']['target']} at {answer['tag']['path']}, taken out before sending"))
    facts.append(("answer", answer["says"]))
    print_facts(facts)
    if answer.get("decision"):
        click.echo()
        print_table(["RULE", "WHAT IT SAID"], [[Cell(each["rule"]), each["said"]] for each in answer["decision"]])
    for target in answer["targets"]:
        click.echo()
        click.echo(click.style(f"{target['provider']}/{target['model']} ({target['strategy']})", bold=True))
        if target["denied"]:
            click.echo(f"  not allowed: {target['denied']}")
        if target["host_rests"]:
            click.echo(f"  left alone: {target['host_rests']}")
        _print_affinity(target)
        if target["expected_nano_usd"] is not None:
            cost = cost_text(target["expected_nano_usd"], "", target["billing"])
            print_facts([("cost", f"about {cost}, with as much output as a budget would reserve")], indent="  ")
        rows = [
            [
                Cell("->" if each["taken"] else ""),
                Cell(each["name"], "green" if each["taken"] else ""),
                Cell("" if each["place"] is None else str(each["place"]), right=True),
                each["because"],
            ]
            for each in target["tokens"]
        ]
        if rows:
            print_table(["", "TOKEN", "PLACE", "WHY"], rows)
        else:
            click.echo("  no token")
        if target["transformers"]:
            print_table(
                ["TRANSFORMER", "DOES"], [[Cell(each["name"]), each["does"]] for each in target["transformers"]]
            )


def _print_affinity(target: dict[str, Any]) -> None:
    affinity = target["affinity"]
    if affinity is None:
        return
    lost = affinity["lost_tokens"]
    price = affinity["lost_nano_usd"]
    cost = f"; {lost} cached tokens lost" if lost else ""
    cost += f", {price / 1e9:.4f} USD to write them again" if lost and price is not None else ""
    kept = f"; {affinity['kept_tokens']} cached tokens kept" if affinity["kept_tokens"] else ""
    of = f" (its token: {target['bound']})" if target["bound"] else ""
    print_facts([("session", f"{affinity['place']}: {affinity['because']}{of}{kept}{cost}")], indent="  ")
