"""OpenClaw: the provider block of `openclaw.json` (JSON5).

`models.providers.NAME` is `{baseUrl, apiKey, api, headers, models: [{id}]}`, where a key may be `${VARIABLE}` or
`{source: "env", id: "VARIABLE"}`; `agents.defaults.model` is `"provider/model"` or `{primary, fallbacks}`, and
`agents.defaults.models` gives targets an `alias`. (docs.openclaw.ai, concepts/model-providers and
gateway/configuration, read 2026-11.) Its logins and keys in `auth-profiles.json` are for `token import openclaw`.
"""

from collections.abc import Mapping
from typing import Any

from router_core.config.schema import Kind
from router_core.importing.documents import objects, texts
from router_core.migrating.draft import Draft, Theirs, targets
from router_core.migrating.endpoint import ollama_url
from router_core.migrating.outcome import Here, Migration
from router_core.text import printable
from router_core.vendors.fields import part, text_of

APIS: dict[str, Kind] = {
    "openai-completions": "openai-chat",
    "openai-responses": "openai-responses",
    "openai-codex-responses": "codex",
    "anthropic-messages": "anthropic",
    "google-generative-ai": "gemini",
    "github-copilot": "copilot",
    "ollama": "openai-chat",
}
OURSELVES = frozenset({"oauthrouter", "mitmrouter"})
"""Providers there that are a router like this one: it comes in their place."""


def fits(document: Any) -> bool:
    """Whether a file is of this program."""
    return isinstance(document, dict) and (
        isinstance(part(document, "models").get("providers"), dict) or "defaults" in part(document, "agents")
    )


def migrate(document: Mapping[str, Any], here: Here) -> Migration:
    """What becomes of an `openclaw.json`."""
    whole = dict(document)
    draft = Draft("openclaw", here, _variables(whole))
    for name, one in part(part(whole, "models"), "providers").items():
        if isinstance(one, dict):
            _provider(draft, name, one)
    defaults = part(part(whole, "agents"), "defaults")
    _targets(draft, "agents.defaults.model", defaults.get("model"), "default")
    _targets(draft, "agents.defaults.imageModel", defaults.get("imageModel"), "image")
    _aliases(draft, part(defaults, "models"))
    draft.note("auth", "tokens", "Its logins and keys of auth-profiles.json come with: token import openclaw")
    return draft.done()


def _variables(document: dict[str, Any]) -> dict[str, str]:
    """`env: {NAME: value}` and `env: {vars: {NAME: value}}`."""
    env = part(document, "env")
    return {name: value for name, value in {**env, **part(env, "vars")}.items() if isinstance(value, str)}


def _provider(draft: Draft, name: str, one: dict[str, Any]) -> None:
    source = f"models.providers.{printable(name, 60)}"
    if name in OURSELVES:
        draft.leave(source, "It is a router like this one, which takes its place.")
        return
    api = text_of(one, "api")
    if api and api not in APIS:
        draft.leave(source, f"Nothing here speaks {printable(api, 40)!r}.")
        return
    url = text_of(one, "baseUrl")
    if api == "ollama":
        url = ollama_url(url)
    models = tuple(text_of(model, "id") for model in objects(one.get("models")) if text_of(model, "id"))
    headers = {key: value for key, value in part(one, "headers").items() if isinstance(value, str)}
    theirs = Theirs(name, url, APIS.get(api), _credential(draft, source, one.get("apiKey")), models, headers)
    draft.provider(source, theirs)


def _credential(draft: Draft, source: str, written: Any) -> str:
    """A key, or a reference to a variable; "" for none, and for a reference to somewhere else."""
    if isinstance(written, str):
        return written.strip()
    if isinstance(written, dict):
        if text_of(written, "source") == "env" and text_of(written, "id"):
            return f"${{{text_of(written, 'id')}}}"
        draft.leave(f"{source} key", "OpenClaw keeps this secret elsewhere and only refers to it.")
    return ""


def _targets(draft: Draft, source: str, written: Any, setting: str) -> None:
    if isinstance(written, str):
        written = {"primary": written}
    if not isinstance(written, dict) or not text_of(written, "primary"):
        return
    primary = _target(draft, f"{source}.primary", text_of(written, "primary"))
    others = [_target(draft, f"{source}.fallbacks", one) for one in texts(written.get("fallbacks"))]
    fallback = [one for one in others if one]
    if primary:
        draft.put(source, ("routing", setting), targets(primary, fallback))


def _target(draft: Draft, source: str, text: str) -> str | None:
    provider, _, model = text.partition("/")
    if provider in OURSELVES:
        draft.leave(source, f"Ask this router for the model {printable(model, 60)!r}.")
        return None
    return draft.target_of(source, text)


def _aliases(draft: Draft, models: dict[str, Any]) -> None:
    for text, about in models.items():
        alias = text_of(about, "alias") if isinstance(about, dict) else ""
        if alias and (target := _target(draft, f"agents.defaults.models {printable(text, 80)}", text)):
            draft.put(f"alias {printable(alias, 60)}", ("routing", "models", alias), target)
