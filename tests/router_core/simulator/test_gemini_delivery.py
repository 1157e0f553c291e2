"""How the simulated Gemini API delivers: both forms of a stream, quotas, and every scripted fault."""

from typing import Any

import httpx
import orjson
import pytest

from router_core.clock import FixedClock
from router_core.simulator import Account, Fault, PlannedCall, PlannedReply, Script, SimulatorThread, Window
from router_core.simulator.replies import WebResult, WebSearch
from router_core.simulator.script import ANSWER_FAULTS
from tests.router_core.simulator.asking_gemini import KEY, KEY_HEADERS, generate

SSE = "streamGenerateContent?alt=sse"
ARRAY = "streamGenerateContent"
RPC = "type.googleapis.com/google.rpc."


def events(answer: httpx.Response) -> list[dict[str, Any]]:
    """The frames of an event stream, which must be well-formed."""
    frames = answer.content.split(b"\r\n\r\n")
    assert frames[-1] == b""
    assert all(frame.startswith(b"data: {") for frame in frames[:-1])
    return [orjson.loads(frame.removeprefix(b"data: ")) for frame in frames[:-1]]


def details(answer: httpx.Response) -> dict[str, dict[str, Any]]:
    found = answer.json()["error"].get("details", [])
    return {detail["@type"].removeprefix(RPC): detail for detail in found}


def test_the_array_form_has_the_same_frames(simulator: SimulatorThread, http: httpx.Client) -> None:
    streamed = generate(http, simulator, method=SSE)
    whole = generate(http, simulator, method=ARRAY)
    assert streamed.headers["content-type"].startswith("text/event-stream")
    assert whole.headers["content-type"] == "application/json; charset=UTF-8"
    plain = [frame["candidates"] for frame in whole.json()]
    assert plain == [frame["candidates"] for frame in events(streamed)]
    assert plain[-1][0]["finishReason"] == "STOP"


def test_an_error_of_the_array_form_is_an_array(simulator: SimulatorThread, http: httpx.Client) -> None:
    answer = generate(http, simulator, method=ARRAY, colour=1)
    assert answer.json()[0]["error"]["code"] == 400
    assert generate(http, simulator, method=SSE, colour=1).json()["error"]["code"] == 400
    simulator.set_faults([Fault(fault="overloaded_503", body="busy")])
    assert generate(http, simulator, method=ARRAY).json()[0]["error"]["message"] == "busy"


def test_no_more_than_the_last_frame_has_a_finish_reason(simulator: SimulatorThread, http: httpx.Client) -> None:
    simulator.set_faults([Fault(fault="end_without_terminal")])
    frames = events(generate(http, simulator, method=SSE))
    assert frames
    assert not [frame for frame in frames if "finishReason" in frame["candidates"][0]]
    complete = events(generate(http, simulator, method=SSE))
    assert complete[: len(frames)] == frames
    assert len(complete) == len(frames) + 1


@pytest.mark.parametrize(
    ("code", "status", "name"),
    [
        (None, 503, "UNAVAILABLE"),
        ("RESOURCE_EXHAUSTED", 429, "RESOURCE_EXHAUSTED"),
        ("rate_limit_error", 429, "RESOURCE_EXHAUSTED"),
        ("api_error", 500, "INTERNAL"),
        ("context_length_exceeded", 400, "INVALID_ARGUMENT"),
    ],
)
@pytest.mark.parametrize("at", [0, 2])
def test_error_in_stream(
    code: str | None, status: int, name: str, at: int, simulator: SimulatorThread, http: httpx.Client
) -> None:
    simulator.set_faults([Fault(fault="error_in_stream", code=code, at_event=at, times=3)])
    frames = events(generate(http, simulator, method=SSE))
    assert len(frames) == at + 1
    assert (frames[-1]["error"]["code"], frames[-1]["error"]["status"]) == (status, name)
    assert generate(http, simulator, method=ARRAY).json()[-1]["error"]["status"] == name
    plain = generate(http, simulator)
    assert (plain.status_code, plain.json()["error"]["status"]) == (status, name)


@pytest.mark.parametrize("fault", ["cut_stream", "reset"])
def test_a_stream_may_break(fault: Any, simulator: SimulatorThread, http: httpx.Client) -> None:
    simulator.set_faults([Fault(fault=fault, at_event=2)])
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        generate(http, simulator, method=SSE)
    assert len(events(generate(http, simulator, method=SSE))) > 3


@pytest.mark.parametrize("method", [SSE, ARRAY, "generateContent"])
def test_a_huge_answer_is_still_well_formed(method: str, simulator: SimulatorThread, http: httpx.Client) -> None:
    simulator.set_faults([Fault(fault="huge_body", size_bytes=200_000)])
    answer = generate(http, simulator, method=method)
    assert len(answer.content) >= 200_000
    frames = events(answer) if method == SSE else answer.json()
    assert frames


