"""Reading a Responses request: the same for OpenAI's platform and for the Codex backend."""

from typing import Any

import orjson

from router_core.simulator.call import Json
from router_core.simulator.replies import Prompt, ToolOffer, last_words

CALLS = {"function_call": "function_call_output", "custom_tool_call": "custom_tool_call_output"}
OUTPUTS = frozenset(CALLS.values())


def input_items(body: Json) -> list[Json]:
    """The input as items; a plain string is one user message."""
    given = body.get("input")
    if isinstance(given, str):
        return [{"type": "message", "role": "user", "content": given}]
    return [item for item in given or [] if isinstance(item, dict)]


def estimate_input_tokens(body: Json, items: list[Json]) -> int:
    """LLM tokens of a request, at four bytes each of what the model reads.

    Args:
        items: the whole conversation, earlier responses included.
    """
    read = [body.get("instructions"), body.get("tools"), (body.get("text") or {}).get("format"), items]
    return max(1, len(orjson.dumps(read)) // 4)


def read_prompt(body: Json, items: list[Json]) -> Prompt:
    """Boil a Responses request down; `items` is its whole conversation."""
    result: str | None = None
    for item in reversed(items):
        if item.get("type") in OUTPUTS:
            result = _text(item.get("output"))
            break
        if item_type(item) == "message" and item.get("role") == "user":
            break
    texts: list[str] = []
    for item in reversed(items):
        if item_type(item) == "message" and item.get("role") == "user":
            texts = _texts(item.get("content"))
            break
    offers = _offers(body.get("tools"), "")
    for item in items:
        if item.get("type") == "additional_tools":
            offers += _offers(item.get("tools"), "")
    choice = body.get("tool_choice", "auto")
    forced = choice.get("name") if isinstance(choice, dict) else "*" if choice == "required" else None
    form = (body.get("text") or {}).get("format") or {}
    reasoning = body.get("reasoning") or {}
    return Prompt(
        model=body["model"],
        last_user_text=last_words(texts),
        tools=() if choice == "none" else tuple(offers),
        tool_result=result,
        schema=form.get("schema") if form.get("type") == "json_schema" else None,
        max_output_tokens=body.get("max_output_tokens"),
        input_tokens=estimate_input_tokens(body, items),
        thinks=bool(reasoning) and reasoning.get("effort") not in ("none", "minimal"),
        forced_tool=forced,
        parallel=body.get("parallel_tool_calls", True) is not False,
        searches=any(str(tool.get("type")).startswith("web_search") for tool in body.get("tools") or []),
    )


def item_type(item: Json) -> str:
    """A message may leave its type out."""
    return str(item.get("type") or ("message" if "role" in item else ""))


def unpaired_calls(items: list[Json]) -> tuple[list[str], list[str]]:
    """Call ids without an output, and outputs without a call."""
    called = [str(item.get("call_id")) for item in items if item.get("type") in CALLS]
    answered = [str(item.get("call_id")) for item in items if item.get("type") in OUTPUTS]
    return [call for call in called if call not in answered], [call for call in answered if call not in called]


def _offers(tools: Any, namespace: str) -> list[ToolOffer]:
    offers: list[ToolOffer] = []
    for tool in tools if isinstance(tools, list) else []:
        match tool.get("type"):
            case "function":
                offers.append(ToolOffer(str(tool.get("name")), "function", tool.get("parameters"), namespace))
            case "custom":
                offers.append(ToolOffer(str(tool.get("name")), "custom", None, namespace))
            case "namespace":
                offers += _offers(tool.get("tools"), str(tool.get("name", "")))
            case _:
                continue  # hosted tools are never called by the simulated models
    return offers


def _texts(content: Any) -> list[str]:
    if isinstance(content, str):
        return [content]
    parts = content if isinstance(content, list) else []
    return [str(part.get("text", "")) for part in parts if isinstance(part, dict) and "text" in part]


def _text(output: Any) -> str:
    return "".join(_texts(output))
