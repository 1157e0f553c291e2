"""The four official SDKs, each asking in its own way."""

from tests.matrix.asking import Client
from tests.matrix.clients.chat import ChatClient
from tests.matrix.clients.claude import ClaudeClient
from tests.matrix.clients.gemini import GeminiClient
from tests.matrix.clients.responses import ResponsesClient


def all_clients(url: str, key: str) -> dict[str, Client]:
    """One of each, by its format's name.

    Args:
        url: the router's root.
        key: the gateway token.
    """
    made: list[Client] = [
        ClaudeClient(url, key),
        ChatClient(url, key),
        ResponsesClient(url, key),
        GeminiClient(url, key),
    ]
    return {client.name: client for client in made}
