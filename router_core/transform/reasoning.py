"""`reasoning`: a service that is not known is told how much to think, thinking is switched off or on by default, and
thoughts that come as text in a tag are thinking for the client. `reasoning_content` is that without being asked."""

from collections.abc import Callable

from msgspec.structs import replace

from router_core.config.transformers import ReasoningOptions
from router_core.models.known import model_info
from router_core.transform.places import spelled, value_at, with_value
from router_core.transform.think_tags import ThinkTags
from router_core.transform.transformer import Context, Note, Reason, Transformer
from router_core.wire.codec import Loss, codec
from router_core.wire.effort import BUDGET_OF
from router_core.wire.format import FormatName
from router_core.wire.model import JsonObject, ThinkingSetting
from router_core.wire.openai_chat.dialect import dialect_of
from router_core.wire.openai_chat.thinking_switch import FIELDS, write_switch

_FIELDS: dict[FormatName, tuple[str, ...]] = {
    "anthropic": ("thinking", "output_config"),
    "openai-responses": ("reasoning",),
}
_GEMINI = ("generationConfig", "thinkingConfig")
_REFUSED_WITH_THINKING = ("temperature", "top_p", "top_k")


def request(body: JsonObject, options: ReasoningOptions, context: Context) -> JsonObject | Reason:
    asked = context.neutral().thinking
    setting = asked if options.enable else ThinkingSetting("off")
    if setting is None and options.effort is not None:
        setting = ThinkingSetting("on", options.effort, BUDGET_OF[options.effort])
    if setting is None:
        return "the client asks for no thinking"
    if context.format == "openai-chat":
        return _chat(body, setting, options, context)
    if setting == asked:
        return "it is in the body already"
    return _as_written(body, setting, context)


def _chat(
    body: JsonObject, setting: ThinkingSetting, options: ReasoningOptions, context: Context
) -> JsonObject | Reason:
    own = dialect_of(context.target).switch
    if own == "none" and options.switch == "effort" and setting.mode == "adaptive":
        setting = replace(setting, mode="on", effort=setting.effort or "medium")
    losses: list[Loss] = []
    switch = options.switch if own == "none" else own
    fields = write_switch(setting, switch, model_info(context.model, context.provider), losses)
    if not fields:
        return losses[0].reason if losses else "there is nothing to say"
    others = {name: value for name, value in body.items() if name not in FIELDS}
    done = {**others, **fields}
    return "it is in the body already" if done == body else done


def _as_written(body: JsonObject, setting: ThinkingSetting, context: Context) -> JsonObject | Reason:
    """The fields that say it to this model, as its codec writes them."""
    asked = replace(context.neutral(), model=context.model, thinking=setting)
    written = codec(context.format).encode_request(asked, context.target).body
    if context.format == "gemini":
        done = with_value(body, spelled(body, _GEMINI), value_at(written, _GEMINI) or {})
    else:
        fields = _FIELDS[context.format]
        gone = {name for name in fields if name not in written}
        if setting.mode != "off":  # with it Anthropic and OpenAI refuse what steers the choice of tokens
            gone |= set(_REFUSED_WITH_THINKING)
        done = {name: value for name, value in body.items() if name not in gone}
        done |= {name: written[name] for name in fields if name in written and written[name] != body.get(name)}
    return f"{context.model} cannot be told so" if done == body else done


def answer(body: JsonObject, options: ReasoningOptions, context: Context) -> Callable[[Note], ThinkTags] | Reason:
    if not options.enable or not options.tags:
        return ""
    return lambda note: ThinkTags(options.tags, "reasoning", note)


TRANSFORMER = Transformer("reasoning", request, answer)
