"""Homes for the TUI's tests and its picture: plausible tokens and requests, written as the router writes them."""

import math
import random
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson
from sqlite_utils import Database

from router_core.clock import Clock
from router_core.home import Home
from router_core.quota.report import Balance
from router_core.quota.sample import Sample
from router_core.store import traces
from router_core.store.database import transaction
from router_core.store.quota import write_balances, write_samples
from router_core.store.tokens import TokenStore, open_tokens
from router_core.tokens.token import Cooldown, Token, Window
from router_core.trace.record import AttemptRecord, BodyRecord, TraceRecord, Usage

HOUR, DAY = 3600.0, 86400.0


@dataclass
class Seeded:
    """An open home, to write more into while the app runs."""

    home: Home
    clock: Clock
    tokens: TokenStore
    traces: Database
    numbers: list[int] = field(default_factory=lambda: [0])

    def next_id(self) -> str:
        """Ids sort by time, as the router's do."""
        self.numbers[0] += 1
        return f"01k{round(self.clock.now() * 1000):011x}{self.numbers[0]:06x}"

    def start(self, **fields: object) -> TraceRecord:
        """Commit a request that has just come in."""
        record = record_of(self.next_id(), self.clock.now(), **fields)
        with transaction(self.traces) as connection:
            traces.write_started(connection, record)
        return record

    def write(self, record: TraceRecord, *bodies: BodyRecord) -> TraceRecord:
        """Commit a request as it is now."""
        with transaction(self.traces) as connection:
            traces.write_trace(connection, record)
            for body in bodies:
                traces.write_body(connection, body)
        return record

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.tokens.database.conn.close()
        self.traces.conn.close()


def open_home(path: Path, clock: Clock) -> Seeded:
    """A home with empty databases."""
    home = Home(path).ensure()
    return Seeded(home, clock, open_tokens(home, clock), traces.open_traces(home))


def record_of(request_id: str, started_at: float, **fields: object) -> TraceRecord:
    """A request of Claude Code, but for the given fields."""
    record = TraceRecord(
        request_id, started_at, "POST", "/v1/messages?beta=true", "anthropic", client="claude-code",
        user_agent="claude-cli/2.1.14 (external, cli)", session="5f1c20de-8a44", streamed=True, provider="claude",
        model="claude-sonnet-4-5", token="max-anna", because="default",
    )  # fmt: skip
    for name, value in fields.items():
        setattr(record, name, value)
    return record


def finish(record: TraceRecord, *, after_s: float, ttft_s: float | None, usage: Usage, **fields: object) -> TraceRecord:
    """The request, answered with 200 unless the fields say otherwise, with one attempt if it has none."""
    record.finished_at = record.started_at + after_s
    record.ttft_ms = None if ttft_s is None else round(ttft_s * 1000)
    record.usage, record.state, record.status, record.stop_reason = usage, "ok", 200, "end_turn"
    for name, value in fields.items():
        setattr(record, name, value)
    if not record.attempts:
        record.attempts = [
            AttemptRecord(
                1, record.provider, record.model, "id", record.token, "https://api.anthropic.com/v1/messages",
                "priority 10 is the lowest that is free", record.started_at + 0.002, record.finished_at,
                record.status, "answered" if record.state == "ok" else "server_error", "done", "", record.ttft_ms,
            )
        ]  # fmt: skip
    return record


def add_tokens(seeded: Seeded) -> None:
    """Four tokens: fine, nearly used up, resting, unhealthy."""
    now = seeded.clock.now()

    def window(name: str, used: float, left_s: float, length_s: float, status: str = "allowed") -> Window:
        return Window(name, used, now + left_s, int(length_s), status, now)

    tokens = [
        Token(
            "",
            "max-anna",
            "claude",
            "sk-ant-oat01-x",
            priority=10,
            windows=(window("5h", 0.62, 2 * HOUR + 840, 5 * HOUR), window("7d", 0.31, 4 * DAY + 3 * HOUR, 7 * DAY)),
        ),
        Token(
            "",
            "max-ben",
            "claude",
            "sk-ant-oat01-y",
            priority=20,
            windows=(window("5h", 1.0, 47 * 60 + 12, 5 * HOUR, "rejected"), window("7d", 0.84, 2 * DAY, 7 * DAY)),
            cooldowns=(Cooldown(now + 47 * 60 + 12, "window", "429: the 5h window is used up", "", now - 60),),
        ),
        Token(
            "",
            "plus-anna",
            "codex",
            "eyJ",
            priority=30,
            windows=(window("5h", 0.18, 3.6 * HOUR, 5 * HOUR), window("7d", 0.09, 5 * DAY, 7 * DAY)),
        ),
        Token(
            "",
            "work-key",
            "openai",
            "sk-proj-x",
            priority=50,
            health="unhealthy",
            health_because="401 invalid_api_key: Incorrect API key provided",
        ),
        Token("", "spare", "openrouter", "sk-or-x", priority=90, enabled=False),
    ]
    for token in tokens:
        stored = seeded.tokens.add(token)
        state = Token(
            stored.id,
            token.name,
            token.provider,
            "",
            health=token.health,
            health_because=token.health_because,
            cooldowns=token.cooldowns,
            windows=token.windows,
        )
        seeded.tokens.save_state(state)
        if token.name == "max-anna":
            add_samples(seeded, stored.id)
        if token.name == "plus-anna":
            credits = Balance("credits", None, None, 37.5, "credits", "", now)
            with transaction(seeded.tokens.database) as connection:
                write_balances(connection, stored.id, [credits], whole=True)


