"""config.toml, as the router would read it now."""

from collections.abc import Iterator

from router_core.config.load import load_config
from router_core.doctor.examined import Examined
from router_core.doctor.finding import Finding
from router_core.errors import ConfigError


def check(examined: Examined) -> Iterator[Finding]:
    """Each line that is wrong, with file and line."""
    file = examined.home.config
    try:
        config = load_config(file, env=examined.environ)
    except ConfigError as error:
        for line in error.message.splitlines():
            yield Finding("config", "problem", line, f"Mend it, then see: {examined.program} config check")
        return
    if not file.exists():
        yield Finding("config", "ok", f"no {file.name}: everything is as it comes")
        return
    yield Finding("config", "ok", f"{file} is valid")
    if not any(provider.enabled for provider in config.providers.values()):
        yield Finding(
            "config", "problem", "every provider is disabled", "Set enabled = true in a [providers.NAME] of config.toml"
        )
