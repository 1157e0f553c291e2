"""What a request or an answer means, without the form: what must arrive, or be listed as lost.

White space between pieces of text does not count (formats join them differently); everything else does: each text by
who said it, each call with its arguments, each result with its call and whether it is an error, each image, each tool
with its schema, each setting.
"""

import json
from collections.abc import Iterator
from typing import Any

from router_core.wire.codec import Encoded, ToolName
from router_core.wire.effort import effort_of
from router_core.wire.model import (
    FunctionTool,
    Media,
    Message,
    OutputFormat,
    Refusal,
    Request,
    Response,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from router_core.wire.restore import input_of

DEFAULTS: dict[str, tuple[Any, ...]] = {
    "parallel_tool_calls": (True,),
    "temperature": (1.0,),
    "top_p": (1.0,),
    "service_tier": ("auto", "priority"),  # Anthropic takes the priority tier unasked, where one was bought
}
"""What providers do unasked; `cache_key`, a hint, is no part of the meaning at all."""
WORDS_FOR: dict[str, tuple[str, ...]] = {
    "parallel_tool_calls": ("parallel",),
    "thinking": ("thinking", "reasoning"),
    "output": ("output", "response_format", "text.format"),
    "max_tokens": ("max_",),
    "stop": ("stop",),
    "user": ("user",),
    "tool_choice": ("tool_choice", "tools"),
    "logprobs": ("logprobs",),
}
"""How a loss may call a setting; others by their own name."""
SETTINGS = (
    "parallel_tool_calls", "max_tokens", "temperature", "top_p", "top_k", "seed", "presence_penalty",
    "frequency_penalty", "logprobs", "verbosity", "user", "service_tier", "metadata",
)  # fmt: skip


def lost_unsaid(said: Request, understood: Request, *steps: Encoded) -> list[str]:
    """What the request said and the other side did not understand, though no step listed it. In words, for people."""
    losses = [loss for step in steps for loss in step.losses]
    restore: dict[str, ToolName] = {}
    for step in steps:
        restore = {sent: _through(restore, name) for sent, name in step.restore.items()} | restore
    listed = [loss.path for loss in losses]
    out = [*_settings(said, understood, steps, listed)]
    out += _tools(said, understood, restore, listed)
    heard = _words(understood)
    everywhere = "".join(heard.values())
    for who, words in _pieces(said).items():
        place = everywhere if who == "system" else heard[who]  # instructions between turns may become a user's words
        at = 0
        for piece in words:
            found = place.find(piece, at)
            if found < 0:
                out.append(f"{who} says {piece!r}")
                break
            at = found + len(piece)
    out += _calls(said, understood, restore)
    missing = _images(said) - _images(understood)
    if missing:
        out.append(f"images {missing}")
    return out


def answer_facts(answer: Response) -> dict[str, Any]:
    """What a client must find in an answer."""
    text = _squeezed("".join(block.text for block in answer.blocks if isinstance(block, Text | Refusal)))
    thoughts = _squeezed("".join(block.text for block in answer.blocks if isinstance(block, Thinking)))
    calls = [(block.name, _parsed(block.arguments or "{}")) for block in answer.blocks if isinstance(block, ToolCall)]
    usage = answer.usage
    counts = (usage.input_tokens, usage.output_tokens, usage.cache_read_tokens or 0)
    return {"text": text, "thoughts": thoughts, "calls": calls, "stop": answer.stop, "tokens": counts}


def _through(restore: dict[str, ToolName], name: ToolName) -> ToolName:
    return restore.get(name.name, name)


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _words(request: Request) -> dict[str, str]:
    return {who: "".join(pieces) for who, pieces in _pieces(request).items()}


def _pieces(request: Request) -> dict[str, list[str]]:
    """Everything that each side says, in order; instructions are one side, wherever they stand."""
    said: dict[str, list[str]] = {
        "system": [_squeezed(text.text) for text in request.system],
        "user": [],
        "assistant": [],
    }
    for message in request.messages:
        who = "system" if message.role == "developer" else message.role
        for block in message.blocks:
            if isinstance(block, Text):
                said[who].append(_squeezed(block.text))
    return said


def _settings(said: Request, understood: Request, steps: tuple[Encoded, ...], listed: list[str]) -> Iterator[str]:
    for name in SETTINGS:
        wanted, got = getattr(said, name), getattr(understood, name)
        if (
            wanted is not None
            and wanted is not False
            and wanted != got
            and wanted not in DEFAULTS.get(name, ())
            and not _is_listed(name, listed)
        ):
            yield f"{name}: {wanted!r} became {got!r}"
    cut = {sequence for step in steps for sequence in step.cut_at}
    if set(said.stop) - set(understood.stop) - cut and not _is_listed("stop", listed):
        yield f"stop: {said.stop!r} became {understood.stop!r}"
    if _shape(said.output) != _shape(understood.output) and not _is_listed("output", listed):
        yield f"output: {said.output!r} became {understood.output!r}"
    if said.thinking and _effort(said) != _effort(understood) and not _is_listed("thinking", listed):
        yield f"thinking: {said.thinking!r} became {understood.thinking!r}"
    wanted_choice, got_choice = said.tool_choice, understood.tool_choice
    if wanted_choice is None or wanted_choice.mode == "auto" or _is_listed("tool_choice", listed):
        return
    if got_choice is None or got_choice.mode != wanted_choice.mode:
        yield f"tool_choice: {wanted_choice!r} became {got_choice!r}"


def _shape(output: OutputFormat | None) -> Any:
    """The name is a label that one format must have; forbidding what the schema does not name is what strict means."""
    return output and (output.kind, {**(output.schema or {}), "additionalProperties": False})


def _effort(request: Request) -> str | None:
    """Nothing said is not thinking: no model of the laws' targets thinks unasked."""
    effort = effort_of(request.thinking)
    return None if effort == "none" else effort


def _is_listed(name: str, listed: list[str]) -> bool:
    return any(word in path for path in listed for word in WORDS_FOR.get(name, (name,)))


def _tools(said: Request, understood: Request, restore: dict[str, ToolName], listed: list[str]) -> Iterator[str]:
    got = {}
    for tool in understood.tools:
        if isinstance(tool, FunctionTool):
            got[restore.get(tool.name, ToolName(tool.name)).name] = tool
    for at, tool in enumerate(said.tools):
        if not isinstance(tool, FunctionTool) or any(path.startswith(f"tools[{at}]") for path in listed):
            continue
        found = got.get(tool.name)
        if found is None:
            yield f"tool {tool.name}"
        elif (found.description, found.schema or {}) != (tool.description, tool.schema or {}):
            yield f"tool {tool.name}: {tool!r} became {found!r}"


def _calls(said: Request, understood: Request, restore: dict[str, ToolName]) -> Iterator[str]:
    """Calls in order with the results that belong to them."""
    wanted, got = _called(said.messages, {}), _called(understood.messages, restore)
    if wanted != got:
        yield f"calls: {wanted} became {got}"


def _called(messages: tuple[Message, ...], restore: dict[str, ToolName]) -> list[tuple[str, Any, Any, bool]]:
    made: list[ToolCall] = []
    answered: dict[str, ToolResult] = {}
    for message in messages:
        for block in message.blocks:
            if isinstance(block, ToolCall):
                made.append(block)
            elif isinstance(block, ToolResult):
                answered[block.call_id] = block
    out = []
    for call in made:
        tool = restore.get(call.name, ToolName(call.name))
        given: Any = input_of(call.arguments) if tool.custom else json.loads(call.arguments)
        result = answered[call.id]
        text = _squeezed("".join(block.text for block in result.content if isinstance(block, Text)))
        marked = text.removeprefix("Error:").removesuffix("[image]")  # for formats that have neither in a result
        out.append((tool.name, given, _parsed(marked), result.is_error or text.startswith("Error:")))
    return out


def _parsed(text: str) -> Any:
    """Gemini's results are objects: one that is JSON goes as such."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _images(request: Request) -> set[str]:
    found = set()
    for message in request.messages:
        for block in message.blocks:
            inner = block.content if isinstance(block, ToolResult) else (block,)
            found |= {part.data or part.url for part in inner if isinstance(part, Media)}
    return found
