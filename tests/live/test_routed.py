"""`/v1/…` and `/v1beta/…`: any format in, any provider out, through the real proxy."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from router_core.simulator import PlannedCall, PlannedReply
from tests.router_core.simulator.asking import chat_body, message_body, responses_body
from tests.support.lab import ANTHROPIC, Lab, running_lab
from tests.support.router import wait_until

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
            return lab.http.post(
                "/v1/messages?beta=true", json=message_body(model=model, stream=stream), headers=headers
            )
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
            return "".join(
                p.get("text", "") for e in found for c in e["candidates"] for p in c.get("content", {}).get("parts", [])
            )


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
    if not (client == "openai-chat" and how in ("chat", "responses") and stream):  # no usage unless the client asks
        assert row["input_tokens"] > 0
        assert row["output_tokens"] > 0


COUNTS = {
    "anthropic": ("/v1/messages/count_tokens", "input_tokens"),
    "openai-responses": ("/v1/responses/input_tokens", "input_tokens"),
    "gemini": ("/v1beta/models/{model}:countTokens", "totalTokens"),
}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("client", COUNTS)
def test_tokens_are_counted_for_every_target(lab: Lab, client: str, target: str) -> None:
    how, model = TARGETS[target]
    lab.fresh(how)
    path, key = COUNTS[client]
    bodies = {
        "anthropic": {key: value for key, value in message_body(model=model).items() if key != "max_tokens"},
        "openai-responses": {"model": model, "input": "Say hello to the router."},
        "gemini": GEMINI_BODY,
    }
    answer = lab.http.post(path.format(model=model), json=bodies[client], headers={"anthropic-version": "2023-06-01"})
    assert answer.status_code == 200, answer.text
    assert 0 < answer.json()[key] < 200
    assert ("x-mitmrouter-estimate" in answer.headers) == (target == "codex")
    if target == "codex":
        assert lab.simulator.requests == []  # nobody to ask


def test_a_provider_that_cannot_count_now_is_stood_in_for(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.faults(lab.fault("server_error_500", "*", path="/v1/messages/count_tokens"))
    body = {key: value for key, value in message_body(model="claude/claude-opus-5").items() if key != "max_tokens"}
    answer = lab.http.post("/v1/messages/count_tokens", json=body, headers={"anthropic-version": "2023-06-01"})
    assert (answer.status_code, answer.headers["x-mitmrouter-estimate"]) == (200, "input_tokens")


def test_every_reachable_model_is_listed_to_each_client_in_its_own_form(lab: Lab) -> None:
    lab.fresh("anthropic", "codex", "gemini")
    openai = lab.http.get("/v1/models").json()
    ids = {entry["id"] for entry in openai["data"]} - {"auto"}
    assert openai["data"][-1]["id"] == "auto"
    assert {name.partition("/")[0] for name in ids} == {"claude", "codex", "gemini"}
    claude = lab.http.get("/v1/models?limit=1000", headers={"anthropic-version": "2023-06-01"}).json()
    assert {entry["id"] for entry in claude["data"]} == ids
    assert all(entry["max_input_tokens"] for entry in claude["data"])
    gemini = lab.http.get("/v1beta/models?pageSize=1000").json()
    assert {entry["name"].removeprefix("models/") for entry in gemini["models"]} == ids
    codex = lab.http.get("/v1/models?client_version=0.169.0").json()
    assert {entry["slug"] for entry in codex["models"]} == ids
    code = lab.http.get("/v1/models", headers={"user-agent": "claude-code/2.1.329"}).json()
    assert all("claude" in entry["id"] for entry in code["data"])
    name = next(entry["id"] for entry in code["data"] if "gemini" in entry["id"])
    assert ask(lab, "anthropic", name).status_code == 200  # the alias leads back


def test_one_model_is_found_by_its_name_and_a_missing_one_is_404(lab: Lab) -> None:
    lab.fresh("anthropic")
    found = lab.http.get("/v1/models/claude/claude-opus-5").json()
    assert (found["id"], found["object"]) == ("claude/claude-opus-5", "model")
    assert lab.http.get("/v1/models/auto-best").json()["id"] == "auto-best"
    assert lab.http.get("/v1/models/nothing-9").status_code == 404
    headers = {"anthropic-version": "2023-06-01"}
    assert lab.http.get("/v1/models/nothing-9", headers=headers).json()["error"]["type"] == "not_found_error"


def test_a_model_that_a_rule_sends_elsewhere_is_told_with_the_window_of_the_one_that_answers(lab: Lab) -> None:
    lab.fresh("anthropic", "gemini")
    config = lab.router.home.config
    headers = {"anthropic-version": "2023-06-01"}
    own = lab.http.get("/v1/models/claude-opus-5", headers=headers).json()["max_input_tokens"]
    try:
        config.write_text('[routing.models]\n"claude-opus-*" = "gemini/gemini-2.5-flash"\n')
        told = wait_until(
            lambda: (answer := lab.http.get("/v1/models/claude-opus-5", headers=headers).json())["id"]
            == "gemini/gemini-2.5-flash" and answer
        )  # fmt: skip
    finally:
        config.unlink()
    assert (own, told["max_input_tokens"]) == (1_000_000, 1_048_576)


def test_a_model_that_only_a_providers_list_names_is_found_by_asking_it(lab: Lab) -> None:
    lab.fresh("chat")
    assert ask(lab, "openai-chat", "mistral-large-3").status_code == 404
    error = ask(lab, "anthropic", "mistral-large-3")
    assert (error.status_code, error.json()["error"]["type"]) == (404, "not_found_error")
    assert "openai/mistral-large-3" in error.json()["error"]["message"]


def test_a_client_that_asks_for_geminis_array_form_gets_it(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.simulator.plan(PlannedReply(text="one two three"))
    answer = lab.http.post("/v1beta/models/claude/claude-opus-5:streamGenerateContent", json=GEMINI_BODY)
    assert answer.headers["content-type"] == "application/json"
    frames = answer.json()
    said = "".join(
        p.get("text", "") for f in frames for c in f["candidates"] for p in c.get("content", {}).get("parts", [])
    )
    assert said == "one two three"


# ---- the state of the Responses API ---------------------------------------------------------------------------------


def said_to_model(lab: Lab) -> str:
    """The last request as the provider saw it."""
    return lab.seen()[-1].body.decode()


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("target", ["anthropic", "codex", "gemini"])
def test_a_response_is_continued_by_its_id_at_any_provider(lab: Lab, target: str, stream: bool) -> None:
    how, model = TARGETS[target]
    lab.fresh(how)
    lab.simulator.plan(PlannedReply(text="My name is Simulator."))
    first = lab.http.post("/v1/responses", json={"model": model, "input": "Who are you?", "stream": stream})
    assert first.status_code == 200, first.text
    body = events(first.text)[-1]["response"] if stream else first.json()
    again = {"model": model, "input": "And again?", "previous_response_id": body["id"], "stream": stream}
    second = lab.http.post("/v1/responses", json=again)
    assert second.status_code == 200, second.text
    for words in ("Who are you?", "My name is Simulator.", "And again?"):
        assert words in said_to_model(lab)


def test_a_response_is_continued_at_another_provider(lab: Lab) -> None:
    lab.fresh("responses", "anthropic")
    first = lab.http.post("/v1/responses", json={"model": "openai/gpt-5.5", "input": "Remember the word plum."}).json()
    again = {"model": "claude/claude-opus-5", "input": "Which word?", "previous_response_id": first["id"]}
    assert lab.http.post("/v1/responses", json=again).status_code == 200
    assert "Remember the word plum." in said_to_model(lab)


def test_a_response_that_nobody_knows_is_refused_in_the_words_clients_look_for(lab: Lab) -> None:
    lab.fresh("codex")
    again = {"model": "codex/gpt-5.5", "input": "Which word?", "previous_response_id": "resp_nobody"}
    answer = lab.http.post("/v1/responses", json=again)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "previous_response_not_found"
    assert answer.json()["error"]["param"] == "previous_response_id"
    assert lab.seen() == []


@pytest.mark.parametrize("target", ["responses", "codex", "anthropic", "gemini"])
def test_a_conversation_is_compacted_by_any_provider(lab: Lab, target: str) -> None:
    how, model = TARGETS[target]
    lab.fresh(how)
    lab.simulator.plan(PlannedReply(text="SUMMARY: the user likes plums."))
    items = [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "I like plums."}]}]
    answer = lab.http.post("/v1/responses/compact", json={"model": model, "input": items, "instructions": "Be brief."})
    assert answer.status_code == 200, answer.text
    output = answer.json()["output"]
    assert output[-1]["type"] == "compaction"
    again = lab.http.post("/v1/responses", json={"model": model, "input": [*output, *items], "store": False})
    assert again.status_code == 200, again.text
    if target in ("anthropic", "gemini"):
        assert "SUMMARY: the user likes plums." in said_to_model(lab)


# ---- reasoning of clients that cannot carry it ----------------------------------------------------------------------


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize(
    ("target", "model", "mark"),
    [
        ("anthropic", "claude/claude-opus-5", '"signature":"'),
        ("gemini", "gemini/gemini-3.5-flash", '"thoughtSignature":"'),
    ],
    ids=["anthropic", "gemini"],
)
def test_thinking_comes_back_though_a_chat_client_forgets_it(
    lab: Lab, target: str, model: str, mark: str, stream: bool
) -> None:
    lab.fresh(target)
    call = PlannedCall("look", {"path": "/tmp"})
    lab.simulator.plan(PlannedReply(thinking="I should look.", calls=(call,)), PlannedReply(text="Done."))
    schema = {"type": "object", "properties": {"path": {"type": "string"}}}
    tools = [{"type": "function", "function": {"name": "look", "description": "Look.", "parameters": schema}}]
    body = {
        "model": model,
        "messages": [{"role": "user", "content": "Look."}],
        "tools": tools,
        "reasoning_effort": "high",
    }
    first = lab.http.post("/v1/chat/completions", json={**body, "stream": stream})
    assert first.status_code == 200, first.text
    if stream:
        calls = [
            c for e in events(first.text) for choice in e["choices"] for c in choice["delta"].get("tool_calls", [])
        ]
        name_and_id, arguments = calls[0], "".join(c["function"].get("arguments", "") for c in calls)
    else:
        name_and_id = first.json()["choices"][0]["message"]["tool_calls"][0]
        arguments = name_and_id["function"]["arguments"]
    known = {"id": name_and_id["id"], "type": "function", "function": {"name": "look", "arguments": arguments}}
    history = [
        *body["messages"],
        {"role": "assistant", "content": None, "tool_calls": [known]},
        {"role": "tool", "tool_call_id": known["id"], "content": "two files"},
    ]
    second = lab.http.post("/v1/chat/completions", json={**body, "messages": history})
    assert second.status_code == 200, second.text
    assert mark in said_to_model(lab)
    assert "skip_thought_signature_validator" not in said_to_model(lab)


@pytest.mark.parametrize("prefix", ["/v1beta/models/gemini/gemini-2.5-flash", "/gemini/v1beta/models/gemini-2.5-flash"])
def test_a_key_in_the_query_stays_here(lab: Lab, prefix: str) -> None:
    lab.fresh("gemini")
    answer = lab.http.post(f"{prefix}:streamGenerateContent?key=clients-own-key&alt=sse", json=GEMINI_BODY)
    assert answer.status_code == 200
    assert lab.seen()[-1].path.partition("?")[2] == "alt=sse"
    assert lab.paid() == ["first"]


def test_what_routing_has_no_word_for_goes_to_the_callers_own_provider_as_it_is(lab: Lab) -> None:
    body = b'{"model":"text-embedding-3-small" , "input":"as it is"}'
    lab.fresh("chat")
    lab.http.post("/v1/embeddings?a=1", content=body, headers={"content-type": "application/json"})
    (seen,) = lab.simulator.requests
    assert (seen.path, seen.body, seen.token) == ("/v1/embeddings?a=1", body, lab.secrets["first"])
    assert lab.rows()[0]["because"].startswith("nothing is routed at this path: openai is the first provider")


def test_nothing_passes_the_rules_by_another_spelling_of_its_path(lab: Lab) -> None:
    lab.fresh("anthropic")
    asked = lab.http.build_request("POST", "/", json=message_body(model="claude-opus-5-5"), headers=ANTHROPIC)
    asked.url = asked.url.copy_with(raw_path=b"/v1/%6dessages")
    assert lab.http.send(asked).status_code == 200
    (row,) = lab.rows()
    assert (row["path"], row["because"]) == ("/v1/messages", "claude-opus-5-5 belongs to claude")
    assert row["output_tokens"] > 0
    asked.url = asked.url.copy_with(raw_path=b"/v1/chat%2Fcompletions")
    refused = lab.http.send(asked)
    assert (refused.status_code, refused.headers["x-mitmrouter-error"]) == (400, "bad_path")


def test_while_all_is_locked_to_one_provider_no_file_goes_to_another(lab: Lab) -> None:
    lab.fresh("chat", "anthropic", tokens=("one",))
    admin = lab.router.admin_headers
    assert lab.http.put("/api/lock", json={"target": "claude"}, headers=admin).status_code == 200
    try:
        refused = lab.http.post("/v1/embeddings", json={"input": "a secret"})
        assert (refused.status_code, lab.simulator.requests) == (404, [])
        assert "locked to claude" in refused.text
        lab.http.get("/v1/files", headers=ANTHROPIC)
        assert [seen.token for seen in lab.simulator.requests] == [lab.secrets["anthropic-one"]]
    finally:
        lab.http.put("/api/lock", json={"target": None}, headers=admin)
