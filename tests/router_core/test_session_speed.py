"""Telling a conversation by its beginning reads all of a request, so it has to be quick."""

import time

import orjson

from router_core.session import key_of_beginning


def test_a_megabyte_costs_a_millisecond_or_two() -> None:
    turns = [{"role": "assistant" if n % 2 else "user", "content": f"{n} " + "words and " * 200} for n in range(500)]
    body = orjson.dumps(
        {"system": "s" * 30_000, "tools": [{"name": "Bash", "description": "d" * 60_000}], "messages": turns}
    )
    assert len(body) > 1_000_000
    taken = []
    for _ in range(15):
        began = time.perf_counter()
        key_of_beginning(body)
        taken.append(time.perf_counter() - began)
    assert min(taken) < 0.004, f"{min(taken) * 1000:.2f} ms"
    print(f"{min(taken) * 1000:.2f} ms")
