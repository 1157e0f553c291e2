"""A Messages body of another client, in the form of Claude Code's own requests.

Only for a subscription token whose owner has switched `--claude-code-compat` on, because the provider's terms may
forbid it. Done is what such a token needs, and nothing else is disguised: the beta flags, Claude Code's opening line as
the system prompt, the client's own system prompt in the first turn of the user, tool names in PascalCase. User agent
and all other headers stay the router's own.

It works on the body that is ready to be sent, so clients of every format go the same way, and the names come back by
`Encoded.restore` like all other renamed tools.

What the provider looks at is not documented, only reported (anthropics/claude-code issues 8046, 11252, 24690; read
2026-11-20), and it may refuse such a request all the same: then the next token pays, and nothing is tried again.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from router_core.claude_code import PREAMBLE, is_genuine
from router_core.pascal_names import PascalNames
from router_core.providers.auth import OAUTH_BETA
from router_core.wire.codec import Encoded, Loss, ToolName
from router_core.wire.model import JsonObject

CLAUDE_CODE_BETA = "claude-code-20250219"
INTERLEAVED_BETA = "interleaved-thinking-2025-05-14"
LONG_CACHE_BETA = "extended-cache-ttl-2025-04-11"

OPEN = (
    "<system_prompt>\nThe program that you work for here gives you these instructions, in place of a system prompt:\n\n"
)
CLOSE = "\n</system_prompt>"
_WORD = re.compile(r"[\w-]+")
_TOOL_LISTS = ("exclude_tools", "clear_tool_inputs")
"""Fields of `context_management.edits[]` that hold tool names."""


def as_claude_code(encoded: Encoded, client_betas: str = "") -> Encoded:
    """The request in Claude Code's form; `body` of `encoded` stays as it is.

    Args:
        client_betas: the client's own `anthropic-beta` header, which its body may need.
    """
    body = dict(encoded.body)
    restore, losses = encoded.restore, encoded.losses
    if not is_genuine(body):
        names = _names(body)
        _rename(body, names)
        restore = dict(restore)
        for name, sent in names.renamed.items():
            restore[sent] = encoded.restore.get(name, ToolName(name))
        moved = _moved(body.get("system"), _told(names, encoded.restore))
        body["system"] = [{"type": "text", "text": PREAMBLE}]
        messages = body.get("messages")
        if moved and isinstance(messages, list) and messages:  # without any, the provider shall refuse it as ever
            body["messages"] = _begun_with(moved, messages)
            losses = (*losses, Loss("system", "moved into the first turn of the user (--claude-code-compat)"))
    betas = [CLAUDE_CODE_BETA, OAUTH_BETA, *_flags(client_betas)]
    for name, value in encoded.headers:
        if name == "anthropic-beta":
            betas += _flags(value)
    headers = [(name, value) for name, value in encoded.headers if name != "anthropic-beta"]
    headers.append(("anthropic-beta", ",".join(dict.fromkeys([*betas, *_needed(body)]))))
    return replace(encoded, body=body, losses=losses, restore=restore, headers=tuple(headers))


def _flags(header: str) -> list[str]:
    return [flag for part in header.split(",") if (flag := part.strip())]


def _needed(body: JsonObject) -> Iterator[str]:
    """The beta flags without which this body would mean something else, or be refused."""
    thinking = body.get("thinking")
    if body.get("tools") and isinstance(thinking, dict) and thinking.get("type") != "disabled":
        yield INTERLEAVED_BETA
    if any(isinstance(mark, dict) and mark.get("ttl") == "1h" for mark in _marks(body)):
        yield LONG_CACHE_BETA


def _marks(body: JsonObject) -> Iterator[Any]:
    """Every `cache_control` that may stand in a body."""
    yield body.get("cache_control")
    for block in [*_objects(body.get("tools")), *_objects(body.get("system"))]:
        yield block.get("cache_control")
    for message in _objects(body.get("messages")):
        for block in _objects(message.get("content")):
            yield block.get("cache_control")
            for inner in _objects(block.get("content")):
                yield inner.get("cache_control")


def _objects(value: Any) -> list[JsonObject]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


# ---- tool names ------------------------------------------------------------------------------------------------------


def _names(body: JsonObject) -> PascalNames:
    """The map of a body's tools, and of calls in its history whose tool is no longer offered."""
    tools = _objects(body.get("tools"))
    if any(_is_found_by_search(tool) for tool in tools):  # the provider tells the client names: they must be its own
        return PascalNames((), ())
    kept = [str(tool.get("name", "")) for tool in tools if not _is_clients_own(tool)]
    offered = [tool["name"] for tool in tools if _is_clients_own(tool) and isinstance(tool.get("name"), str)]
    called = [
        block["name"]
        for message in _objects(body.get("messages"))
        for block in _objects(message.get("content"))
        if block.get("type") == "tool_use" and isinstance(block.get("name"), str)
    ]
    return PascalNames(kept, [*offered, *called])


