"""Statistics as people read them: the totals in a few lines, then a line for each group with a bar of its share."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import click

from router_core.cli.printing import Cell, bar, print_facts, print_table
from router_core.money import usd_text

BAR = 10
NAMES = {"client_key": "client key"}
NOTHING = {"provider": "none", "scenario": "none", "agent": "main line", "client_key": "gateway token"}
"""What it means that there is no name; else that it is not known."""


def print_stats(told: Mapping[str, Any]) -> None:
    """Totals, and the table."""
    totals = told["totals"]
    click.echo(click.style(_span_text(told["since"], told["until"]), bold=True))
    if not totals["requests"]:
        click.echo("No requests in this time." if told["since"] else "No requests yet.")
        return
    print_facts(_facts(totals), indent="  ")
    rows = told["steps"] or told["groups"]
    if not rows:
        return
    click.echo()
    measure = "cost_nano_usd" if totals["cost_nano_usd"] else "requests"
    most = max(row[measure] for row in rows) or 1
    timed, named = bool(told["step"]), bool(told["by"])
    head = [*(["WHEN"] if timed else []), *([NAMES.get(told["by"], told["by"]).upper()] if named else [])]
    print_table(
        [*head, "", "COST", "REAL MONEY", "REQUESTS", "FAILED", "INPUT", "OUTPUT", "CACHED", "FIRST BYTE"],
        [_line(row, told, most, measure) for row in rows],
    )
    if not timed and (more := totals["requests"] - sum(row["requests"] for row in rows)) > 0:
        what = "belong to no session, or to others" if told["by"] == "session" else "belong to others"
        click.echo(click.style(f"{more:,} more requests {what}; --limit shows more", fg="bright_black"))


def _facts(totals: Mapping[str, Any]) -> list[tuple[str, Cell | str]]:
    failures = totals["failures"]
    share = cached_share(totals)
    free = totals["cost_nano_usd"] - totals["metered_nano_usd"]
    saved = f" (subscriptions paid for {usd_text(free)} of it)" if free else ""
    kept = "" if share is None else f", {share:.0%} of the input from the cache"
    return [
        ("requests", f"{totals['requests']:,}" + (f", {failures:,} failed" if failures else "")),
        ("tokens", f"{_input(totals):,} in, {totals['output_tokens']:,} out{kept}"),
        ("at list prices", usd_text(totals["cost_nano_usd"]) + saved),
        ("real money", usd_text(totals["metered_nano_usd"])),
    ]


def _line(row: Mapping[str, Any], told: Mapping[str, Any], most: int, measure: str) -> Sequence[Cell | str]:
    share = cached_share(row)
    ttft = row["mean_ttft_ms"]
    texts = [step_text(row["at"], told["step"])] if told["step"] else []
    if told["by"]:
        texts.append(row["value"] or NOTHING.get(told["by"], "not known"))
    return [
        *texts,
        Cell(bar(row[measure] / most, BAR), "cyan"),
        Cell(usd_text(row["cost_nano_usd"]), right=True),
        Cell(usd_text(row["metered_nano_usd"]) if row["metered_nano_usd"] else "", right=True),
        Cell(f"{row['requests']:,}", right=True),
        Cell(f"{row['failures']:,}" if row["failures"] else "", "red", right=True),
        Cell(short_count(_input(row)), right=True),
        Cell(short_count(row["output_tokens"]), right=True),
        Cell("" if share is None else f"{share:.0%}", right=True),
        Cell("" if ttft is None else f"{ttft / 1000:.1f}s", right=True),
    ]


def cached_share(sums: Mapping[str, Any]) -> float | None:
    """Of all input, the part that was read from the provider's cache; None without input."""
    whole = _input(sums)
    return sums["cache_read_tokens"] / whole if whole else None


def short_count(count: int) -> str:
    """`999`, `12.3k`, `4.5M`."""
    for limit, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (1000, "k")):
        if count >= limit:
            return f"{count / limit:.1f}{unit}"
    return str(count)


def step_text(at: int, step: str) -> str:
    """When a step began, local, no finer than the step."""
    local = datetime.datetime.fromtimestamp(at / 1000)
    return local.strftime({"hour": "%Y-%m-%d %H:%M", "month": "%Y-%m"}.get(step, "%Y-%m-%d"))


def _input(sums: Mapping[str, Any]) -> int:
    names = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens")
    return sum(sums[name] for name in names)


def _span_text(since: int, until: int) -> str:
    ends = datetime.datetime.fromtimestamp(until / 1000).strftime("%Y-%m-%d %H:%M")
    return f"until {ends}" if not since else f"{step_text(since, 'hour')} – {ends}"
