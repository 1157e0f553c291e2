"""The schemas, as numbered steps that are only ever appended to.

Those of `traces.db` are in trace_migrations.py. Times are epoch milliseconds, money is integer nano-USD, fractions are
0..1 (and above, where a provider says so).
"""

from sqlite_utils import Database, Migrations

tokens = Migrations("tokens")
state = Migrations("state")
spend = Migrations("spend")


@tokens()
def m001_tokens(db: Database) -> None:
    db.executescript(
        """
        create table tokens (
            id text primary key,
            name text not null unique,
            provider text not null,
            secret blob not null,            -- access token, encrypted, bound to the id
            refresh_secret blob,             -- refresh token, likewise
            account_id text,
            expires_at integer,
            priority integer not null default 100,
            enabled integer not null default 1,
            origin text not null default 'user',   -- 'user' or 'demo'; a demo token is never sent to a real provider
            health text not null default 'healthy',
            health_because text not null default '',
            created_at integer not null,
            updated_at integer not null
        );
        create table cooldowns (
            token_id text not null references tokens(id) on delete cascade,
            model text not null default '',  -- '' rests the token for every model
            until integer not null,
            kind text not null,
            because text not null,
            since integer not null,
            primary key (token_id, model)
        );
        create table windows (
            token_id text not null references tokens(id) on delete cascade,
            name text not null,              -- 5h, 7d, 7d_opus, requests …
            used real,
            length_s integer,
            reset_at integer,
            status text not null default '',
            observed_at integer not null,
            primary key (token_id, name)
        );
        create table breakers (
            host text primary key,
            failures integer not null,
            open_until integer not null,
            because text not null
        );
        create table edits (only_row integer primary key check (only_row = 1), count integer not null);
        insert into edits values (1, 0);
        """
    )


@tokens()
def m002_claude_code_compat(db: Database) -> None:
    """A subscription token may be switched to serve other clients than Claude Code."""
    db.executescript("alter table tokens add column claude_code_compat integer not null default 0;")


@tokens()
def m003_lasting(db: Database) -> None:
    """Logins that are renewed, windows that are forecast, sessions that stay with a token."""
    db.executescript(
        """
        alter table tokens add column login text not null default '';    -- whose server renews it; '': nobody
        alter table tokens add column shared text not null default '';   -- a vendor's own store of the same login
        alter table tokens add column extra_secret blob;                 -- JSON of further secrets, encrypted
        alter table tokens add column facts text not null default '{}';  -- JSON: email, plan, project …; no secrets
        alter table tokens add column credential text not null default '';  -- what sort it is, told by its shape
        alter table tokens add column weight real not null default 1;
        alter table tokens add column max_concurrent integer;
        alter table tokens add column generation integer not null default 0;  -- of the credential set
        alter table tokens add column refreshed_at integer;
        alter table tokens add column refresh_expires_at integer;
        alter table tokens add column health_kind text not null default '';  -- of the failure behind it
        alter table tokens add column write_back integer not null default 0;  -- the vendor's store has an older set
        create table affinity (
            session text not null,
            provider text not null,
            token_id text not null references tokens(id) on delete cascade,
            model text not null default '',
            bound_at integer not null,
            used_at integer not null,
            cached_tokens integer not null default 0,   -- of the prefix that the provider holds for this token
            cache_until integer not null default 0,
            cached_1h integer not null default 0,       -- written for an hour instead of minutes
            primary key (session, provider)
        ) without rowid;
        create index affinity_used on affinity (used_at);
        create table samples (                          -- what a window was at, and what we had used of it by then
            token_id text not null references tokens(id) on delete cascade,
            window text not null,
            observed_at integer not null,
            used real not null,
            reset_at integer,
            own_tokens integer not null default 0,      -- LLM tokens of ours since the window's reset
            primary key (token_id, window, observed_at)
        ) without rowid;
        create table balances (                         -- credits and overage
            token_id text not null references tokens(id) on delete cascade,
            name text not null,                         -- credits, extra_usage, premium_requests …
            used real,
            total real,                                 -- null: unlimited, or nobody knows
            remaining real,
            unit text not null default '',              -- USD, requests, credits
            status text not null default '',
            observed_at integer not null,
            primary key (token_id, name)
        );
        create table usage_polls (
            token_id text primary key references tokens(id) on delete cascade,
            polled_at integer not null,
            not_before integer not null,
            error text not null default '',
            refused integer                             -- generation of the credential that may not ask at all
        );
        create table refresh_hosts (                    -- authorization servers that fail are left alone for a while
            host text primary key,
            failures integer not null,
            not_before integer not null,
            because text not null
        );
        create table journal (                          -- sets that a server answered with, until they are stored
            token_id text primary key references tokens(id) on delete cascade,
            generation integer not null,                -- of the set that they replace
            sealed blob not null,
            at integer not null
        );
        create table sealing (                          -- the key that seals now; asked within each transaction
            only_row integer primary key check (only_row = 1),
            key_id text not null
        );
        """
    )


