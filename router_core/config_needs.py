"""What a configuration needs beside its own text, to be put in force: the owner's transformers, and packages."""

from router_core.config.schema import Config
from router_core.telemetry.installed import check_installed
from router_core.transform.custom import load_custom


def load_needs(config: Config) -> None:
    """Load the owner's files and look for the packages. Not on the event loop.

    Raises:
        ConfigError: something is missing or cannot be loaded.
    """
    load_custom(config)
    check_installed(config.telemetry)
