"""Gemini CLI, Antigravity and Vertex logins pay for requests of any client, through the real proxy."""

import base64
import re
import time
from collections.abc import Iterator

import orjson
import pytest

from router_core.simulator import Pace, PlannedCall, PlannedReply, SimulatorThread
from router_core.simulator.google_accounts import VALIDATION_LINK
from router_core.simulator.script import Account, Script
from router_core.store.traces import bodies_of
from tests.live.test_routed import CLIENTS, GEMINI_BODY, ask, events, text_of
from tests.router_core.simulator.asking import message_body
from tests.support.lab import Lab, running_lab
from tests.support.router import wait_until
from tests.support.websocket import opened, say, turn
from tests.support.websocket import text_of as said_in

SAID = "Grüße aus dem Simulator, 你好."
PROJECT = "the-project"
PROOF = re.compile(rb'"(?:thoughtS|s)ignature":"([^"]+)"')
TARGETS = {
    "gemini-cli": ("gemini-cli", "gemini-cli/gemini-3.5-flash"),
    "antigravity": ("antigravity", "antigravity/gemini-3.1-pro-high"),
    "antigravity-claude": ("antigravity", "antigravity/claude-sonnet-4-6"),
    "vertex": ("vertex", "vertex/gemini-3.5-flash"),
    "vertex-claude": ("vertex", "vertex/claude-sonnet-4-5-20250929"),
}
PLANS = {"new": "ya29.new-account", "individual": "ya29.individual", "unverified": "ya29.unverified"}
ACCOUNTS = [Account(token=token, kind="code-assist", plan=plan) for plan, token in PLANS.items()]
VERTEX = Account(token="ya29.vertex-account", kind="vertex", project=PROJECT)
OTHER_VERTEX = Account(token="ya29.vertex-other", kind="vertex", project="another-project")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    script = Script(accounts=[*ACCOUNTS, VERTEX, OTHER_VERTEX], websocket=True)
    with running_lab(tmp_path_factory.mktemp("google"), script) as running:
        yield running


def fresh(lab: Lab, how: str) -> None:
    """Two tokens; those of Vertex know their projects."""
    lab.fresh(how) if how != "vertex" else lab.fresh()
    if how == "vertex":
        lab.add("first", how, secret=VERTEX.token, priority=0, facts={"project": PROJECT, "location": "europe-west1"})
        lab.add("second", how, secret=OTHER_VERTEX.token, priority=1, facts={"project": "another-project"})


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("client", CLIENTS)
def test_any_client_is_served(lab: Lab, client: str, target: str, stream: bool) -> None:
    how, model = TARGETS[target]
    fresh(lab, how)
    lab.simulator.plan(PlannedReply(text=SAID))
    answer = ask(lab, client, model, stream=stream)
    assert answer.status_code == 200, answer.text
    assert text_of(client, answer, stream=stream) == SAID
    assert '"response":{"candidates"' not in answer.text
    (seen,) = lab.seen()
    assert (seen.token, seen.status) == (lab.secrets["first"], 200)
    row = lab.rows(1)[0]
    assert (row["state"], row["attempts"], row["format"]) == ("ok", 1, client)
    assert row["input_tokens"] > 0
    assert row["output_tokens"] > 0


def test_vertex_is_asked_at_the_tokens_own_project_and_region(lab: Lab) -> None:
    fresh(lab, "vertex")
    assert ask(lab, "anthropic", "vertex/claude-sonnet-4-5-20250929", stream=True).status_code == 200
    assert ask(lab, "gemini", "vertex/gemini-3.5-flash").status_code == 200
    claude, gemini = lab.seen()
    place = f"/v1/projects/{PROJECT}/locations/europe-west1/publishers"
    assert claude.path == f"{place}/anthropic/models/claude-sonnet-4-5@20250929:streamRawPredict"
    assert gemini.path == f"{place}/google/models/gemini-3.5-flash:generateContent"
    body = orjson.loads(claude.body)
    assert body["anthropic_version"] == "vertex-2023-10-16"
    assert "model" not in body
    assert not claude.header("anthropic-version")