@tokens()
def m004_client_keys(db: Database) -> None:
    """Keys that clients present instead of the gateway token."""
    db.executescript(
        """
        create table client_keys (
            name text primary key,
            digest blob not null unique,     -- keyed blake2b; the key itself is not kept
            created_at integer not null,
            expires_at integer,
            revoked_at integer,
            allow text not null default '[]',   -- JSON: patterns of targets
            deny text not null default '[]',
            limits text not null default '{}'   -- JSON: day, week, month → requests, usd …
        );
        create table client_key_hashing (only_row integer primary key check (only_row = 1), hash_key blob not null);
        """
    )


@state()
def m001_state(db: Database) -> None:
    db.executescript(
        """
        create table minted (
            hash blob primary key,           -- blake2b of an opaque value; the value itself is not kept
            kind text not null,              -- signature, encrypted_content, thought_signature, turn_state
            issuer text not null,            -- anthropic, openai, gemini, other
            provider text not null,
            token_id text not null,
            used_at integer not null
        ) without rowid;
        create index minted_used on minted (used_at);
        create table responses (
            id text primary key,             -- the provider's response id
            previous_id text not null,       -- '' at the start of a chain
            chain text not null,             -- id of the first response; a chain is forgotten as a whole
            depth integer not null,          -- responses before this one
            fingerprint blob not null,       -- of the conversation up to and with this response
            provider text not null,
            token_id text not null,
            session text not null,
            used_at integer not null,
            size integer not null,           -- bytes of content
            content blob not null            -- zstd of {"input": [...], "output": [...]}: what this response added
        );
        create index responses_fingerprint on responses (fingerprint);
        create index responses_chain on responses (chain, used_at, size);
        create table response_items (
            id text primary key,             -- the provider's id of an output item
            response_id text not null references responses(id) on delete cascade
        ) without rowid;
        create index response_items_response on response_items (response_id);
        """
    )


@spend()
def m001_spend(db: Database) -> None:
    db.executescript(
        """
        create table used (
            budget text not null,            -- hash of whom it concerns, 'everything', or 'key:NAME'
            period text not null,            -- day, week, month
            begins text not null,            -- YYYY-MM-DD, local: its first day
            scope text not null,             -- JSON of what is counted apart; '': one count
            requests integer not null default 0,
            input_tokens integer not null default 0,
            output_tokens integer not null default 0,
            nano_usd integer not null default 0,
            primary key (budget, period, begins, scope)
        ) without rowid;
        create table held (                  -- reserved for requests under way
            budget text not null,
            period text not null,
            begins text not null,
            scope text not null,
            reservation text not null,
            requests integer not null,
            input_tokens integer not null,
            output_tokens integer not null,
            nano_usd integer not null,
            expires_at integer not null,
            primary key (budget, period, begins, scope, reservation)
        ) without rowid;
        create index held_reservation on held (reservation);
        create index held_expires on held (expires_at);
        """
    )
