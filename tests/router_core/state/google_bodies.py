"""Parts of Gemini requests, and Google's corner of Chat requests."""

from typing import Any

JsonObject = dict[str, Any]


def model(*parts: JsonObject) -> JsonObject:
    return {"role": "model", "parts": list(parts)}


def said(*parts: JsonObject) -> JsonObject:
    return {"role": "user", "parts": list(parts)}


def call(signature: str = "") -> JsonObject:
    return {"functionCall": {"name": "f", "args": {}}, **({"thoughtSignature": signature} if signature else {})}


ANSWERED = {"functionResponse": {"name": "f", "response": {"output": 1}}}


def google(value: str) -> JsonObject:
    return {"extra_content": {"google": {"thought_signature": value}}}


TOOL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
