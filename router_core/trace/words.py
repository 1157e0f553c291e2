"""What a trace says in words, the same in `trace show` and in the TUI."""

from collections.abc import Sequence

SHOWN_PATHS = 3


def target_text(provider: str, model: str) -> str:
    """`provider/model`, or what is known of it: a request that no rule placed has a model only."""
    return "/".join(filter(None, (provider, model)))


def estimate_text(estimated: int | None, measured: int | None) -> str:
    """How many input tokens were expected, and how far off that was.

    Args:
        measured: all that the provider counted, cached ones included; None when it did not tell.
    """
    if estimated is None:
        return ""
    if not measured:
        return f"about {estimated:,} input tokens before it was sent"
    off = round(100 * (estimated - measured) / measured)
    how = "too many" if off > 0 else "too few" if off else "off"
    return f"about {estimated:,} input tokens, {measured:,} measured ({abs(off)}% {how})"


def edits_text(edits: Sequence[Sequence[str]]) -> str:
    """Rule by rule, the fields that it changed; `trace diff` says more.

    Args:
        edits: (path, rule) of each.
    """
    by_rule: dict[str, list[str]] = {}
    for path, rule in edits:
        if path:
            by_rule.setdefault(rule, []).append(path)
    return "; ".join(
        f"{rule} ({', '.join(paths[:SHOWN_PATHS])}{', …' if len(paths) > SHOWN_PATHS else ''})"
        for rule, paths in by_rule.items()
    )


def cache_text(kept_tokens: int | None, lost_tokens: int | None, lost_nano_usd: int | None) -> str:
    """`118000 tokens kept`, or what is lost by the switch and what that costs."""
    parts = [f"{kept_tokens} tokens kept"] if kept_tokens else []
    if lost_tokens:
        price = "" if lost_nano_usd is None else f", {lost_nano_usd / 1e9:.4f} USD to write them again"
        parts.append(f"{lost_tokens} tokens lost{price}")
    return "; ".join(parts)
