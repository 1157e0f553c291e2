"""`/v1/…` and `/v1beta/…`: any format in, any provider out, through the real proxy."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from router_core.simulator import PlannedReply
from tests.router_core.simulator.asking import chat_body, message_body, responses_body
from tests.support.lab import Lab, running_lab

GEMINI_BODY = {"contents": [{"role": "user", "parts": [{"text": "Say hello to the router."}]}]}
CHAT_BASE = "chat-only"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("routed")) as running:
        yield running


CLIENTS = ("anthropic", "openai-chat", "openai-responses", "gemini")
TARGETS = {
    "anthropic": ("anthropic", "claude/claude-opus-5"),
    "chat": ("chat", "openai/gpt-4.1"),
    "responses": ("responses", "openai/gpt-5.5"),
    "codex": ("codex", "codex/gpt-5.5"),
    "gemini": ("gemini", "gemini/gemini-2.5-flash"),
}


def ask(lab: Lab, client: str, model: str, *, stream: bool = False) -> Any:
    """One plain question in a client's format."""
    match client:
        case "anthropic":
            headers = {"anthropic-version": "2023-06-01"}
            return lab.http.post("/v1/messages?beta=true", json=message_body(model=model, stream=stream), headers=headers)
        case "openai-chat":
            return lab.http.post("/v1/chat/completions", json=chat_body(model=model, stream=stream))
        case "openai-responses":
            return lab.http.post("/v1/responses", json=responses_body(model=model, stream=stream))
        case _:
            verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
            return lab.http.post(f"/v1beta/models/{model}:{verb}", json=GEMINI_BODY)


def events(text: str) -> list[dict[str, Any]]:
    return [orjson.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]


def text_of(client: str, answer: Any, *, stream: bool) -> str:
    """What the model said."""
    if not stream:
        body = answer.json()
        match client:
            case "anthropic":
                return "".join(block["text"] for block in body["content"] if block["type"] == "text")
            case "openai-chat":
                return str(body["choices"][0]["message"]["content"])
            case "openai-responses":
                return "".join(p["text"] for i in body["output"] if i["type"] == "message" for p in i["content"])
            case _:
                return "".join(part["text"] for part in body["candidates"][0]["content"]["parts"])
    found = events(answer.text)
    match client:
        case "anthropic":
            return "".join(e["delta"]["text"] for e in found if e.get("delta", {}).get("type") == "text_delta")
        case "openai-chat":
            return "".join(c["delta"].get("content") or "" for e in found for c in e["choices"])
        case "openai-responses":
            return "".join(e["delta"] for e in found if e["type"] == "response.output_text.delta")
        case _:
            return "".join(p.get("text", "") for e in found for c in e["candidates"] for p in c.get("content", {}).get("parts", []))


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("client", CLIENTS)
def test_any_client_reaches_any_provider(lab: Lab, client: str, target: str, stream: bool) -> None:
    how, model = TARGETS[target]
    lab.fresh(how)
    lab.simulator.plan(PlannedReply(text="Grüße aus dem Simulator, 你好."))
    answer = ask(lab, client, model, stream=stream)
    assert answer.status_code == 200, answer.text
    assert text_of(client, answer, stream=stream) == "Grüße aus dem Simulator, 你好."
    (seen,) = lab.seen()
    assert seen.token == lab.secrets["first"]
    row = lab.rows(1)[0]
    assert (row["state"], row["attempts"], row["format"]) == ("ok", 1, client)
    assert f"{row['provider']}/{row['model']}" == model == row["asked_model"]
    if (client, target, stream) != ("openai-chat", "chat", True):  # such a client gets no usage unless it asks for it
        assert row["input_tokens"] > 0
        assert row["output_tokens"] > 0
