"""How a request says how much to think: every service of this format has its own switch.

OpenAI `reasoning_effort`; DeepSeek, Z.ai, Moonshot and Volcengine `thinking: {"type"}`; Qwen and SiliconFlow
`enable_thinking` and `thinking_budget`; OpenRouter `reasoning: {"effort" | "max_tokens"}` (each vendor's own pages,
read 2026-11-20). A client may use any of them.
"""

from typing import Literal, assert_never

from router_core.models.info import ModelInfo
from router_core.wire.codec import Loss
from router_core.wire.effort import ORDER, budget_of, effort_of, nearest
from router_core.wire.model import Effort, JsonObject, ThinkingSetting
from router_core.wire.openai_chat.reading import an_object, flag_or_none, text_or, whole_or_none, wrong

Switch = Literal["effort", "thinking", "thinking_effort", "enable_thinking", "openrouter", "none"]
FIELDS = ("reasoning_effort", "reasoning", "thinking", "enable_thinking", "thinking_budget")
_UNKNOWN_EFFORTS: tuple[Effort, ...] = ("none", "low", "medium", "high")
_DEEPSEEK_EFFORTS: tuple[Effort, ...] = ("none", "low", "high", "max")


def read_switch(body: JsonObject) -> ThinkingSetting | None:
    """The setting in a request, whichever way it is said."""
    effort = _effort(body.get("reasoning_effort"), "reasoning_effort")
    if (value := body.get("reasoning")) is not None:
        return _openrouter(an_object(value, "reasoning"), effort)
    if (value := body.get("thinking")) is not None:
        kind = text_or(an_object(value, "thinking").get("type"), "thinking.type")
        if kind == "disabled":
            return ThinkingSetting("off")
        if kind in ("auto", "adaptive"):
            return ThinkingSetting("adaptive", effort)
        return ThinkingSetting("on", effort, whole_or_none(value.get("budget_tokens"), "thinking.budget_tokens"))
    on = flag_or_none(body.get("enable_thinking"), "enable_thinking")
    budget = whole_or_none(body.get("thinking_budget"), "thinking_budget")
    if on is not None or budget is not None:
        return ThinkingSetting("off") if on is False else ThinkingSetting("on", effort, budget)
    if effort is None:
        return None
    return ThinkingSetting("off") if effort == "none" else ThinkingSetting("on", effort)


def write_switch(setting: ThinkingSetting, switch: Switch, info: ModelInfo, losses: list[Loss]) -> JsonObject:
    """The fields that say it to a service; what cannot be said is added to `losses`."""
    off = setting.mode == "off"
    reasoning = info.reasoning
    if info.known and reasoning.mode == "none":
        return {} if off else _lost(losses, f"{info.id} takes no such setting")
    if off and reasoning.always and reasoning.efforts[:1] != ("none",):
        losses.append(Loss("thinking", f"{info.id} always thinks"))
        if switch not in ("effort", "openrouter") or not reasoning.efforts:
            return {}
    match switch:
        case "none":
            return {} if off else _lost(losses, "the service has no such setting")
        case "effort":
            effort = _allowed(effort_of(setting), reasoning.efforts or _UNKNOWN_EFFORTS, losses)
            return {"reasoning_effort": effort} if effort else {}
        case "thinking":
            if setting.effort or (setting.budget or 0) > 0:
                losses.append(Loss("thinking.effort", "the service only has on and off"))
            return {"thinking": {"type": "disabled" if off else "enabled"}}
        case "thinking_effort":
            effort = None if off else _allowed(effort_of(setting), _DEEPSEEK_EFFORTS[1:], losses)
            depth: JsonObject = {"reasoning_effort": effort} if effort else {}
            return {"thinking": {"type": "disabled" if off else "enabled"}, **depth}
        case "enable_thinking":
            budget = None if off else budget_of(setting)
            return {"enable_thinking": not off, **({"thinking_budget": budget} if budget else {})}
        case "openrouter":
            hidden: JsonObject = {"exclude": True} if setting.show == "omitted" else {}
            if off:
                return {"reasoning": {"enabled": False}}
            if setting.budget is not None and setting.budget > 0 and setting.effort is None:
                return {"reasoning": {"max_tokens": setting.budget, **hidden}}
            effort = effort_of(setting)
            return {"reasoning": {"effort": effort, **hidden} if effort else {"enabled": True, **hidden}}
        case _:
            assert_never(switch)


def _allowed(effort: Effort | None, allowed: tuple[Effort, ...], losses: list[Loss]) -> Effort | None:
    if effort is None:
        return None
    found = nearest(effort, allowed)
    if found != effort:
        losses.append(Loss("thinking.effort", f"{effort} becomes {found}: the model takes {', '.join(allowed)}"))
    return found


def _lost(losses: list[Loss], reason: str) -> JsonObject:
    losses.append(Loss("thinking", reason))
    return {}


def _openrouter(value: JsonObject, effort: Effort | None) -> ThinkingSetting:
    effort = _effort(value.get("effort"), "reasoning.effort") or effort
    budget = whole_or_none(value.get("max_tokens"), "reasoning.max_tokens")
    if flag_or_none(value.get("enabled"), "reasoning.enabled") is False or effort == "none":
        return ThinkingSetting("off")
    return ThinkingSetting("on", effort, budget, "omitted" if value.get("exclude") is True else None)


def _effort(value: object, path: str) -> Effort | None:
    if value is None:
        return None
    for effort in ORDER:
        if value == effort:
            return effort
    raise wrong(path, "one of " + ", ".join(ORDER))
