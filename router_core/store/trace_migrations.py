"""The schema of `traces.db`, as numbered steps that are only ever appended to.

It is public: its columns are a contract. Times are epoch milliseconds, money is integer nano-USD.
"""

from sqlite_utils import Database, Migrations

from router_core.store.usage_days import add_up_paths
from router_core.store.usage_paths import TAKE_IN_PATHS, path_group
from router_core.store.usage_take_in import TAKE_IN, TAKE_IN_SESSIONS

traces = Migrations("traces")


@traces()
def m001_traces(db: Database) -> None:
    db.executescript(
        """
        create table requests (
            id text primary key,             -- sorts by time
            started_at integer not null,
            finished_at integer,             -- null while it runs
            client text not null default '', -- claude-code, codex, …
            user_agent text not null default '',
            session text not null default '',
            method text not null,
            path text not null,
            format text not null,            -- the client's wire format
            streamed integer not null default 0,
            provider text not null default '',
            model text not null default '',
            token text not null default '',  -- name of the token that answered
            because text not null default '',
            state text not null default 'running',  -- running, ok, failed, refused, client_closed, broken, lost
            status integer,
            attempts integer not null default 0,
            ttft_ms integer,                 -- until the first byte of content was sent to the client
            total_ms integer,
            input_tokens integer,            -- without cached ones
            output_tokens integer,           -- with reasoning
            cache_read_tokens integer,
            cache_write_tokens integer,      -- 5-minute and unnamed
            cache_write_1h_tokens integer,
            reasoning_tokens integer,
            stop_reason text not null default '',
            cost_nano_usd integer,
            error text not null default ''
        );
        create index requests_started on requests (started_at);
        create index requests_session on requests (session, started_at);
        create table attempts (
            request_id text not null references requests(id) on delete cascade,
            number integer not null,         -- 1, 2, …
            provider text not null,
            model text not null default '',
            token_id text not null default '',
            token text not null default '',
            url text not null default '',
            because text not null default '',      -- why this token
            started_at integer not null,
            finished_at integer,
            status integer,
            outcome text not null default '',      -- answered, or the kind of failure
            action text not null default '',       -- what was done then: done, retry, next_token, give_up
            reason text not null default '',       -- why that was done
            first_byte_ms integer,
            total_ms integer,
            request_headers text not null default '[]',
            response_headers text not null default '[]',
            primary key (request_id, number)
        );
        create table bodies (
            request_id text not null references requests(id) on delete cascade,
            kind text not null,              -- request, response, attempt-1, attempt-2 …
            size integer not null,           -- bytes on the wire
            truncated integer not null default 0,
            content_type text not null default '',
            content blob not null,           -- zstd
            primary key (request_id, kind)
        );
        create table usage_daily (
            day text not null,               -- YYYY-MM-DD, local
            provider text not null,
            token text not null,
            model text not null,
            session text not null,
            requests integer not null default 0,
            failures integer not null default 0,
            input_tokens integer not null default 0,
            output_tokens integer not null default 0,
            cache_read_tokens integer not null default 0,
            cache_write_tokens integer not null default 0,
            cache_write_1h_tokens integer not null default 0,
            reasoning_tokens integer not null default 0,
            cost_nano_usd integer not null default 0,
            primary key (day, provider, token, model, session)
        );
        """
    )


@traces()
def m002_translation(db: Database) -> None:
    """Requests to `/v1/…` may be put to another model and in another format than the client's."""
    db.executescript(
        """
        alter table requests add column asked_model text not null default '';     -- as the client named it, when routed
        alter table requests add column upstream_format text not null default ''; -- the provider's, where it differs
        alter table requests add column losses text not null default '[]';        -- JSON: [path, reason] of each loss
        """
    )


@traces()
def m003_affinity(db: Database) -> None:
    """What an attempt meant for the session's prompt cache."""
    db.executescript(
        """
        alter table attempts add column affinity text not null default '';  -- new, stay, back, away, move, afresh: why
        alter table attempts add column cache_kept_tokens integer;          -- cached with this token before
        alter table attempts add column cache_lost_tokens integer;          -- cached elsewhere: to be written again
        alter table attempts add column cache_lost_nano_usd integer;        -- what that costs more than reading it
        """
    )


@traces()
def m004_routing(db: Database) -> None:
    """Which rule placed a request, for whom, and what each rule changed of it."""
    db.executescript(
        """
        alter table requests add column scenario text not null default '';   -- background, think, long_context …
        alter table requests add column tier text not null default '';       -- of `auto`: SIMPLE, MEDIUM …
        alter table requests add column decision text not null default '[]'; -- JSON: [rule, what it said], in order
        alter table requests add column project text not null default '';    -- the client's working directory
        alter table requests add column agent text not null default '';      -- a subagent's id; '': the main line
        alter table requests add column client_key text not null default ''; -- name of the key that the client gave
        alter table requests add column estimated_input_tokens integer;      -- before it was sent
        alter table attempts add column edits text not null default '[]';    -- JSON: [path, rule] of each change to it
        alter table attempts add column cost_nano_usd integer;               -- what it was billed, won or lost
        """
    )


@traces()
def m005_billing(db: Database) -> None:
    """What a cost rests on, and whether it is money or what a subscription has saved."""
    db.executescript(
        """
        alter table requests add column cost_basis text not null default '';  -- price, reported, estimated
        alter table requests add column billing text not null default '';     -- metered, subscription: at list price
        alter table attempts add column cost_basis text not null default '';
        alter table attempts add column billing text not null default '';
        alter table usage_daily add column metered_nano_usd integer not null default 0;  -- the part that is real money
        """
    )


