"""Values out of files that other programs write: of the right type, or as if missing."""

import json
from datetime import UTC, datetime
from typing import Any

from router_core.vendors.login import NoLogin


def object_of(text: str, place: str) -> dict[str, Any]:
    """The JSON object of a text.

    Raises:
        NoLogin: it is none (also while its program is in the middle of writing it).
    """
    try:
        document = json.loads(text)
    except ValueError:
        raise NoLogin(f"{place} is no JSON (or is being written just now).") from None
    if not isinstance(document, dict):
        raise NoLogin(f"{place} is no JSON object.")
    return document


def part(document: dict[str, Any], key: str) -> dict[str, Any]:
    """The object under a key; {} when there is none."""
    value = document.get(key)
    return value if isinstance(value, dict) else {}


def text_of(document: dict[str, Any], key: str) -> str:
    """The string under a key without white space around it; "" when there is none."""
    value = document.get(key)
    return value.strip() if isinstance(value, str) else ""


def seconds_of(value: object) -> float | None:
    """Epoch seconds out of what programs write as a time: ISO 8601, seconds, or milliseconds; None for anything else.

    A number is taken as milliseconds when as seconds it would be later than the year 5000.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            return seconds_of(float(value)) if value.strip().isdecimal() else None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if not isinstance(value, int | float) or value <= 0:
        return None
    return value / 1000 if value > 1e11 else float(value)


def expiry_of(value: object) -> float | None:
    """When a credential ends; 0 where a program wrote 0: it has ended."""
    return 0.0 if value == 0 and not isinstance(value, bool) else seconds_of(value)


def without_empty(facts: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in facts.items() if value}
