"""Names under which models are listed, and back.

Everywhere a model is called `provider/model`, the way targets are written. Claude Code drops every id from a gateway's
list that does not contain `claude` or `anthropic` (documented; before 2.1.223 the id even had to begin so). So it
is told `claude-via-PROVIDER--MODEL` of the others; it sends the name back as it got it.
"""

from collections.abc import Collection

from router_core.models.info import ModelInfo

PREFIX = "claude-via-"


def listed_id(info: ModelInfo, *, for_claude_code: bool = False) -> str:
    """The id in a list: `provider/model`, or the alias that Claude Code shows."""
    if not info.provider:  # the router's own: `auto`
        return info.id
    name = f"{info.provider}/{info.id}"
    if for_claude_code and not ("claude" in name or "anthropic" in name):
        return f"{PREFIX}{info.provider}--{info.id}"
    return name


def resolve_alias(name: str, providers: Collection[str] = ()) -> str | None:
    """`provider/model` behind an alias; None when the name is no alias.

    Args:
        providers: their names in the config. Needed only where one of them contains `--`.
    """
    if not name.startswith(PREFIX):
        return None
    rest = name.removeprefix(PREFIX)
    known = max((provider for provider in providers if rest.startswith(f"{provider}--")), key=len, default=None)
    provider, model = (known, rest[len(known) + 2 :]) if known else (rest.partition("--")[0], rest.partition("--")[2])
    return f"{provider}/{model}" if provider and model else None
