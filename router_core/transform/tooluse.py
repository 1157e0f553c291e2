"""`tooluse`: a model that talks where it should act must call a tool in every turn; to answer in words it calls one of
ours, and the client gets those words as text.

While the words come, the tool's arguments are read as they come, so that the client's text streams, too.
"""

from collections.abc import Callable, Iterable, Iterator

from router_core.config.transformers import ToolUseOptions
from router_core.transform.instructions import with_instruction
from router_core.transform.json_text import JsonField
from router_core.transform.tools import choice_of, has_functions, schemas_of, with_choice_required, with_function
from router_core.transform.transformer import Context, Note, Reason, Transformer
from router_core.wire.events import BlockStart, BlockStop, Delta, Event, MessageStop, merged
from router_core.wire.model import Extras, JsonObject, Text, ToolCall
from router_core.wire.openai_chat.dialect import dialect_of

_INSTRUCTION = (
    "You work through tools: each of your turns calls one. Use the tool that brings the task forward. When none of them"
    " does, or when the task is done, call {name} with your whole reply to the user: it is shown to the user word for"
    " word, and nothing else that you write is."
)
_DESCRIPTION = "Reply to the user in words. Only when no other tool brings the task forward, or when it is done."
_NO_CALL_SAID: Extras = {"openai-chat": {"finish_reason": None}}
"""The provider's own words for the end, which would go back to a client of its format."""
_FIELD = "response"
_SCHEMA: JsonObject = {
    "type": "object",
    "properties": {_FIELD: {"type": "string", "description": "The reply, as the user shall read it."}},
    "required": [_FIELD],
    "additionalProperties": False,
}


def request(body: JsonObject, options: ToolUseOptions, context: Context) -> JsonObject | Reason:
    if not has_functions(body, context.format):
        return "the request has no tools"
    if (choice := choice_of(body, context.format)) in ("tool", "none"):
        return "the client chooses the tool itself" if choice == "tool" else "the client wants no tool called"
    if options.exit_tool in schemas_of(body, context.format):
        return f"the client has a tool {options.exit_tool} of its own"
    if context.format == "anthropic" and _thinks(body):
        return "Anthropic refuses a forced tool while it thinks"
    text = options.instruction or _INSTRUCTION.format(name=options.exit_tool)
    done = with_function(body, context.format, options.exit_tool, _DESCRIPTION, _SCHEMA)
    done = with_choice_required(done, context.format, dialect_of(context.target).required)
    return with_instruction(done, context.format, text)


def _thinks(body: JsonObject) -> bool:
    thinking = body.get("thinking")
    return isinstance(thinking, dict) and thinking.get("type") not in (None, "disabled")


def answer(body: JsonObject, options: ToolUseOptions, context: Context) -> Callable[[Note], "Unwrapped"] | Reason:
    schema = schemas_of(body, context.format).get(options.exit_tool)
    if schema is None or _FIELD not in schema.get("properties", {}):
        return ""
    return lambda note: Unwrapped(options.exit_tool, note)


class Unwrapped:
    """One answer's filter: calls of the exit tool become text."""

    def __init__(self, exit_tool: str, note: Note) -> None:
        self._exit_tool, self._note = exit_tool, note
        self._words: JsonField | None = None
        self._others = False
        self._unwrapped = False

    def events(self, events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            match event:
                case BlockStart(block=ToolCall(name=name, arguments=arguments)) if name == self._exit_tool:
                    self._words, self._unwrapped = JsonField(_FIELD), True
                    self._note(f"answer.{self._exit_tool}", "tooluse: its words are the answer's text")
                    yield BlockStart(Text(""))
                    yield from self._said(self._words.feed(arguments))
                case Delta(text=text) if self._words is not None:
                    yield from self._said(self._words.feed(text))
                case BlockStop() if self._words is not None:
                    yield from self._said(self._words.close())
                    self._words = None
                    yield BlockStop()
                case BlockStart(block=ToolCall()):
                    self._others = True
                    yield event
                case MessageStop(stop="tool_use") if self._unwrapped and not self._others:
                    extras = merged(event.extras, _NO_CALL_SAID)
                    yield MessageStop("end", event.usage, event.stop_sequence, event.service_tier, extras)
                case _:
                    yield event

    def _said(self, text: str) -> Iterator[Event]:
        if text:
            yield Delta(text)


TRANSFORMER = Transformer("tooluse", request, answer, operations=frozenset({"generate", "count"}))
