"""What somebody may have put into every text that the app shows, and names that nobody may read when sanitized."""

from dataclasses import replace

import orjson

from router_core.store import traces
from router_core.store.database import transaction
from router_core.tokens.token import Cooldown, Token, Window
from router_core.trace.record import BodyRecord, Usage
from tests.tui.seed import Seeded, finish, record_of

HOSTILE = (
    "\x1b[31mred\x1b]0;title\x07\x1b]52;c;ZXZpbA==\x07",
    "\u202egnp.exe\u2066 \u200b\u200d\ufeff hidden",
    "漢字の名前とても長い名前です" * 3,
    "👩‍👩‍👧‍👦🏳️‍🌈 e\u0301\u0327\u0300 ﷽",
    "line\nbreak\r\n\ttab\x00nul\x9bcsi",
    "m" * 10_000,
    "[bold red]markup[/] [@click=app.exit]press[/] [/nothing] \\[",
    "",
    " ",
    "%s {0} ${HOME} %(name)s",
    "\ud800 half",
)
"""Texts as clients, providers and files could hold them."""
CANARY = "kanari"
"""In every name of the owner's in a home that is shown sanitized."""
FORBIDDEN = frozenset(chr(code) for code in (*range(32), *range(0x7F, 0xA0), *range(0x202A, 0x202F), 0x200B, 0x2066))
"""No cell of the screen may hold one of these."""


def add_hostile(seeded: Seeded, *, canary: bool) -> None:
    """Tokens, requests with bodies, a log, a configuration.

    Args:
        canary: with names to hide, else with texts that would do harm.
    """
    now = seeded.clock.now()

    def text(place: int, kind: str) -> str:
        if canary:
            return f"{CANARY}-{kind}-{place}"
        return HOSTILE[place % len(HOSTILE)].encode("utf-8", "ignore").decode()

    for place in range(len(HOSTILE)):
        bad = replace(
            Token("", f"{CANARY}-token-{place}", "claude", f"sk-{CANARY}-secret-{place}", priority=place),
            health="unhealthy" if place % 3 == 0 else "ok",
            health_because=f"401 for {text(place, 'token')}",
            cooldowns=(Cooldown(now + 600, "rate_limited", text(place, "token")),) if place % 2 else (),
            windows=(Window("5h", place / 10, now + 600, 18_000, "allowed", now),),
        )
        seeded.tokens.add(bad)
    for place in range(3 * len(HOSTILE)):
        name = text(place, "token")
        because = f"pinned to {name}" if canary else text(place + 1, "why")
        record = record_of(
            seeded.next_id(), now - 500 + place, session=text(place, "session"), project=text(place, "project"),
            client_key=text(place, "key"), token=name, because=because,
            user_agent="codex_cli" if canary else text(place, "agent"),
            client="codex" if canary else text(place + 2, ""), model="gpt-5.2" if canary else text(place + 3, ""),
            provider="claude" if canary else text(place + 4, ""), path="/v1/messages" if canary else text(place, ""),
        )  # fmt: skip
        record.error = because if place % 3 == 0 else ""
        record.decision = [("lock", because), ("rules", because)]
        record.scenario = "default" if canary else text(place + 5, "")
        if place % 4:
            state = "failed" if record.error else "ok"
            finish(record, after_s=2, ttft_s=1, usage=Usage(10, 20, 300), state=state)
        body = text(place, "body")
        said = orjson.dumps({"model": record.model, "messages": [{"role": "user", "content": body}]})
        with transaction(seeded.traces) as connection:
            traces.write_trace(connection, record)
            for kind in ("request", "attempt-1", "response"):
                traces.write_body(connection, BodyRecord(record.id, kind, said, len(said), False, "application/json"))
    lines = [f"2026-11-20 19:00:{n:02}.000 WARNING {text(n, 'token')} rests" for n in range(len(HOSTILE))]
    seeded.home.log.write_text("\n".join(lines) + "\n", encoding="utf-8")
    comment = f"{CANARY}-config" if canary else text(2, "")
    config = f"# {comment}\n[server]\nport = 8100\n[providers.openai]\nknd = 'x'\n"
    seeded.home.config.write_text(config, encoding="utf-8")