def test_betas_that_vertex_knows_go_into_the_body_and_the_others_are_told_as_lost(lab: Lab) -> None:
    fresh(lab, "vertex")
    betas = "interleaved-thinking-2025-05-14,prompt-caching-scope-2026-01-05,oauth-2025-04-20"
    headers = {"anthropic-version": "2023-06-01", "anthropic-beta": betas}
    body = message_body(model="vertex/claude-opus-4-8")
    assert lab.http.post("/v1/messages", json=body, headers=headers).status_code == 200
    (seen,) = lab.seen()
    assert orjson.loads(seen.body)["anthropic_beta"] == ["interleaved-thinking-2025-05-14"]
    assert not seen.header("anthropic-beta")
    assert "prompt-caching-scope-2026-01-05" in str(lab.rows(1)[0])


def test_an_api_key_of_vertex_needs_no_project(lab: Lab) -> None:
    lab.fresh()
    lab.add("first", "vertex", secret=f"AIza{'express':-<35}")
    assert ask(lab, "openai-chat", "vertex/gemini-3.5-flash").status_code == 200
    (seen,) = lab.seen()
    assert seen.path == "/v1/publishers/google/models/gemini-3.5-flash:generateContent"
    assert seen.header("x-goog-api-key") == lab.secrets["first"]


@pytest.mark.parametrize("target", TARGETS)
def test_tools_are_called_and_their_results_understood(lab: Lab, target: str) -> None:
    """With thinking, whose proof must come back in its place."""
    how, model = TARGETS[target]
    fresh(lab, how)
    call = PlannedCall("look", {"where": "here"})
    lab.simulator.plan(PlannedReply("Looking.", thinking="I must look.", calls=(call,)), PlannedReply(SAID))
    schema = {
        "type": "object",
        "properties": {"where": {"type": "string", "minLength": 1}},
        "additionalProperties": False,
    }
    empty = {"type": "object", "properties": {}}
    tools = [{"name": "look", "description": "Look.", "input_schema": schema}, {"name": "go", "input_schema": empty}]
    thinking = {"type": "enabled", "budget_tokens": 2048}
    body = message_body(model=model, tools=tools, max_tokens=8000, thinking=thinking)
    headers = {"anthropic-version": "2023-06-01"}
    first = lab.http.post("/v1/messages", json=body, headers=headers)
    assert first.status_code == 200, first.text
    content = first.json()["content"]
    use = next(block for block in content if block["type"] == "tool_use")
    assert (use["name"], use["input"]) == ("look", {"where": "here"})
    result = {"type": "tool_result", "tool_use_id": use["id"], "content": "a router"}
    turns = [{"role": "assistant", "content": content}, {"role": "user", "content": [result]}]
    second = lab.http.post("/v1/messages", json={**body, "messages": [*body["messages"], *turns]}, headers=headers)
    assert second.status_code == 200, second.text
    assert text_of("anthropic", second, stream=False) == SAID
    assert [row["attempts"] for row in lab.rows(2)] == [1, 1]
    answered, asked = lab.seen()
    (proof,) = set(PROOF.findall(answered.response_bytes))
    assert PROOF.findall(asked.body) == [proof]
    assert (b'"thought":true' in asked.body) == (target == "antigravity-claude")