@pytest.mark.parametrize("method", [SSE, ARRAY])
def test_a_stream_may_stall_and_go_on(method: str, simulator: SimulatorThread, http: httpx.Client) -> None:
    whole = generate(http, simulator, method=method).content.count(b"candidates")
    simulator.set_faults([Fault(fault="stall_mid_stream", at_event=2, delay_s=0.05)])
    assert generate(http, simulator, method=method).content.count(b"candidates") == whole


# fault → status, and words that must stand in the body
ANSWERS: dict[str, tuple[int, str]] = {
    "window_exhausted": (429, "GenerateRequestsPerDayPerProjectPerModel-FreeTier"),
    "rate_limit": (429, "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"),
    "windowless_429": (429, "Resource has been exhausted (e.g. check quota)."),
    "model_429": (429, "RESOURCE_EXHAUSTED"),
    "overage_429": (429, "limit: 0"),
    "concurrency_429": (429, "PerMinute"),
    "spend_limit": (429, "prepayment credits are depleted"),
    "usage_limit_reached": (429, "PerDay"),
    "usage_not_included": (403, "SERVICE_DISABLED"),
    "insufficient_quota": (429, "limit: 0"),
    "billing_402": (400, "FAILED_PRECONDITION"),
    "unauthorized_401": (400, "API_KEY_INVALID"),
    "forbidden_403": (403, "PERMISSION_DENIED"),
    "cloudflare_403": (403, "Just a moment"),
    "overloaded_529": (503, "The model is overloaded."),
    "overloaded_503": (503, "UNAVAILABLE"),
    "server_error_500": (500, "INTERNAL"),
    "bad_gateway_502_html": (502, "<title>502 Bad Gateway</title>"),
    "timeout_504": (504, "DEADLINE_EXCEEDED"),
    "bad_request_400": (400, "INVALID_ARGUMENT"),
    "not_found_404": (404, "models/gemini-2.5-flash is not found"),
    "request_too_large_413": (413, "INVALID_ARGUMENT"),
    "status": (500, "Scripted status"),
}


@pytest.mark.parametrize("fault", sorted(ANSWER_FAULTS))
def test_status_fault_strikes_once(fault: Any, simulator: SimulatorThread, http: httpx.Client) -> None:
    status, words = ANSWERS[fault]
    simulator.set_faults([Fault(fault=fault, model="gemini-*", token=KEY)])
    answer = generate(http, simulator)
    assert answer.status_code == status
    assert words in answer.text
    assert generate(http, simulator).status_code == 200
    assert [seen.fault for seen in simulator.requests] == [fault, ""]
    assert [seen.model for seen in simulator.requests] == ["gemini-2.5-flash"] * 2


def test_a_per_minute_quota_says_how_long_to_wait(simulator: SimulatorThread, http: httpx.Client) -> None:
    simulator.set_faults([Fault(fault="rate_limit", retry_after_s=12.5)])
    answer = generate(http, simulator)
    found = details(answer)
    assert found["RetryInfo"]["retryDelay"] == "12.500000000s"
    assert answer.json()["error"]["message"].endswith("Please retry in 12.500000000s.")
    (violation,) = found["QuotaFailure"]["violations"]
    assert violation["quotaDimensions"]["model"] == "gemini-2.5-flash"
    assert violation["quotaValue"] == "10"
    assert "retry-after" not in answer.headers


def account(*windows: Window) -> Script:
    return Script(accounts=[Account(token=KEY, kind="gemini", windows=list(windows))])


def test_windows_fill_and_reset(start: Any, http: httpx.Client) -> None:
    clock = FixedClock()
    sim = start(account(Window(name="requests-per-minute", length_s=60, capacity_tokens=2)), clock=clock)
    assert [generate(http, sim).status_code for _ in range(3)] == [200, 200, 429]
    clock.advance(20)
    answer = generate(http, sim)
    assert details(answer)["RetryInfo"]["retryDelay"] == "40s"
    assert details(answer)["QuotaFailure"]["violations"][0]["quotaValue"] == "2"
    clock.advance(41)
    assert generate(http, sim).status_code == 200


def test_a_daily_quota_shows_a_short_delay_that_means_nothing(start: Any, http: httpx.Client) -> None:
    window = Window(name="requests-per-day", length_s=86_400, used=1, reset_in_s=7234.5)
    answer = generate(http, start(account(window), clock=FixedClock()))
    assert details(answer)["RetryInfo"]["retryDelay"] == "34.500000000s"
    assert "PerDay" in details(answer)["QuotaFailure"]["violations"][0]["quotaId"]


