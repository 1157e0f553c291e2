"""The answer of a token count in each client's form."""

import orjson

from router_core.wire.format import FormatName


def count_response(format: FormatName, input_tokens: int) -> bytes:
    """The JSON body. Chat has no endpoint for it, and gets the form of Responses."""
    match format:
        case "anthropic":
            return orjson.dumps({"input_tokens": input_tokens})
        case "gemini":
            return orjson.dumps({"totalTokens": input_tokens})
        case "openai-responses" | "openai-chat":
            return orjson.dumps({"object": "response.input_tokens", "input_tokens": input_tokens})