def add_samples(seeded: Seeded, token_id: str) -> None:
    """The 5-hour window of a token as it filled: 62 % in two hours and a half."""
    now = seeded.clock.now()
    samples = [
        Sample(now - 150 * 60 + minute * 60, round(0.62 * minute / 150, 2), now + 2 * HOUR + 840, 1000.0 * minute)
        for minute in range(0, 151, 5)
    ]
    with transaction(seeded.tokens.database) as connection:
        write_samples(connection, token_id, [("5h", sample) for sample in samples])


REQUEST_HEADERS = [
    ("host", "api.anthropic.com"),
    ("authorization", "Bearer [redacted]"),
    ("anthropic-version", "2023-06-01"),
    ("anthropic-beta", "claude-code-20250219,oauth-2025-04-20"),
    ("content-type", "application/json"),
]
RESPONSE_HEADERS = [
    ("content-type", "text/event-stream"),
    ("request-id", "req_011CVr"),
    ("anthropic-ratelimit-unified-5h-utilization", "0.62"),
]
STREAM = b"".join(
    b"event: %s\ndata: %s\n\n" % (event["type"].encode(), orjson.dumps(event))  # type: ignore[attr-defined]
    for event in (
        {"type": "message_start", "message": {"id": "msg_1", "usage": {"input_tokens": 12}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "The failing test "}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "expects UTC."}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 842}},
        {"type": "message_stop"},
    )
)


def failed_over(seeded: Seeded, ago_s: float = 21.0) -> TraceRecord:
    """A request that the second token answered; with headers and bodies."""
    now = seeded.clock.now()
    record = record_of(seeded.next_id(), now - ago_s, model="claude-opus-4-5", because="default")
    start = record.started_at
    record.scenario, record.project, record.estimated_input_tokens = "think", "/home/anna/clock", 48_900
    record.because = "think: plan mode; [routing] think = claude/claude-opus-4-5"
    record.asked_model = "claude-sonnet-4-5"
    record.decision = [
        ("lock", "nothing is locked"),
        ("explicit target", "'claude-sonnet-4-5' names no provider"),
        ("subagent tag", "no tag"),
        ("custom function", "none is set"),
        ("rules", "none is set"),
        ("scenario", record.because),
    ]
    record.cost_nano_usd, record.cost_basis, record.billing = 57_272_500, "price", "subscription"
    record.attempts = [
        AttemptRecord(
            1,
            "claude",
            "claude-opus-4-5",
            "b",
            "max-ben",
            "https://api.anthropic.com/v1/messages?beta=true",
            "session 5f1c20de is bound to it",
            start + 0.004,
            start + 0.416,
            429,
            "window_exhausted",
            "next_token",
            "the 5h window is used up until 20:51: max-ben rests until then",
            410,
            REQUEST_HEADERS,
            [("retry-after", "2832"), ("content-type", "application/json")],
        ),
        AttemptRecord(
            2,
            "claude",
            "claude-opus-4-5",
            "a",
            "max-anna",
            "https://api.anthropic.com/v1/messages?beta=true",
            "priority 10 is the lowest that is free",
            start + 0.421,
            start + 7.31,
            200,
            "answered",
            "done",
            "",
            1180,
            REQUEST_HEADERS,
            RESPONSE_HEADERS,
            affinity="away from max-ben: it rests for 47m",
            cache_lost_tokens=48_200,
            cache_lost_nano_usd=277_150_000,
            edits=[("model", "target"), ("max_tokens", "maxtoken"), ("thinking.budget_tokens", "maxtoken")],
            cost_nano_usd=57_272_500,
            cost_basis="price",
            billing="subscription",
        ),
    ]
    finish(record, after_s=7.312, ttft_s=1.62, usage=Usage(12, 842, 48_200, 1_930, None, 210))
    request = {
        "model": "claude-opus-4-5",
        "max_tokens": 32000,
        "stream": True,
        "messages": [{"role": "user", "content": "Why does test_clock fail on my machine?"}],
    }
    refusal = {
        "type": "error",
        "error": {"type": "rate_limit_error", "message": "This request would exceed your limit"},
    }
    return seeded.write(
        record,
        BodyRecord(record.id, "request", orjson.dumps(request), 198_344, True, "application/json"),
        BodyRecord(
            record.id, "attempt-1", orjson.dumps(refusal), len(orjson.dumps(refusal)), False, "application/json"
        ),
        BodyRecord(record.id, "response", STREAM, len(STREAM), False, "text/event-stream; charset=utf-8"),
    )


