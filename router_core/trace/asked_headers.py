"""Which headers belonged to what a client asked: known from the first attempt, where they were passed on."""

from collections.abc import Mapping, Sequence
from typing import Any

ANTHROPIC_VERSION = "2023-06-01"


def asked_headers(row: Mapping[str, Any], attempts: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """By name in small letters; those of the wire and the provider's credential are among them.

    Args:
        row: of `requests`. attempts: of `attempts`.
    """
    known: dict[str, str] = {}
    if attempts and not row.get("upstream_format"):  # else the provider was told in other words
        known = {str(name).lower(): str(value) for name, value in attempts[0]["request_headers"]}
    if "anthropic-beta" in known:  # what the router has added for its own login is added again
        betas = [beta.strip() for beta in known["anthropic-beta"].split(",")]
        known["anthropic-beta"] = ",".join(beta for beta in betas if not beta.startswith("oauth-"))
    return {"anthropic-version": ANTHROPIC_VERSION} | known if row["format"] == "anthropic" else known
