"""Requests and answers as Gemini's clients and its API write them, and what the strict simulator says to ours."""

from pathlib import Path
from typing import Any

from router_core.simulator.gemini_config_rules import config_problem
from router_core.simulator.gemini_fields import parse
from router_core.simulator.gemini_rules import content_problem
from router_core.wire.codec import Answering, CountedMinting, Encoded, Target
from router_core.wire.gemini import CODEC
from router_core.wire.model import Block, Message, Request, Text

GOLDEN = Path(__file__).parents[3] / "golden" / "gemini"
NEW, OLD, NEWEST = "gemini-3.5-flash", "gemini-2.5-flash", "gemini-4-argon"
SIGNATURE = "AVSoXO5nZW1pbmkgc2lnbmF0dXJl"
USER = Message("user", (Text("hello"),))


def target(model: str = NEW) -> Target:
    return Target("gemini", "gemini", model, "generativelanguage.googleapis.com")


def encode(request: Request, model: str = NEW) -> Encoded:
    """The request as it is sent, after the simulator has found no fault with it."""
    encoded = CODEC.encode_request(request, target(model))
    assert refusal(encoded.body, model) is None
    return encoded


def refusal(body: dict[str, Any], model: str) -> str | None:
    """What a strict Gemini says to a body; None when it takes it."""
    parsed, problems = parse(body, "GenerateContentRequest")
    if problems:
        return str(problems)
    return content_problem(parsed, model) or config_problem(parsed, model)


def ask(*messages: Message, **fields: Any) -> Request:
    return Request("m", messages or (USER,), **fields)


def user(*blocks: Block) -> Message:
    return Message("user", blocks)


def model(*blocks: Block) -> Message:
    return Message("assistant", blocks)


def answering(request: Request | None = None) -> Answering:
    return Answering(request or ask(), "gemini-3.5-flash", CountedMinting())


def contents(encoded: Encoded) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = encoded.body["contents"]
    return found


