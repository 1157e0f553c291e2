"""What is sent: bodies and headers like those of a coding tool, of a wanted size.

The text is this project's own source code: real requests are full of code, and what the router searches bodies for
(`rt_`, `Bearer `, …) occurs in code far more often than in made-up words.
"""

import json
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADERS = """\
accept: application/json
user-agent: claude-cli/2.1.0 (external, cli)
x-claude-code-session-id: 0d9c2c1e-7f5e-4a59-9b6d-2f0c3b8f4f11
x-stainless-arch: x64
x-stainless-lang: js
x-stainless-os: Linux
x-stainless-package-version: 0.70.0
x-stainless-retry-count: 0
x-stainless-runtime: node
x-stainless-runtime-version: v24.3.0
x-stainless-timeout: 600
anthropic-beta: claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27
anthropic-dangerous-direct-browser-access: true
anthropic-version: 2023-06-01
x-app: cli
content-type: application/json
accept-encoding: gzip, deflate, br, zstd
connection: keep-alive"""


@cache
def body(size: int, stream: bool) -> bytes:
    """A Messages request of about `size` bytes."""
    source = "".join(file.read_text(encoding="utf-8") for file in sorted((ROOT / "router_core").rglob("*.py")))
    request = {
        "model": "claude-sonnet-4-5-20250929",
        "max_tokens": 32000,
        "stream": stream,
        "metadata": {"user_id": "user_1_account__session_0d9c2c1e-7f5e-4a59-9b6d-2f0c3b8f4f11"},
        "system": [{"type": "text", "text": "You help with code.", "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Explain this."}]}],
    }
    room = size - len(json.dumps(request))
    messages: list[object] = request["messages"]  # type: ignore[assignment]
    start = 0
    while room > 200:
        wanted = min(room - 150, 4000)
        text = source[start % len(source) :][:wanted]
        start += wanted
        turn = {"role": "assistant" if len(messages) % 2 else "user", "content": [{"type": "text", "text": text}]}
        messages.append(turn)
        room -= len(json.dumps(turn)) + 2
    return json.dumps(request).encode()


def request(target: tuple[str, int], prefix: str, query: str, key: str, size: int, stream: bool) -> bytes:
    """The bytes of one HTTP request.

    Args:
        target: the host and port it is sent to.
        prefix: what stands before the provider's own path (`/claude` for the router).
        query: tells the bench's upstream what to answer (see upstream.py).
        key: the client's credential.
        size: of the body, in bytes.
    """
    content = body(size, stream)
    head = f"POST {prefix}/v1/messages?{query} HTTP/1.1\nhost: {target[0]}:{target[1]}\nx-api-key: {key}\n{HEADERS}\n"
    head += f"content-length: {len(content)}\n\n"
    return head.replace("\n", "\r\n").encode() + content
