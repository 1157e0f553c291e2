"""The bill: each class of tokens times its price, earlier attempts, what is money, what the cache saved."""

from dataclasses import asdict

from router_core.config.load import load_config
from router_core.errors import ConfigError
from router_core.money import usd_text
from router_core.spend.cost_breakdown import CostBreakdown, CostLine, cost_breakdown
from router_core.spend.cost_text import cost_text
from router_core.spend.prices import NO_PRICES, Prices
from router_core.trace.answer_text import answer_text
from router_core.wire.format import FormatName
from tui.screens.detail.facts import View, fact, heading
from tui.widgets.cells import Piece, fitted
from tui.widgets.text_pane import Line

NAME, AMOUNT, PRICE, USD = 26, 12, 18, 16


def bill(view: View) -> CostBreakdown:
    """What the request has cost, with what its kept answer tells beside."""
    row = view.trace.request
    body = next((b for b in view.trace.bodies if b.kind in ("upstream-response", "response")), None)
    services: tuple[str, ...] = ()
    searches = 0
    if body is not None and not body.truncated:
        format: FormatName = row.upstream_format or row.format  # type: ignore[assignment]  # as the router wrote it
        usage = answer_text(body.content, format, content_type=body.content_type).usage
        services = (usage.services if usage else None) or ()
        searches = (usage.web_search_requests if usage else None) or 0
    return cost_breakdown(
        asdict(row), [asdict(attempt) for attempt in view.trace.attempts], overrides=_overrides(view),
        services=services, web_searches=searches,
    )  # fmt: skip


def _overrides(view: View) -> Prices:
    try:
        return load_config(view.home.config).prices
    except (ConfigError, OSError):
        return NO_PRICES


def cost(view: View, width: int) -> list[Line]:
    """The whole tab."""
    row, found = view.trace.request, bill(view)
    lines: list[Line] = []
    if found.lines:
        answered = next((each for each in reversed(view.trace.attempts) if each.billing), None)
        model = answered.model if answered else row.model
        lines.append(heading(model, "prices in USD per million tokens"))
        lines.append([Piece(f"{'':{NAME}}{'TOKENS':>{AMOUNT}}{'× PRICE':>{PRICE}}{'= USD':>{USD}}", "header")])
        lines += [_line(line) for line in found.lines]
    else:
        lines += fact("No bill", f"{found.why_no_lines}.", width)
    for each in found.earlier:
        name = f"attempt {each.number}, {view.sanitizer.name(each.token)}"
        amount = usd_text(each.nano_usd) if each.nano_usd is not None else "?"
        lines.append([Piece(fitted(name, NAME)), Piece(f"{amount:>{AMOUNT + PRICE + USD}}")])
    if found.total is not None:
        lines.append([Piece("─" * (NAME + AMOUNT + PRICE + USD), "dim")])
        lines.append(
            [
                Piece(fitted("at list prices", NAME), "strong"),
                Piece(f"{usd_text(found.total):>{AMOUNT + PRICE + USD}}", "strong"),
            ]
        )
        lines.append(
            [
                Piece(fitted("of it real money", NAME)),
                Piece(f"{usd_text(found.metered):>{AMOUNT + PRICE + USD}}", "warn" if found.metered else "good"),
            ]
        )
    lines.append("")
    lines += fact("In words", cost_text(row.cost_nano_usd, row.cost_basis, row.billing) or "nothing was billed", width)
    if found.total is not None:
        lines += fact("Exactly", f"{found.total:,} nano-USD, of it {found.metered:,} metered", width)
    lines += _cache(view, found, width)
    return lines


def _line(line: CostLine) -> Line:
    amount = "" if line.amount is None else f"{line.amount:,}"
    price = "" if line.per_million is None else _price(line.per_million)
    if not amount and not price:
        room = NAME + AMOUNT + PRICE
        return [Piece(fitted(line.name, room), "dim"), Piece(f"{usd_text(line.nano_usd):>{USD}}")]
    return [
        Piece(fitted(line.name, NAME)),
        Piece(f"{amount:>{AMOUNT}}"),
        Piece(f"{price:>{PRICE}}", "dim"),
        Piece(f"{usd_text(line.nano_usd):>{USD}}"),
    ]


def _price(per_million: int) -> str:
    usd = f"{per_million / 1e9:.4f}".rstrip("0")
    whole, _, part = usd.partition(".")
    return f"{int(whole):,}.{part.ljust(2, '0')}"


def _cache(view: View, found: CostBreakdown, width: int) -> list[Line]:
    row = view.trace.request
    lines: list[Line] = []
    read, sent = row.cache_read_tokens or 0, row.prompt_tokens or 0
    if read and sent:
        lines += fact("From cache", f"{read:,} of {sent:,} input tokens ({read / sent:.0%})", width)
    if found.uncached:
        if found.uncached > 0:
            lines += fact(
                "Cache saved",
                f"{usd_text(found.uncached)}: so much more the same had cost without a cache",
                width,
                look="good",
            )
        else:
            lines += fact(
                "Cache cost", f"{usd_text(-found.uncached)} more than no cache: it was written, to be read later", width
            )
    lost = [attempt for attempt in view.trace.attempts if attempt.cache_lost_tokens]
    for attempt in lost:
        price = f", {usd_text(attempt.cache_lost_nano_usd)} to write them again" if attempt.cache_lost_nano_usd else ""
        why = f": {view.sanitizer.sentence(attempt.affinity)}" if attempt.affinity else ""
        lines += fact("Cache lost", f"{attempt.cache_lost_tokens:,} tokens{price}{why}", width, look="warn")
    return lines
