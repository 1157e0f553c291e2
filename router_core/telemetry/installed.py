"""Whether the optional packages that telemetry needs are there."""

import importlib.util
import sys
from pathlib import Path

from router_core.config.telemetry import TelemetryConfig
from router_core.errors import ConfigError

LOCKED = Path(__file__).resolve().parents[2] / "requirements-otel.txt"
NEEDED = ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http")


def check_installed(config: TelemetryConfig) -> None:
    """Raises ConfigError with the command that installs them."""
    if config.otlp_endpoint and not all(_is_there(name) for name in NEEDED):
        raise ConfigError(
            "[telemetry] otlp_endpoint is set, but the packages for it are not installed. Install them: "
            f"{install_command()}"
        )


def install_command(locked: Path = LOCKED) -> str:
    """From the lock file of the checkout, where there is one."""
    if locked.exists():
        return f"{sys.executable} -m pip install --require-hashes -r {locked}"
    return f"{sys.executable} -m pip install 'mitmrouter[otel]'"


def _is_there(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False
