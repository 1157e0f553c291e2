"""What a routing decision costs: from the flow as mitmproxy hands it over to the notes with the targets in them.

In process, with the real addon and a real home: inflating, reading what is asked (or parsing all of it, once), tags,
facts, the estimate, the rules, the record. The request is what Claude Code sends after an hour of work.
"""

import contextlib
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from mitmproxy import http
from mitmproxy.test import tflow

from addons.flowstate import find_state
from addons.routing import Routing
from addons.runtime import Runtime
from router_core.clock import SystemClock
from router_core.home import Home
from router_core.store.tokens import open_tokens
from router_core.tokens.token import Token

KB = 1024
SIZES = (100 * KB, 1024 * KB)
SCENARIOS = """
[routing]
default = "claude/claude-sonnet-5"
background = "claude/claude-haiku-5-5"
think = "claude/claude-opus-5-5"
long_context = "gemini/gemini-2.5-pro"
long_context_threshold = 900000
web_search = "claude/claude-sonnet-5"
image = "gemini/gemini-3.5-flash"

[routing.models]
"claude-opus-*" = "claude/claude-sonnet-5"

[[routing.rules]]
project = "/nowhere/*"
target = "claude/claude-opus-5-5"
"""
LIMITS_MS = {100 * KB: 1.0, 1024 * KB: 4.0}


@dataclass(frozen=True)
class Cost:
    """Of one size of request."""

    size: int
    name_only_ms: float
    """No rule looks at the body."""
    every_rule_ms: float
    """All scenarios are set and none applies: everything is looked at."""
    auto_ms: float
    """The same, and the model is `auto`."""


def costs(rounds: int) -> list[Cost]:
    """CPU of one decision; the best of some rounds."""
    with running("") as plain, running(SCENARIOS) as full:
        return [
            Cost(
                size,
                best_ms(plain, body_of(size), rounds),
                best_ms(full, body_of(size), rounds),
                best_ms(full, body_of(size, "auto"), rounds),
            )
            for size in SIZES
        ]


@contextlib.contextmanager
def running(config: str) -> Iterator[Routing]:
    """The addon, on a home of its own with a token for each provider it may need."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "home").ensure()
        home.config.write_text(config)
        with contextlib.closing((store := open_tokens(home, SystemClock())).database):
            store.add(Token("", "own", "claude", "sk-ant-api03-measured"))
            store.add(Token("", "other", "gemini", "AIza-measured"))
        runtime = Runtime()
        runtime.open(home)
        try:
            yield Routing(runtime)
        finally:
            runtime.close()


def best_ms(routing: Routing, body: bytes, rounds: int) -> float:
    """Milliseconds of CPU for one request."""
    best = float("inf")
    for _ in range(rounds + 1):
        flow = flow_of(body)
        began = time.process_time()
        waits = routing.request(flow)
        best = min(best, time.process_time() - began)
        if waits is not None or find_state(flow) is None:
            raise RuntimeError(f"not placed at once: {flow.response.content if flow.response else flow.error!r}")
    return best * 1000


def flow_of(body: bytes) -> http.HTTPFlow:
    """As it stands after the guard."""
    flow = tflow.tflow()
    headers = (
        (b"content-type", b"application/json"),
        (b"user-agent", b"claude-cli/2.1.329 (external, cli)"),
        (b"x-claude-code-session-id", b"00000000-0000-4000-8000-000000000001"),
        (b"anthropic-version", b"2023-06-01"),
    )
    flow.request = http.Request.make("POST", "http://127.0.0.1/v1/messages?beta=true", body, headers)
    return flow


def body_of(size: int, model: str = "claude-opus-5-5") -> bytes:
    """Thirty tools, a system prompt, and files read one after the other, until it is so large."""
    schema = {"type": "object", "properties": {f"p{n}": {"type": "string", "description": "w " * 20} for n in range(6)}}
    environment = (
        "# Environment\nYou run here: \n - Primary working directory: /home/somebody/code\n - Platform: linux\n"
    )
    body: dict[str, Any] = {
        "model": model,
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Please make it work."}]},
            {"role": "system", "content": environment},
        ],
        "system": [{"type": "text", "text": "You are an agent. " * 300}],
        "tools": [{"name": f"tool_{n}", "description": "does this " * 30, "input_schema": schema} for n in range(30)],
        "max_tokens": 128000,
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "medium"},
        "stream": True,
    }
    source = "".join(
        f"    def method_{n}(self) -> str:\n        return 'ü \"{n}\"'  # what it says\n\n" for n in range(40)
    )
    messages, made = body["messages"], len(orjson.dumps(body))
    while made < size:
        call = {"type": "tool_use", "id": f"toolu_{made}", "name": "tool_1", "input": {"path": f"/src/{made}.py"}}
        result = {"type": "tool_result", "tool_use_id": f"toolu_{made}", "content": source}
        pair = [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
        messages += pair
        made += len(orjson.dumps(pair))
    return orjson.dumps(body)
