"""`forcereasoning`: a model without thinking of its own is told to write its thoughts into a tag before it answers; the
client sees them as thinking, and gets them back into the conversation in the same tag."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from router_core.config.transformers import ForceReasoningOptions
from router_core.transform.instructions import with_instruction
from router_core.transform.think_tags import ThinkTags
from router_core.transform.transformer import Context, Note, Reason, Transformer
from router_core.wire.model import Block, JsonObject, Message, Request, Text, Thinking

_PROMPT = (
    "Think before each answer and before each call of a tool, however simple it seems. Begin with your thoughts between"
    " <{tag}> and </{tag}>, then answer. The user does not read what stands between the tags."
)


def neutral(request: Request, options: ForceReasoningOptions) -> Request:
    """Earlier thoughts as the model wrote them: in its own words, before what they led to."""
    return replace(request, messages=tuple(_told(message, options.tag) for message in request.messages))


def _told(message: Message, tag: str) -> Message:
    if message.role != "assistant" or not any(isinstance(block, Thinking) for block in message.blocks):
        return message
    blocks: list[Block] = []
    for block in message.blocks:
        if not isinstance(block, Thinking):
            blocks.append(block)
        elif block.text:
            blocks.append(Text(_tagged(block.text, tag)))
    return replace(message, blocks=tuple(blocks))


def _tagged(thought: str, tag: str) -> str:
    return f"<{tag}>\n{thought}\n</{tag}>\n"


def request(body: JsonObject, options: ForceReasoningOptions, context: Context) -> JsonObject | Reason:
    if context.format == "openai-chat" and isinstance(messages := body.get("messages"), list):
        told = [_chat(message, options.tag) for message in messages]
        if any(one is not other for one, other in zip(told, messages, strict=True)):
            body = {**body, "messages": told}
    return with_instruction(body, context.format, options.prompt or _PROMPT.format(tag=options.tag))


def _chat(message: Any, tag: str) -> Any:
    """An assistant's message of Chat whose thoughts stand in a field beside its words."""
    thought = message.get("reasoning_content") if isinstance(message, dict) else None
    if not isinstance(thought, str) or message.get("role") != "assistant":
        return message
    content = message.get("content")
    rest = {name: value for name, value in message.items() if name != "reasoning_content"}
    if not thought:
        return rest
    if isinstance(content, list):
        return {**rest, "content": [{"type": "text", "text": _tagged(thought, tag)}, *content]}
    return {**rest, "content": _tagged(thought, tag) + (content or "")}


def answer(body: JsonObject, options: ForceReasoningOptions, context: Context) -> Callable[[Note], ThinkTags] | Reason:
    return lambda note: ThinkTags((options.tag,), "forcereasoning", note)


TRANSFORMER = Transformer("forcereasoning", request, answer, neutral, operations=frozenset({"generate", "count"}))
