"""claude-code-router: `config.json`.

`Providers` is a list of `{"name", "api_base_url", "api_key", "models", "transformer"}`, `Router` names `provider,model`
for each scenario; later versions have `fallback`, `auth_type` and `oauth_provider`, and a spelling of providers as
`{"NAME", "HOST", "APIKEY", "MODELS", "transformers"}`; the first version had one service more, in `OPENAI_BASE_URL`,
`OPENAI_API_KEY` and `OPENAI_MODEL`. (Its README and docs/docs/server/config of musistudio/claude-code-router, and the
README of kekmodel/claude-code-router, read 2026-11.)
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from router_core.config.edit import literal
from router_core.config.schema import Kind
from router_core.importing.claude_code_router_source import LOGINS
from router_core.importing.documents import objects, texts, whole_number
from router_core.importing.provider_names import provider_named
from router_core.migrating.ccr_transformers import kind_of, take_transformers
from router_core.migrating.draft import Draft, Theirs, targets
from router_core.migrating.outcome import Here, Migration
from router_core.netloc import is_loopback
from router_core.text import printable

SCENARIOS = {
    "default": "default",
    "background": "background",
    "think": "think",
    "longContext": "long_context",
    "webSearch": "web_search",
    "image": "image",
}
_LEVELS = {"fatal": "error", "error": "error", "warn": "warning", "info": "info", "debug": "debug", "trace": "debug"}
_KNOWN = (
    "Providers", "providers", "Router", "fallback", "transformers", "OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_MODEL",
    "APIKEY", "HOST", "PORT", "PROXY_URL", "LOG", "LOG_LEVEL", "API_TIMEOUT_MS", "NON_INTERACTIVE_MODE",
    "CUSTOM_ROUTER_PATH", "CLAUDE_PATH", "StatusLine",
)  # fmt: skip
_SPELLINGS = {
    "NAME": "name", "HOST": "api_base_url", "baseUrl": "api_base_url", "APIKEY": "api_key", "apiKey": "api_key",
    "MODELS": "models", "transformers": "transformer",
}  # fmt: skip


def fits(document: Any) -> bool:
    """Whether a file is of this program."""
    return isinstance(document, dict) and (isinstance(document.get("Providers"), list) or "OPENAI_BASE_URL" in document)


def migrate(document: Mapping[str, Any], here: Here) -> Migration:
    """What becomes of a `config.json`."""
    draft = Draft("claude-code-router", here)
    for one in objects(document.get("Providers", document.get("providers"))):
        _provider(draft, {_SPELLINGS.get(key, key): value for key, value in one.items()})
    _first_version(draft, document)
    _router(draft, document)
    _custom_code(draft, document)
    _server(draft, document)
    draft.leave_unknown(document, _KNOWN)
    return draft.done()


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key)
    return value.strip() if isinstance(value, str) else ""


def _provider(draft: Draft, one: Mapping[str, Any]) -> None:
    name = _text(one, "name")
    source = f"Providers {printable(name, 60)}"
    models = tuple(texts(one.get("models")))
    if _text(one, "auth_type") == "oauth":
        _login(draft, source, name, _text(one, "oauth_provider"))
    else:
        kind: Kind | None = kind_of(one.get("transformer"))
        theirs = Theirs(name, _text(one, "api_base_url"), kind, _text(one, "api_key"), models)
        if draft.provider(source, theirs) is None:
            return
    if ours := draft.names.get(name):
        take_transformers(draft, source, ours, one.get("transformer"), models)


def _login(draft: Draft, source: str, name: str, login: str) -> None:
    ours = provider_named(LOGINS.get(login, login))
    if ours not in draft.here.config.providers:
        draft.leave(source, f"There is no login of {printable(login, 40)!r} here.")
        return
    draft.names[name] = ours
    command = "gemini" if ours == "gemini-cli" else ours
    draft.note(
        source,
        f"provider {ours}",
        f"Its login comes with: token import claude-code-router; better, make one of your own: auth login {command}",
    )


def _first_version(draft: Draft, document: Mapping[str, Any]) -> None:
    """The service of `OPENAI_…`, which served what no rule was for."""
    url, model = _text(document, "OPENAI_BASE_URL"), _text(document, "OPENAI_MODEL")
    if not url:
        return
    theirs = Theirs("default", url, None, _text(document, "OPENAI_API_KEY"), (model,) if model else ())
    if draft.provider("OPENAI_BASE_URL", theirs) and model and not _text(_router_of(document), "default"):
        draft.put("OPENAI_MODEL", ("routing", "default"), draft.target("default", model))


def _router_of(document: Mapping[str, Any]) -> Mapping[str, Any]:
    router = document.get("Router")
    return router if isinstance(router, dict) else {}


def _router(draft: Draft, document: Mapping[str, Any]) -> None:
    router = _router_of(document)
    fallback = document.get("fallback")
    fallback = fallback if isinstance(fallback, dict) else {}
    for theirs, ours in SCENARIOS.items():
        if not _text(router, theirs):
            if fallback.get(theirs):
                draft.leave(f"fallback.{theirs}", f"Router.{theirs} is not set.")
            continue
        target = draft.target_of(f"Router.{theirs}", _text(router, theirs))
        if target is None:
            continue
        after = [draft.target_of(f"fallback.{theirs}", text) for text in texts(fallback.get(theirs))]
        others = [text for text in after if text]
        source = f"Router.{theirs}" + (f", fallback.{theirs}" if others else "")
        draft.put(source, ("routing", ours), targets(target, others))
    if threshold := whole_number(router.get("longContextThreshold")):
        draft.put("Router.longContextThreshold", ("routing", "long_context_threshold"), threshold)
    draft.leave_unknown(router, (*SCENARIOS, "longContextThreshold"), "Router.")


def _custom_code(draft: Draft, document: Mapping[str, Any]) -> None:
    if path := _text(document, "CUSTOM_ROUTER_PATH"):
        draft.leave(
            "CUSTOM_ROUTER_PATH",
            f"{printable(path, 100)} is JavaScript. Write it in Python: `def place(request, context): return "
            '"provider/model"` in a file beside config.toml, and custom = "file.py:place" in [routing].',
        )
    for one in objects(document.get("transformers")):
        named = printable(_text(one, "path") or _text(one, "name"), 100)
        draft.leave(
            f"transformers {named}",
            "It is JavaScript. Write it in Python, and name it in [transformers]: see the README.",
        )


def _server(draft: Draft, document: Mapping[str, Any]) -> None:
    if "APIKEY" in document:
        draft.leave("APIKEY", "Clients present this router's own token: see `activate` and `code`.")
    host = _text(document, "HOST")
    if host and not is_loopback(host) and not _text(document, "APIKEY"):
        draft.leave("HOST", "Without APIKEY it had no effect.")
    elif host:
        why = "" if is_loopback(host) else "Others may reach it; they must use a name of [server] allowed_hosts."
        draft.put("HOST", ("server", "host"), literal(host), why)
    port = whole_number(document.get("PORT"))
    if port and port < 65536:
        draft.put("PORT", ("server", "port"), port, "So clients find the router where the other one was.")
    if proxy := _text(document, "PROXY_URL"):
        _proxy(draft, proxy)
    if timeout_ms := whole_number(document.get("API_TIMEOUT_MS")):
        draft.put("API_TIMEOUT_MS", ("timeouts", "total_s"), timeout_ms / 1000)
    if level := _LEVELS.get(_text(document, "LOG_LEVEL").lower()):
        draft.put("LOG_LEVEL", ("server", "log_level"), level)
    if "LOG" in document:
        draft.leave("LOG", "The log is always written, into logs/router.log; traces are bounded by [trace].")
    if "NON_INTERACTIVE_MODE" in document:
        draft.leave("NON_INTERACTIVE_MODE", "It is a variable of the environment here, under the same name.")
    for name in ("CLAUDE_PATH", "StatusLine"):
        if name in document:
            draft.leave(name, "See `code` and `statusline`.")


def _proxy(draft: Draft, proxy: str) -> None:
    try:
        parts = urlsplit(proxy)
    except ValueError:
        draft.leave("PROXY_URL", "It is no URL.")
        return
    if parts.username or parts.password:
        draft.leave(
            "PROXY_URL", 'It holds a password: put it into a variable, and proxy_url = "$VARIABLE" in [server].'
        )
    elif parts.scheme not in ("http", "https"):
        draft.leave("PROXY_URL", f"A {printable(parts.scheme, 20)!r} proxy cannot be used here, only one of http.")
    else:
        draft.put("PROXY_URL", ("server", "proxy_url"), proxy)
