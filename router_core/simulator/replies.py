"""What the simulated models say: short, deterministic, and close enough to the request to be worth watching.

A provider module boils its request down to a `Prompt`; the `Reply` made here is then written in that provider's
form. A tool is asked for when the user's last words call for one, and always with the same harmless command:
real clients execute what they are told.
"""

import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Literal

import orjson

from router_core.simulator.call import Json
from router_core.simulator.schema_sample import sample

TOOL_COMMAND = "echo tool-ok"

# Codex's code mode: one custom tool `exec` that takes JavaScript, from which the other tools are called.
TOOL_SCRIPT = f'text(JSON.stringify(await tools.exec_command({{cmd: "{TOOL_COMMAND}"}})));'

ECHO_CHARS = 160
RESULT_CHARS = 400

_WORDS_TEXT = (
    "the router carried this answer from a simulated provider and every word of it is made up on the spot "
    "so that you can watch a stream arrive piece by piece while tokens fill windows reset and faults are "
    "taken in stride"
)
_WORDS = _WORDS_TEXT.split()
_ASKS_FOR_TOOL = re.compile(
    r"\buse the \w*\s*tool\b|\b(run|execute)\b.*(`|\b(it|command|shell|bash|echo|ls|pwd|cat)\b)"
    r"|^\s*(echo|ls|pwd|cat|git|grep)\b",
    re.IGNORECASE,
)

_SHELL_TOOLS = ("Bash", "bash", "exec_command", "shell_command", "shell", "local_shell", "run_shell_command")


@dataclass(frozen=True, slots=True)
class ToolOffer:
    """One tool that the request allows."""

    name: str
    kind: Literal["function", "custom"] = "function"
    parameters: Json | None = None
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What matters in a request."""

    model: str
    last_user_text: str
    tools: tuple[ToolOffer, ...] = ()
    tool_result: str | None = None
    """The newest tool result, when the last turn is one."""
    schema: Json | None = None
    """The answer must be JSON of this shape."""
    max_output_tokens: int | None = None
    input_tokens: int = 1
    thinks: bool = False
    forced_tool: str | None = None
    """`*` when any tool must be used, else its name."""


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A tool call to ask for."""

    offer: ToolOffer
    arguments: Json
    """Empty for custom tools, which take `text`."""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model says in this turn."""

    text: str
    tool: ToolUse | None
    thinking: str | None
    input_tokens: int
    output_tokens: int
    thinking_tokens: int
    cut_short: bool
    """`max_output_tokens` ended it."""

    @property
    def pieces(self) -> list[str]:
        """The text in the pieces in which it is streamed: word by word."""
        return re.findall(r"\s*\S+\s*$|\s*\S+", self.text) or ([self.text] if self.text else [])


def plan_reply(prompt: Prompt, *, words: int, always_tool: bool = False) -> Reply:
    """Decide what to say.

    Args:
        words: how long a plain text answer is.
        always_tool: ask for a tool whenever one is offered and no result has come back yet.
    """
    thinking = f"The user said: {shorten(prompt.last_user_text, 60)}" if prompt.thinks else None
    tool = None if prompt.tool_result is not None else _choose_tool(prompt, always_tool)
    if prompt.schema is not None and tool is None:
        text = orjson.dumps(sample(prompt.schema, hint=shorten(prompt.last_user_text, 40))).decode()
    elif tool is not None:
        text = "I will run that."
    elif prompt.tool_result is not None:
        text = f"The tool said: {shorten(prompt.tool_result, RESULT_CHARS)}"
    else:
        text = prose(prompt.last_user_text, words)
    thinking_tokens = count_tokens(thinking) if thinking else 0
    budget = prompt.max_output_tokens
    cut_short = budget is not None and tool is None and count_tokens(text) > budget
    if cut_short and budget is not None:
        text = text[: budget * 4].rstrip()
    called = orjson.dumps(tool.arguments).decode() + tool.text if tool else ""
    output_tokens = count_tokens(text) + thinking_tokens + (count_tokens(called) if tool else 0)
    return Reply(text, tool, thinking, prompt.input_tokens, output_tokens, thinking_tokens, cut_short)


def prose(user_text: str, words: int) -> str:
    """`You said: …` and then filler, `words` words in all; the same for the same input."""
    opening = f"You said: {shorten(user_text, ECHO_CHARS)}."
    missing = words - len(opening.split())
    if missing <= 0:
        return opening
    start = blake2b(user_text.encode(), digest_size=1).digest()[0] % len(_WORDS)
    filler = [_WORDS[(start + step) % len(_WORDS)] for step in range(missing)]
    filler[0] = filler[0].capitalize()
    return f"{opening} {' '.join(filler)}."


def shorten(text: str, limit: int) -> str:
    """One line of at most `limit` characters."""
    line = " ".join(text[: limit * 8].split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def count_tokens(text: str) -> int:
    """LLM tokens, at the usual four characters each."""
    return max(1, (len(text) + 3) // 4)


def last_words(texts: list[str]) -> str:
    """The user's own words among the text parts of a turn: clients put reminders of their own around them."""
    own = [text for text in texts if text.strip() and not text.lstrip().startswith("<")]
    return (own or texts or [""])[-1]


def _choose_tool(prompt: Prompt, always: bool) -> ToolUse | None:
    if not prompt.tools:
        return None
    wanted = prompt.forced_tool
    if wanted is None and not always and not _ASKS_FOR_TOOL.search(prompt.last_user_text):
        return None
    offers = {offer.name: offer for offer in prompt.tools}
    if wanted in offers:
        return _tool_use(offers[wanted])
    for name in _SHELL_TOOLS:
        if name in offers:
            return _tool_use(offers[name])
    return _tool_use(prompt.tools[0])


def _tool_use(offer: ToolOffer) -> ToolUse:
    if offer.kind == "custom":
        return ToolUse(offer, {}, TOOL_SCRIPT if offer.namespace and offer.name == "exec" else TOOL_COMMAND)
    properties = (offer.parameters or {}).get("properties")
    known: Json = properties if isinstance(properties, dict) else {}
    arguments: dict[str, Any] = sample(offer.parameters or {}, hint="tool-ok", required_only=True) or {}
    for key in ("command", "cmd"):
        if key in known:
            listed = isinstance(known[key], dict) and known[key].get("type") == "array"
            arguments[key] = TOOL_COMMAND.split() if listed else TOOL_COMMAND
    if "description" in known:
        arguments["description"] = "Say that tools work"
    return ToolUse(offer, arguments if isinstance(arguments, dict) else {})
