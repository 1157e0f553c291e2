"""`maxcompletiontokens`: Chat's limit under its newer name, for services that refuse `max_tokens`."""

from router_core.config.transformers import NoOptions
from router_core.transform.transformer import Context, Reason, Transformer
from router_core.wire.model import JsonObject


def request(body: JsonObject, options: NoOptions, context: Context) -> JsonObject | Reason:
    if context.format != "openai-chat":
        return f"{context.format} has one name for it"
    if "max_tokens" not in body:
        return "there is no max_tokens"
    if "max_completion_tokens" in body:
        return {name: value for name, value in body.items() if name != "max_tokens"}
    return {"max_completion_tokens" if name == "max_tokens" else name: value for name, value in body.items()}


TRANSFORMER = Transformer("maxcompletiontokens", request)
