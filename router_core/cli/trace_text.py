"""Requests as text: a line each for listings, and one with its attempts and the beginning of its bodies."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from router_core.cli.printing import Cell, print_facts, print_table
from router_core.money import usd_text
from router_core.spend.cost_breakdown import CostBreakdown
from router_core.spend.cost_text import cost_text, short_cost_text
from router_core.text import printable
from router_core.trace.words import cache_text, edits_text, estimate_text, target_text

COLOURS = {"ok": "green", "running": "cyan", "failed": "red", "broken": "red", "lost": "red", "refused": "yellow"}
BEGINNING_LINES, BEGINNING_CHARACTERS = 8, 700
CACHE = ("kept_tokens", "lost_tokens", "lost_nano_usd")
HEADINGS = [
    "TIME",
    "ID",
    "CLIENT",
    "MODEL",
    "TOKEN",
    "STATE",
    "STATUS",
    "TRIES",
    "FIRST",
    "TOTAL",
    "IN",
    "OUT",
    "COST",
    "",
]
WIDTHS = (8, 12, 13, 26, 17, 7, 6, 5, 6, 6, 6, 5, 11)
"""For lines that come one by one."""


def print_rows(rows: Sequence[dict[str, Any]], *, heading: bool = True, aligned: bool = False) -> None:
    """Requests, one line each, in the order given.

    Args:
        aligned: with fixed widths, for rows that are printed one at a time.
    """
    print_table(HEADINGS, [_cells(row) for row in rows], heading=heading, least=WIDTHS if aligned else ())


def _cells(row: dict[str, Any]) -> list[Cell | str]:
    return [
        f"{_local(row['started_at']):%H:%M:%S}",
        short_id(row["id"]),
        row["client"] or "-",
        target_text(row["provider"], row["model"]) if row["model"] else row["provider"] + row["path"],
        row["token"] or "-",
        Cell(row["state"], COLOURS.get(row["state"], "")),
        Cell("" if row["status"] is None else str(row["status"]), right=True),
        Cell(str(row["attempts"]), right=True),
        Cell(_ms(row["ttft_ms"]), right=True),
        Cell(_ms(row["total_ms"]), right=True),
        Cell(_input(row), right=True),
        Cell(_count(row["output_tokens"]), right=True),
        Cell(short_cost_text(row.get("cost_nano_usd"), row.get("billing", "")), right=True),
        row["error"],
    ]


def print_trace(
    row: dict[str, Any],
    attempts: Sequence[dict[str, Any]],
    bodies: Sequence[dict[str, Any]],
    bill: CostBreakdown,
    *,
    whole: bool,
) -> None:
    """One request in full.

    Args:
        whole: bodies to their end instead of their beginning.
    """
    facts: list[tuple[str, Cell | str]] = [
        ("id", row["id"]),
        ("time", f"{_local(row['started_at']):%Y-%m-%d %H:%M:%S}"),
        ("request", f"{row['method']} {row['path']}" + (" (streamed)" if row["streamed"] else "")),
        ("client", " · ".join(filter(None, (row["client"], row["user_agent"])))),
        ("session", row["session"]),
        ("target", target_text(row["provider"], row["model"])),
        ("asked for", row.get("asked_model", "")),
        ("because", row["because"]),
        ("scenario", row.get("scenario", "")),
        ("tier", row.get("tier", "")),
        ("project", row.get("project", "")),
        ("subagent", row.get("agent", "")),
        ("client key", row.get("client_key", "")),
        ("estimate", _estimate(row)),
        ("translated", f"{row['format']} -> {row['upstream_format']}" if row.get("upstream_format") else ""),
        ("answered by", row["token"]),
        ("state", Cell(f"{row['state']}{_after(row['status'])}", COLOURS.get(row["state"], ""))),
        ("error", row["error"]),
        ("first content", _ms(row["ttft_ms"])),
        ("total", _ms(row["total_ms"])),
        ("usage", _usage(row)),
        ("cost", _cost(row)),
        ("stopped by", row["stop_reason"]),
    ]
    print_facts([(label, value) for label, value in facts if value])
    print_decision(row)
    print_losses(row)
    print_bill(bill)
    for attempt in attempts:
        click.echo()
        print_attempt(attempt)
    for body in bodies:
        click.echo()
        print_body(body, whole=whole)


def print_decision(row: dict[str, Any]) -> None:
    """Every rule that was tried for its target, in order, and what it said."""
    decision = json.loads(row.get("decision") or "[]")
    if not decision:
        return
    click.echo()
    click.echo(click.style("Decision", bold=True))
    print_facts([(str(rule), printable(str(said), 300)) for rule, said in decision], indent="  ")


def _estimate(row: dict[str, Any]) -> str:
    return estimate_text(row.get("estimated_input_tokens"), _prompt_tokens(row))


def print_bill(bill: CostBreakdown) -> None:
    """Each class of tokens times its price; nothing where nothing was billed or no price is known."""
    if not bill.lines:
        return
    click.echo()
    click.echo(click.style("Bill", bold=True) + click.style("  prices in USD per million tokens", dim=True))
    for line in bill.lines:
        amount = "" if line.amount is None else f"{line.amount:,}"
        price = "" if line.per_million is None else f"{usd_text(line.per_million)}"
        click.echo(f"  {line.name:<26} {amount:>12} {price:>12} {usd_text(line.nano_usd):>14}")
    for each in bill.earlier:
        cost = "?" if each.nano_usd is None else usd_text(each.nano_usd)
        click.echo(f"  {printable(f'attempt {each.number}, {each.token}', 60):<26} {cost:>40}")
    if bill.uncached:
        word = "saved" if bill.uncached > 0 else "cost"
        click.echo(f"  the prompt cache {word} {usd_text(abs(bill.uncached))} of what the same costs without one")


def print_losses(row: dict[str, Any]) -> None:
    """What the client said and the provider's format cannot say."""
    losses = json.loads(row.get("losses") or "[]")
    if not losses:
        return
    click.echo()
    click.echo(click.style(f"Lost in translation: {len(losses)}", bold=True))
    for path, reason in losses:
        click.echo(f"  {printable(str(path), 120)}: {printable(str(reason), 300)}")