_SUMMED = ", ".join(
    f"{name} integer not null default 0"
    for name in (
        "requests", "failures", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens",
        "cache_write_1h_tokens", "reasoning_tokens", "cost_nano_usd", "metered_nano_usd",
    )
)  # fmt: skip


@traces()
def m006_statistics(db: Database) -> None:
    """Usage by the hour and by session, for ever; what is kept is taken in, older days without what they do not say."""
    statements = (
        "alter table requests add column metered_nano_usd integer not null default 0",  # of its cost, real money
        "update requests set metered_nano_usd = coalesce((select sum(cost_nano_usd) from attempts"
        " where request_id = requests.id and billing = 'metered'),"
        " case when billing = 'metered' then cost_nano_usd end, 0)",
        *(
            f"create index requests_{column} on requests ({column}, started_at)"
            for column in ("provider", "model", "token", "project", "client")
        ),
        "create index requests_client_key on requests (client_key, started_at) where client_key <> ''",
        "create index requests_state on requests (state, started_at) where state <> 'ok'",
        "create index requests_status on requests (status, started_at) where status <> 200",
        f"""create table usage_hourly (
            hour integer not null,           -- when it began, UTC
            provider text not null,
            token text not null,
            model text not null,
            project text not null,
            client text not null,
            client_key text not null,
            scenario text not null,
            {_SUMMED},
            ttft_ms integer not null default 0,      -- sum, of so many:
            ttft_count integer not null default 0,
            total_ms integer not null default 0,
            total_count integer not null default 0,
            primary key (hour, provider, token, model, project, client, client_key, scenario)
        ) without rowid""",
        f"""create table session_usage (
            session text not null,
            agent text not null,             -- '': the main line
            first_at integer not null,       -- start of the first request
            last_at integer not null,        -- end of the last one
            {_SUMMED},
            cache_lost_tokens integer not null default 0,  -- cached with one token, written again with another
            provider text not null default '',   -- of the last request, as are model, project and client
            model text not null default '',
            project text not null default '',
            client text not null default '',
            primary key (session, agent)
        ) without rowid""",
        "create index session_usage_last on session_usage (last_at)",
        *TAKE_IN,
    )
    for statement in statements:
        db.execute(statement)


@traces()
def m007_connecting(db: Database) -> None:
    """How long an attempt waited for its connection."""
    db.execute("alter table attempts add column connect_ms integer")  # 0: one was kept from before


@traces()
def m008_bodies_size(db: Database) -> None:
    """How much all bodies take is known without looking at them."""
    for statement in (
        "create table bodies_size (only_row integer primary key check (only_row = 1), bytes integer not null)",
        "insert into bodies_size select 1, coalesce(sum(length(content)), 0) from bodies",
        "create trigger bodies_added after insert on bodies begin"
        " update bodies_size set bytes = bytes + length(new.content); end",
        "create trigger bodies_deleted after delete on bodies begin"
        " update bodies_size set bytes = bytes - length(old.content); end",
        "create trigger bodies_replaced after update on bodies begin"
        " update bodies_size set bytes = bytes - length(old.content) + length(new.content); end",
    ):
        db.execute(statement)


@traces()
def m009_usage_days(db: Database) -> None:
    """What makes questions about years quick: days added up (usage_days.py), and parts of sessions."""
    times = "ttft_ms, ttft_count, total_ms, total_count".replace(",", " integer not null default 0,")
    sums = f"{_SUMMED}, {times} integer not null default 0"
    dimensions = "provider, token, model, project, client, client_key, scenario"
    columns = dimensions.replace(",", " text not null,") + " text not null"
    for statement in (
        # day: when it began, local
        f"create table usage_days (day integer not null, {columns}, {sums}, primary key (day, {dimensions}))"
        " without rowid",
        # facet: '' is everything, 'model' has models in first, 'model project' has projects in second
        f"create table usage_facets (facet text not null, day integer not null, first text not null,"
        f" second text not null, {sums}, primary key (facet, day, first, second)) without rowid",
        "create table usage_folded (day integer primary key, until integer not null)",
        f"create table session_parts (session text not null, {columns}, first_at integer not null,"
        f" last_at integer not null, {sums}, primary key (session, {dimensions})) without rowid",
        "create index session_parts_first on session_parts (first_at)",
        "create index session_parts_last on session_parts (last_at)",
        "create index requests_uncounted on requests (started_at)"
        " where not (finished_at is not null and provider <> '')",
        *TAKE_IN_SESSIONS,
    ):
        db.execute(statement)


@traces()
def m010_usage_paths(db: Database) -> None:
    """A table that the next step makes anew, with more columns."""
    db.execute("create table usage_paths (hour integer)")


@traces()
def m011_usage_by_path(db: Database) -> None:
    """Usage by address and status (usage_paths.py), and days of it added up."""
    times = "ttft_ms, ttft_count, total_ms, total_count".replace(",", " integer not null default 0,")
    sums = f"{_SUMMED}, {times} integer not null default 0"
    dimensions = "path, status, provider, token, model, project, client, client_key, scenario"
    columns = dimensions.replace(",", " text not null,") + " text not null"
    db.conn.create_function("path_group", 1, path_group, deterministic=True)
    for statement in (
        "drop table usage_paths",
        f"create table usage_paths (hour integer not null, {columns}, {sums}, primary key (hour, {dimensions}))"
        " without rowid",
        f"create table usage_path_days (day integer not null, {columns}, {sums}, primary key (day, {dimensions}))"
        " without rowid",
        *TAKE_IN_PATHS,
    ):
        db.execute(statement)
    add_up_paths(db.conn)
