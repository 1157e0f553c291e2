"""The databases of a home: whole, of a version that this program knows, and tidy."""

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database, Migrations

from router_core.doctor.examined import Examined
from router_core.doctor.finding import Finding
from router_core.home import Home
from router_core.processes import own_router
from router_core.store import migrations, trace_migrations

LONGEST_CHECK_S = 10.0
"""Of one database: a history of years has gigabytes."""
LARGE_WAL_BYTES = 256 * 1024 * 1024
STEPS = 100_000
"""Of SQLite's machine between two looks at the time."""


def check(examined: Examined) -> Iterator[Finding]:
    """Each database that is there."""
    home = examined.home
    known: tuple[tuple[Path, Migrations, str], ...] = (
        (home.tokens_db, migrations.tokens, f"restore a backup: {examined.program} backup restore FILE"),
        (home.traces_db, trace_migrations.traces, "move it away: a new one is made at the next start"),
        (home.state_db, migrations.state, "move it away: a new one is made at the next start"),
        (home.spend_db, migrations.spend, "move it away: a new one is made, and what was used counts afresh"),
    )
    there = [entry for entry in known if entry[0].exists()]
    if not there:
        yield Finding("databases", "ok", "none yet: the first start makes them")
    for file, steps, remedy in there:
        yield from _one(home, file, steps, remedy, examined.program)


def _one(home: Home, file: Path, steps: Migrations, remedy: str, program: str) -> Iterator[Finding]:
    check = f"database {file.name}"
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
            damage = damage_in(connection, LONGEST_CHECK_S)
            newer = unknown_steps(Database(connection, execute_plugins=False), steps)
    except sqlite3.OperationalError as error:  # locked, no right to read it, a disk that fails: not the file's fault
        remedy = f"See who holds {file}, and whether you may read it: ls -l {file}"
        yield Finding(check, "problem", f"cannot be looked at: {error}", remedy)
        return
    except sqlite3.Error as error:
        damage, newer = str(error), []
    if damage:
        stop = f"Stop the router ({program} stop), then " if own_router(home) else "To go on, "
        may = file != home.tokens_db and not own_router(home)
        mend = (lambda: _set_aside(file)) if may else None
        yield Finding(check, "problem", f"is damaged: {damage}", f"{stop}{remedy}", mend)
        return
    if newer:
        yield Finding(
            check,
            "problem",
            f"was made by a newer version of this program ({', '.join(newer)})",
            "Install the newer version again, or name another home folder with --home",
        )
        return
    yield Finding(check, "ok", f"whole, {file.stat().st_size / (1024 * 1024):,.1f} MB")
    log = file.with_name(f"{file.name}-wal")
    if log.exists() and log.stat().st_size > LARGE_WAL_BYTES:
        yield Finding(
            check,
            "warning",
            f"its write-ahead log has {log.stat().st_size // (1024 * 1024):,} MB: something has kept it open for long",
            "Close programs that have it open, or take it in now",
            lambda: _checkpoint(file),
        )


def damage_in(connection: sqlite3.Connection, longest_s: float) -> str:
    """What SQLite's own check finds; "" when all that could be read in time is sound."""
    deadline = time.monotonic() + longest_s
    connection.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)
    try:
        lines = [str(row[0]) for row in connection.execute("pragma quick_check(3)")]
    except sqlite3.OperationalError as error:
        if "interrupted" in str(error):
            return ""
        raise
    finally:
        connection.set_progress_handler(None, 0)
    return "" if lines == ["ok"] else "; ".join(lines)


def unknown_steps(database: Database, steps: Migrations) -> list[str]:
    """Names of the migrations that a newer version has applied."""
    known = {step.name for step in steps.pending(Database(memory=True))}
    return sorted(step.name for step in steps.applied(database) if step.name not in known)


def _set_aside(file: Path) -> str:
    """Nothing is deleted: the damaged file and what belongs to it get another name."""
    aside = file.with_name(f"{file.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
    for ending in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            file.with_name(file.name + ending).rename(aside.with_name(aside.name + ending))
    return f"moved to {aside.name}"


def _checkpoint(file: Path) -> str:
    with closing(sqlite3.connect(file, timeout=5)) as connection:
        busy, _, _ = connection.execute("pragma wal_checkpoint(truncate)").fetchone()
    return "another program still reads it: nothing could be taken in" if busy else "taken in"
