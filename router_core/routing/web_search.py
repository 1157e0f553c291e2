"""Does a request want the provider itself to search the web?

Claude Code makes a request of its own for each search, with the server's tool as its only one. Codex offers the tool
with every request, whatever it is about: there it counts only where nothing else is offered, or where the model must
use it.
"""

from typing import Any

from router_core.wire.format import FormatName
from router_core.wire.model import JsonObject

_GEMINI = ("googleSearch", "google_search", "googleSearchRetrieval", "google_search_retrieval")


def wants_web_search(format: FormatName, body: JsonObject, client: str) -> str:
    """The tool or field that says it; "" when nothing does."""
    if format == "gemini" and isinstance(inner := body.get("generateContentRequest"), dict):
        body = inner
    found = body.get("tools")
    tools: list[Any] = found if isinstance(found, list) else []
    name = next((name for tool in tools if (name := _searches(format, tool))), "")
    if not name and format == "openai-chat" and isinstance(body.get("web_search_options"), dict):
        name = "web_search_options"
    if name and client == "codex" and len(tools) > 1 and not _must(body.get("tool_choice")):
        return ""
    return name


def _searches(format: FormatName, tool: Any) -> str:
    if not isinstance(tool, dict):
        return ""
    if format == "gemini":
        return next((key for key in _GEMINI if key in tool), "")
    kind = tool.get("type")
    return kind if isinstance(kind, str) and kind.startswith("web_search") else ""


def _must(choice: Any) -> bool:
    return isinstance(choice, dict) and str(choice.get("type", "")).startswith("web_search")
