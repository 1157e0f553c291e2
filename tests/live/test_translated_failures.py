"""How translated requests fail: unseen while nothing has been sent, and in the client's own words once something has.

The provider speaks another format than the client, or streams to a client that waits for one JSON body.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
import pytest

from router_core.simulator import Pace, PlannedReply
from router_core.store.traces import bodies_of
from router_core.tokens.token import Token
from tests.live.raw_provider import ANSWER, END, HELLO, PAUSE, RawProvider, chunked, raw_provider, whole
from tests.live.test_routed import TARGETS, ask, events, text_of
from tests.support.lab import Lab, running_lab
from tests.support.router import wait_until

LIMIT_S = 1.0
HOLD_S = 0.2
LIMITS = {
    "MITMROUTER__TIMEOUTS__FIRST_BYTE_S": str(LIMIT_S),
    "MITMROUTER__TIMEOUTS__IDLE_S": str(LIMIT_S),
    "MITMROUTER__FAILOVER__HOLD_S": str(HOLD_S),
    "PYTHONOPTIMIZE": "1",  # as `mitmrouter start` runs it; mitmproxy's own type checks leave garbage cycles behind
}
SAID = "Grüße, 你好: the whole answer."
RAW = "groq/raw-model"


@pytest.fixture(scope="module")
def raw() -> Iterator[RawProvider]:
    with raw_provider() as running:
        yield running


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, raw: RawProvider) -> Iterator[Lab]:
    """Small limits; `groq` is the provider that answers with given bytes."""
    urls = {"groq": f"{raw.url}/openai/v1"}
    with running_lab(tmp_path_factory.mktemp("failures"), base_urls=urls, env=LIMITS) as running:
        yield running


@dataclass(frozen=True)
class Cell:
    """A client, a provider, and whether the client streams."""

    client: str
    target: str
    stream: bool

    def __str__(self) -> str:
        return f"{self.client}{'-streams' if self.stream else ''}-at-{self.target}"


CELLS = [
    Cell("anthropic", "codex", stream=True),
    Cell("anthropic", "codex", stream=False),  # collected: the backend only streams
    Cell("openai-responses", "codex", stream=False),  # the same, without a translation
    Cell("openai-chat", "anthropic", stream=True),
    Cell("openai-responses", "gemini", stream=False),
    Cell("gemini", "chat", stream=True),
]
FAULTS: dict[str, tuple[str, dict[str, Any], str]] = {
    "429": ("rate_limit", {}, "rate_limited"),
    "529": ("status", {"status": 529}, "overloaded"),
    "401": ("unauthorized_401", {}, "credential_refused"),
    "html": ("bad_gateway_502_html", {"times": 2}, "server_error"),
    "first-event": ("error_in_stream", {"at_event": 0}, "overloaded"),
    "no-content": ("end_without_terminal", {"at_event": 0, "times": 2}, "connection_closed"),
    "cut": ("cut_stream", {"at_event": 0, "times": 2}, "connection_closed"),
    "reset": ("reset", {"at_event": 0, "times": 2}, "connection_closed"),
    "garbage": ("garbage", {"times": 2}, "connection_closed"),
    "another-format": ("status", {"status": 200, "body": '{"hello": 1}', "times": 2}, "server_error"),
}
FOREIGN = ("anthropic-", "openai-", "x-ratelimit", "x-codex", "x-goog", "server", "set-cookie", "cf-", "vary", "etag")


BEFORE_CONTENT = [
    (cell, fault)
    for cell in CELLS
    for fault in FAULTS  # a body with a length has no terminal event to lose
    if fault != "no-content" or cell.stream or cell.target == "codex"
]


@pytest.mark.parametrize(("cell", "fault"), BEFORE_CONTENT, ids=str)
def test_a_failure_before_content_is_never_seen(cell: Cell, fault: str, lab: Lab) -> None:
    how, model = TARGETS[cell.target]
    name, fields, outcome = FAULTS[fault]
    lab.fresh(how)
    lab.simulator.plan(PlannedReply(text=SAID, output_tokens=77))
    lab.faults(lab.fault(name, **fields))
    answer = ask(lab, cell.client, model, stream=cell.stream)
    assert answer.status_code == 200, answer.text
    assert text_of(cell.client, answer, stream=cell.stream) == SAID
    assert not [header for header in answer.headers if header.startswith(FOREIGN)]
    if not cell.stream:
        assert int(answer.headers["content-length"]) == len(answer.content)

    paid = ["first"] * fields.get("times", 1) + ["second"]
    seen = lab.seen()
    assert lab.paid() == paid
    for request in seen:  # the same body each time, and nothing of the client's credentials
        assert request.body == seen[0].body
        assert int(request.header("content-length")) == request.body_size == len(request.body)
        assert lab.router.home.gateway_token() not in repr(request.headers) + request.body.decode()

    (row,) = lab.rows(1)
    assert (row["state"], row["status"], row["token"], row["output_tokens"]) == ("ok", 200, "second", 77)
    expected = [(outcome, "same_token")] * (len(paid) - 2) + [(outcome, "next_token"), ("answered", "done")]
    assert [(a["outcome"], a["action"]) for a in lab.attempts(row)] == expected
    bodies = kept(lab, row)
    assert bodies["request"] == answer.request.content
    assert bodies["upstream-request"] == seen[-1].body
    assert bodies["upstream-response"] == seen[-1].response_bytes
    assert bodies["response"] == answer.content


def kept(lab: Lab, row: dict[str, Any]) -> dict[str, bytes]:
    """The bodies of a request as its trace has them."""

    def found() -> dict[str, bytes]:
        with lab._traces() as traces:
            return {body["kind"]: body["content"] for body in bodies_of(traces, row["id"])}

    wait_until(lambda: "response" in found())
    return found()


@pytest.mark.parametrize(
    ("cell", "fault"),
    [(CELLS[1], "stall_before_headers"), (CELLS[1], "stall_mid_stream"), (CELLS[3], "stall_before_headers")],
    ids=str,
)
def test_silence_before_content_is_never_seen(cell: Cell, fault: str, lab: Lab) -> None:
    how, model = TARGETS[cell.target]
    lab.fresh(how)
    lab.simulator.plan(PlannedReply(text=SAID))
    lab.faults(lab.fault(fault, times=1, at_event=0))
    answer = ask(lab, cell.client, model, stream=cell.stream)
    assert text_of(cell.client, answer, stream=cell.stream) == SAID
    assert lab.outcomes() == [("first", "timed_out", "same_token"), ("first", "answered", "done")]


# ---- in the middle ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["cut_stream", "reset", "error_in_stream", "end_without_terminal"])
@pytest.mark.parametrize("client", ["anthropic", "openai-chat", "openai-responses", "gemini"])
def test_a_client_that_waits_for_the_whole_sees_nothing_of_a_failure_in_the_middle(
    client: str, fault: str, lab: Lab
) -> None:
    lab.fresh("codex")
    lab.simulator.plan(PlannedReply(text=SAID))
    lab.faults(lab.fault(fault, at_event=3))
    answer = ask(lab, client, "codex/gpt-5.5")
    assert text_of(client, answer, stream=False) == SAID
    assert lab.paid()[-1] == "second"
    (row,) = lab.rows(1)
    assert (row["state"], row["token"]) == ("ok", "second")


@pytest.mark.parametrize("client", ["anthropic", "openai-responses"])
def test_an_answer_that_takes_longer_than_the_hold_is_still_collected_whole(client: str, lab: Lab) -> None:
    """Only a stream is let go when the hold is over: of half a JSON body nothing could be taken back."""
    lab.fresh("codex")
    lab.simulator.plan(PlannedReply(text="one two"))
    lab.simulator.set_pace(Pace(first_delay_s=HOLD_S * 1.5, delay_s=0.03))
    lab.faults(lab.fault("cut_stream", at_event=3, times=1))
    answer = ask(lab, client, "codex/gpt-5.5")
    assert text_of(client, answer, stream=False) == "one two"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert lab.paid() == ["first", "first"]


TERMINAL = {
    "anthropic": lambda event: event["type"] in ("message_stop", "error"),
    "openai-chat": lambda event: "error" in event,
    "openai-responses": lambda event: event["type"] in ("response.completed", "response.failed", "error"),
    "gemini": lambda event: "error" in event,
}


STREAMING = [cell for cell in CELLS if cell.stream]
IN_THE_MIDDLE = [(cell, fault) for cell in STREAMING for fault in ("error_in_stream", "cut_stream", "reset")]


@pytest.mark.parametrize(("cell", "fault"), [*IN_THE_MIDDLE, (STREAMING[0], "stall_mid_stream")], ids=str)
def test_a_stream_that_breaks_in_the_middle_ends_in_one_error_of_the_clients_own(
    cell: Cell, fault: str, lab: Lab
) -> None:
    how, model = TARGETS[cell.target]
    lab.fresh(how)
    lab.simulator.set_pace(Pace(delay_s=0.002))  # so that a reset does not overtake what was sent before it
    lab.simulator.plan(PlannedReply(text="one two three four five six"))
    lab.faults(lab.fault(fault, at_event=3))
    answer = ask(lab, cell.client, model, stream=True)
    assert answer.status_code == 200
    found = events(answer.text)
    ends = [event for event in found if TERMINAL[cell.client](event)]
    assert ends == [found[-1]]
    assert "error" in orjson.dumps(found[-1]).decode()
    assert "[DONE]" not in answer.text
    (row,) = lab.rows(1)
    assert (row["state"], row["attempts"]) == ("broken", 1)
    assert row["error"]
    assert kept(lab, row)["response"] == answer.content


def test_a_client_that_leaves_cancels_the_provider(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.simulator.set_pace(Pace(delay_s=0.02))
    body = {"model": "claude/claude-opus-5", "stream": True, "messages": [{"role": "user", "content": "hello"}]}
    with lab.http.stream("POST", "/v1/chat/completions", json=body) as answer:
        assert next(answer.iter_bytes())
    assert lab.simulator.wait_for_requests(1)[0].outcome == "client_closed"
    assert lab.rows(1)[0]["state"] == "client_closed"


def test_a_client_that_leaves_while_its_answer_is_collected_cancels_the_provider(lab: Lab) -> None:
    lab.fresh("codex")
    lab.simulator.set_pace(Pace(delay_s=0.05))
    body = {"model": "codex/gpt-5.5", "messages": [{"role": "user", "content": "hello"}]}
    with pytest.raises(httpx.ReadTimeout):
        lab.http.post("/v1/chat/completions", json=body, timeout=0.4)
    assert lab.simulator.wait_for_requests(1)[0].outcome == "client_closed"
    assert lab.rows(1)[0]["state"] == "client_closed"


# ---- arrival ---------------------------------------------------------------------------------------------------------


def test_a_long_stream_cut_anywhere_arrives_as_it_is_written(lab: Lab) -> None:
    lab.fresh("anthropic")
    words = " ".join(f"wörd{number}" for number in range(1000))
    lab.simulator.plan(PlannedReply(text=words, text_pieces=1000))
    lab.simulator.set_pace(Pace(chunk_bytes=997, delay_s=0.004))
    body = {"model": "claude/claude-opus-5", "stream": True, "messages": [{"role": "user", "content": "hello"}]}
    began = time.monotonic()
    with lab.http.stream("POST", "/v1/chat/completions", json=body) as answer:
        parts = answer.iter_bytes()
        content = b""
        while b'"content":"w' not in content:
            content += next(parts)
        first_s = time.monotonic() - began
        content += b"".join(parts)
    all_s = time.monotonic() - began
    assert "".join(c["delta"].get("content") or "" for e in events(content.decode()) for c in e["choices"]) == words
    assert first_s < all_s / 4


def test_a_word_of_half_a_megabyte_passes_in_one_piece(lab: Lab) -> None:
    lab.fresh("gemini")
    lab.simulator.plan(PlannedReply(text="x" * 500_000, text_pieces=1))
    answer = ask(lab, "openai-chat", "gemini/gemini-2.5-flash", stream=True)
    assert text_of("openai-chat", answer, stream=True) == "x" * 500_000


# ---- answers that no honest server writes ----------------------------------------------------------------------------


def fresh_raw(lab: Lab, *tokens: str) -> None:
    lab.fresh()
    for number, name in enumerate(tokens or ("first",)):
        secret = f"gsk_{name}-0123456789-{time.monotonic_ns()}"
        lab.secrets[name] = secret
        lab.store.add(Token("", name, "groq", secret, priority=number))
    wanted = set(tokens or ("first",))
    wait_until(lambda: {token["name"] for token in lab.status()} == wanted)
    time.sleep(0.002)
    lab.began_ms = int(time.time() * 1000)


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_an_answer_that_ends_where_its_connection_does_is_whole(stream: bool, lab: Lab, raw: RawProvider) -> None:
    fresh_raw(lab)
    raw.answer(whole(HELLO + END, b"text/event-stream") if stream else whole(ANSWER))
    answer = ask(lab, "anthropic", RAW, stream=stream)
    assert text_of("anthropic", answer, stream=stream) == "Hello."
    assert lab.rows(1)[0]["state"] == "ok"


@pytest.mark.parametrize(
    "bad",
    [
        whole(ANSWER[:-30]),
        whole(b"[]"),
        whole(b'{"choices": 5}'),
        whole(b""),
        whole(b"\x1f\x8bbroken", b"application/json", b"content-encoding: gzip"),
        whole(b"hello", b"text/plain"),
        b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n",
    ],
    ids=["half", "list", "wrong-type", "empty", "broken-gzip", "text", "204"],
)
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_a_body_that_is_no_answer_is_asked_again(stream: bool, bad: bytes, lab: Lab, raw: RawProvider) -> None:
    fresh_raw(lab)
    raw.answer(bad, whole(ANSWER))
    answer = ask(lab, "anthropic", RAW, stream=stream)
    assert text_of("anthropic", answer, stream=stream) == "Hello.", answer.text
    assert len(raw.requests) == 2


@pytest.mark.parametrize(
    "bad",
    [b"data: not json\n\n", b"data: []\n\n", b'data: {"choices": 5}\n\n' + END, b"data: [DONE]\n\n", b":\n\n"],
    ids=["not-json", "list", "wrong-type", "only-done", "comment"],
)
def test_a_stream_that_begins_with_what_is_no_event_is_asked_again(bad: bytes, lab: Lab, raw: RawProvider) -> None:
    fresh_raw(lab)
    raw.answer(chunked(bad), chunked(HELLO + END))
    answer = ask(lab, "anthropic", RAW, stream=True)
    assert text_of("anthropic", answer, stream=True) == "Hello.", answer.text
    assert len(raw.requests) == 2


def test_what_is_no_event_in_the_middle_of_a_stream_ends_it_in_an_error(lab: Lab, raw: RawProvider) -> None:
    fresh_raw(lab)
    rest = b"data: not json\n\n" + HELLO + END
    raw.answer(chunked(HELLO, ended=False) + PAUSE + b"%x\r\n%s\r\n0\r\n\r\n" % (len(rest), rest))
    answer = ask(lab, "anthropic", RAW, stream=True)
    found = events(answer.text)
    assert [event["type"] for event in found if TERMINAL["anthropic"](event)] == ["error"]
    assert found[-1]["type"] == "error"
    assert lab.rows(1)[0]["state"] == "broken"


@pytest.mark.parametrize("reset", [False, True], ids=["cut", "reset"])
def test_a_connection_lost_after_the_last_event_costs_nothing(reset: bool, lab: Lab, raw: RawProvider) -> None:
    fresh_raw(lab)
    raw.answer(chunked(HELLO + END, ended=False), reset=reset)
    answer = ask(lab, "anthropic", RAW, stream=True)
    found = events(answer.text)
    assert found[-1]["type"] == "message_stop"
    assert [event["type"] for event in found if TERMINAL["anthropic"](event)] == ["message_stop"]
    assert lab.rows(1)[0]["state"] == "ok"


@pytest.mark.parametrize(("client", "stream"), [("anthropic", False), ("anthropic", True), ("gemini", False)])
def test_when_nobody_has_an_answer_the_client_gets_one_error(
    client: str, stream: bool, lab: Lab, raw: RawProvider
) -> None:
    fresh_raw(lab, "first", "second")
    raw.answer(*[chunked(b"") if stream else whole(b'{"hello": 1}')] * 3)
    answer = ask(lab, client, RAW, stream=stream)
    assert answer.status_code == 502
    assert answer.headers["content-type"] == "application/json"
    assert "error" in answer.json()
    assert "Tried 3 times" in answer.json()["error"]["message"]
    assert lab.rows(1)[0]["state"] == "failed"


def test_nothing_is_left_of_requests_that_are_over(lab: Lab) -> None:
    """A large body each: what one of them left behind would be seen."""
    lab.fresh("anthropic")
    words = "hello " * 100_000
    body = {"model": "claude/claude-opus-5", "messages": [{"role": "user", "content": words}]}

    def ask_often(times: int) -> int:
        for number in range(times):
            answer = lab.http.post("/v1/chat/completions", json={**body, "stream": number % 2 == 0})
            assert answer.status_code == 200
            if number % 5 == 0:
                lab.faults(lab.fault("overloaded_529", times=1))
        return memory_bytes(lab, "VmRSS")

    before = ask_often(40)
    after = ask_often(60)
    assert after - before < 60 * len(words) / 3


def test_an_answer_beyond_every_measure_is_refused_in_bounded_memory(lab: Lab, raw: RawProvider) -> None:
    fresh_raw(lab)
    large = whole(b'{"hello": "' + b"x" * (66 * 1024 * 1024) + b'"}')
    raw.answer(large, large)
    answer = ask(lab, "anthropic", RAW)
    assert answer.status_code == 502
    assert "larger than 64 MiB" in answer.json()["error"]["message"]
    assert len(raw.requests) == 2
    assert memory_bytes(lab, "VmHWM") < 500 * 1024 * 1024


def memory_bytes(lab: Lab, what: str) -> int:
    """What the router has in memory (VmRSS), or the most that it ever had (VmHWM)."""
    with open(f"/proc/{lab.router.process.pid}/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith(f"{what}:"))
    return int(line.split()[1]) * 1024
