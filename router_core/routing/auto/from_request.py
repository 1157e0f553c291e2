"""A Prompt from a neutral request, whichever wire format it came in."""

from collections.abc import Iterable, Iterator, Sequence

from router_core.routing.auto.prompt import Prompt
from router_core.wire.model import Block, Media, Message, Request, Text, ToolResult


def prompt_of(request: Request, input_tokens: int = 0) -> Prompt:
    """What the classifier needs of a request.

    Args:
        input_tokens: where the caller has counted already; 0 leaves it to a rough count of the newest texts.
    """
    turn = _new_turn(request.messages)
    kinds = [kind for message in request.messages for kind in _media(message.blocks)]
    results = sum(isinstance(block, ToolResult) for message in turn for block in message.blocks)
    return Prompt(
        user_text=_last_words(request.messages),
        system_text="\n".join(text.text for text in request.system),
        tool_count=len(request.tools),
        tool_result_count=results,
        image_count=kinds.count("image"),
        depth=sum(message.role in ("user", "assistant") for message in request.messages),
        input_tokens=input_tokens,
        max_output_tokens=request.max_tokens,
        wants_json=request.output is not None,
        media=frozenset(kinds) - {"image"},
    )


def _new_turn(messages: Sequence[Message]) -> Sequence[Message]:
    """What came after the model's last answer."""
    begin = next((n for n in range(len(messages), 0, -1) if messages[n - 1].role == "assistant"), 0)
    return messages[begin:]


def _last_words(messages: Sequence[Message]) -> str:
    """The newest texts of the user's own: neighbouring messages are one turn, a turn of tool results is none."""
    texts: list[str] = []
    for message in reversed(messages):
        if message.role == "user":
            found = [block.text for block in message.blocks if isinstance(block, Text)]
            texts[:0] = [text for text in found if text.strip()]
        elif message.role == "assistant" and any(not is_clients(text) for text in texts):
            break
    return "\n\n".join(texts)


def is_clients(text: str) -> bool:
    """The client has put it among the user's words."""
    return text.lstrip().startswith(("<system-reminder>", "<environment_context>", "<user_instructions>"))


def _media(blocks: Iterable[Block]) -> Iterator[str]:
    """Of each medium what a model must take for it; also those that a tool gave back (a screenshot)."""
    for block in blocks:
        if isinstance(block, Media):
            if block.kind != "document":
                yield block.kind
            elif not block.text and block.media_type in ("", "application/pdf"):  # others are texts
                yield "pdf"
        elif isinstance(block, ToolResult):
            yield from _media(block.content)
