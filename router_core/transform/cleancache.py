"""`cleancache`: no `cache_control` anywhere, for services that refuse what they do not know.

Looked for where the formats have it: the body itself, instructions, messages with their blocks and results, tools. What
a tool's arguments or schema call so is the user's own.
"""

from typing import Any

from router_core.config.transformers import NoOptions
from router_core.transform.transformer import EVERY_OPERATION, Context, Reason, Transformer
from router_core.wire.model import JsonObject

_NAME = "cache_control"


def request(body: JsonObject, options: NoOptions, context: Context) -> JsonObject | Reason:
    if context.format not in ("anthropic", "openai-chat"):
        return f"{context.format} has no cache_control"
    done = without_marks(body)
    return "there is no cache_control" if done is body else done


def without_marks(body: JsonObject) -> JsonObject:
    """The body without them; itself where there are none."""
    done = {name: _cleaned(value) for name, value in body.items() if name != _NAME}
    same = len(done) == len(body) and all(value is body[name] for name, value in done.items())
    return body if same else done


def _cleaned(value: Any) -> Any:
    """A list of messages, blocks or tools."""
    if not isinstance(value, list):
        return value
    done = [_item(item) for item in value]
    return value if all(one is other for one, other in zip(done, value, strict=True)) else done


def _item(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    content = _cleaned(item.get("content"))
    if _NAME not in item and content is item.get("content"):
        return item
    return {name: content if name == "content" else value for name, value in item.items() if name != _NAME}


TRANSFORMER = Transformer("cleancache", request, operations=EVERY_OPERATION)
