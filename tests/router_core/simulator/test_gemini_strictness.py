"""The simulated Gemini API refuses what Google's refuses, in its words."""

import base64
from typing import Any

import httpx
import pytest

from router_core.simulator import Script, SimulatorThread
from tests.router_core.simulator.asking_gemini import (
    ANSWER,
    ASKING,
    BEARER_HEADERS,
    HELLO,
    KEY,
    SCHEMA,
    TOOLS,
    called,
    generate,
)

FLASH, PRO, NEW, NEW_PRO, ARGON = (
    "gemini-2.5-flash",
    "gemini-2.5-pro",
    "gemini-3.5-flash",
    "gemini-3.1-pro-preview",
    "gemini-4-argon",
)
PNG = base64.b64encode(b"\x89PNG").decode()
DUMMY = "skip_thought_signature_validator"
OTHER_DUMMY = "context_engineering_is_the_way_to_go"
FOREIGN = base64.b64encode(b"minted somewhere else altogether, but long enough").decode()


def user(*parts: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "user", "parts": list(parts)}]


def declared(**fields: Any) -> list[dict[str, Any]]:
    return [{"functionDeclarations": [{"name": "f", **fields}]}]


def config(**fields: Any) -> dict[str, Any]:
    return {"generationConfig": fields}


def thinking(**fields: Any) -> dict[str, Any]:
    return config(thinkingConfig=fields)


def with_parameters(**fields: Any) -> dict[str, Any]:
    return {"tools": declared(parameters={"type": "OBJECT", **fields})}


def conversation(*contents: dict[str, Any]) -> dict[str, Any]:
    return {"contents": list(contents), "tools": TOOLS}


TWO_CALLS = {"role": "model", "parts": [*called(DUMMY)["parts"], *called()["parts"]]}
SAID = {"role": "model", "parts": [{"text": "well"}]}
SEARCH = [*TOOLS, {"googleSearch": {}}]

