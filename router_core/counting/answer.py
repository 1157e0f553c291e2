"""The answer to a request for a count, in each client's format."""

from typing import Any

from router_core.models.info import Endpoint


def count_response(format: Endpoint, n: int) -> dict[str, Any]:
    """The body that says `n` input tokens. Chat Completions has no such call: its clients get the Responses form."""
    match format:
        case "anthropic":
            return {"input_tokens": n}
        case "gemini":
            return {"totalTokens": n}
        case "openai-responses" | "openai-chat":
            return {"object": "response.input_tokens", "input_tokens": n}
