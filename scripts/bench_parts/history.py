"""A long history in traces.db, as the writer would have left it: two years, 12 tokens, 25 models, 40 projects, and a
session for each 200 requests. The rows are made by SQL: ten million take a few minutes."""

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

from router_core.home import Home
from router_core.store.trace_rows import USAGE
from router_core.store.traces import open_traces
from router_core.store.usage_days import fold_slice
from router_core.store.usage_paths import TAKE_IN_PATHS, path_group
from router_core.store.usage_take_in import TAKE_IN, TAKE_IN_SESSIONS

DAYS = 730
UNTIL_MS = 1_796_000_000_000
"""A day in November 2026: any will do, but always the same."""
DAY_MS = 86_400_000
REQUESTS_PER_SESSION = 200
PROJECTS = [f"/home/me/work/{name}-{number}" for number in range(10) for name in ("app", "lib", "site", "infra")]
TOKENS = {
    "claude": ["max-1", "max-2", "max-3", "api-key"], "codex": ["plus", "pro", "team"], "openai": ["platform"],
    "gemini": ["studio"], "openrouter": ["router-a", "router-b"], "copilot": ["work"],
}  # fmt: skip
MODELS = {
    "claude": ["claude-opus-4-5", "claude-sonnet-4-5", "claude-haiku-4-5", "claude-opus-4-1", "claude-sonnet-4"],
    "codex": ["gpt-5.1-codex", "gpt-5.1-codex-mini", "gpt-5.1", "gpt-5"],
    "openai": ["gpt-4.1", "gpt-4.1-mini", "o3", "o4-mini"],
    "gemini": ["gemini-2.5-pro", "gemini-2.5-flash", "gemini-3-pro", "gemini-2.0-flash"],
    "openrouter": ["deepseek/deepseek-v3", "qwen/qwen3-coder", "z-ai/glm-4.6", "moonshotai/kimi-k2", "x-ai/grok-4"],
    "copilot": ["gpt-4o", "claude-sonnet-4", "gemini-2.5-pro"],
}
CLIENTS = [
    ("claude-code", "", 60),
    ("codex", "", 20),
    ("curl", "ci", 5),
    ("openai-python", "notebook", 10),
    ("", "", 5),
]
_INDEXES = "select name, sql from sqlite_master where type = 'index' and sql is not null and tbl_name = 'requests'"
_MIXED = "(n * 2654435761 + number * 40503) % 4294967296"
"""A number that looks random and is the same each time."""
_REQUESTS = f"""
insert into requests (
    id, started_at, finished_at, client, user_agent, session, method, path, format, streamed, provider, model, token,
    because, state, status, attempts, ttft_ms, total_ms, stop_reason, error, scenario, decision, project, agent,
    client_key, cost_nano_usd, cost_basis, billing, metered_nano_usd, {", ".join(USAGE)}
)
select printf('r%011x%08x', at, rowid), at, at + took, client, client || '/2.0.1', session, 'POST', '/v1/messages',
    'anthropic', 1, provider, iif(errand, errand_model, model), token, 'priority: the first that may be used', state,
    iif(state = 'ok', 200, 529), 1, took / 4, took, iif(state = 'ok', 'end_turn', ''),
    iif(state = 'ok', '', 'overloaded'), iif(errand, 'background', iif(mixed % 11 = 0, 'think', '')),
    '[["model","named by the client"],["scenario","none applies"]]', project,
    iif(mixed % 100 < 15, 'agent-' || (mixed % 4), ''), client_key, cost, 'price',
    iif(metered, 'metered', 'subscription'), cost * metered,
    mixed % 5000, mixed % 1500, mixed % 120000, mixed % 8000, 0, iif(mixed % 3 = 0, mixed % 700, null)
from (
    select *, mixed % 100 < 12 as errand,
        iif(mixed % 97 = 0, 'failed', iif(mixed % 89 = 0, 'client_closed', 'ok')) as state,
        1000 + mixed % 30000 as took, mixed % 90000000 as cost
    from (
        select ordered.rowid as rowid, at, n, sessions.*, {_MIXED} as mixed
        from temp.ordered join temp.sessions using (number)
    )
) order by rowid
"""
_DAILY = f"""
insert into usage_daily (
    day, provider, token, model, session, requests, failures, {", ".join(USAGE)}, cost_nano_usd, metered_nano_usd
)
select strftime('%Y-%m-%d', started_at / 1000, 'unixepoch', 'localtime'), provider, token, model, session, count(*),
    sum(state <> 'ok'), {", ".join(f"coalesce(sum({name}), 0)" for name in USAGE)}, sum(cost_nano_usd),
    sum(metered_nano_usd)
from requests group by 1, 2, 3, 4, 5
"""


