"""What is said of a token in a few words: what sort it is, how it is, with whom it is shared."""

from router_core.text import plain
from router_core.tokens.token import Token
from tui.figures import countdown

PROGRAMS = {"claude": "Claude Code", "codex": "Codex", "gemini": "Gemini CLI"}
"""By the first word of the place that a login is shared with."""
LOOKS = {  # status: (sign, style); the word stands beside it, so colour is never the only difference
    "healthy": ("●", "good"),
    "resting": ("◐", "warn"),
    "unhealthy": ("✗", "bad"),
    "disabled": ("○", "dim"),
    "testing": ("◌", "busy"),
    "unused": ("·", "dim"),
}


def kind_of(token: Token) -> str:
    """`key`, `login`, `setup` (of `claude setup-token`), `account` (a service account), `config`."""
    if token.origin == "config":
        return "config"
    if token.login == "vertex":
        return "account"
    if token.login or token.credential == "login":
        return "login"
    return "setup" if token.credential == "claude-oauth" else "key"


def long_kind_of(token: Token) -> str:
    """The same in full."""
    return {
        "config": "a key in config.toml",
        "account": "a service account",
        "login": "a login, renewed by itself" if token.refresh_token is not None else "a login",
        "setup": "a subscription token",
        "key": "a key",
    }[kind_of(token)]


def state_of(token: Token, now: float) -> str:
    """`rests 47m 12s`, `unhealthy` …"""
    status = token.status(now)
    if status == "resting" and (rest := token.cooling(now)) is not None:
        return f"rests {countdown(rest.until - now)}"
    return status


def shared_program(token: Token) -> str:
    """`Claude Code`; "" for a login that is ours alone."""
    if not token.shared:
        return ""
    return PROGRAMS.get(token.shared.partition(":")[0].partition("-")[0], "another program")


def shared_place(token: Token) -> str:
    """Where the other program keeps it."""
    kind, _, where = token.shared.partition(":")
    return plain(where) if kind.endswith("-file") else "the keychain"