@pytest.mark.parametrize("target", TARGETS)
def test_tokens_are_counted(lab: Lab, target: str) -> None:
    how, model = TARGETS[target]
    fresh(lab, how)
    body = {key: value for key, value in message_body(model=model).items() if key != "max_tokens"}
    headers = {"anthropic-version": "2023-06-01"}
    answer = lab.http.post("/v1/messages/count_tokens", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert 0 < answer.json()["input_tokens"] < 200
    estimated = target == "antigravity-claude"
    assert ("x-mitmrouter-estimate" in answer.headers) == estimated
    counted = lab.http.post(f"/v1beta/models/{model}:countTokens", json=GEMINI_BODY)
    assert 0 < counted.json()["totalTokens"] < 200


@pytest.mark.parametrize("client", ["anthropic", "gemini"])
@pytest.mark.parametrize("target", TARGETS)
def test_an_error_before_the_first_content_is_never_seen(lab: Lab, target: str, client: str) -> None:
    how, model = TARGETS[target]
    fresh(lab, how)
    lab.simulator.plan(PlannedReply(text=SAID))
    lab.faults(lab.fault("error_in_stream", at_event=0))
    answer = ask(lab, client, model, stream=True)
    assert text_of(client, answer, stream=True) == SAID
    assert lab.paid() == ["first", "second"]


@pytest.mark.parametrize("fault", ["unauthorized_401", "rate_limit", "window_exhausted"])
@pytest.mark.parametrize("target", TARGETS)
def test_the_next_token_pays_when_one_is_refused(lab: Lab, target: str, fault: str) -> None:
    how, model = TARGETS[target]
    fresh(lab, how)
    lab.simulator.plan(PlannedReply(text=SAID))
    lab.faults(lab.fault(fault))
    answer = ask(lab, "openai-responses", model)
    assert text_of("openai-responses", answer, stream=False) == SAID
    assert lab.paid() == ["first", "second"]
    token = lab.token("first")
    if fault == "unauthorized_401":
        assert token.health == "unhealthy"
    else:
        assert [cooldown.model for cooldown in token.cooldowns] == [model.partition("/")[2]]


@pytest.mark.parametrize("client", ["gemini", "openai-chat"])
@pytest.mark.parametrize("fault", ["error_in_stream", "cut_stream"])
@pytest.mark.parametrize("target", TARGETS)
def test_a_stream_that_breaks_ends_in_an_error_of_the_clients_own(
    lab: Lab, target: str, fault: str, client: str
) -> None:
    how, model = TARGETS[target]
    fresh(lab, how)
    lab.simulator.plan(PlannedReply(text="one two three four five six"))
    lab.faults(lab.fault(fault, at_event=2))
    answer = ask(lab, client, model, stream=True)
    assert "error" in events(answer.text)[-1]
    assert lab.rows(1)[0]["state"] == "broken"


def test_the_project_behind_a_login_is_looked_up_once_and_kept(lab: Lab) -> None:
    lab.fresh("gemini-cli", tokens=("first",))
    assert ask(lab, "anthropic", TARGETS["gemini-cli"][1]).status_code == 200
    assert ask(lab, "anthropic", TARGETS["gemini-cli"][1]).status_code == 200
    asked = [seen.path for seen in lab.simulator.wait_for_requests(3)]
    assert asked == ["/v1internal:loadCodeAssist", "/v1internal:generateContent", "/v1internal:generateContent"]
    assert lab.token("first").facts["project"].startswith("sim-project-")


@pytest.mark.parametrize(("plan", "words"), [("individual", "2026-06-18"), ("unverified", VALIDATION_LINK)])
def test_an_account_that_google_does_not_serve_is_told_with_its_remedy(lab: Lab, plan: str, words: str) -> None:
    lab.fresh()
    lab.add("first", "gemini-cli", secret=PLANS[plan])
    answer = ask(lab, "anthropic", TARGETS["gemini-cli"][1])
    assert answer.status_code == 429 or answer.status_code == 503
    assert words in answer.text
    token = lab.token("first")
    assert token.health == "unhealthy"
    assert words in token.health_because


def test_a_request_that_names_the_provider_by_its_path_is_left_as_it_is(lab: Lab) -> None:
    lab.fresh("gemini-cli", tokens=("first",))
    answer = ask(lab, "anthropic", TARGETS["gemini-cli"][1])  # makes the project known
    project = lab.token("first").facts["project"]
    assert answer.status_code == 200
    body = {"model": "gemini-3.5-flash", "project": project, "request": GEMINI_BODY}
    answer = lab.http.post("/gemini-cli/v1internal:streamGenerateContent?alt=sse", json=body)
    assert answer.status_code == 200
    assert all("candidates" in event["response"] for event in events(answer.text))
    assert lab.seen()[-1].body == answer.request.content
    row = lab.rows(2)[1]
    assert (row["state"], row["model"]) == ("ok", "gemini-3.5-flash")
    assert row["output_tokens"] > 0


# ---- what else happens to a request ---------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["gemini-cli", "vertex"])
def test_a_stream_as_one_array_is_one_array(lab: Lab, target: str) -> None:
    how, model = TARGETS[target]
    fresh(lab, how)
    lab.simulator.plan(PlannedReply(text=SAID))
    answer = lab.http.post(f"/v1beta/models/{model}:streamGenerateContent", json=GEMINI_BODY)
    parts = [part for frame in answer.json() for part in frame["candidates"][0].get("content", {}).get("parts", [])]
    assert "".join(part.get("text", "") for part in parts) == SAID


FOREIGN = base64.b64encode(b"minted somewhere else altogether, but long enough").decode()


@pytest.mark.parametrize("target", ["gemini-cli", "antigravity", "antigravity-claude", "vertex"])
def test_a_refused_signature_is_taken_out_once(lab: Lab, target: str) -> None:
    """The repair is made to the request inside the envelope."""
    how, model = TARGETS[target]
    fresh(lab, how)
    lab.simulator.plan(PlannedReply(text=SAID))
    thought = {"role": "model", "parts": [{"text": "hm", "thought": True, "thoughtSignature": FOREIGN}, {"text": "ok"}]}
    body = {"contents": [GEMINI_BODY["contents"][0], thought, GEMINI_BODY["contents"][0]]}
    answer = lab.http.post(f"/v1beta/models/{model}:generateContent", json=body)
    assert answer.status_code == 200, answer.text
    assert [seen.status for seen in lab.seen()] == [400, 200]
    assert FOREIGN not in lab.seen()[-1].body.decode()
    assert lab.rows(1)[0]["state"] == "ok"


def test_claudes_own_words_for_a_full_context_reach_the_client(lab: Lab) -> None:
    """Clients know by them that they must compact."""
    fresh(lab, "antigravity")
    said = "prompt is too long: 213462 tokens > 200000 maximum"
    inner = orjson.dumps({"type": "error", "error": {"type": "invalid_request_error", "message": said}}).decode()
    outer = {"error": {"code": 400, "message": inner, "status": "INVALID_ARGUMENT"}}
    lab.faults(lab.fault("bad_request_400", "*", body=orjson.dumps(outer).decode()))
    answer = ask(lab, "anthropic", TARGETS["antigravity-claude"][1])
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("prompt is too long: 213462 tokens > 200000")
    answer = ask(lab, "gemini", TARGETS["antigravity-claude"][1])
    assert "exceeds the maximum number of tokens" in answer.json()["error"]["message"]


def test_an_error_reaches_a_gemini_client_as_it_is(lab: Lab) -> None:
    fresh(lab, "gemini-cli")
    answer = lab.http.post(f"/v1beta/models/{TARGETS['gemini-cli'][1]}:generateContent", json={"contents": []})
    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert len(lab.seen()) == 1


def test_what_was_sent_and_came_is_in_the_trace(lab: Lab) -> None:
    fresh(lab, "gemini-cli")
    answer = ask(lab, "gemini", TARGETS["gemini-cli"][1], stream=True)
    (row,) = lab.rows(1)

    def found() -> dict[str, bytes]:
        with lab._traces() as traces:
            return {body["kind"]: body["content"] for body in bodies_of(traces, row["id"])}

    wait_until(lambda: "response" in found())
    (seen,) = lab.seen()
    kept = found()
    assert kept["request"] == answer.request.content
    assert kept["upstream-request"] == seen.body
    assert kept["upstream-response"] == seen.response_bytes
    assert kept["response"] == answer.content
    assert b'"project"' in kept["upstream-request"]
    assert b'{"response":' in kept["upstream-response"]


def test_their_models_are_listed_and_found_by_their_bare_names(lab: Lab) -> None:
    lab.fresh("antigravity", tokens=("first",))
    ids = {entry["id"] for entry in lab.http.get("/v1/models").json()["data"]}
    assert "antigravity/claude-opus-4-6-thinking" in ids
    assert ask(lab, "anthropic", "claude-opus-4-6-thinking").status_code == 200
    assert lab.rows(1)[0]["provider"] == "antigravity"


def test_an_expired_login_is_renewed_before_its_project_is_asked(tmp_path_factory: pytest.TempPathFactory) -> None:
    account = Account.model_validate(
        {"token": "ya29.old", "kind": "code-assist", "refresh_token": "1//old", "expired": True, "project": PROJECT}
    )
    script = Script(accounts=[account])
    with SimulatorThread(script) as simulator:
        client = {"CLIENT_ID": "simulated.apps.googleusercontent.com", "CLIENT_SECRET": "simulated-secret"}
        client["BASE_URL"] = simulator.url
        env = {f"MITMROUTER__OAUTH__GEMINI__{name}": value for name, value in client.items()}
        with running_lab(tmp_path_factory.mktemp("expired"), simulator=simulator, env=env) as lab:
            renewable = {"refresh_token": account.refresh_token, "login": "gemini", "expires_at": 1.0}
            lab.add("first", "gemini-cli", secret=account.token, **renewable)
            answer = ask(lab, "anthropic", TARGETS["gemini-cli"][1])
            assert answer.status_code == 200, answer.text
            token = lab.token("first")
            assert token.facts["project"] == PROJECT
            assert token.access_token not in ("", account.token)


def test_a_request_to_vertex_by_its_path_is_left_as_it_is_and_understood(lab: Lab) -> None:
    fresh(lab, "vertex")
    path = f"/vertex/v1/projects/{PROJECT}/locations/europe-west1/publishers/anthropic/models/claude-opus-4-8"
    body = {**message_body(stream=True), "anthropic_version": "vertex-2023-10-16"}
    del body["model"]
    answer = lab.http.post(f"{path}:streamRawPredict", json=body)
    assert answer.status_code == 200, answer.text
    assert events(answer.text)[-1]["type"] == "message_stop"
    (seen,) = lab.seen()
    assert (f"/vertex{seen.path}", seen.body) == (f"{path}:streamRawPredict", answer.request.content)
    (row,) = lab.rows(1)
    assert (row["state"], row["model"], row["format"], row["streamed"]) == ("ok", "claude-opus-4-8", "anthropic", 1)
    assert row["output_tokens"] > 0


def test_a_limit_met_on_a_path_rests_that_model_only(lab: Lab) -> None:
    lab.fresh("gemini")
    lab.faults(lab.fault("rate_limit", times=1))
    assert lab.ask("gemini").status_code == 200
    assert lab.paid() == ["first", "second"]
    assert [cooldown.model for cooldown in lab.token("first").cooldowns] == ["gemini-2.5-flash"]


def test_a_turn_of_a_websocket_goes_there_over_http(lab: Lab) -> None:
    lab.fresh("codex", "gemini-cli", tokens=("first",))
    with opened(lab, "/v1/responses") as socket:
        assert said_in(turn(socket, model=TARGETS["gemini-cli"][1], input=say("hello there"))).startswith("You said")
    row = lab.rows(1)[0]
    assert (row["state"], row["provider"], row["upstream_format"]) == ("ok", "gemini-cli", "gemini")


@pytest.mark.parametrize("client", ["gemini", "anthropic"])
def test_a_stream_arrives_as_it_is_written(lab: Lab, client: str) -> None:
    lab.fresh("antigravity", tokens=("first",))
    assert ask(lab, client, TARGETS["antigravity"][1]).status_code == 200  # its project is known from here on
    lab.simulator.plan(PlannedReply(text=" ".join(f"word{number}" for number in range(30))))
    lab.simulator.set_pace(Pace(chunk_bytes=61, delay_s=0.01))
    path, body = {
        "gemini": (f"/v1beta/models/{TARGETS['antigravity'][1]}:streamGenerateContent?alt=sse", GEMINI_BODY),
        "anthropic": ("/v1/messages", message_body(model=TARGETS["antigravity"][1], stream=True)),
    }[client]
    began, seen_at = time.monotonic(), []
    with lab.http.stream("POST", path, json=body, headers={"anthropic-version": "2023-06-01"}) as answer:
        for _piece in answer.iter_raw():
            seen_at.append(time.monotonic() - began)
    assert len(seen_at) > 10
    assert seen_at[0] < seen_at[-1] / 3


def test_a_beta_that_vertex_does_not_take_is_left_out_once(lab: Lab) -> None:
    fresh(lab, "vertex")
    path = (
        f"/vertex/v1/projects/{PROJECT}/locations/europe-west1/publishers/anthropic/models/claude-opus-4-8:rawPredict"
    )
    betas = ["context-1m-2025-08-07", "unheard-of-2026-01-01"]
    body = {**message_body(), "anthropic_version": "vertex-2023-10-16", "anthropic_beta": betas}
    del body["model"]
    assert lab.http.post(path, json=body).status_code == 200
    refused, taken = lab.seen()
    assert (refused.status, taken.status) == (400, 200)
    assert orjson.loads(taken.body)["anthropic_beta"] == betas[:1]
