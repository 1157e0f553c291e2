"""Two hundred streams at once for a minute: no error, no byte lost, no memory that does not come back.

The simulator is the provider (four events a second in each stream, as a slow model writes); it keeps what it sent, so
that each answer can be compared with it. Streams last about eight seconds and follow one another, so that what one
leaves behind would add up.
"""

import asyncio
import hashlib
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from router_core.simulator import Pace, Script
from tests.router_core.simulator.asking import message_body
from tests.support.lab import ANTHROPIC, Lab, running_lab
from tests.support.router import Router

STREAMS = 200
SECONDS = 60.0
SETTLED_S = 25.0
"""From here on memory must not grow: the first rounds of streams fill caches and the allocator's pools."""
NOISE_MB = 6.0
"""What the allocator may do: 200 streams hold a few MB that come and go. Ten KB left by each stream would be more."""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    script = Script(reply_words=60, pace=Pace(delay_s=0.25, events_per_chunk=2))
    # As our command starts it: without -O, mitmproxy's own type checks leave garbage that waits for the collector.
    with running_lab(tmp_path, script, env={"PYTHONOPTIMIZE": "1"}) as running:
        yield running


def memory_mb(router: Router) -> float:
    """Resident memory of the router's process."""
    status = Path(f"/proc/{router.process.pid}/status")
    if not status.exists():
        pytest.skip("needs /proc to see another process's memory")
    return int(status.read_text().partition("VmRSS:")[2].split()[0]) / 1024


async def streams_until(client: httpx.AsyncClient, end: float, digests: Counter[str], delay_s: float) -> None:
    """One stream after the other; what was received is noted as a digest."""
    await asyncio.sleep(delay_s)
    body = message_body(stream=True)
    while time.monotonic() < end:
        received = hashlib.sha256()
        async with client.stream("POST", "/claude/v1/messages", json=body, headers=ANTHROPIC) as answer:
            assert answer.status_code == 200, await answer.aread()
            async for data in answer.aiter_raw():
                received.update(data)
        digests[received.hexdigest()] += 1


async def memory_until(router: Router, end: float, samples: list[tuple[float, float]]) -> None:
    began = time.monotonic()
    while time.monotonic() < end:
        samples.append((time.monotonic() - began, memory_mb(router)))
        await asyncio.sleep(0.5)


async def test_two_hundred_streams_for_a_minute(lab: Lab) -> None:
    lab.fresh("anthropic")
    digests: Counter[str] = Counter()
    samples: list[tuple[float, float]] = []
    end = time.monotonic() + SECONDS
    key = {"x-api-key": lab.router.home.gateway_token()}
    unlimited = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with (
        httpx.AsyncClient(
            base_url=lab.router.url, headers=key, trust_env=False, timeout=30, limits=unlimited
        ) as client,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(memory_until(lab.router, end, samples))
        for number in range(STREAMS):
            group.create_task(streams_until(client, end, digests, delay_s=number * 0.02))

    seen = lab.seen()
    sent = Counter(hashlib.sha256(request.response_bytes).hexdigest() for request in seen)
    assert digests == sent  # each of them, byte for byte
    assert sum(digests.values()) >= 3 * STREAMS

    settled = [used for at, used in samples if SETTLED_S <= at < SETTLED_S + 10]
    last = [used for at, used in samples if at >= SECONDS - 10]
    assert statistics.median(last) - statistics.median(settled) <= NOISE_MB, samples[::10]

    rows = lab.rows(len(seen))
    assert {(row["state"], row["attempts"]) for row in rows} == {("ok", 1)}
    assert not [line for line in lab.router.log().splitlines() if " ERROR " in line or " WARNING " in line]