def add_requests(seeded: Seeded, number: int = 40) -> None:
    """A working day's mixture, the newest last: two still running."""
    chance = random.Random(7)
    now = seeded.clock.now()
    kinds = [
        {"client": "claude-code", "provider": "claude", "model": "claude-sonnet-4-5", "token": "max-anna"},
        {"client": "claude-code", "provider": "claude", "model": "claude-haiku-4-5", "token": "max-anna"},
        {
            "client": "codex",
            "provider": "codex",
            "model": "gpt-5.2-codex",
            "token": "plus-anna",
            "path": "/codex/responses",
            "format": "openai-responses",
            "session": "019a8c33-71b2",
        },
        {
            "client": "python-openai",
            "provider": "openai",
            "model": "gpt-5-mini",
            "token": "work-key",
            "path": "/v1/chat/completions",
            "format": "openai-chat",
            "session": "",
        },
    ]
    for left in range(number, 0, -1):
        record = record_of(seeded.next_id(), now - 24 - left * 13.7 - chance.random() * 6, **chance.choice(kinds[:3]))
        ttft = chance.uniform(0.3, 2.2)
        usage = Usage(
            chance.randint(4, 900), chance.randint(40, 2400), chance.randint(9_000, 140_000), chance.randint(0, 4000)
        )
        fields: dict[str, object] = {}
        if left == 9:
            record = record_of(record.id, record.started_at, **kinds[3])
            fields = {
                "state": "failed",
                "status": 401,
                "error": "401 invalid_api_key: no other token of openai",
                "ttft": None,
            }
        elif left == 5:
            fields = {"state": "client_closed", "status": 200, "stop_reason": ""}
        ttft_s = None if fields.pop("ttft", 1) is None else ttft
        if record.provider != "openai":
            record.cost_nano_usd, record.cost_basis, record.billing = (
                31_000_000 + left * 517_000,
                "price",
                "subscription",
            )
        record.scenario = "background" if "haiku" in record.model else "default"
        seeded.write(finish(record, after_s=ttft + chance.uniform(1, 14), ttft_s=ttft_s, usage=usage, **fields))
    failed_over(seeded)
    for ago, kind, ttft_ms in ((8.4, kinds[0], 910), (3.1, kinds[2], None)):
        record = record_of(seeded.next_id(), now - ago, **kind)
        record.ttft_ms = ttft_ms
        record.attempts = [
            AttemptRecord(
                1,
                record.provider,
                record.model,
                "a",
                record.token,
                "https://chatgpt.com/backend-api/codex",
                "session is bound to it",
                now - ago,
                first_byte_ms=ttft_ms,
            )
        ]
        seeded.write(record)


