"""`groq`: Groq's dialect of Chat (wire/openai_chat/dialect.py) for a host that we do not know as Groq's; and anyway
no `cache_control`, which it refuses, and no `$schema` in tools' parameters, which means nothing to it."""

from typing import Any

from router_core.config.transformers import NoOptions
from router_core.transform.cleancache import without_marks
from router_core.transform.transformer import Context, Reason, Transformer
from router_core.wire.model import JsonObject


def request(body: JsonObject, options: NoOptions, context: Context) -> JsonObject | Reason:
    if context.format != "openai-chat":
        return f"it is about Chat, not {context.format}"
    done = without_marks(body)
    tools = done.get("tools")
    if isinstance(tools, list) and any(_names_schema(tool) for tool in tools):
        done = {**done, "tools": [_plain(tool) if _names_schema(tool) else tool for tool in tools]}
    return "there is nothing that Groq refuses" if done is body else done


def _parameters(tool: Any) -> Any:
    function = tool.get("function") if isinstance(tool, dict) else None
    return function.get("parameters") if isinstance(function, dict) else None


def _names_schema(tool: Any) -> bool:
    parameters = _parameters(tool)
    return isinstance(parameters, dict) and "$schema" in parameters


def _plain(tool: JsonObject) -> JsonObject:
    parameters = {name: value for name, value in _parameters(tool).items() if name != "$schema"}
    return {**tool, "function": {**tool["function"], "parameters": parameters}}


TRANSFORMER = Transformer("groq", request, dialect="groq")