def print_attempt(attempt: dict[str, Any]) -> None:
    good = attempt["outcome"] == "answered"
    click.echo(click.style(f"Attempt {attempt['number']}: {printable(attempt['token'] or 'no token')}", bold=True))
    facts: list[tuple[str, Cell | str]] = [
        ("asked", attempt["url"]),
        ("why this one", attempt["because"]),
        ("session", attempt.get("affinity", "")),
        ("prompt cache", cache_text(*(attempt.get(f"cache_{name}") for name in CACHE))),
        ("changed", edits_text(attempt.get("edits") or ())),
        ("outcome", Cell(f"{attempt['outcome']}{_after(attempt['status'])}", "green" if good else "red")),
        ("then", attempt["action"]),
        ("reason", attempt["reason"]),
        ("cost", _cost(attempt)),
        ("connected", _ms(attempt.get("connect_ms"))),
        ("first byte", _ms(attempt["first_byte_ms"])),
        ("total", _ms(attempt["total_ms"])),
    ]
    print_facts([(label, value) for label, value in facts if value], indent="  ")


def print_body(body: dict[str, Any], *, whole: bool) -> None:
    """A body, JSON indented; only its first lines unless `whole`."""
    text = _pretty(body["content"].decode(errors="replace"))
    cut = " · the rest was not kept" if body["truncated"] else ""
    kind = printable(body["content_type"], 80)
    click.echo(click.style(f"{body['kind']}: {body['size']} bytes {kind}{cut}", bold=True))
    lines = text.splitlines()
    shown = lines if whole else lines[:BEGINNING_LINES]
    left = None if whole else BEGINNING_CHARACTERS
    for line in shown:
        safe = printable(line, 1_000_000 if whole else 160)
        if left is not None:
            left -= len(safe)
            if left < 0:
                break
        click.echo(f"  {safe}")
    if not whole and len(lines) > BEGINNING_LINES:
        click.echo(f"  … {len(lines) - BEGINNING_LINES} more lines (--bodies)")


def short_id(request_id: str) -> str:
    """The end of an id: enough to name it, `trace show` finds it by that."""
    return request_id[-12:]


def _pretty(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


def _local(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000).astimezone()


def _after(status: int | None) -> str:
    return "" if status is None else f" ({status})"


def _ms(value: int | None) -> str:
    if value is None:
        return ""
    return f"{value}ms" if value < 1000 else f"{value / 1000:.1f}s" if value < 100_000 else f"{value / 60_000:.1f}m"


def _count(value: int | None) -> str:
    if value is None:
        return ""
    return str(value) if value < 10_000 else f"{value / 1000:.0f}k" if value < 10_000_000 else f"{value / 1e6:.0f}M"


def _input(row: dict[str, Any]) -> str:
    """Input tokens with the cached ones, as a client would count them."""
    return _count(_prompt_tokens(row))


def _prompt_tokens(row: dict[str, Any]) -> int | None:
    parts = [row[name] for name in ("input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens")]
    return sum(part or 0 for part in parts) if any(part is not None for part in parts) else None


def _cost(row: dict[str, Any]) -> str:
    return cost_text(row.get("cost_nano_usd"), row.get("cost_basis", ""), row.get("billing", ""))


def _usage(row: dict[str, Any]) -> str:
    names = {
        "input_tokens": "input",
        "cache_read_tokens": "read from cache",
        "cache_write_tokens": "written to cache",
        "cache_write_1h_tokens": "written to cache for 1 h",
        "output_tokens": "output",
        "reasoning_tokens": "of it reasoning",
    }
    return ", ".join(f"{row[column]} {word}" for column, word in names.items() if row[column])
