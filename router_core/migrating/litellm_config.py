"""LiteLLM's proxy: `config.yaml`.

`model_list` is a list of `{model_name, litellm_params: {model: "provider/model", api_base, api_key}}`, where several
entries of one name share its load; a value may be `os.environ/NAME`; `fallbacks` (in `litellm_settings` or
`router_settings`) is a list of `{name: [names]}`, `model_group_alias` maps further names. (docs.litellm.ai,
proxy/configs and proxy/reliability, read 2026-11.)
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from router_core.config.schema import Kind
from router_core.importing.documents import objects
from router_core.importing.provider_names import host_of
from router_core.migrating.draft import Draft, Theirs
from router_core.migrating.endpoint import ollama_url
from router_core.migrating.litellm_settings import take_settings
from router_core.migrating.outcome import Here, Migration
from router_core.text import printable
from router_core.vendors.fields import part, text_of

PROVIDERS = {
    "anthropic": "claude",
    "chatgpt": "codex",
    "dashscope": "qwen",
    "github_copilot": "copilot",
    "ollama_chat": "ollama",
    "vertex_ai": "vertex",
    "lm_studio": "lmstudio",
}
"""What it calls providers that have another name here; all others are looked for by their name."""
KINDS: dict[str, Kind] = {
    "anthropic": "anthropic",
    "gemini": "gemini",
    "vertex_ai": "vertex",
    "vertex_ai_beta": "vertex",
}
COMPATIBLE = frozenset(
    {"openai", "custom_openai", "text-completion-openai", "hosted_vllm", "openai_like", "litellm_proxy", "lm_studio",
     "llamafile", "xinference"}
)  # fmt: skip
"""They say what is spoken, and not where."""
_USED = (
    "model",
    "api_base",
    "base_url",
    "api_key",
    "extra_headers",
    "custom_llm_provider",
    "vertex_project",
    "vertex_location",
)
_REFERENCE = re.compile(r"os\.environ/(\w+)")


def fits(document: Any) -> bool:
    """Whether a file is of this program."""
    return isinstance(document, dict) and isinstance(document.get("model_list"), list)


def migrate(document: Mapping[str, Any], here: Here) -> Migration:
    """What becomes of a `config.yaml`."""
    whole = dict(document)
    variables = {name: value for name, value in part(whole, "environment_variables").items() if isinstance(value, str)}
    draft = Draft("litellm", here, {n: v for n, v in variables.items() if not _REFERENCE.fullmatch(v)})
    groups: dict[str, list[str]] = {}
    for one in objects(whole.get("model_list")):
        name = text_of(one, "model_name")
        if target := _deployment(draft, name, part(one, "litellm_params")):
            groups.setdefault(name, []).append(target)
    take_settings(draft, whole, groups)
    return draft.done()


def _deployment(draft: Draft, name: str, params: dict[str, Any]) -> str | None:
    """The target of one entry, its provider put into the draft."""
    source = f"model_list {printable(name, 60)}"
    if not name or not text_of(params, "model"):
        draft.leave(source, "It has no name, or names no model.")
        return None
    provider, _, model = text_of(params, "model").partition("/")
    if not model:
        provider, model = text_of(params, "custom_llm_provider") or _guessed(provider), provider
    url = text_of(params, "api_base") or text_of(params, "base_url")
    theirs = _theirs(provider, url, params)
    if theirs is None:
        draft.leave(source, f"Nothing here speaks to {printable(provider, 40)!r}.")
        return None
    theirs = _named_apart(draft, theirs)
    if draft.provider(source, theirs) is None:
        return None
    ignored = [key for key in params if key not in _USED]
    if ignored:
        draft.leave(
            f"{source} {', '.join(map(str, ignored))}"[:160], "Limits and parameters of one entry: not taken over."
        )
    _google(draft, theirs.name, params)
    if "*" in model or "*" in name:
        draft.leave(f"{source} *", "Not needed: every model can be asked for as provider/model.")
        return None
    return draft.target(theirs.name, model)


def _guessed(model: str) -> str:
    """The provider of a model that is written without one."""
    return "anthropic" if model.startswith("claude") else "gemini" if model.startswith("gemini") else "openai"


def _named_apart(draft: Draft, theirs: Theirs) -> Theirs:
    """Two services of one host are two."""
    name, number = theirs.name, 2
    while draft.urls.get(name, theirs.url) != theirs.url:
        name, number = f"{theirs.name}-{number}", number + 1
    return replace(theirs, name=name)


def _name_of(provider: str, url: str) -> str:
    if url and (provider in COMPATIBLE or provider == "azure"):
        host = host_of(url).partition(":")[0]
        words = [word for word in host.split(".") if word not in ("api", "www", "com", "net", "org", "ai", "io", "v1")]
        port = host_of(url).partition(":")[2]
        return "-".join(filter(None, (words[0] if words and not words[0].isdigit() else "local", port)))
    return PROVIDERS.get(provider, provider.replace("_", "-"))


def _theirs(provider: str, url: str, params: dict[str, Any]) -> Theirs | None:
    headers = {k: _reference(v) for k, v in part(params, "extra_headers").items() if isinstance(v, str)}
    name, key = _name_of(provider, url), _reference(text_of(params, "api_key"))
    if provider == "azure":
        base = _reference(url).rstrip("/")
        base = base if base.endswith("/v1") else f"{base}/openai/v1"
        return Theirs(name, base, "openai-chat", key, headers=headers, auth="api-key") if url else None
    if provider in COMPATIBLE:
        if url:
            return Theirs(name, _reference(url), None, key, headers=headers)
        return Theirs("openai", credential=key, headers=headers) if provider == "openai" else None
    if provider in ("bedrock", "sagemaker", "watsonx", "replicate", "huggingface", "petals", "cohere"):
        return None
    if provider in ("ollama", "ollama_chat"):
        url = ollama_url(url)
    return Theirs(name, _reference(url), KINDS.get(provider), key, headers=headers)


def _reference(text: str) -> str:
    """`os.environ/NAME` as `${NAME}`; a `$` of another text is one."""
    return _REFERENCE.sub(lambda match: f"${{{match[1]}}}", text)


def _google(draft: Draft, known: str, params: dict[str, Any]) -> None:
    ours = draft.names.get(known)
    for theirs, setting in (("vertex_project", "project"), ("vertex_location", "location")):
        value = text_of(params, theirs)
        if ours and value and not _REFERENCE.fullmatch(value):
            draft.put(theirs, ("providers", ours, setting), value)