# model, what is wrong → words of the message
BAD: dict[str, tuple[str, dict[str, Any], str]] = {
    "unknown field at the top": (FLASH, {"colour": 1}, 'received. Unknown name "colour": Cannot find field.'),
    "unknown field in a part": (
        FLASH,
        {"contents": user({"text": "a", "cache": 1})},
        "Unknown name \"cache\" at 'contents[0].parts[0]': Cannot find field.",
    ),
    "max_tokens in the config": (FLASH, config(max_tokens=5), "Unknown name \"max_tokens\" at 'generation_config'"),
    "a misspelt snake case": (FLASH, {"system_Instruction": HELLO}, 'Unknown name "system_Instruction"'),
    "text that is a number": (FLASH, {"contents": user({"text": 5})}, "'contents[0].parts[0].text' (TYPE_STRING), 5"),
    "text that is a list": (FLASH, {"contents": user({"text": ["a"]})}, "Proto field is not repeating, cannot start"),
    "contents that are a string": (FLASH, {"contents": "hello"}, "Invalid value at 'contents[0]'"),
    "an unknown mode": (
        FLASH,
        {"toolConfig": {"functionCallingConfig": {"mode": "REQUIRED"}}},
        "Invalid value at 'tool_config.function_calling_config.mode'",
    ),
    "a temperature that is a word": (FLASH, config(temperature="hot"), "generation_config.temperature' (TYPE_FLOAT)"),
    "a boolean for a number": (FLASH, config(maxOutputTokens=True), "max_output_tokens' (TYPE_INT32)"),
    "no contents": (FLASH, {"contents": None}, "* GenerateContentRequest.contents: contents is not specified"),
    "no parts": (FLASH, {"contents": user()}, "contents[0].parts: contents.parts must not be empty."),
    "an empty text": (FLASH, {"contents": user({"text": ""})}, "oneof field 'data' must have one initialized field"),
    "a part with two kinds": (
        FLASH,
        {"contents": user({"text": "a", "inlineData": {"mimeType": "image/png", "data": PNG}})},
        "got text, inline_data",
    ),
    "a role of another API": (FLASH, conversation({**HELLO, "role": "assistant"}), "valid role: user, model."),
    "a system role": (FLASH, conversation({**HELLO, "role": "system"}), "valid role: user, model."),
    "too few results": (FLASH, conversation(ASKING, TWO_CALLS, ANSWER), "number of function response parts is equal"),
    "a call without its result": (
        FLASH,
        conversation(ASKING, called(), HELLO),
        "number of function response parts is equal",
    ),
    "a call at the end": (FLASH, conversation(ASKING, called()), "number of function response parts is equal"),
    "a result without its call": (FLASH, conversation(ASKING, SAID, ANSWER), "immediately after a function call turn"),
    "a call after a model turn": (
        FLASH,
        conversation(ASKING, SAID, called(), ANSWER),
        "comes immediately after a user",
    ),
    "a call at the beginning": (FLASH, conversation(called(), ANSWER), "comes immediately after a user turn"),
    "a result for another function": (
        FLASH,
        conversation(ASKING, called(name="look_up"), ANSWER),
        "function response name matches",
    ),
    "a result with another id": (
        NEW,
        conversation(
            ASKING, called(DUMMY, id="a1"), user({"functionResponse": {"id": "b", "name": "Bash", "response": {}}})[0]
        ),
        "functionResponse.id does not match functionCall.id",
    ),
    "a result that is text": (
        FLASH,
        conversation(ASKING, called(), user({"functionResponse": {"name": "Bash", "response": "ok"}})[0]),
        'function_response.response\' (type.googleapis.com/google.protobuf.Struct), "ok"',
    ),
    "arguments that are text": (
        FLASH,
        conversation(ASKING, called(args="{}"), ANSWER),
        "function_call.args' (type.googleapis.com/google.protobuf.Struct)",
    ),
    "a call made by the user": (
        FLASH,
        conversation({**called(), "role": "user"}, ANSWER),
        "function call turn has a valid role",
    ),
    "bad base64": (
        FLASH,
        {"contents": user({"inlineData": {"mimeType": "image/png", "data": "not base64!"}})},
        'inline_data.data\' (TYPE_BYTES), Base64 decoding failed for "not base64!"',
    ),
    "an image without its type": (FLASH, {"contents": user({"inlineData": {"data": PNG}})}, "mime_type and data must"),
    "a gif": (
        FLASH,
        {"contents": user({"inlineData": {"mimeType": "image/gif", "data": PNG}})},
        "Unsupported MIME type: image/gif",
    ),
    "a data URL as a file": (FLASH, {"contents": user({"fileData": {"fileUri": "data:x"}})}, "Invalid or unsupported"),
    "a function name with a slash": (FLASH, {"tools": declared(name="a/b")}, "[0].name: Invalid function name."),
    "a function name that is too long": (FLASH, {"tools": declared(name="a" * 65)}, "maximum length of 64."),
    "a function name with a digit first": (FLASH, {"tools": declared(name="1a")}, "Must start with a letter"),
    "two functions of one name": (FLASH, {"tools": [*declared(), *declared()]}, "Duplicate function declaration"),
    "$schema in parameters": (
        FLASH,
        with_parameters(**{"$schema": "x"}),
        "Unknown name \"$schema\" at 'tools[0].function_declarations[0].parameters': Cannot find field.",
    ),
    "additionalProperties deep in parameters": (
        FLASH,
        with_parameters(properties={"a": {"type": "OBJECT", "additionalProperties": False}}),
        "Unknown name \"additionalProperties\" at 'tools[0].function_declarations[0].parameters.properties[0].value'",
    ),
    **{
        f"{name} in parameters": (FLASH, with_parameters(**{name: {}}), f'Unknown name "{name}"')
        for name in ("$ref", "$defs", "$id", "const", "examples", "oneOf", "patternProperties", "exclusiveMinimum")
    },
    "a list of types": (FLASH, with_parameters(type=["string", "null"]), 'Unknown name "type" at'),
    "an unknown type": (FLASH, with_parameters(type="text"), 'v1beta.Type), "text"'),
    "a number in an enum": (
        FLASH,
        with_parameters(properties={"a": {"type": "STRING", "enum": [1]}}),
        "properties[0].value.enum[0]' (TYPE_STRING), 1",
    ),
    "an array without items": (
        FLASH,
        with_parameters(properties={"a": {"type": "ARRAY"}}),
        "[a].items: missing field.",
    ),
    "a required one that is unknown": (FLASH, with_parameters(required=["a"]), "required[0]: property is not defined"),
    "both kinds of parameters": (
        FLASH,
        {"tools": declared(parameters={"type": "OBJECT"}, parametersJsonSchema=SCHEMA)},
        "only one of `parameters` and",
    ),
    "search with functions before 3": (FLASH, {"tools": SEARCH}, "({google_search}) and Function Calling cannot be"),
    "search with functions, not switched on": (NEW, {"tools": SEARCH}, "include_server_side_tool_invocations"),
    "forced without functions": (
        FLASH,
        {"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}},
        "set without function_declarations",
    ),
    "an allowed name that is unknown": (
        FLASH,
        {"tools": TOOLS, "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["g"]}}},
        "contains g",
    ),
    "allowed names with AUTO": (
        FLASH,
        {"tools": TOOLS, "toolConfig": {"functionCallingConfig": {"mode": "AUTO", "allowedFunctionNames": ["Bash"]}}},
        "must be ANY",
    ),
    "six stop sequences": (FLASH, config(stopSequences=list("abcdef")), "stop_sequences must not exceed 5"),
    "a temperature of 3": (FLASH, config(temperature=3), "temperature must be in the range [0.0, 2.0]"),
    "no output": (FLASH, config(maxOutputTokens=0), "max_output_tokens must be positive"),
    "too much output": (FLASH, config(maxOutputTokens=65_537), "a maxOutputTokens value of 65537"),
    "two candidates on 3": (NEW, config(candidateCount=2), "Multiple candidates is not enabled for this model"),
    "a penalty": (FLASH, config(presencePenalty=0.5), "Penalty is not enabled for this model"),
    "logprobs": (FLASH, config(responseLogprobs=True), "Logprobs is not enabled for models/gemini-2.5-flash"),
    "an audio answer": (FLASH, config(responseModalities=["AUDIO"]), "combination of response modalities"),
    "a schema without its MIME type": (FLASH, config(responseJsonSchema=SCHEMA), "response_json_schema: only allowed"),
    "another answer MIME type": (FLASH, config(responseMimeType="text/html"), "allowed mimetypes are"),
    "JSON answers with functions before 3": (
        FLASH,
        {"tools": TOOLS, **config(responseMimeType="application/json")},
        "mime type: 'application/json' is unsupported",
    ),
    "budget and level": (NEW, thinking(thinkingBudget=100, thinkingLevel="low"), "You can only set only one of"),
    "a level before 3": (FLASH, thinking(thinkingLevel="low"), "Thinking level is not supported for this model."),
    "a tiny budget on Pro": (PRO, thinking(thinkingBudget=100), "choose a value between 128 and 32768."),
    "a huge budget on Flash": (FLASH, thinking(thinkingBudget=30_000), "choose a value between 1 and 24576."),
    "no thinking on Pro": (PRO, thinking(thinkingBudget=0), "Budget 0 is invalid. This model only works in thinking"),
    "minimal on Pro": (NEW_PRO, thinking(thinkingLevel="minimal"), "Thinking level MINIMAL is not supported"),
    "minimal on 4": (ARGON, thinking(thinkingLevel="minimal"), "Thinking level MINIMAL is not supported"),
    "a budget on 4": (ARGON, thinking(thinkingBudget=1024), "Thinking budget is not supported for this model."),
    "a level that nobody has": (ARGON, thinking(thinkingLevel="xhigh"), 'ThinkingLevel), "xhigh"'),
    "a call without its signature": (
        NEW,
        conversation(ASKING, called(), ANSWER),
        "Function call is missing a thought_signature in functionCall parts. This is required for tools to work "
        "correctly, and missing thought_signature may lead to degraded model performance. Additional data, function "
        "call `default_api:Bash` , position 2. Please refer to https://ai.google.dev/gemini-api/docs/",
    ),
    "a second step without its signature": (
        ARGON,
        conversation(ASKING, called(DUMMY), ANSWER, called(name="Bash"), ANSWER),
        "`default_api:Bash` , position 4.",
    ),
    "a reminder beside the result begins no turn": (
        NEW,
        conversation(ASKING, called(), {"role": "user", "parts": [*ANSWER["parts"], {"text": "hint"}]}),
        "missing a thought_signature",
    ),
    "a foreign signature": (NEW, conversation(ASKING, called(FOREIGN), ANSWER), "Corrupted thought signature."),
    "a foreign signature in an old turn": (
        NEW,
        conversation(ASKING, called(FOREIGN), ANSWER, SAID, HELLO),
        "Corrupted thought signature.",
    ),
    "a signature that is no base64": (NEW, conversation(ASKING, called("!"), ANSWER), "Base64 decoding failed"),
}


@pytest.mark.parametrize("name", BAD)
def test_body_is_refused(name: str, simulator: SimulatorThread, http: httpx.Client) -> None:
    model, changes, words = BAD[name]
    answer = generate(http, simulator, model, **changes)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert words in error["message"]
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")


SIGNED = {"role": "model", "parts": [{"text": "", "thoughtSignature": DUMMY}]}
IMAGE = {"mimeType": "image/png", "data": PNG}

GOOD: dict[str, tuple[str, dict[str, Any]]] = {
    "snake case": (FLASH, {"system_instruction": {"parts": [{"text": "be brief"}]}, "generation_config": {"top_p": 1}}),
    "null fields": (FLASH, {"contents": [HELLO], "generationConfig": {"topK": None}}),
    "one value for a list": (FLASH, {"contents": HELLO}),
    "no role": (FLASH, {"contents": [{"parts": HELLO["parts"]}]}),
    "two user turns in a row": (FLASH, conversation(HELLO, HELLO)),
    "any JSON schema": (FLASH, {"tools": declared(parametersJsonSchema={"$ref": "#"})}),
    "small letters for types": (FLASH, {"tools": declared(parameters=SCHEMA)}),
    "calls without signatures before 3": (FLASH, conversation(ASKING, called(), ANSWER)),
    "the dummy signature": (NEW, conversation(ASKING, called(DUMMY), ANSWER)),
    "the dummy as an SDK sends it": (
        ARGON,
        conversation(ASKING, called(base64.urlsafe_b64encode(OTHER_DUMMY.encode()).decode()), ANSWER),
    ),
    "only the first of parallel calls is signed": (
        NEW,
        conversation(ASKING, TWO_CALLS, {"role": "user", "parts": ANSWER["parts"] * 2}),
    ),
    "old turns may lack signatures": (NEW, conversation(ASKING, called(), ANSWER, SAID, HELLO)),
    "an empty text with a signature": (NEW, conversation(HELLO, SIGNED, HELLO)),
    "two candidates on 2.5": (FLASH, config(candidateCount=2)),
    "thinking off on Flash": (FLASH, thinking(thinkingBudget=0)),
    "automatic budget": (PRO, thinking(thinkingBudget=-1)),
    "minimal on 3 Flash": (NEW, thinking(thinkingLevel="minimal")),
    "high on 4": (ARGON, thinking(thinkingLevel="HIGH")),
    "search with functions on 3": (NEW, {"tools": SEARCH, "toolConfig": {"includeServerSideToolInvocations": True}}),
    "JSON answers with functions on 3": (NEW, {"tools": TOOLS, **config(responseMimeType="application/json")}),
    "an image in a result": (
        NEW,
        conversation(
            ASKING,
            called(DUMMY),
            user({"functionResponse": {"name": "Bash", "response": {}, "parts": [{"inlineData": IMAGE}]}})[0],
        ),
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_body_is_accepted(name: str, simulator: SimulatorThread, http: httpx.Client) -> None:
    model, changes = GOOD[name]
    answer = generate(http, simulator, model, **changes)
    assert answer.status_code == 200, answer.text


def test_all_unknown_names_are_listed(simulator: SimulatorThread, http: httpx.Client) -> None:
    error = generate(http, simulator, colour=1, tools=declared(strict=True)).json()["error"]
    assert error["message"].count("Cannot find field.") == 2
    (detail,) = error["details"]
    assert detail["@type"] == "type.googleapis.com/google.rpc.BadRequest"
    assert detail["fieldViolations"][1]["field"] == "tools[0].function_declarations[0]"


HOSTILE: list[bytes] = [
    b"[]",
    b"{",
    b'{"contents":[[]]}',
    b'{"contents":{"parts":{"functionCall":[]}}}',
    b'{"generationConfig":[]}',
    b'{"tools":[{"functionDeclarations":{"name":{}}}]}',
    b'{"contents":[{"parts":[{"text":"a"}]}],"generationConfig":{"maxOutputTokens":1e400}}',
    b'{"contents":' + b"[" * 900 + b"]" * 900 + b"}",
    b'{"a":' * 400 + b"1" + b"}" * 400,
    b'{"": 1}',
]


@pytest.mark.parametrize("body", HOSTILE, ids=lambda body: body[:30].decode())
@pytest.mark.parametrize("method", ["generateContent", "countTokens"])
def test_hostile_bodies_get_a_defined_400(
    body: bytes, method: str, simulator: SimulatorThread, http: httpx.Client
) -> None:
    url = f"{simulator.url}/v1beta/models/{FLASH}:{method}"
    answer = http.post(url, headers={"x-goog-api-key": KEY}, content=body)
    assert answer.status_code == 400
    message = answer.json()["error"]["message"]
    assert message.startswith(("Invalid ", "* GenerateContentRequest"))


@pytest.mark.parametrize(
    ("headers", "query", "status", "reason"),
    [
        ({}, "", 403, "PERMISSION_DENIED"),
        ({"x-goog-api-key": "nonsense"}, "", 400, "API_KEY_INVALID"),
        ({"x-goog-api-key": KEY[:-1]}, "", 400, "API_KEY_INVALID"),
        ({}, "key=sk-proj-0123456789", 400, "API_KEY_INVALID"),
        ({"authorization": f"Bearer {KEY}"}, "", 401, "UNAUTHENTICATED"),
        ({"authorization": "Bearer ya29."}, "", 401, "UNAUTHENTICATED"),
        ({"x-api-key": KEY}, "", 403, "PERMISSION_DENIED"),
    ],
)
def test_credentials_are_refused(
    headers: dict[str, str], query: str, status: int, reason: str, simulator: SimulatorThread, http: httpx.Client
) -> None:
    answer = generate(http, simulator, method=f"generateContent?{query}", headers=headers)
    assert answer.status_code == status
    assert reason in answer.text


def test_a_key_may_stand_in_the_query_and_a_login_in_bearer(simulator: SimulatorThread, http: httpx.Client) -> None:
    assert generate(http, simulator, method=f"generateContent?key={KEY}", headers={}).status_code == 200
    assert generate(http, simulator, headers=BEARER_HEADERS).status_code == 200
    assert [seen.token for seen in simulator.requests] == [KEY, "ya29.a0test-login"]


@pytest.mark.parametrize("model", ["gemini-nope", "gemini-1.5-pro", "gpt-5.5", "claude-sonnet-5"])
def test_unknown_model_is_not_found(model: str, simulator: SimulatorThread, http: httpx.Client) -> None:
    answer = generate(http, simulator, model)
    assert answer.status_code == 404
    text = f"models/{model} is not found for API version v1beta, or is not supported for generateContent."
    assert answer.json()["error"]["message"].startswith(text)
    assert answer.json()["error"]["status"] == "NOT_FOUND"


def test_a_prompt_that_is_too_long_is_refused(simulator: SimulatorThread, http: httpx.Client) -> None:
    answer = generate(http, simulator, contents=user({"text": "word" * 1_050_000}))
    assert answer.status_code == 400
    message = answer.json()["error"]["message"]
    assert message.endswith("exceeds the maximum number of tokens allowed (1048576).")


def test_a_signature_is_good_for_its_model_only_and_may_be_bound_to_its_key(start: Any, http: httpx.Client) -> None:
    sim = start(Script(bind_encrypted_content=True))
    first = generate(http, sim, NEW, contents=[ASKING], tools=TOOLS).json()
    turn = first["candidates"][0]["content"]
    history: dict[str, Any] = {"contents": [ASKING, turn, ANSWER], "tools": TOOLS}
    assert generate(http, sim, NEW, **history).status_code == 200
    other_key = {"x-goog-api-key": KEY[:-1] + "Z"}
    for model, headers in ((ARGON, None), (NEW, other_key)):
        refused = generate(http, sim, model, headers=headers, **history)
        assert refused.json()["error"]["message"] == "Corrupted thought signature."
    del turn["parts"][-1]["thoughtSignature"]
    assert "missing a thought_signature" in generate(http, sim, NEW, **history).text