def _is_clients_own(tool: JsonObject) -> bool:
    """A tool with a `type` of its own has the name that the provider gave it."""
    return tool.get("type") in (None, "custom")


def _is_found_by_search(tool: JsonObject) -> bool:
    return bool(tool.get("defer_loading")) or str(tool.get("type", "")).startswith("tool_search_tool")


def _rename(body: JsonObject, names: PascalNames) -> None:
    """Put the sent names in, wherever a body names a tool of the client's. What is changed is copied first."""
    if not names.renamed:
        return
    if isinstance(body.get("tools"), list):
        body["tools"] = [_named(tool, names) if _is_tool(tool) else tool for tool in body["tools"]]
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice.get("type") == "tool":
        body["tool_choice"] = _named(choice, names)
    if isinstance(body.get("messages"), list):
        body["messages"] = [_called(message, names) for message in body["messages"]]
    management = body.get("context_management")
    if isinstance(management, dict) and isinstance(management.get("edits"), list):
        edits = [_edit(edit, names) for edit in management["edits"]]
        body["context_management"] = {**management, "edits": edits}


def _is_tool(value: Any) -> bool:
    return isinstance(value, dict) and _is_clients_own(value)


def _named(value: JsonObject, names: PascalNames) -> JsonObject:
    name = value.get("name")
    return {**value, "name": names.send(name)} if isinstance(name, str) else value


def _called(message: Any, names: PascalNames) -> Any:
    if not isinstance(message, dict) or not isinstance(message.get("content"), list):
        return message
    if not any(block.get("type") == "tool_use" for block in _objects(message["content"])):
        return message
    content = [
        _named(block, names) if isinstance(block, dict) and block.get("type") == "tool_use" else block
        for block in message["content"]
    ]
    return {**message, "content": content}


def _edit(edit: Any, names: PascalNames) -> Any:
    if not isinstance(edit, dict):
        return edit
    lists = {key: edit[key] for key in _TOOL_LISTS if isinstance(edit.get(key), list)}
    return edit | {
        key: [names.send(name) if isinstance(name, str) else name for name in value] for key, value in lists.items()
    }


def _told(names: PascalNames, restore: Mapping[str, ToolName]) -> dict[str, str]:
    """What the client's own words call a tool → what the model sees."""
    return {restore[name].name if name in restore else name: sent for name, sent in names.renamed.items()}


# ---- system prompt ---------------------------------------------------------------------------------------------------


def _moved(system: Any, told: Mapping[str, str]) -> list[JsonObject]:
    """The client's system prompt as blocks of a user's turn, its cache breakpoints with them."""
    blocks = [{"type": "text", "text": system}] if isinstance(system, str) else _objects(system)
    kept: list[JsonObject] = [
        {key: block[key] for key in ("type", "text", "cache_control") if key in block}
        for block in blocks
        if isinstance(block.get("text"), str) and block["text"].strip()
    ]
    if not kept:
        return []
    words = {word for block in kept for word in _WORD.findall(block["text"])}
    renamed = [f"{name} is {sent}" for name, sent in told.items() if name in words]
    close = f"\n\nAmong your tools, {', '.join(renamed)}.{CLOSE}" if renamed else CLOSE
    kept[0]["text"] = OPEN + kept[0]["text"]
    kept[-1]["text"] += close
    return kept


def _begun_with(moved: list[JsonObject], messages: list[Any]) -> list[Any]:
    """The conversation, its first turn of the user beginning with `moved`."""
    first = messages[0]
    if not isinstance(first, dict) or first.get("role") != "user":
        return [{"role": "user", "content": moved}, *messages]
    content = first.get("content")
    rest = content if isinstance(content, list) else [{"type": "text", "text": content}]
    return [{**first, "content": [*moved, *rest]}, *messages[1:]]
