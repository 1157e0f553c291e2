"""A traced request as a `curl` command that asks the router the same again.

The token is read from its file by the shell that runs the command; no secret stands in the text. The body is the one
that was kept: of a long one, or where only its beginning was kept, the command says where it comes from.
"""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from router_core.trace.asked_headers import asked_headers

LONGEST_BODY = 100_000
"""Longer ones do not go through a terminal's clipboard."""
_ANTHROPIC = ("anthropic-version", "anthropic-beta")
_END = "MITMROUTER_BODY"


def curl_command(
    row: Mapping[str, Any],
    attempts: Sequence[Mapping[str, Any]],
    body: Mapping[str, Any] | None,
    *,
    base_url: str,
    token_file: str,
    show_body: str,
    body_limit: int | None = LONGEST_BODY,
) -> str:
    """The command.

    Args:
        row: of `requests`. attempts: of `attempts`: of their headers the provider's version is taken.
        body: of `bodies`, kind `request`, decompressed; None when it was not kept.
        base_url: of the router.
        token_file: `~/.mitmrouter/gateway.token`.
        show_body: a command that prints the body; for bodies longer than `body_limit`.
    """
    method, path = str(row["method"]), str(row["path"])
    if path.endswith(":streamGenerateContent"):
        path += "?alt=sse"  # queries are not kept; without this one Gemini makes a list of its stream
    remarks = _remarks(row, body)
    websocket = method in ("GET", "WS") and body is not None
    if websocket:
        method = "POST"
    lines = [f"curl -sS{'N' if row.get('streamed') else ''} -X {method} {shlex.quote(base_url.rstrip('/') + path)}"]
    lines.append(f'-H "Authorization: Bearer $(cat {_file(token_file)})"')
    if body is not None or method not in ("GET", "HEAD"):
        lines.append("-H 'content-type: application/json'")
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in _format_headers(row, attempts)]
    if body is None:
        return "\n".join([*remarks, " \\\n  ".join(lines)])
    content = bytes(body["content"])
    text = _as_text(content)
    if text is None or (body_limit is not None and len(content) > body_limit) or body["truncated"]:
        piped = [f"{show_body} |", *lines, "--data-binary @-"]
        return "\n".join([*remarks, " \\\n  ".join(piped)])
    end = _END
    while end in text:
        end += "_"
    return "\n".join([*remarks, " \\\n  ".join([*lines, f"--data-binary @- <<'{end}'"]), text, end])


def _remarks(row: Mapping[str, Any], body: Mapping[str, Any] | None) -> list[str]:
    found = []
    if row.get("client_key"):
        found.append("# It was asked with a client key of its own; this asks with the gateway token.")
    if body is None:
        if row["method"] not in ("GET", "HEAD", "DELETE"):
            found.append("# Its body was not kept (bodies in [trace] of config.toml): put one behind --data-binary.")
    elif body["truncated"]:
        found.append(f"# Of its body only the first {len(body['content']):,} of {body['size']:,} bytes were kept.")
    elif b"[redacted]" in bytes(body["content"]):
        found.append("# What looked like a secret in its body was taken out: [redacted].")
    return found


def _format_headers(row: Mapping[str, Any], attempts: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """What a client of that format has to say; as it was said, where the provider was told the same."""
    known = asked_headers(row, attempts) if row["format"] == "anthropic" else {}
    return [(name, known[name]) for name in _ANTHROPIC if known.get(name)]


def _as_text(content: bytes) -> str | None:
    """The body as a here-document can hold it; None for bytes that are no text, or control a terminal."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    harmless = all(char.isprintable() or char in "\n\t" for char in text)
    return text.removesuffix("\n") if harmless else None


def _file(path: str) -> str:
    """Quoted for the shell, a home directory's `~` left to it."""
    return "~/" + shlex.quote(path[2:]) if path.startswith("~/") else shlex.quote(path)
