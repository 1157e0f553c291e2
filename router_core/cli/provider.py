"""`provider …`: which services there are, where they answer, and how one gets a token for them."""

from typing import Any

import click

from router_core.cli.printing import Cell, own_command, print_json, print_table
from router_core.clock import SystemClock
from router_core.home import Home


@click.group()
def provider() -> None:
    """See the services that tokens can be added for."""


@provider.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(home: Home, as_json: bool) -> None:
    """Every provider: its name, kind and base URL, its tokens, and where one gets a key."""
    rows = _rows(home)
    if as_json:
        print_json(rows)
        return
    print_table(
        ("NAME", "SERVICE", "KIND", "TOKENS", "BASE URL", "KEY FROM"),
        [
            (
                row["name"],
                row["title"],
                row["kind"],
                Cell(str(row["tokens"] or ""), right=True),
                row["base_url"],
                row["key"],
            )
            for row in rows
        ],
    )
    click.echo(f"\nAdd a token: {own_command(home)} token add NAME --provider PROVIDER --access-token-stdin")


def _rows(home: Home) -> list[dict[str, Any]]:
    from router_core.config.load import load_config
    from router_core.providers.catalogue import KNOWN

    counts = _counts(home)
    rows = []
    for name, settings in load_config(home.config).listed_providers():
        known = KNOWN.get(name)
        rows.append(
            {
                "name": name,
                "title": known.title if known else name,
                "kind": settings.kind,
                "base_url": settings.base_url,
                "key": known.key if known else "of your own configuration",
                "aliases": list(known.aliases) if known else [],
                "keyless": settings.keyless,
                "enabled": settings.enabled,
                "tokens": counts.get(name, 0) + (settings.api_key is not None),
            }
        )
    return rows


def _counts(home: Home) -> dict[str, int]:
    """Registered tokens per provider; no new database when there is none yet."""
    from router_core.store.tokens import view_tokens

    counts: dict[str, int] = {}
    if home.tokens_db.exists():
        for token in view_tokens(home, SystemClock()).all():
            counts[token.provider] = counts.get(token.provider, 0) + 1
    return counts
