"""Gemini requests that the simulator accepts, for tests to spoil."""

from typing import Any

import httpx

from router_core.simulator import SimulatorThread

KEY = "AIza" + "SyTest-0123456789_abcdefghijklmnopq"
KEY_HEADERS = {"x-goog-api-key": KEY}
BEARER_HEADERS = {"authorization": "Bearer ya29.a0test-login"}

HELLO: dict[str, Any] = {"role": "user", "parts": [{"text": "hello there"}]}
ASKING = {"role": "user", "parts": [{"text": "please use the tool"}]}
SCHEMA = {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}
SHELL = {"name": "Bash", "description": "runs a command", "parametersJsonSchema": SCHEMA}
TOOLS = [{"functionDeclarations": [SHELL, {"name": "look_up"}]}]
RESULT = {"functionResponse": {"name": "Bash", "response": {"output": "tool-ok"}}}
ANSWER: dict[str, Any] = {"role": "user", "parts": [RESULT]}


def called(signature: str | None = None, name: str = "Bash", **fields: Any) -> dict[str, Any]:
    """A model turn with one function call."""
    part: dict[str, Any] = {"functionCall": {"name": name, "args": {"command": "ls"}, **fields}}
    if signature is not None:
        part["thoughtSignature"] = signature
    return {"role": "model", "parts": [part]}


def gemini_body(**changes: Any) -> dict[str, Any]:
    """`None` removes a field."""
    body = {"contents": [HELLO]} | changes
    return {name: value for name, value in body.items() if value is not None}


def generate(
    http: httpx.Client,
    sim: SimulatorThread,
    model: str = "gemini-2.5-flash",
    method: str = "generateContent",
    headers: dict[str, str] | None = None,
    **changes: Any,
) -> httpx.Response:
    """One request; `method` may bring its query (`streamGenerateContent?alt=sse`)."""
    url = f"{sim.base_urls['gemini']}/models/{model}:{method}"
    return http.post(url, headers=KEY_HEADERS if headers is None else headers, json=gemini_body(**changes))
