"""Which transformers a request to one provider's model goes through, in order.

Each of ours (`OPTIONS` in config/transformers.py names them) is a file of its name in this folder, imported when a
request first needs it.
"""

from fnmatch import fnmatchcase
from importlib import import_module

from router_core.config.schema import ProviderConfig
from router_core.config.transformers import TransformerUse
from router_core.transform.transformer import Applied, Transformer

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
        module = import_module(f"router_core.transform.{use.name.replace('-', '_')}")
        loaded: Transformer = module.TRANSFORMER
        found = _loaded[use.name] = loaded
    return found