TEXT_TURN = {"role": "user", "parts": [{"text": "hello"}]}
CALLS: list[dict[str, Any]] = [
    TEXT_TURN,
    {
        "role": "model",
        "parts": [
            {"text": "**Plan**", "thought": True},
            {"functionCall": {"id": "a1", "name": "read", "args": {"path": "ü"}}, "thoughtSignature": SIGNATURE},
            {"functionCall": {"id": "a2", "name": "read", "args": {}}},
        ],
    },
    {
        "role": "user",
        "parts": [
            {"functionResponse": {"id": "a1", "name": "read", "response": {"output": "text"}}},
            {"functionResponse": {"id": "a2", "name": "read", "response": {"error": "no such file"}}},
        ],
    },
]
READ = {
    "name": "read",
    "description": "Reads a file.",
    "parametersJsonSchema": {
        "type": "object",
        "properties": {"path": {"type": "string"}},
        "additionalProperties": False,
    },
}
CLASSIC = {
    "name": "write",
    "description": "Writes a file.",
    "parameters": {
        "type": "OBJECT",
        "properties": {"path": {"type": "STRING", "nullable": True}, "size": {"type": "INTEGER", "format": "int32"}},
        "required": ["path"],
        "propertyOrdering": ["path", "size"],
    },
}
UNSIGNED: list[dict[str, Any]] = [
    TEXT_TURN,
    {"role": "model", "parts": [{"functionCall": {"name": "read", "args": {}}}]},
    {"role": "user", "parts": [{"functionResponse": {"name": "read", "response": {}}}]},
]
REQUESTS: dict[str, dict[str, Any]] = {
    "text": {"contents": [TEXT_TURN]},
    "system": {
        "systemInstruction": {"role": "user", "parts": [{"text": "one"}, {"text": "two"}]},
        "contents": [TEXT_TURN],
    },
    "turns": {
        "contents": [TEXT_TURN, {"role": "model", "parts": [{"text": "hi", "thoughtSignature": SIGNATURE}]}, TEXT_TURN]
    },
    "images": {
        "contents": [
            {
                "role": "user",
                "parts": [
                    {"text": "see"},
                    {"inlineData": {"mimeType": "image/png", "data": "aGVsbG8="}},
                    {"fileData": {"mimeType": "application/pdf", "fileUri": "https://example.com/a.pdf"}},
                    {"fileData": {"mimeType": "video/mp4", "fileUri": "gs://bucket/film.mp4"}},
                    {"inlineData": {"mimeType": "audio/wav", "data": "aGVsbG8="}, "videoMetadata": {"fps": 2}},
                ],
            }
        ]
    },
    "calls": {"contents": CALLS, "tools": [{"functionDeclarations": [READ]}]},
    "calls without ids": {
        "contents": [
            TEXT_TURN,
            {
                "role": "model",
                "parts": [
                    {"functionCall": {"name": "read", "args": {}}, "thoughtSignature": SIGNATURE},
                    {"functionCall": {"name": "read", "args": {}}},
                ],
            },
            {
                "role": "user",
                "parts": [
                    {"functionResponse": {"name": "read", "response": {"content": [1, 2]}}},
                    {"functionResponse": {"name": "read", "response": {"output": '{"a": 1}'}}},
                ],
            },
        ],
        "tools": [{"functionDeclarations": [READ, CLASSIC]}],
    },
    "an earlier call without a signature": {"contents": [*UNSIGNED, TEXT_TURN]},
    "media in a result": {
        "contents": [
            *CALLS[:2],
            {
                "role": "user",
                "parts": [
                    {
                        "functionResponse": {
                            "id": "a1",
                            "name": "read",
                            "response": {"output": "see"},
                            "parts": [{"inlineData": {"mimeType": "image/png", "data": "aGVsbG8="}}],
                        }
                    },
                    {"functionResponse": {"id": "a2", "name": "read", "response": {}}},
                ],
            },
        ]
    },
    "settings": {
        "contents": [TEXT_TURN],
        "generationConfig": {
            "temperature": 0.25,
            "topP": 0.5,
            "topK": 20,
            "maxOutputTokens": 1000,
            "stopSequences": ["END", "STOP"],
            "seed": 7,
            "responseMimeType": "application/json",
            "responseJsonSchema": {"type": "object", "$defs": {"a": {"const": 1}}},
            "thinkingConfig": {"thinkingLevel": "HIGH", "includeThoughts": True},
            "mediaResolution": "MEDIA_RESOLUTION_LOW",
        },
        "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
        "labels": {"cost_center": "a_b"},
        "cachedContent": "cachedContents/x",
    },
    "classic schema": {
        "contents": [TEXT_TURN],
        "generationConfig": {
            "responseMimeType": "application/json",
            "responseSchema": {"type": "OBJECT", "properties": {"a": {"type": "STRING", "nullable": True}}},
        },
    },
    "forced call": {
        "contents": [TEXT_TURN],
        "tools": [{"functionDeclarations": [READ, CLASSIC]}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["read"]}},
    },
    "validated calls": {
        "contents": [TEXT_TURN],
        "tools": [{"functionDeclarations": [READ]}],
        "toolConfig": {
            "functionCallingConfig": {"mode": "VALIDATED"},
            "retrievalConfig": {"latLng": {"latitude": 1, "longitude": 2}},
        },
    },
    "built-in tools": {
        "contents": [TEXT_TURN],
        "tools": [{"googleSearch": {}}, {"urlContext": {}}, {"codeExecution": {}}],
    },
    "code in the history": {
        "contents": [
            TEXT_TURN,
            {
                "role": "model",
                "parts": [
                    {"executableCode": {"language": "PYTHON", "code": "print(1)"}},
                    {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n"}},
                    {"text": "1"},
                ],
            },
            TEXT_TURN,
        ]
    },
}
"""Bodies as clients send them, without model and stream: what is decoded and encoded again must be equal."""
