"""The working directory of the client, where it says it: what projects are told apart by.

The header `x-mitmrouter-project` comes first, for clients that can set one (`ANTHROPIC_CUSTOM_HEADERS`,
`http_headers` of a Codex provider). Else it is read where the programs write it into their prompts, near the beginning
of the conversation; watched on the wire, 2026-11: Claude Code 2.1 (` - Primary working directory: …`, older ones
`Working directory: …`), Codex 0.169 (`<environment_context>` with `<cwd>`), the Gemini CLI ("I'm currently working in
the directory: …"). The bytes are searched, not parsed.
"""

import re
from collections.abc import Mapping

import orjson

HEADER = "x-mitmrouter-project"
MOST_CHARS = 400
_LINE = rb'([^"\\]*(?:\\[^nr][^"\\]*)*)'  # to the end of the line, of the string, or of both
_WRITTEN = {
    "claude-code": (b"orking directory: ", re.compile(rb"\\n(?: - Primary w|(?: - )?W)orking directory: " + _LINE)),
    "codex": (
        b"<environment_context>",
        re.compile(rb"<environment_context>(?:\\n|\s)*<cwd>((?:(?!</cwd>)[^\"])*)</cwd>"),
    ),
    "GeminiCLI": (
        b"I'm currently working in the directory: ",
        re.compile(rb"I'm currently working in the directory: " + _LINE),
    ),
}
"""(what is looked for first, in a thirtieth of the time; how it is written)."""
_BEFORE = 16
"""No more bytes of what is written come before what is looked for."""


def project_of(client: str, headers: Mapping[str, str], body: bytes) -> str:
    """The directory; "" when nothing says it.

    Args:
        client: its name.
        headers: names in lower case.
        body: JSON as it came.
    """
    if told := headers.get(HEADER, "").strip():
        return told[:MOST_CHARS]
    if (written := _WRITTEN.get(client)) is None or (at := body.find(written[0])) < 0:
        return ""
    match = written[1].search(body, max(0, at - _BEFORE))
    if match is None:
        return ""
    try:
        text = orjson.loads(b'"' + match[1] + b'"')
    except orjson.JSONDecodeError:
        return ""
    return str(text).strip()[:MOST_CHARS]
