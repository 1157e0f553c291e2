"""What a usage report changes where no router runs: a token's stored windows, samples, balances, plan and rests."""

from dataclasses import replace

from router_core.clock import Clock
from router_core.quota.recorder import QuotaRecorder
from router_core.quota.relief import rests_left
from router_core.quota.report import UsageReport
from router_core.store.database import Writer, transaction
from router_core.store.quota import last_samples, learn_facts, write_balances
from router_core.store.tokens import TokenStore, write_health, write_windows
from router_core.tokens.token import Token


def news_of(token: Token, report: UsageReport) -> dict[str, str]:
    """The facts of a report that the token does not have yet."""
    return {name: value for name, value in report.facts.items() if token.facts.get(name) != value}


def take_report(store: TokenStore, token: Token, report: UsageReport, clock: Clock) -> None:
    """Write it all down."""
    writer = Writer(store.database, "usage")
    QuotaRecorder(writer, clock, last_samples(store.database)).observed(token.id, report.windows)
    writer.close()
    left = rests_left(token, report.windows)
    with transaction(store.database) as connection:
        write_windows(connection, token.id, report.windows)
        write_balances(connection, token.id, report.balances, whole=True)
        if left != token.cooldowns:
            write_health(connection, replace(token, cooldowns=left))
        if facts := news_of(token, report):
            learn_facts(connection, token.id, facts)
