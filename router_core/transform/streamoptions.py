"""`streamoptions`: a Chat stream ends with the tokens used, also for clients that do not ask for it."""

from router_core.config.transformers import StreamOptionsOptions
from router_core.transform.places import value_at, with_value
from router_core.transform.transformer import Context, Reason, Transformer
from router_core.wire.model import JsonObject

_PLACE = ("stream_options", "include_usage")


def request(body: JsonObject, options: StreamOptionsOptions, context: Context) -> JsonObject | Reason:
    if context.format != "openai-chat":
        return f"{context.format} always tells them"
    if not context.streams:
        return "no stream is asked for"
    if value_at(body, _PLACE) is options.include_usage:
        return "the body says it already"
    return with_value(body, _PLACE, options.include_usage)


TRANSFORMER = Transformer("streamoptions", request)
