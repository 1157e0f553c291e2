"""Bytes arrive as the provider sends them: when it sends them, and exactly those. Through a failover too."""

import itertools
import time
from collections.abc import Iterator
from hashlib import sha256
from statistics import median
from typing import Any

import brotli
import httpx
import pytest
import zstandard

from router_core.simulator import Pace, Script
from tests.support.lab import ASKING, Lab, running_lab

PACE_S = 0.03
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def packing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A provider that compresses its answers when it may."""
    with running_lab(tmp_path_factory.mktemp("packing"), Script(compress=True)) as running:
        yield running


def arrivals(lab: Lab, ask: str, **changes: Any) -> tuple[list[float], bytes]:
    """Seconds from the request to each piece as it arrived, and all bytes."""
    times, received = [], b""
    began = time.monotonic()
    with lab.stream(ask, **changes) as answer:
        assert answer.status_code == 200
        for piece in answer.iter_raw():
            times.append(time.monotonic() - began)
            received += piece
    return times, received


@pytest.mark.parametrize(
    ("ask", "fault"),
    [
        *((ask, None) for ask in ("anthropic", "chat", "responses", "codex")),
        ("anthropic", "overloaded_529"),
        ("chat", "close_before_headers"),
        ("codex", "error_in_stream"),
    ],
)
def test_chunks_arrive_spaced_as_the_provider_paced_them(ask: str, fault: str | None, lab: Lab) -> None:
    lab.fresh(ask)
    lab.simulator.set_pace(Pace(delay_s=PACE_S))
    if fault:
        lab.faults(lab.fault(fault))
    times, received = arrivals(lab, ask)
    seen = lab.seen()
    assert received == seen[-1].response_bytes
    assert len(seen) == {None: 1, "close_before_headers": 3}.get(fault, 2)
    length = times[-1] - times[0]
    assert length > 20 * PACE_S  # 40 words, one each
    assert len(times) > 30
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert median(gaps) < 2 * PACE_S  # nothing was collected on the way
    assert max(gaps) < 0.4 * length
    assert times[0] < 0.4 * times[-1]
    row = lab.rows()[0]
    assert row["ttft_ms"] < 0.4 * row["total_ms"]


@pytest.mark.parametrize("cut", [Pace(chunk_bytes=1), Pace(chunk_bytes=7), Pace(events_per_chunk=1000)], ids=str)
@pytest.mark.parametrize("ask", ["anthropic", "chat", "responses"])
def test_how_the_provider_cuts_its_stream_does_not_matter(cut: Pace, ask: str, lab: Lab) -> None:
    lab.fresh(ask)
    lab.simulator.set_pace(cut)
    options = {"stream_options": {"include_usage": True}} if ask == "chat" else {}
    answer = lab.ask(ask, stream=True, **options)
    assert answer.content == lab.seen()[0].response_bytes
    row = lab.rows()[0]
    assert (row["state"], bool(row["output_tokens"]), bool(row["input_tokens"])) == ("ok", True, True)


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
@pytest.mark.parametrize("stream", [True, None], ids=["stream", "plain"])
def test_compressed_answers_pass_undecoded_and_are_still_counted(
    encoding: str, stream: bool | None, packing: Lab
) -> None:
    packing.fresh("anthropic")
    _, path, body, headers = ASKING["anthropic"]
    headers = {**headers, "accept-encoding": encoding}
    with packing.http.stream("POST", path, json=body(stream=stream), headers=headers) as answer:
        raw = b"".join(answer.iter_raw())
        assert answer.headers["content-encoding"] == encoding
    assert raw == packing.seen()[0].response_bytes
    row = packing.rows()[0]
    assert row["output_tokens"] > 10
    assert row["stop_reason"] == "end_turn"


def test_a_compressed_error_inside_a_compressed_stream_is_found(packing: Lab) -> None:
    packing.fresh("anthropic")
    packing.faults(packing.fault("error_in_stream"))
    answer = packing.ask("anthropic", stream=True, headers={"accept-encoding": "zstd"})
    assert "message_stop" in answer.text
    assert packing.paid() == ["first", "second"]


def test_a_compressed_stream_that_breaks_is_cut_because_nothing_can_be_added_to_it(packing: Lab) -> None:
    packing.fresh("anthropic")
    packing.faults(packing.fault("cut_stream", at_event=4))
    with pytest.raises(httpx.RemoteProtocolError):
        packing.ask("anthropic", stream=True, headers={"accept-encoding": "gzip"})
    assert packing.rows()[0]["state"] == "broken"
    assert packing.paid() == ["first"]


@pytest.mark.parametrize(
    ("encoding", "pack"), [("zstd", zstandard.ZstdCompressor().compress), ("br", brotli.compress)], ids=["zstd", "br"]
)
def test_a_compressed_request_passes_as_it_is_and_is_understood(encoding: str, pack: Any, lab: Lab) -> None:
    lab.fresh("codex")
    lab.faults(lab.fault("overloaded_503"))  # so that it is sent twice
    packed = pack(httpx.Request("POST", "http://x", json=ASKING["codex"][2]()).content)
    answer = lab.http.post("/codex/responses", content=packed, headers={"content-encoding": encoding})
    assert answer.status_code == 200
    assert [(seen.body, seen.header("content-encoding")) for seen in lab.seen()] == [(packed, encoding)] * 2
    assert lab.rows()[0]["model"] == "gpt-5.5"


def test_a_request_of_31_mib_passes_through_a_failover(lab: Lab) -> None:
    lab.fresh("chat")
    lab.faults(lab.fault("overloaded_503"))
    _, path, body, headers = ASKING["chat"]
    content = b" " * (31 * MIB) + httpx.Request("POST", "http://x", json=body()).content
    answer = lab.http.post(path, content=content, headers=headers)
    assert answer.status_code == 200, answer.text
    assert lab.paid() == ["first", "second"]
    assert [seen.body_size for seen in lab.seen()] == [len(content)] * 2


def test_a_request_of_33_mib_is_413(lab: Lab) -> None:
    lab.fresh("anthropic")
    answer = lab.ask("anthropic", messages=[{"role": "user", "content": "x" * (33 * MIB)}])
    assert (answer.status_code, answer.json()["error"]["type"]) == (413, "request_too_large")
    assert lab.seen() == []


@pytest.mark.parametrize("stream", [True, None], ids=["stream", "plain"])
def test_a_huge_answer_is_whole_and_its_copy_small(stream: bool | None, lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.faults(lab.fault("huge_body", size_bytes=20_000_000))
    answer = lab.ask("anthropic", stream=stream)
    seen = lab.seen()[0]
    assert len(answer.content) == seen.response_size >= 20_000_000
    assert sha256(answer.content).hexdigest() == seen.response_sha256
    row = lab.rows()[0]
    query = "select size, truncated, length(content) as kept from bodies where request_id = ? and kind = 'response'"
    (body,) = lab.router.traces().query(query, [row["id"]])
    assert (body["size"], body["truncated"]) == (seen.response_size, 1)
    assert body["kept"] < 300_000


def test_headers_and_body_reach_the_provider_as_the_client_wrote_them(lab: Lab) -> None:
    lab.fresh("anthropic")
    _, path, body, _ = ASKING["anthropic"]
    content = httpx.Request("POST", "http://x", json=body()).content.replace(
        b":", b" :  ", 3
    )  # no serialiser's spacing
    given = {
        "anthropic-version": "2023-06-01", "anthropic-beta": "one-2025-01-01,two-2025-01-01", "X-Stainless-Arch": "x64",
        "User-Agent": "claude-cli/9.9", "x-app": "cli", "Cookie": "private=1", "x-api-key": "placeholder",
    }  # fmt: skip
    assert lab.http.post(f"{path}?beta=true", content=content, headers=given).status_code == 200
    (seen,) = lab.seen()
    assert (seen.body, seen.path) == (content, "/v1/messages?beta=true")
    sent = dict(seen.headers)
    assert {name.lower() for name in sent} >= {"anthropic-beta", "x-stainless-arch", "user-agent", "x-app"}
    assert seen.header("anthropic-beta") == given["anthropic-beta"]
    assert seen.header("user-agent") == "claude-cli/9.9"
    assert seen.header("x-api-key") == lab.secrets["first"]
    assert not seen.header("cookie")
    assert not seen.header("authorization")  # the gateway token stays here
    assert lab.router.home.gateway_token() not in str(seen.headers)
    assert seen.header("host") == lab.simulator.url.removeprefix("http://")
