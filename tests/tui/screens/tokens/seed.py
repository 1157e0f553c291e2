"""More tokens for the pictures and tests of their page: logins, one of them shared, one dead."""

from dataclasses import replace

from router_core.quota.report import Balance
from router_core.store.affinity import Affined, write_affinity
from router_core.store.database import transaction
from router_core.store.quota import write_balances
from router_core.tokens.token import Token, Window
from tests.tui.seed import DAY, HOUR, Seeded


def add_logins(seeded: Seeded) -> None:
    """Two logins beside what `add_tokens` adds, and sessions of a token."""
    now = seeded.clock.now()
    shared = Token(
        "", "max-cara", "claude", "sk-ant-oat01-z", "refresh", login="claude", priority=25,
        shared="claude-file:/home/anna/.claude/.credentials.json", expires_at=now + 3 * HOUR, account_id="acc-7",
        refresh_expires_at=now + 20 * DAY, refreshed_at=now - 5 * HOUR, max_concurrent=4,
        facts={"email": "cara@example.com", "plan": "max", "organization": "Example"},
        windows=(
            Window("5h", 0.93, now + 1.2 * HOUR, 18_000, "allowed", now),
            Window("7d", 0.4, now + 3 * DAY, 604_800, "allowed", now),
        ),
    )  # fmt: skip
    dead = Token(
        "", "plus-ben", "codex", "eyJ", "refresh", login="codex", priority=40, expires_at=now - HOUR,
        health="unhealthy", health_because="The login cannot be renewed: refresh_token_reused", health_kind="",
    )  # fmt: skip
    for token in (shared, dead):
        stored = seeded.tokens.add(token)
        seeded.tokens.save_state(replace(token, id=stored.id))
        if token is shared:
            extra = Balance("extra_usage", 12.34, 50.0, 37.66, "USD", "", now)
            with transaction(seeded.tokens.database) as connection:
                write_balances(connection, stored.id, [extra], whole=True)
    anna = seeded.tokens.named("max-anna")
    with transaction(seeded.tokens.database) as connection:
        for number in range(3):
            row = Affined(
                f"5f1c20de-8a4{number}", "claude", anna.id, "claude-opus-4-5", now - HOUR, now - 60 * number,
                48_200 - 9_000 * number, now + 240 - 200 * number, False,
            )  # fmt: skip
            write_affinity(connection, row)
