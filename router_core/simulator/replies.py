"""What the simulated models say: short, deterministic, and close enough to the request to be worth watching.

A provider module boils its request down to a `Prompt`; the `Reply` made here is then written in that provider's
form. A tool is asked for when the user's last words call for one, and always with the same harmless command:
real clients execute what they are told.
"""

import re
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import chain, cycle, islice
from typing import Any, Literal

import orjson

from router_core.simulator.call import Json
from router_core.simulator.schema_sample import sample

TOOL_COMMAND = "echo tool-ok"

# Codex's code mode: one custom tool `exec` that takes JavaScript, from which the other tools are called.
TOOL_SCRIPT = f'text(JSON.stringify(await tools.exec_command({{cmd: "{TOOL_COMMAND}"}})));'

ECHO_CHARS = 160
RESULT_CHARS = 400

_SENTENCES = (
    "The router carried this answer from a simulated provider.",
    "Every word of it is made up on the spot, so that you can watch a stream arrive piece by piece.",
    "Meanwhile windows fill and reset, and faults are taken in stride.",
    "The numbers beside it are as a real provider would report them.",
)
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
    stop_sequences: tuple[str, ...] = ()
    parallel: bool = True
    """More than one tool call may be asked for in one turn."""
    searches: bool = False
    """The provider's own web search is offered."""


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A tool call to ask for."""

    offer: ToolOffer
    arguments: Json
    """Empty for custom tools, which take `text`."""
    text: str = ""
    cut: bool = False
    """The output limit struck inside the arguments."""

    @property
    def payload(self) -> str:
        """What is streamed: the custom tool's text, or the arguments as JSON, without its second half when cut."""
        whole = self.text if self.offer.kind == "custom" else orjson.dumps(self.arguments).decode()
        return whole[: len(whole) // 2] if self.cut else whole


@dataclass(frozen=True, slots=True)
class WebResult:
    """One page that a web search found."""

    url: str
    title: str
    snippet: str = ""


@dataclass(frozen=True, slots=True)
class WebSearch:
    """A search that the provider itself makes in the middle of a reply."""

    query: str
    results: tuple[WebResult, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """What a part of the reply's text rests on."""

    url: str
    title: str
    cited_text: str = ""
    start: int = 0
    """First character of the reply's text that it supports."""
    end: int | None = None
    """One after the last; None is the end of the text."""


@dataclass(frozen=True, slots=True)
class Said:
    """The text of a reply, as one of its parts."""

    text: str


@dataclass(frozen=True, slots=True)
class Thought:
    """One block of thinking, as one of the parts of a reply."""

    text: str


type Part = Thought | WebSearch | Said | ToolUse


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model says in this turn."""

    text: str
    tools: tuple[ToolUse, ...] = ()
    """Calls to ask for; several are parallel."""
    thinkings: tuple[str, ...] = ()
    """The first one opens the reply, the n-th stands before the n-th call; those left over follow the first."""
    input_tokens: int = 1
    """The whole prompt, cache reads and writes included."""
    output_tokens: int = 1
    """Thinking included."""
    thinking_tokens: int = 0
    cut_short: bool = False
    """The output limit ended it."""
    refusal: str | None = None
    """The model refuses, with this explanation; `text` is what it had said before."""
    stop_sequence: str | None = None
    """The stop sequence that ended it; it is not part of `text`."""
    searches: tuple[WebSearch, ...] = ()
    citations: tuple[Citation, ...] = ()
    cache_read_tokens: int | None = None
    """Part of `input_tokens`; None leaves the three to the provider's own simulated cache."""
    cache_write_tokens: int | None = None
    """Written for five minutes (OpenAI: for however long it keeps them)."""
    cache_write_1h_tokens: int | None = None
    argument_pieces: int = 2
    """In how many pieces the arguments of a call are streamed."""
    text_pieces: int | None = None
    """The same for the text; None is word by word."""
    thinking_redacted: bool = False
    """Anthropic: the thinking comes encrypted (`redacted_thinking`)."""

    @property
    def thinking(self) -> str | None:
        """All thinking in one, for formats that have one place for it."""
        return "\n\n".join(self.thinkings) if self.thinkings else None

    @property
    def pieces(self) -> list[str]:
        """The text in the pieces in which it is streamed."""
        if self.text_pieces is not None:
            return split_evenly(self.text, self.text_pieces)
        return re.findall(r"\s*\S+\s*$|\s*\S+", self.text) or ([self.text] if self.text else [])

    @property
    def parts(self) -> list[Part]:
        """The reply in order: thinking, searches, text, then the calls with what is thought between them."""
        between = dict(enumerate(self.thinkings[1 : len(self.tools)], start=1))
        opening = [text for at, text in enumerate(self.thinkings) if at not in between]
        parts: list[Part] = [*map(Thought, opening), *self.searches]
        if self.text:
            parts.append(Said(self.text))
        for number, tool in enumerate(self.tools):
            if number in between:
                parts.append(Thought(between[number]))
            parts.append(tool)
        return parts

    @property
    def plans_cache(self) -> bool:
        """Whether the cache numbers were given; one that was left out of them is 0."""
        given = (self.cache_read_tokens, self.cache_write_tokens, self.cache_write_1h_tokens)
        return any(number is not None for number in given)


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
        # Codex calls what is in a namespace from code mode, where nothing is said first
        text = "" if tool.offer.namespace else "I will run that."
    elif prompt.tool_result is not None:
        text = f"The tool said: {shorten(prompt.tool_result, RESULT_CHARS)}"
    else:
        text = prose(prompt.last_user_text, words)
    reply = Reply(
        text,
        tools=(tool,) if tool else (),
        thinkings=(thinking,) if thinking else (),
        input_tokens=prompt.input_tokens,
        thinking_tokens=count_tokens(thinking) if thinking else 0,
    )
    return counted(ended_early(reply, prompt))


def ended_early(reply: Reply, prompt: Prompt) -> Reply:
    """Cut a reply where the request's stop sequences or its output limit end it."""
    found = [(reply.text.find(stop), stop) for stop in prompt.stop_sequences if stop and stop in reply.text]
    if found:
        at, stop = min(found)
        reply = replace(reply, text=reply.text[:at], tools=(), stop_sequence=stop)
    budget = prompt.max_output_tokens
    if budget is not None and not reply.tools and count_tokens(reply.text) > budget:
        text = reply.text[: budget * 4].rstrip()
        reply = replace(reply, text=text, cut_short=True, stop_sequence=None, citations=())
    return reply


def counted(reply: Reply) -> Reply:
    """With its `output_tokens` counted."""
    called = sum(count_tokens(orjson.dumps(tool.arguments).decode() + tool.text) for tool in reply.tools)
    said = count_tokens(reply.text + (reply.refusal or ""))
    return replace(reply, output_tokens=said + reply.thinking_tokens + called)


def split_evenly(text: str, pieces: int) -> list[str]:
    """A text in at most that many pieces, none of them empty."""
    size = max(1, -(-len(text) // max(1, pieces)))
    return [text[start : start + size] for start in range(0, len(text), size)]


def prose(user_text: str, words: int) -> str:
    """`You said: …` and then filler, `words` words in all; the same for the same input."""
    opening = f"You said: {shorten(user_text, ECHO_CHARS)}."
    missing = words - len(opening.split())
    if missing <= 0:
        return opening
    start = blake2b(user_text.encode(), digest_size=1).digest()[0] % len(_SENTENCES)
    words_of = chain.from_iterable(sentence.split() for sentence in cycle(_SENTENCES[start:] + _SENTENCES[:start]))
    filler = " ".join(islice(words_of, missing)).rstrip(",.")
    return f"{opening} {filler}."


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