def add_history(seeded: Seeded, days: int = 30, each_day: int = 14) -> None:
    """Finished requests of the last days, fewer at weekends, as a busy developer leaves them."""
    chance = random.Random(11)
    now = seeded.clock.now()
    models = [
        ("claude", "claude-opus-5-5", "max-anna", "claude-code", 5),
        ("claude", "claude-sonnet-5", "max-ben", "claude-code", 4),
        ("claude", "claude-haiku-5-5", "max-anna", "claude-code", 3),
        ("codex", "gpt-6.1-sol", "plus-anna", "codex", 3),
        ("openrouter", "deepseek/deepseek-v4", "spare", "python-openai", 1),
        ("openai", "gpt-5-mini", "work-key", "python-openai", 1),
        ("gemini", "gemini-3.5-flash", "work-key", "gemini-cli", 1),
    ]
    projects = ["/home/anna/clock", "/home/anna/shop", "/home/anna/blog"]
    with transaction(seeded.traces) as connection:
        for day in range(days, 0, -1):
            weekend = (int(now - day * DAY) // 86400 + 4) % 7 in (5, 6)
            for number in range(each_day // 3 if weekend else each_day):
                provider, model, token, client, size = chance.choices(models, [m[4] for m in models])[0]
                at = now - day * DAY + number * 3600 * 0.6
                scenario = "background" if "haiku" in model else "default"
                record = record_of(
                    seeded.next_id().replace("01k", "00k"), at, provider=provider, model=model, token=token,
                    client=client, project=chance.choice(projects), scenario=scenario,
                    session=f"{day:02}-{number // 5}-5f1c20de",
                )  # fmt: skip
                usage = Usage(
                    chance.randint(50, 900), chance.randint(40, 2400) * size, chance.randint(9_000, 90_000), 2000
                )
                record.cost_nano_usd = chance.randint(5_000_000, 90_000_000) * size
                record.billing = "metered" if provider in ("openrouter", "openai") else "subscription"
                record.metered_nano_usd = record.cost_nano_usd if record.billing == "metered" else 0
                state = "failed" if chance.random() < 0.03 else "ok"
                finish(record, after_s=chance.uniform(2, 20), ttft_s=chance.uniform(0.3, 2), usage=usage, state=state)
                traces.write_trace(connection, record)


def add_hour(seeded: Seeded) -> None:
    """An hour of work before now, in waves: for the bars of the overview."""
    chance = random.Random(11)
    now = seeded.clock.now()
    for minute in range(59, 12, -1):
        busy = 0.5 + 0.5 * math.sin(minute / 5)
        for _ in range(round(busy * chance.randint(2, 9))):
            record = record_of(seeded.next_id(), now - minute * 60 + chance.random() * 40)
            failed = minute in (33, 34) and chance.random() < 0.5
            fields: dict[str, object] = {"state": "failed", "status": 502, "error": "502 bad gateway"} if failed else {}
            usage = (
                Usage()
                if failed
                else Usage(chance.randint(4, 900), chance.randint(40, 2400), chance.randint(9_000, 90_000))
            )
            record.metered_nano_usd = chance.randint(2, 40) * 1_000_000 if minute % 2 else 0
            record.cost_nano_usd, record.cost_basis, record.billing = (
                chance.randint(2, 40) * 1_000_000,
                "price",
                "metered",
            )
            seeded.write(finish(record, after_s=chance.uniform(2, 14), ttft_s=1, usage=usage, **fields))


def budget(name: str = "daily", share: float = 0.52, **fields: object) -> dict[str, object]:
    """One budget as `/api/spend` tells of it."""
    spent = {"requests": 812, "input_tokens": 0, "output_tokens": 0, "nano_usd": round(share * 5e9)}
    nothing = dict.fromkeys(spent, 0)
    return {
        "budget": name, "period": "day", "begins": "2026-11-20", "resets_at": 1_795_219_200.0, "scope": {},
        "limits": {"nano_usd": 5_000_000_000}, "used": spent, "reserved": nothing, "share": share,
        "nearest": "nano_usd", "warns": share >= 0.8, "on_limit": "refuse", **fields,
    }  # fmt: skip


def log_text(lines: int = 40) -> str:
    """What the router's log looks like."""
    kinds = [
        ("INFO", "POST /v1/messages -> claude/claude-sonnet-5 with max-anna: 200 in 4.1s (default)"),
        ("INFO", "POST /codex/responses -> codex/gpt-6.1-sol with plus-anna: 200 in 2.8s (explicit target)"),
        ("DEBUG", "session 5f1c20de is bound to max-anna"),
        (
            "WARNING",
            "max-ben rests until 20:51: 429: the 5h window is used up; 47 other requests go to max-anna meanwhile, "
            "as long as its own window of five hours lasts, which is 62 % used",
        ),
        ("INFO", "configuration reloaded from ~/.mitmrouter/config.toml"),
        ("ERROR", "work-key is unhealthy: 401 invalid_api_key: Incorrect API key provided"),
    ]
    return "".join(
        f"2026-11-20 19:{n // 4:02}:{n % 4 * 15:02}.{n * 37 % 1000:03} {kinds[n * 7 % 6][0]:<7} {kinds[n * 7 % 6][1]}\n"
        for n in range(lines)
    )
