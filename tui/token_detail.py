"""One token in full, as lines: what is wrong and what to do, windows as they filled, rests, login, use, sessions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from router_core.clock import to_ms
from router_core.money import usd_text
from router_core.quota.sample import Sample
from router_core.quota.view import NOTHING_KNOWN, Known
from router_core.quota.words import clock_time, forecast_words, named_balance
from router_core.store.statistics import Sums
from router_core.text import duration, plain
from router_core.tokens.history import History
from router_core.tokens.remedy import remedy
from router_core.tokens.token import Token, Window
from tui.figures import count, countdown, time_of_day
from tui.sanitize import Sanitizer
from tui.token_words import LOOKS, long_kind_of, shared_place, shared_program, state_of
from tui.widgets.breaking import wrapped
from tui.widgets.cells import Piece, fitted
from tui.widgets.quota_bar import BAD, WARN, bar, used_now
from tui.widgets.spark import spark
from tui.widgets.text_pane import Line

LABEL = 10
SPANS = (("today", "today"), ("days_7", "7 days"), ("days_30", "30 days"))
SESSIONS_SHOWN = 12
NO_HISTORY = History({}, MappingProxyType({}), ())
FACTS = (("plan", "Plan"), ("email", "E-mail"), ("user", "User"), ("organization", "Organization"),
         ("project", "Project"), ("location", "Location"))  # fmt: skip
OWN = frozenset({"email", "user", "organization", "project"})
"""Facts that say who somebody is."""


@dataclass(frozen=True, slots=True)
class Shown:
    """All that is known of the token, and how it is to be shown."""

    token: Token
    now: float
    known: Known = NOTHING_KNOWN
    history: History = NO_HISTORY
    in_flight: int | None = None
    """None: nobody knows, since no router answers."""
    is_used: bool = True
    """False: the running router pays with other tokens (a demo)."""
    sanitizer: Sanitizer = field(default_factory=Sanitizer)


def detail_lines(shown: Shown, width: int) -> list[Line]:
    """Everything, wrapped to the width."""
    parts = [
        _state(shown, width), _windows(shown, width), _balances(shown), _rests(shown, width), _login(shown, width),
        _used(shown), _sessions(shown, width), _settings(shown),
    ]  # fmt: skip
    lines: list[Line] = []
    for part in parts:
        if part:
            lines += ["", *part] if lines else part
    return lines


def _state(shown: Shown, width: int) -> list[Line]:
    token, now = shown.token, shown.now
    sign, style = LOOKS[token.status(now)]
    under_way = "" if not shown.in_flight else f", {shown.in_flight} under way"
    name = shown.sanitizer.name(token.name)
    lines: list[Line] = [
        [
            Piece(f"{sign} ", style), Piece(name, "strong"),
            Piece(f"  {token.provider}, {long_kind_of(token)}  ", "dim"),
            Piece(state_of(token, now), style), Piece(under_way, "busy"),
        ]
    ]  # fmt: skip
    if not shown.is_used:
        lines += _said("A demo runs on this home and pays with tokens of its own: not with this one.", width, "warn")
    if token.health == "unhealthy":
        lines += _said(shown.sanitizer.sentence(plain(token.health_because) or "No reason was noted."), width, "bad")
        what = shown.sanitizer.sentence(remedy(token))
        lines += _said(f"▸ {what}" if what else "▸ t tests it", width, "hint")
        lines.append([Piece(_keys_for(token), "dim")])
    return lines


def _keys_for(token: Token) -> str:
    return "  here: l logs in again · t tests it" if token.login else "  here: ⏎ takes a new credential · t tests it"


def _windows(shown: Shown, width: int) -> list[Line]:
    if not shown.token.windows:
        return [_head("Windows"), [Piece("None reported yet: u asks the provider, or the next answer tells.", "dim")]]
    lines: list[Line] = [_head("Windows")]
    label = min(16, max([len(window.name) for window in shown.token.windows] + [4])) + 2
    for window in shown.token.windows:
        lines += _window(shown, window, label, width)
    return lines


def _window(shown: Shown, window: Window, label: int, width: int) -> list[Line]:
    now, used = shown.now, used_now(window, shown.now)
    room = max(8, min(30, width - label - 28))
    name = Piece(fitted(plain(window.name), label))
    resets = ""
    if window.reset_at is not None:
        left = countdown(window.reset_at - now)
        at = f", {clock_time(window.reset_at, now)}" if width >= label + room + 34 else ""
        resets = f"  resets in {left}{at}" if window.reset_at > now else "  has reset"
    if used is None:
        return [[name, Piece("▱" * room, "dim"), Piece(f"     ?{resets}", "dim")]]
    rejected = window.status == "rejected" and used > 0
    level = "bad" if rejected or used >= BAD else "warn" if used >= WARN else "good"
    blocks = bar(used, room)
    full = blocks.rstrip("▱")
    lines: list[Line] = [
        [
            name, Piece(full, level), Piece(blocks[len(full) :], "dim"),
            Piece(f" {used * 100:>4.0f}%", level if level != "good" else ""), Piece(resets, "dim"),
        ]
    ]  # fmt: skip
    samples = [each for each in shown.history.samples.get(window.name, ()) if each.observed_at <= now]
    indent = Piece(" " * label)
    if samples and window.length_s and window.reset_at and window.reset_at > now:
        graph = spark(samples, window.reset_at - window.length_s, window.reset_at, now, room)
        lines.append([indent, Piece(graph, level), Piece(f"  {_sampled(samples, now)}", "dim")])
    if outlook := shown.known.outlooks.get(window.name):
        if outlook.forecast is not None:
            said, style = forecast_words(outlook.forecast, window.reset_at, now), "warn"
        elif outlook.may_end_at is not None:
            said, style = f"{outlook.because}; at the earliest {clock_time(outlook.may_end_at, now)}", "dim"
        else:
            said, style = outlook.because, "dim"
        lines += [[indent, Piece(part, style)] for part in wrapped(said, width - label - 1)]
    return lines


def _sampled(samples: Sequence[Sample], now: float) -> str:
    number = len(samples)
    return f"{number} sample{'' if number == 1 else 's'}, the last {_ago(samples[-1].observed_at, now)}"


def _balances(shown: Shown) -> list[Line]:
    told = shown.known.balances
    if not told:
        return []
    return [_head("Balances"), *([Piece(f"{plain(named_balance(balance))}")] for balance in told)]


def _rests(shown: Shown, width: int) -> list[Line]:
    now = shown.now
    rests = sorted((rest for rest in shown.token.cooldowns if rest.until > now), key=lambda rest: rest.until)
    if not rests:
        return []
    lines: list[Line] = [[Piece("Rests", "strong"), Piece("  w ends them", "dim")]]
    for rest in rests:
        scope = f"for {plain(rest.model)} " if rest.model else ""
        head = f"{scope}{countdown(rest.until - now)}, until {clock_time(rest.until, now)}"
        lines.append([Piece("◐ ", "warn"), Piece(head, "warn"), Piece(f"  {rest.kind}", "dim")])
        because = shown.sanitizer.sentence(plain(rest.because))
        lines += [[Piece("  "), Piece(part)] for part in wrapped(because, width - 3)]
        if rest.again_at < rest.until:
            lines.append([Piece(f"  one request is let through at {clock_time(rest.again_at, now)} to see", "dim")])
    return lines


def _login(shown: Shown, width: int) -> list[Line]:
    token, now = shown.token, shown.now
    rows: list[tuple[str, str, str]] = []
    if token.expires_at is not None:
        left = token.expires_at - now
        by_itself = ", renewed by itself" if token.refresh_token is not None else ""
        style = "" if left > 0 or by_itself else "bad"
        rows.append(("Expires", (f"in {duration(left)}" if left > 0 else f"{duration(-left)} ago") + by_itself, style))
    elif token.login:
        rows.append(("Expires", "never, as far as is known", ""))
    if token.refreshed_at is not None:
        rows.append(("Renewed", _ago(token.refreshed_at, now), ""))
    if token.refresh_expires_at is not None:
        left = token.refresh_expires_at - now
        rows.append(("Login ends", f"in {duration(left)}" if left > 0 else "it has ended: l logs in again", ""))
    if program := shared_program(token):
        place = shown.sanitizer.text(shared_place(token)) if shown.sanitizer.on else shared_place(token)
        rows.append(("Shared", f"with {program} ({place})", "warn"))
        rows.append(("", _shared_means(program), "dim"))
    for name, title in FACTS:
        if value := plain(str(token.facts.get(name, ""))):
            rows.append((title, shown.sanitizer.name(value) if name in OWN else value, ""))
    if token.account_id:
        rows.append(("Account", shown.sanitizer.id(plain(token.account_id)), "dim"))
    if not rows:
        return []
    title = "Login" if token.login or token.credential == "login" else "Account"
    return [_head(title), *(line for row in rows for line in _field(*row, width))]


def _shared_means(program: str) -> str:
    return (
        f"What {program} renews is adopted here, what is renewed here is written back there; logging out there ends it "
        "here, too. l makes a login of the router's own."
    )


def _used(shown: Shown) -> list[Line]:
    used = shown.history.used
    if not used:
        return []
    heads = ("requests", "failed", "in", "out", "cached", "list price", "money")
    widths = (9, 7, 7, 7, 7, 11, 9)
    titles = "".join(fitted(head, width, "right") for head, width in zip(heads, widths, strict=True))
    lines: list[Line] = [[Piece(fitted("Used", LABEL), "strong"), Piece(titles, "dim")]]
    for key, title in SPANS:
        if (sums := used.get(key)) is not None:
            cells = [fitted(text, width, "right") for text, width in zip(_figures(sums), widths, strict=True)]
            failed = "bad" if sums.failures else ""
            lines.append(
                [Piece(fitted(title, LABEL)), Piece(cells[0]), Piece(cells[1], failed), Piece("".join(cells[2:]))]
            )
    return lines


def _figures(sums: Sums) -> tuple[str, ...]:
    cached = sums.cache_read_tokens
    sent = sums.input_tokens + cached + sums.cache_write_tokens + sums.cache_write_1h_tokens
    return (
        count(sums.requests),
        count(sums.failures),
        count(sent),
        count(sums.output_tokens),
        f"{cached / sent:.0%}" if sent else "–",
        usd_text(sums.cost_nano_usd),
        usd_text(sums.metered_nano_usd),
    )


def _sessions(shown: Shown, width: int) -> list[Line]:
    rows = shown.history.sessions
    if not rows:
        return []
    lines: list[Line] = [[Piece("Sessions", "strong"), Piece(f"  {len(rows)} stay with it", "dim")]]
    room = max(8, min(36, width - 46))
    for row in rows[:SESSIONS_SHOWN]:
        at = time_of_day(to_ms(row.used_at), shown.now)
        warm = row.cache_until > shown.now and row.cached_tokens
        cached = f"{count(row.cached_tokens)} cached {countdown(row.cache_until - shown.now)}" if warm else "cold"
        lines.append(
            [
                Piece(fitted(shown.sanitizer.id(plain(row.session)), room)), Piece(f" {at:>8}  ", "dim"),
                Piece(fitted(cached, 21), "good" if warm else "dim"), Piece(plain(row.model), "dim"),
            ]
        )  # fmt: skip
    if len(rows) > SESSIONS_SHOWN:
        lines.append([Piece(f"and {len(rows) - SESSIONS_SHOWN} more", "dim")])
    return lines


def _settings(shown: Shown) -> list[Line]:
    token = shown.token
    limit = "any number" if token.max_concurrent is None else f"{token.max_concurrent}"
    said = f"priority {token.priority} · weight {token.weight:g} · {limit} at once"
    if token.claude_code_compat:
        said += " · serves other clients than Claude Code"
    lines: list[Line] = [_head("Settings"), [Piece(said), Piece("  ⏎ edits", "dim")]]
    return [*lines, [Piece(f"added {_ago(token.created_at, shown.now)}", "dim")]] if token.created_at else lines


def _head(text: str) -> Line:
    return [Piece(text, "strong")]


def _ago(at: float, now: float) -> str:
    seconds = now - at
    return "just now" if seconds < 5 else f"{duration(seconds)} ago"


def _said(text: str, width: int, style: str) -> list[Line]:
    return [[Piece(part, style)] for part in wrapped(text, width - 1)]


def _field(label: str, text: str, style: str, width: int) -> list[Line]:
    parts = wrapped(text, width - LABEL - 4)
    names = [label] + [""] * (len(parts) - 1)
    return [
        [Piece(fitted(name, LABEL + 3), "dim"), Piece(part, style)] for name, part in zip(names, parts, strict=True)
    ]
