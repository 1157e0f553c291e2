"""The cells of the matrix, in order."""

from tests.matrix.features import FEATURES
from tests.matrix.targets import TARGETS

CLIENTS = ("anthropic", "openai-chat", "openai-responses", "gemini")
WAYS = ("plain", "stream")

type Place = tuple[str, str, str, str]
"""Client, target, feature, way."""


def places() -> list[Place]:
    """Every cell."""
    return [
        (client, target, name, way) for client in CLIENTS for target in TARGETS for name in FEATURES for way in WAYS
    ]
