"""Which transformers there are, and which of them a request to one provider's model goes through, in order."""

from fnmatch import fnmatchcase
from importlib import import_module

from router_core.config.schema import ProviderConfig
from router_core.config.transformers import TransformerUse
from router_core.transform.transformer import Applied, Transformer

_MODULES = {
    "anthropic": "anthropic",
    "cleancache": "cleancache",
    "customparams": "customparams",
    "deepseek": "deepseek",
    "enhancetool": "enhancetool",
    "forcereasoning": "forcereasoning",
    "gemini": "gemini",
    "groq": "groq",
    "maxcompletiontokens": "maxcompletiontokens",
    "maxtoken": "maxtoken",
    "openrouter": "openrouter",
    "reasoning": "reasoning",
    "sampling": "sampling",
    "streamoptions": "streamoptions",
    "tooluse": "tooluse",
    "vertex-claude": "vertex_claude",
    "vertex-gemini": "vertex_gemini",
}
"""Name → file in this folder; imported when a request first needs it. Their options: `config/transformers.py`."""
_loaded: dict[str, Transformer] = {}


def transformers_of(provider: ProviderConfig, model: str, name: str = "NAME") -> tuple[Applied, ...]:
    """The provider's transformers, then those of every pattern that fits the model, in the order of the file.

    Args:
        model: as the provider knows it.
        name: of the provider, for `Applied.listed`.

    Raises:
        ConfigError: a custom one cannot be loaded.
    """
    if not provider.transformers and not provider.model_transformers:
        return ()
    where = f"providers.{name}"
    uses = [(use, f"{where}.transformers") for use in provider.transformers]
    for pattern, listed in provider.model_transformers.items():
        if fnmatchcase(model, pattern):
            uses += [(use, f'{where}.model_transformers."{pattern}"') for use in listed]
    return tuple(Applied(_transformer(use), use.options, listed) for use, listed in uses)


def _transformer(use: TransformerUse) -> Transformer:
    if use.source:
        from router_core.transform.custom import custom_transformer  # most have none

        return custom_transformer(use)
    found = _loaded.get(use.name)
    if found is None:
        module = import_module(f"router_core.transform.{_MODULES[use.name]}")
        loaded: Transformer = module.TRANSFORMER
        found = _loaded[use.name] = loaded
    return found