def test_input_tokens_fill_their_own_window(start: Any, http: httpx.Client) -> None:
    window = Window(name="input-tokens-per-minute", length_s=60, capacity_tokens=100)
    sim = start(account(window))
    contents = [{"role": "user", "parts": [{"text": "word" * 200}]}]
    assert [generate(http, sim, contents=contents).status_code for _ in range(2)] == [200, 429]


@pytest.mark.parametrize("field", ["revoked", "expired"])
def test_a_key_that_is_no_longer_taken(field: str, start: Any, http: httpx.Client) -> None:
    script = Script(accounts=[Account.model_validate({"token": KEY, "kind": "gemini", field: True})])
    answer = generate(http, start(script))
    assert answer.status_code == 400
    assert details(answer)["ErrorInfo"]["reason"] == "API_KEY_INVALID"


def test_an_account_may_list_its_models(start: Any, http: httpx.Client) -> None:
    sim = start(Script(accounts=[Account(token=KEY, kind="gemini", models=["gemini-4-argon"])]))
    assert generate(http, sim, "gemini-2.5-flash").status_code == 404
    assert generate(http, sim, "gemini-4-argon").status_code == 200
    listed = http.get(f"{sim.base_urls['gemini']}/models", headers=KEY_HEADERS).json()
    assert [model["name"] for model in listed["models"]] == ["models/gemini-4-argon"]


def test_grounding_counts_in_bytes(simulator: SimulatorThread, http: httpx.Client) -> None:
    search = WebSearch("köln", (WebResult("https://example.org", "Example"),))
    simulator.plan(PlannedReply("Köln ist schön.", searches=(search,)))
    answer = generate(http, simulator, tools=[{"googleSearch": {}}]).json()
    grounding = answer["candidates"][0]["groundingMetadata"]
    assert grounding["webSearchQueries"] == ["köln"]
    assert grounding["groundingChunks"] == [{"web": {"uri": "https://example.org", "title": "Example"}}]
    (support,) = grounding["groundingSupports"]
    assert support["segment"] == {"endIndex": 17, "text": "Köln ist schön."}
    assert support["groundingChunkIndices"] == [0]


def test_a_call_that_the_limit_cut_is_not_given_out(simulator: SimulatorThread, http: httpx.Client) -> None:
    simulator.plan(PlannedReply("I will", calls=(PlannedCall("f", {"a": "b"}),), cut_short=True))
    (candidate,) = generate(http, simulator, tools=[{"functionDeclarations": [{"name": "f"}]}]).json()["candidates"]
    assert candidate["finishReason"] == "MAX_TOKENS"
    assert candidate["content"]["parts"] == [{"text": "I will"}]


def test_a_refusal_explains_itself(simulator: SimulatorThread, http: httpx.Client) -> None:
    simulator.plan(*[PlannedReply("Well,", refusal="I cannot help with that.")] * 2)
    (candidate,) = generate(http, simulator).json()["candidates"]
    assert (candidate["finishReason"], candidate["finishMessage"]) == ("SAFETY", "I cannot help with that.")
    assert candidate["content"]["parts"] == [{"text": "Well,"}]
    frames = events(generate(http, simulator, method=SSE))
    assert frames[-1]["candidates"][0] == {**candidate, "content": {"role": "model"}}


def test_a_plan_that_does_not_fit_says_so(simulator: SimulatorThread, http: httpx.Client) -> None:
    simulator.plan(PlannedReply(calls=(PlannedCall("lost"),)))
    answer = generate(http, simulator)
    assert answer.status_code == 400
    assert "simulator: the plan calls tool 'lost'" in answer.json()["error"]["message"]


def test_unknown_methods_and_paths_are_not_found(simulator: SimulatorThread, http: httpx.Client) -> None:
    assert generate(http, simulator, method="embedContent").status_code == 404
    for path in ("/models/gemini-nope", "/files", "/openai/chat/completions"):
        answer = http.get(simulator.base_urls["gemini"] + path, headers=KEY_HEADERS)
        assert (answer.status_code, answer.json()["error"]["status"]) == (404, "NOT_FOUND")


def test_pages_of_the_model_list(simulator: SimulatorThread, http: httpx.Client) -> None:
    url = f"{simulator.base_urls['gemini']}/models"
    first = http.get(f"{url}?pageSize=3", headers=KEY_HEADERS).json()
    rest = http.get(f"{url}?pageSize=1000&pageToken={first['nextPageToken']}", headers=KEY_HEADERS).json()
    names = [model["name"] for page in (first, rest) for model in page["models"]]
    assert len(first["models"]) == 3
    assert len(set(names)) == len(names) > 5
    assert "nextPageToken" not in rest
    for query in ("pageSize=x", "pageToken=x"):
        assert http.get(f"{url}?{query}", headers=KEY_HEADERS).status_code == 400
