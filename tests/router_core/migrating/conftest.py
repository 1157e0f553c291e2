"""Files as people have them, and what becomes of one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from router_core.config.load import config_of
from router_core.migrating.outcome import Here, Migration
from router_core.migrating.programs import PROGRAMS, read_document

FILES = Path(__file__).parents[1] / "config" / "importers"
VARIABLES = {
    "OPENROUTER_API_KEY": "made-up-openrouter-variable",
    "ANTHROPIC_API_KEY": "made-up-anthropic-variable",
    "AZURE_API_KEY_EU": "made-up-azure-variable",
    "HOME": "/home/me",
}
"""What is set; GEMINI_API_KEY, MOONSHOT_API_KEY and XAI_API_KEY are not."""

type Migrate = Callable[..., Migration]


@pytest.fixture
def migrate() -> Migrate:
    """(file, config.toml as it is) → what becomes of it."""

    def run(name: str, present: str = "") -> Migration:
        program, document = read_document(FILES / name, tuple(PROGRAMS))
        config = config_of(present, Path("config.toml"), env=VARIABLES)
        return PROGRAMS[program].migrate(document, Here(config, VARIABLES, name))

    return run


def tokens(migration: Migration) -> list[tuple[str, str]]:
    """(provider, credential) of what goes into the store."""
    return [(found.provider, found.access_token) for found in migration.keys]


def left(migration: Migration) -> dict[str, str]:
    """What is not taken over, and why."""
    return {line.source: line.because for line in migration.lines if not line.becomes}
