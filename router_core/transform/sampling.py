"""`sampling`: what steers the choice of tokens, set, kept in a range, or taken out."""

from router_core.config.transformers import Range, SamplingOptions
from router_core.transform.maxtoken import capped
from router_core.transform.places import place_of, value_at, with_value, without
from router_core.transform.transformer import Context, Reason, Transformer
from router_core.wire.model import JsonObject

_SETTINGS = (
    "temperature", "top_p", "top_k", "min_p", "repetition_penalty", "presence_penalty", "frequency_penalty",
)  # fmt: skip
_WHOLE = frozenset({"top_k"})


def request(body: JsonObject, options: SamplingOptions, context: Context) -> JsonObject | Reason:
    done, unknown = body, []
    for name in _SETTINGS:
        wanted: float | Range | None = getattr(options, name)
        place = place_of(name, done, context.format)
        if place is None:
            if wanted is not None:
                unknown.append(name)
        elif name in options.remove:
            done = without(done, place)
        elif wanted is not None:
            value = _within(wanted, value_at(done, place)) if isinstance(wanted, Range) else wanted
            if value is not None and value != value_at(done, place):
                done = with_value(done, place, int(value) if name in _WHOLE else value)
    if options.max_tokens is not None and not isinstance(fewer := capped(done, options.max_tokens, context), str):
        done = fewer
    if done is body:
        return f"{context.format} has no {', '.join(unknown)}" if unknown else "all of it is as it should be"
    return done


def _within(allowed: Range, value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return allowed.default
    if allowed.min is not None and value < allowed.min:
        return allowed.min
    return allowed.max if allowed.max is not None and value > allowed.max else value


TRANSFORMER = Transformer("sampling", request)
