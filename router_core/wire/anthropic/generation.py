"""How much Claude shall think, and how it samples: each generation of models accepts another form.

Up to 4.5 `thinking` is on with a budget; from 4.6 on it is adaptive with an effort, and the newest models refuse a
budget, the sampling parameters, a forced tool, and being told not to think. What a model would refuse is translated, or
left out with a loss; nothing of it is worth a refused request.
"""

from msgspec import Struct

from router_core.models.known import ModelInfo
from router_core.wire.codec import Loss
from router_core.wire.effort import budget_of, effort_of_budget, nearest
from router_core.wire.model import Effort, JsonObject, Request, ThinkingSetting

DEFAULT_MAX_TOKENS = 8192
"""For a model of which nothing is known; the field is required."""
SMALLEST_BUDGET = 1024


class Generation(Struct):
    """The fields of a request that depend on the model."""

    max_tokens: int
    thinking: JsonObject | None = None
    effort: Effort | None = None
    sampling: JsonObject = {}
    forced_ok: bool = True


def generation(request: Request, info: ModelInfo, *, bare_tool_turn: bool, losses: list[Loss]) -> Generation:
    """What to ask of this model.

    Args:
        bare_tool_turn: the turn that waits for tool results does not begin with thinking that Claude signed. With a
            budget, that is refused.
    """
    out = Generation(max_tokens=_max_tokens(request, info, losses))
    forced = request.tool_choice is not None and request.tool_choice.mode == "required" and bool(request.tools)
    claude = info.vendor == "anthropic"
    out.forced_ok = info.forced_tool_ok and not (info.reasoning.always and claude)
    _think(out, request.thinking, info, bare_tool_turn, forced, losses)
    out.sampling = _sampling(request, info, out.thinking, losses)
    return out


def _max_tokens(request: Request, info: ModelInfo, losses: list[Loss]) -> int:
    most = info.max_output_tokens if info.known else None
    if request.max_tokens is None:
        return most or DEFAULT_MAX_TOKENS
    if most is not None and request.max_tokens > most:
        losses.append(Loss("max_tokens", f"lowered from {request.max_tokens} to the model's limit of {most}"))
        return most
    return max(1, request.max_tokens)


def _think(
    out: Generation,
    setting: ThinkingSetting | None,
    info: ModelInfo,
    bare_tool_turn: bool,
    forced: bool,
    losses: list[Loss],
) -> None:
    reasoning = info.reasoning
    if setting is None and not (forced and reasoning.mode == "adaptive" and not reasoning.always):
        return
    wanted = setting is not None and setting.mode != "off" and setting.effort != "none" and setting.budget != 0
    if info.known and info.vendor != "anthropic":
        _compatible(out, setting, wanted, info, losses)
        return
    if reasoning.always:
        if setting is not None:
            _adaptive(out, setting, info, losses)
            if not wanted:
                losses.append(Loss("thinking", "this model always thinks; it is asked to think little"))
        return
    if wanted and forced:
        losses.append(Loss("thinking", "a forced tool call is refused with thinking"))
        wanted = False
    if not wanted or setting is None:
        if reasoning.mode in ("adaptive", "budget") or not info.known:
            out.thinking = {"type": "disabled"}
        return
    if reasoning.mode == "adaptive":
        _adaptive(out, setting, info, losses)
    elif reasoning.mode == "none" and info.known:
        losses.append(Loss("thinking", "this model does not think"))
    elif bare_tool_turn and info.known:
        losses.append(Loss("thinking", "off until this turn's tool calls are done: another provider began the turn"))
        out.thinking = {"type": "disabled"}
    else:
        _budget(out, setting, info, losses)


def _compatible(
    out: Generation, setting: ThinkingSetting | None, wanted: bool, info: ModelInfo, losses: list[Loss]
) -> None:
    """Other vendors' models behind this format read `enabled` and `disabled`, and mostly ignore the number."""
    if wanted and setting is not None:
        _budget(out, setting, info, losses)
        out.effort = None
    elif setting is not None and info.reasoning.always:
        losses.append(Loss("thinking", "this model always thinks"))
    elif setting is not None:
        out.thinking = {"type": "disabled"}


def _adaptive(out: Generation, setting: ThinkingSetting, info: ModelInfo, losses: list[Loss]) -> None:
    out.thinking = {"type": "adaptive"}
    if setting.show is not None:
        out.thinking["display"] = "omitted" if setting.show == "omitted" else "summarized"
    effort = setting.effort
    if setting.mode == "off" or setting.budget == 0:
        effort = "minimal"
    elif effort is None and setting.budget is not None and setting.budget > 0:
        effort = effort_of_budget(setting.budget)
    if effort is not None:
        out.effort = nearest(effort, info.reasoning.efforts)
    if setting.effort not in (None, "none", out.effort):
        losses.append(Loss("thinking.effort", f"{setting.effort} becomes {out.effort}"))


def _budget(out: Generation, setting: ThinkingSetting, info: ModelInfo, losses: list[Loss]) -> None:
    budget = budget_of(setting)
    if budget is None:
        budget = budget_of(ThinkingSetting("on", "medium")) or SMALLEST_BUDGET
    budget = max(budget, info.reasoning.budget_min or SMALLEST_BUDGET)
    if info.reasoning.budget_max:
        budget = min(budget, info.reasoning.budget_max)
    room = out.max_tokens - max(out.max_tokens // 4, 1)  # the answer itself is paid from the same limit
    if budget > room:
        if room < SMALLEST_BUDGET:
            losses.append(Loss("thinking", f"max_tokens {out.max_tokens} leaves no room for it"))
            out.thinking = {"type": "disabled"}
            return
        if setting.budget is not None:
            losses.append(Loss("thinking.budget", f"lowered from {setting.budget} to fit into max_tokens"))
        budget = room
    out.thinking = {"type": "enabled", "budget_tokens": budget}
    if setting.effort is not None and info.reasoning.efforts:
        out.effort = nearest(setting.effort, info.reasoning.efforts)


def _sampling(request: Request, info: ModelInfo, thinking: JsonObject | None, losses: list[Loss]) -> JsonObject:
    """Temperature, top_p and top_k, as far as the model takes them. Those that say the default are just left out."""
    given = {"temperature": request.temperature, "top_p": request.top_p, "top_k": request.top_k}
    out = {name: value for name, value in given.items() if value is not None}
    thinks = thinking is not None and thinking["type"] != "disabled"
    if out.get("top_p") == 1:
        del out["top_p"]
    if out.get("temperature") == 1 and (thinks or not info.sampling):
        del out["temperature"]
    for name in list(out):
        if not info.sampling:
            losses.append(Loss(name, "refused by this model"))
        elif thinks and not (name == "top_p" and out[name] >= 0.95):
            losses.append(Loss(name, "refused together with thinking"))
        else:
            continue
        del out[name]
    temperature = out.get("temperature")
    if temperature is not None and not 0 <= temperature <= 1:
        out["temperature"] = min(max(temperature, 0), 1)
        losses.append(Loss("temperature", f"{temperature} is outside 0 to 1 and was moved to the nearer end"))
    if "temperature" in out and "top_p" in out and info.vendor == "anthropic":
        del out["top_p"]
        losses.append(Loss("top_p", "refused together with temperature"))
    return out