def build(folder: Path, requests: int, until_ms: int, say: Callable[[str], object] = lambda text: None) -> Home:
    """Make a home folder whose traces.db has so many requests, the last of them just before `until_ms`."""
    home = Home(folder)
    folder.mkdir(parents=True, exist_ok=True)
    database = open_traces(home)
    connection = database.conn
    connection.isolation_level = None
    connection.execute("pragma synchronous = off")
    connection.execute("pragma cache_size = -400000")
    connection.execute("begin")
    indexes = connection.execute(_INDEXES).fetchall()
    for name, _ in indexes:
        connection.execute(f"drop index {name}")
    say("sessions")
    _sessions(connection, requests, until_ms)
    say("requests")
    connection.execute(_REQUESTS)
    for name, sql in indexes:
        say(f"index {name}")
        connection.execute(sql)
    say("usage")
    connection.execute(_DAILY)
    connection.create_function("path_group", 1, path_group, deterministic=True)
    for statement in (*TAKE_IN, *TAKE_IN_SESSIONS, *TAKE_IN_PATHS):
        connection.execute(statement)
    say("days")
    while fold_slice(connection, until_ms):
        pass
    connection.execute("commit")
    connection.execute("pragma wal_checkpoint(truncate)")
    database.close()
    return home


def _sessions(connection: sqlite3.Connection, requests: int, until_ms: int) -> None:
    """Who works on what from when to when; and the requests of all of them in the order in which they come."""
    chance = random.Random(1)
    connection.execute(
        "create temp table sessions (number integer primary key, begins, every, size, session, project, client,"
        " client_key, provider, token, model, errand_model, metered)"
    )
    connection.execute("create temp table counting (n integer primary key)")
    rows, left, number = [], requests, 0
    while left:
        number += 1
        size = min(left, 1 + int(chance.expovariate(1 / REQUESTS_PER_SESSION)))
        left -= size
        every = chance.randrange(15_000, 90_000)
        begins = until_ms - int(chance.random() ** 1.3 * DAYS * DAY_MS) - size * every - 60_000
        provider = chance.choices(list(TOKENS), [55, 20, 5, 8, 8, 4])[0]
        client, client_key, _ = chance.choices(CLIENTS, [weight for *_, weight in CLIENTS])[0]
        models = MODELS[provider]
        rows.append(
            (
                number, begins, every, size, "" if client == "" else f"{chance.getrandbits(128):032x}",
                PROJECTS[min(int(chance.expovariate(1 / 12)), len(PROJECTS) - 1)], client, client_key, provider,
                chance.choice(TOKENS[provider]), chance.choice(models), models[2], provider not in ("claude", "codex"),
            )
        )  # fmt: skip
    connection.executemany(f"insert into temp.sessions values ({', '.join('?' * 13)})", rows)
    longest = max(row[3] for row in rows)
    connection.executemany("insert into temp.counting values (?)", ((n,) for n in range(longest)))
    connection.execute("create temp table ordered (at integer, number integer, n integer)")
    connection.execute(
        "insert into temp.ordered select begins + n * every + n * 7919 % every as at, number, n"
        " from temp.sessions join temp.counting on n < size order by at"
    )
