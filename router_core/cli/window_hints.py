"""What the clients that we start are told of the window of the model that will answer them.

Claude Code 2.1.329: `CLAUDE_CODE_MAX_CONTEXT_TOKENS` is the window of a model that it does not know,
`CLAUDE_CODE_AUTO_COMPACT_WINDOW` (100,000 at least) the part of any model's window that it fills, and
`CLAUDE_AUTOCOMPACT_PCT_OVERRIDE` at how many percent of that it compacts. Codex 0.169: `model_context_window` and
`model_auto_compact_token_limit`.
"""

from collections.abc import Mapping, Sequence

from router_core.applying.one_run import codex_settings
from router_core.cli.paying import paying_tokens
from router_core.clock import SystemClock
from router_core.config.load import load_config
from router_core.errors import RouterError
from router_core.home import Home
from router_core.models.discovery import kept_models
from router_core.routing.client_window import client_window, known_limit
from router_core.routing.lock import LockFile
from router_core.routing.target import RouteTarget

CLAUDES_USUAL, CODEXS_USUAL = "claude-opus-5-5", "gpt-5.5"
"""What they ask for when nobody names a model."""
LEAST_COMPACT_WINDOW = 100_000
FILLED = 0.8
"""Part of a small window that Claude Code fills before it compacts; of a large one it decides itself."""
CODEX_FILLS = 0.9


def claude_hints(home: Home, inherited: Mapping[str, str], arguments: Sequence[str] = ()) -> dict[str, str]:
    """Variables for Claude Code; none that is set already."""
    model = _option(arguments, "--model") or inherited.get("ANTHROPIC_MODEL") or CLAUDES_USUAL
    window = window_of(home, model, "claude-cli/2.1.329", "anthropic")
    if window is None:
        return {}
    hints = {
        "CLAUDE_CODE_MAX_CONTEXT_TOKENS": str(window),
        "CLAUDE_CODE_AUTO_COMPACT_WINDOW": str(max(window, LEAST_COMPACT_WINDOW)),
    }
    if window < LEAST_COMPACT_WINDOW:
        hints["CLAUDE_AUTOCOMPACT_PCT_OVERRIDE"] = str(int(100 * FILLED * window / LEAST_COMPACT_WINDOW))
    return {name: value for name, value in hints.items() if name not in inherited}


def codex_hints(home: Home, inherited: Mapping[str, str], arguments: Sequence[str] = ()) -> list[str]:
    """`-c` options for Codex; they stand before the user's own, which win."""
    model = _option(arguments, "--model", "-m") or _set_option(arguments, "model") or _codex_model(inherited)
    window = window_of(home, model or CODEXS_USUAL, "codex_cli_rs/0.169.0", "openai")
    if window is None:
        return []
    compact = int(window * CODEX_FILLS)
    return ["-c", f"model_context_window={window}", "-c", f"model_auto_compact_token_limit={compact}"]


def window_of(home: Home, model: str, user_agent: str, vendor: str) -> int | None:
    """Most input tokens of the model that answers for `model`, where it is another one."""
    try:
        config = load_config(home.config)
        lock = LockFile(home.model_lock).read()
    except RouterError:
        return None  # the router itself says what is wrong with them
    paying = {token.provider for token in paying_tokens(home, config)}

    models = kept_models(home, SystemClock())

    def limit_of(target: RouteTarget) -> int | None:
        return models.input_limit(target.provider, target.model) or known_limit(target)

    return client_window(
        model,
        config,
        lock,
        user_agent,
        vendor=vendor,
        has_token=paying.__contains__,
        serves=lambda name, wanted: models.offers(name, wanted) is True,
        limit_of=limit_of,
    )


def _option(arguments: Sequence[str], *names: str) -> str:
    """The value of an option in somebody else's command line; ""."""
    for at, argument in enumerate(arguments):
        if argument == "--":
            break
        for name in names:
            if argument == name and at + 1 < len(arguments):
                return arguments[at + 1]
            if argument.startswith(f"{name}="):
                return argument.partition("=")[2]
    return ""


def _set_option(arguments: Sequence[str], key: str) -> str:
    """The value of `-c key=value`."""
    for at, argument in enumerate(arguments):
        if argument in ("-c", "--config") and at + 1 < len(arguments):
            name, _, value = arguments[at + 1].partition("=")
            if name.strip() == key:
                return value.strip().strip("\"'")
    return ""


def _codex_model(inherited: Mapping[str, str]) -> str:
    """The model in Codex's own configuration."""
    model = codex_settings(inherited).get("model")
    return model if isinstance(model, str) else ""
