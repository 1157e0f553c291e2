"""`openrouter`: which of OpenRouter's providers may answer, and its dialect of Chat for a host that speaks it, too.

Its other two formats (Responses and Anthropic's) take the same fields (openrouter.ai/docs, provider routing, read
2026-11).
"""

from router_core.config.transformers import OpenRouterOptions
from router_core.transform.customparams import merged
from router_core.transform.transformer import Context, Reason, Transformer
from router_core.wire.model import JsonObject


def request(body: JsonObject, options: OpenRouterOptions, context: Context) -> JsonObject | Reason:
    if context.format == "gemini":
        return "OpenRouter does not speak Gemini's format"
    wanted = options.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    if not wanted:
        return "it has no options here"
    done = merged(body, wanted)
    return "the body says it already" if done == body else done


TRANSFORMER = Transformer("openrouter", request, dialect="openrouter")
