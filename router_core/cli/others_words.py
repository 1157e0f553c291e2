"""What people type who come from another program: its word for what is a command here, under another name.

Such a word does what it is expected to, and says what it is called here; it is on no help page, so that every command
has one name. Where no command does just that, the answer says what does.
"""

from collections.abc import Sequence

OTHERS: dict[str, str] = {
    "serve": "start --foreground",
    "ui": "portal",
    "web": "portal",
    "dashboard": "portal",
    "setup": "up",
    "init": "up",
    "onboard": "up",
    "check": "doctor",
    "health": "doctor",
    "login": "auth login",
    "logout": "auth logout",
    "import": "token import",
    "add": "token add",
    "test": "token test",
    "tokens": "token list",
    "accounts": "token list",
    "keys": "key list",
    "providers": "provider list",
    "models": "model list",
    "presets": "preset list",
    "install": "preset install",
    "migrate": "config migrate",
    "env": "activate",
    "claude": "code",
    "gemini": "run -- gemini",
    "traces": "trace list",
    "requests": "trace list",
    "tail": "trace tail",
    "replay": "trace replay",
    "explain": "route explain",
    "lock": "model lock",
    "unlock": "model unlock",
    "quota": "usage",
    "limits": "usage",
    "cost": "stats",
    "service": "install-service",
    "token check": "token test",
    "token ls": "token list",
    "token rm": "token remove",
    "token delete": "token remove",
    "auth ls": "auth list",
    "auth add": "auth login",
    "auth import": "token import",
    "key create": "key add",
    "key remove": "key revoke",
    "key delete": "key revoke",
    "model switch": "model lock",
    "model use": "model lock",
    "preset remove": "preset delete",
    "preset show": "preset info",
    "config validate": "config check",
    "config import": "config migrate",
    "trace logs": "trace list",
}
"""Their word, or two → what it is here."""
INSTEAD: dict[str, str] = {
    "logs": "requests are in `trace list` and `trace tail`, the router's own log is {log} (page 8 of `tui`)",
    "log": "requests are in `trace list` and `trace tail`, the router's own log is {log} (page 8 of `tui`)",
    "update": "take the new version of the code; databases and settings are brought up to date at its start",
    "account": "`token …` for keys and accounts that are there, `auth login` for a new login",
    "transformer": "`transformers` in [providers.NAME] of config.toml",
    "token rename": "`token edit NAME --name NEW`",
    "token priority": "`token edit NAME --priority N`",
    "config edit": "change {config}; it is checked and taken over as you save it (page 9 of `tui` edits it, too)",
    "config set": "change {config}, or `model set` for a model; any setting may also be MITMROUTER__SECTION__KEY=…",
}
"""What no command of ours does → what does it."""


def in_our_words(typed: Sequence[str]) -> tuple[str, str, list[str]] | None:
    """The word that is others', ours for it, and all that was typed in ours; None if there is nothing to say."""
    for count in (2, 1):
        theirs = " ".join(typed[:count])
        if len(typed) >= count and theirs in OTHERS:
            return theirs, OTHERS[theirs], [*OTHERS[theirs].split(), *typed[count:]]
    return None


def instead(typed: Sequence[str]) -> str:
    """What to do instead of something that there is not; "" if nothing is known."""
    return next((INSTEAD[theirs] for count in (2, 1) if (theirs := " ".join(typed[:count])) in INSTEAD), "")
